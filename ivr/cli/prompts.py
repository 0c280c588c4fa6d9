"""`ivr prompts`: build, check and list what callers hear."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ivr.cli.answers import Form, Output
from ivr.cli.tables import wide
from ivr.errors import PromptError
from ivr.prompts.build import Built, Outcome, State, build, state_of
from ivr.prompts.check import Severity, expected, findings, measure
from ivr.prompts.texts import Place, read_text
from ivr.vocabulary import Language

app = typer.Typer(no_args_is_help=True, help="Build, check and list what callers hear.")


Root = Annotated[Path, typer.Option(envvar="IVR_PROMPTS", help="Directory of the texts, by language.")]
Only = Annotated[str | None, typer.Option("--language", envvar="IVR_PROMPTS_LANGUAGE", help="One language only.")]
DEFAULT_ROOT = Path("recordings/prompts")


@app.command("build")
def build_command(root: Root = DEFAULT_ROOT, language: Only = None, output: Form = Output.TABLE) -> None:
    """Synthesise the prompts whose words changed; recordings made by people are left alone.

    Example: ivr prompts build --language lv
    """
    chatter = Console(stderr=True)

    def say(built: Built) -> None:
        if built.outcome is Outcome.BUILT:
            chatter.print(f"built {built.place.recording}", highlight=False, soft_wrap=True)
        elif built.outcome is Outcome.RECORDED:
            for finding in findings(built.place):
                chatter.print(f"{finding.severity.value}: {finding}", highlight=False, soft_wrap=True)

    results = build(root, Language(language) if language else None, done=say)
    counts = {outcome.value: sum(result.outcome is outcome for result in results) for outcome in Outcome}
    if output is not Output.TABLE:
        rows = [_named(result.place) | {"outcome": result.outcome.value} for result in results]
        typer.echo(json.dumps({"counts": counts, "prompts": rows}, ensure_ascii=False))
    else:
        typer.echo(", ".join(f"{number} {name}" for name, number in counts.items()))


@app.command("check")
def check_command(root: Root = DEFAULT_ROOT, language: Only = None, output: Form = Output.TABLE) -> None:
    """Name every prompt that cannot be played or sounds bad; exit code 1 if there is a problem.

    Example: ivr prompts check --output json
    """
    found = [finding for place in _chosen(root, language) for finding in findings(place)]
    rows = [
        {
            "severity": one.severity.value,
            "language": one.language,
            "prompt": one.prompt,
            "message": one.message,
        }
        for one in found
    ]
    if found or output is not Output.TABLE:
        _print(rows, output)
    else:
        typer.echo("every prompt can be played")
    if any(finding.severity is Severity.PROBLEM for finding in found):
        raise typer.Exit(1)


@app.command("list")
def list_command(root: Root = DEFAULT_ROOT, language: Only = None, output: Form = Output.TABLE) -> None:
    """List every prompt with its state, length, level and words.

    Example: ivr prompts list --language en
    """
    _print([_row(place) for place in _chosen(root, language)], output)


def _chosen(root: Path, language: str | None) -> list[Place]:
    chosen = [place for place in expected(root) if language in (None, place.language)]
    if not chosen:
        scope = f" in language {language!r}" if language else ""
        raise PromptError(f"{root}: no prompts{scope}; write a text as docs/prompts.md says.")
    return chosen


def _named(place: Place) -> dict[str, str]:
    return {"language": place.language, "prompt": place.prompt}


def _row(place: Place) -> dict[str, str]:
    """Describe a prompt; what cannot be read is left blank here and explained by `check`."""
    row = _named(place) | {"state": "unusable", "seconds": "", "dBFS": "", "words": ""}
    try:
        row["words"] = " ".join(line.words for line in read_text(place))
        state = state_of(place)
        row["state"] = state.value
        if state is not State.MISSING:
            sound = measure(place.recording)
            row |= {"seconds": f"{sound.seconds:.1f}", "dBFS": f"{sound.level:.1f}"}
    except PromptError:
        pass
    return row


def _print(rows: list[dict[str, str]], output: Output) -> None:
    if output is not Output.TABLE:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table(box=None)
    for name in rows[0]:
        table.add_column(name, no_wrap=name not in ("words", "message"))
    for row in rows:
        table.add_row(*row.values())
    wide().print(table)
