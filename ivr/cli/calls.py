"""`ivr calls`: the calls under way, as the engine that leads sees them; and what calls were about."""

import json
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from ivr.cli.start import settings
from ivr.cli.tables import printable, wide
from ivr.errors import OperatorError
from ivr.live.client import ask

app = typer.Typer(no_args_is_help=True, help="Show the calls under way, pass callers on, say what calls were about.")


class Output(StrEnum):
    """How answers are written."""

    TABLE = "table"
    JSON = "json"


class Result(StrEnum):
    """What came of a call, in the municipality's words."""

    CONSULTED = "consulted"
    REGISTERED = "registered"


Form = Annotated[Output, typer.Option("--output", envvar="IVR_OUTPUT", help="Form of the answer.")]
COLUMNS = ("call", "service", "caller", "state", "menu", "destination", "seconds")


@app.command("list")
def list_command(output: Form = Output.TABLE) -> None:
    """Show the calls under way. Exit code 1 if there is none.

    Example: ivr calls list
    """
    calls = asked({"do": "calls"})["calls"]
    if output is Output.JSON:
        typer.echo(json.dumps(calls, ensure_ascii=False))
    elif calls:
        table = Table(*COLUMNS)
        for call in calls:
            table.add_row(*(printable(str("" if call[name] is None else call[name])) for name in COLUMNS))
        wide().print(table)
    else:
        typer.echo("no calls are under way")
    if not calls:
        raise typer.Exit(1)


@app.command()
def transfer(
    call: Annotated[str, typer.Argument(help="The call, as `ivr calls list` shows it.")],
    to: Annotated[str, typer.Argument(help="A destination of the rules, or the number that colleagues dial for it.")],
    output: Form = Output.TABLE,
) -> None:
    """Pass a caller on, as a colleague's transfer: the same hours and exits; the caller comes back if nobody takes it.

    Example: ivr calls transfer pbx-1795311670.0 kekava-utility
    """
    answer = asked({"do": "transfer", "call": call, "to": to})
    if output is Output.JSON:
        typer.echo(json.dumps(answer))
    else:
        typer.echo(f"Asterisk has passed {answer['channel']} on to {to}; `ivr calls list` shows where the call is now")


@app.command()
def topic(
    call: Annotated[str, typer.Argument(help="The call, as `ivr calls list` or `ivr records list` shows it.")],
    topic: Annotated[str, typer.Argument(help="A topic of the call's service: its name or its code.")],
    result: Annotated[Result | None, typer.Option(help="What came of the call.")] = None,
    case: Annotated[str, typer.Option(help="The reference of the request: letters, digits and _ . / -")] = "",
    output: Form = Output.TABLE,
) -> None:
    """Say what a call is about, or was: instead of what was said before.

    Example: ivr calls topic pbx-1795311670.0 heating --result registered --case A-12
    """
    answer = asked({"do": "topic", "call": call, "topic": topic, "result": result or "", "case": case})
    if output is Output.JSON:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    more = [word for word in (answer["result"], f"case {answer['case']}" if answer["case"] else "") if word]
    about = printable(", ".join([f"{answer['title']} ({answer['topic']})", *more]))
    typer.echo(f"Asterisk has written into the journal that {answer['call']} is about {about}")


def asked(request: dict[str, Any]) -> dict[str, Any]:
    """Ask the engine. Raises NoEngine, and OperatorError with what the engine refused."""
    answer = ask(settings().control, request)
    if not answer.get("ok"):
        raise OperatorError(str(answer.get("error", "the engine refused and did not say why")))
    return answer
