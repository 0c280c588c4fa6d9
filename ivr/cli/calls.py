"""`ivr calls`: the calls under way, as the engine that leads sees them."""

import json
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from ivr.cli.setup import settings
from ivr.cli.tables import printable, wide
from ivr.errors import OperatorError
from ivr.live.control import ask

app = typer.Typer(no_args_is_help=True, help="Show the calls under way, and pass callers on.")


class Output(StrEnum):
    """How answers are written."""

    TABLE = "table"
    JSON = "json"


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


def asked(request: dict[str, Any]) -> dict[str, Any]:
    """Ask the engine. Raises NoEngine, and OperatorError with what the engine refused."""
    answer = ask(settings().control, request)
    if not answer.get("ok"):
        raise OperatorError(str(answer.get("error", "the engine refused and did not say why")))
    return answer
