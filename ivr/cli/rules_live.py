"""`ivr rules reload` and `ivr rules status`: the rules of the engine that runs."""

import json
from typing import Annotated, Any

import typer

from ivr.cli.answers import Form, Output
from ivr.cli.start import settings
from ivr.errors import OperatorError
from ivr.live.client import ask


def reload_command(
    release: Annotated[
        list[str] | None, typer.Option(help="A safety line that this reload may remove; may be given several times.")
    ] = None,
    output: Form = Output.TABLE,
) -> None:
    """Let the running engine read the rules again: new calls get them, calls under way keep theirs.

    Exit code 1 if the file has problems; then nothing has changed.

    Example: ivr rules reload
    """
    answer = _asked({"do": "reload", "release": release or []})
    if output is not Output.TABLE:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _say_attempt(answer)
    if answer["problems"]:
        raise typer.Exit(1)


def status_command(output: Form = Output.TABLE) -> None:
    """Show which rules the running engine has, since when, and what came of the last reload.

    Exit code 1 if the last reload was refused.

    Example: ivr rules status --output json
    """
    answer = _asked({"do": "status"})
    last = answer["last"]
    if output is not Output.TABLE:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        typer.echo(f"engine {answer['engine']}: rules {answer['version']} of {answer['file']} since {answer['since']}")
        typer.echo(f"older versions that calls may be on: {', '.join(answer['kept']) or 'none'}")
        typer.echo(f"overrides that hold: {', '.join(answer['overrides']) or 'none'}")
        if last is not None:
            typer.echo(f"last reload at {last['at']}:")
            _say_attempt(last)
    if last is not None and last["problems"]:
        raise typer.Exit(1)


def _asked(request: dict[str, Any]) -> dict[str, Any]:
    answer = ask(settings().control, request)
    if not answer.get("ok"):
        raise OperatorError(f"the engine refused: {answer.get('error', 'it did not say why')}")
    return answer


def _say_attempt(done: dict[str, Any]) -> None:
    for problem in done["problems"]:
        typer.echo(problem["text"])
    if done["problems"]:
        typer.echo(f"{len(done['problems'])} to mend; rules {done['after']} stay in use", err=True)
    elif done["changed"]:
        typer.echo(f"rules {done['after']} are in use for new calls, {done['before']} before ({done['seconds']:.2f} s)")
    else:
        typer.echo(f"rules {done['after']} are in use, as before ({done['seconds']:.2f} s)")
