"""Confirmation of what cannot be taken back: the call is named, and nothing is done without a person's yes or `--yes`."""

import sys
from typing import Annotated

import typer

from ivr.cli.calls_known import Row
from ivr.cli.tables import printable
from ivr.errors import OperatorError

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking. Needed in scripts and pipes.")]


def confirm(what: str, row: Row, *, yes: bool) -> None:
    """Ask on a terminal whether `what` shall be done to a call; a no ends the command with exit code 1.

    Raises OperatorError where nobody can be asked.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise OperatorError(f"nobody can be asked here whether to {what} call {row['call']}; say --yes")
    typer.confirm(printable(f"{what} {described(row)}?"), abort=True, err=True)


def described(row: Row) -> str:
    """Name a call so that a person knows it: its name, service, caller, and what it does now."""
    place = row["destination"] or row["menu"]
    now = f"{row['stage']}{f' at {place}' if place else ''} for {row['seconds']:.0f} s"
    return f"call {row['call']} ({row['service']}, {row['caller'] or 'number withheld'}, {now})"
