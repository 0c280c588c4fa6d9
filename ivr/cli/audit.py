"""`ivr audit`: who did what by way of supervision, when, to which call, and what came of it."""

from typing import Annotated

import typer

from ivr.cli.answers import Columns, Form, Headers, Output, tell_found
from ivr.cli.supervised import supervision
from ivr.supervision.models import AuditEntry

_COLUMNS: Columns[AuditEntry] = {
    "at": lambda one: f"{one.at:%Y-%m-%dT%H:%M:%SZ}",
    "who": lambda one: one.who,
    "role": lambda one: one.role,
    "what": lambda one: one.what,
    "call": lambda one: one.call,
    "result": lambda one: one.result,
    "details": lambda one: ", ".join(f"{name}={value}" for name, value in one.details.items()),
}


def audit(
    who: Annotated[str, typer.Option(help="Only what this person did.")] = "",
    what: Annotated[str, typer.Option(help="Only this action, such as hangup.")] = "",
    call: Annotated[str, typer.Option(help="Only what was done to this call, by its whole name.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 100,
    output: Form = Output.TABLE,
    headers: Headers = True,
) -> None:
    """Show what supervisors did, the newest first. Who looked into records: `ivr records audit`.

    Exit codes: 0 there is something; 1 there is nothing; 2 you have no right to see it; 3 no supervision answers.

    Example: ivr audit --who anna --what hangup --limit 20
    """
    with supervision() as client:
        found = client.audit(who=who, what=what, call=call, limit=limit)
    nothing = "the audit has nothing of that kind"
    tell_found(found, _COLUMNS, lambda one: one.model_dump(mode="json"), output, nothing, headers=headers)
