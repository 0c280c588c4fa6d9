"""`ivr dialplan`: what Asterisk is told, made from the rules; and whether the PBX has it."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from ivr.asterisk import embedded
from ivr.asterisk.render import SINCE, rules_file
from ivr.asterisk.render_check import missing_targets
from ivr.cli.rules_read import rules_of
from ivr.cli.setup import installation_of
from ivr.cli.start import now, settings
from ivr.errors import SettingsError
from ivr.routing.rules import Ruleset

app = typer.Typer(no_args_is_help=True, help="Render the fallback dialplan from the rules; check what the PBX has.")

OLDEST = timedelta(days=7)
"""How old the days of a rendered dialplan may be: it holds 400 of them."""
MOST_LINES = 60
"""Lines of differences that are shown."""
FIXED = ("extensions.conf", "transfers.conf", "topics.conf", "listen.conf")
WHOLE = re.compile(r"numbers\.conf|rules-.*\.conf")
"""Files that must be equal; others may also hold the phones of older rules that calls are still on."""

Files: TypeAlias = Mapping[str, str]
"""Generated files by name."""
RulesFile = Annotated[Path, typer.Option("--rules", envvar="IVR_RULES", help="The file with the routing rules.")]
DEFAULT_RULES = Path("routing_rules.yaml")


@app.command()
def render(
    rules: RulesFile = DEFAULT_RULES,
    to: Annotated[Path | None, typer.Option(help="A folder for the files; without it they are printed.")] = None,
) -> None:
    """Render the files that Asterisk includes: numbers, phones, accounts, and the fallback of this version.

    Example: ivr dialplan render --to /tmp/dialplan
    """
    files = embedded.generated(rules_of(settings(rules=rules)).current, today=now().date())
    for name, text in files.items():
        if to is None:
            typer.echo(f"; ==> {name}\n{text}")
        else:
            _write(to / name, text)
    if to is not None:
        typer.echo(f"{len(files)} files written to {to}: {', '.join(sorted(files))}")


@app.command()
def check(rules: RulesFile = DEFAULT_RULES) -> None:
    """Compare what the PBX of this instance has with what the rules say now; exit code 1 if it differs.

    Example: ivr dialplan check
    """
    found = settings(rules=rules)
    live, today = rules_of(found), now().date()
    current, pbx = live.current, installation_of(found, live).pbx
    folder = pbx.rendered
    fixed = written_by_hand(found.dialplans / "pbx")
    said = list(differences(current, fixed, installed(folder), today, pbx.adapted))
    for line in said[:MOST_LINES]:
        typer.echo(line)
    if len(said) > MOST_LINES:
        typer.echo(f"... and {len(said) - MOST_LINES} lines more")
    if said:
        typer.echo(f"{folder} is not what the rules say; bring it up to date: ivr rules reload", err=True)
        raise typer.Exit(1)
    typer.echo(f"{folder} is what the rules say, version {current.version}; every jump has a target")


def installed(folder: Path) -> dict[str, str]:
    """Read the generated files that a PBX has; empty if there are none."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.conf"))}


def written_by_hand(templates: Path) -> str:
    """Give the dialplan that is not made from the rules."""
    return "\n".join((templates / name).read_text(encoding="utf-8") for name in FIXED)


def differences(
    rules: Ruleset, fixed: str, files: Mapping[str, str], today: date, adapted: Callable[[Files], Files] = dict
) -> Iterator[str]:
    """Yield, line by line, how the files of a PBX differ from what the rules say; nothing if they do not.

    `fixed` is the dialplan that is not generated; `adapted` gives files in the form that this PBX takes. The days are
    compared as they were when the files were made.
    """
    made = _made_on(files.get(rules_file(rules), ""))
    if made is not None and today - made > OLDEST:
        yield f"{rules_file(rules)} was made on {made}: days that are far ahead are missing"
    wanted = adapted(embedded.generated(rules, today=made or today))
    for name, text in wanted.items():
        if name not in files:
            yield f"{name} is missing"
        elif WHOLE.fullmatch(name):
            yield from _compared(name, text, files[name])
        else:
            yield from _lacking(name, text, files[name])
    yield from missing_targets([fixed, *(text for name, text in wanted.items() if not name.startswith("pjsip"))])


def _made_on(text: str) -> date | None:
    pattern = re.escape(SINCE.strip()).replace(re.escape("{today}"), r"(\d{4}-\d\d-\d\d)")
    found = re.search(pattern, text)
    return date.fromisoformat(found[1]) if found else None


def _compared(name: str, wanted: str, has: str) -> Iterator[str]:
    lines = difflib.unified_diff(
        has.splitlines(), wanted.splitlines(), f"{name} (PBX)", f"{name} (rules)", "", "", 1, ""
    )
    yield from lines


def _lacking(name: str, wanted: str, has: str) -> Iterator[str]:
    there = set(has.splitlines())
    lines = (line for line in wanted.splitlines() if line not in there and not line.startswith(";"))
    yield from (f"{name} lacks: {line}" for line in lines)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}); choose another folder with --to") from error
