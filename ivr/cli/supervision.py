"""`ivr supervision`: the process that knows the calls under way and acts for supervisors; and the tokens for its API."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import itemgetter
from typing import Annotated

import typer

from ivr.cli.answers import Columns, Form, Headers, Output, tell_found
from ivr.cli.start import complete, now, settings
from ivr.errors import SettingsError

app = typer.Typer(
    help="Run supervision: the live view, its API, listening, actions; make tokens for it.", invoke_without_command=True
)
token = typer.Typer(
    no_args_is_help=True, help="Make, list and remove the tokens of those who use the API over a network."
)
app.add_typer(token, name="token")

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class RoleName(StrEnum):
    """What somebody may do; each may also do what those before it may."""

    VIEWER = "viewer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


COLUMNS: Columns[dict[str, str]] = {name: itemgetter(name) for name in ("name", "role", "created", "expires", "state")}


@app.callback()
def supervision(context: typer.Context) -> None:
    """Run supervision until SIGTERM or Ctrl-C: who waits, who talks, which line is in trouble, and what is done about it.

    It may be stopped and started at any time; no call and no engine notices. It answers at `supervision-<instance>.sock` of
    IVR_STATE, and at IVR_SUPERVISION_LISTEN if that is set.

    Example: ivr supervision
    """
    if context.invoked_subcommand is None:
        from ivr.cli.supervision_run import serve  # noqa: PLC0415 - the tokens' commands need nothing of it

        complete(serve(settings()))


@token.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Who will use it; the audit names it.")],
    role: Annotated[RoleName, typer.Option("--role", help="What it may do.")],
    expires: Annotated[
        str, typer.Option("--expires", help="A date, an instant with its offset, or 12h, 30d, 8w.")
    ] = "",
) -> None:
    """Make a token and print it, once: nobody can read it again. It holds at once, also for a supervision that runs.

    Example: ivr supervision token add wall-in-the-hall --role viewer --expires 365d
    """
    from ivr.supervision.access.tokens import TokenFile  # noqa: PLC0415 - likewise
    from ivr.supervision.models import Role  # noqa: PLC0415 - heavy; so that help comes at once

    at = now()
    until = _instant(expires, at) if expires else None
    made = TokenFile(settings().supervision_tokens).add(name, Role(role.value), at, until)
    typer.echo(made)
    typer.echo(
        "Keep it: it is not shown again. It goes into the header `Authorization: Bearer`, never into an address.",
        err=True,
    )


@token.command("list")
def list_command(output: Form = Output.TABLE, headers: Headers = True) -> None:
    """List the tokens: name, role, since when, until when. Exit code 1 if there is none.

    Example: ivr supervision token list
    """
    from ivr.supervision.access.tokens import TokenFile  # noqa: PLC0415 - heavy; so that help comes at once

    at = now()
    found = TokenFile(settings().supervision_tokens).all()
    rows = [
        {
            "name": one.name,
            "role": one.role.value,
            "created": one.created.isoformat(timespec="seconds"),
            "expires": one.expires.isoformat(timespec="seconds") if one.expires else "",
            "state": "valid" if one.holds(at) else "over",
        }
        for one in found
    ]
    nothing = "there is no token; `ivr supervision token add NAME --role viewer` makes one"
    tell_found(rows, COLUMNS, dict, output, nothing, headers=headers)


@token.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The token's name, as `ivr supervision token list` shows it.")],
) -> None:
    """Remove a token; whoever uses it is refused at once. Exit code 1 if there is none of this name.

    Example: ivr supervision token remove wall-in-the-hall
    """
    from ivr.supervision.access.tokens import TokenFile  # noqa: PLC0415 - heavy; so that help comes at once

    if TokenFile(settings().supervision_tokens).remove(name):
        typer.echo(f"the token {name} is removed")
        return
    typer.echo(f"there is no token {name}; `ivr supervision token list` names those there are", err=True)
    raise typer.Exit(1)


def _instant(text: str, at: datetime) -> datetime:
    """Read when a token ends. Raises SettingsError."""
    if text[-1] in UNITS and text[:-1].isdecimal() and int(text[:-1]):
        try:
            return at + int(text[:-1]) * UNITS[text[-1]]
        except OverflowError:
            raise SettingsError(f"--expires {text}: that is too long") from None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"--expires {text!r}: write a date such as 2027-01-31, or a span such as 30d") from None
    until = found if found.tzinfo else found.replace(tzinfo=UTC)
    if until <= at:
        raise SettingsError(f"--expires {text}: that is over already")
    return until
