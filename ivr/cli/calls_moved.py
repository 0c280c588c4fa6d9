"""`ivr calls transfer | send | hangup | announce`: what a supervisor does with calls.

Rule 1: what is printed is what happened, after Asterisk confirmed it.
Rule 2: the call that is asked about is the call that is acted on, by its whole name.
"""

from typing import Annotated

import typer
from pydantic import ValidationError

from ivr.cli.answers import Form, Output, tell_one
from ivr.cli.calls_known import Row, asked, row_of, rows_known
from ivr.cli.calls_shown import CallName
from ivr.cli.completing import destination_names
from ivr.cli.confirming import Yes, confirm
from ivr.cli.start import settings
from ivr.cli.supervised import call_of, expected, name_of, supervision
from ivr.errors import OperatorError
from ivr.settings import Settings
from ivr.supervision.models import Done
from ivr.supervision.orders import AnnounceOrder, HangUpOrder, TransferOrder

To = Annotated[
    str,
    typer.Argument(
        autocompletion=destination_names, help="A destination of the rules, or the number that colleagues dial for it."
    ),
]


def transfer(call: CallName, to: To, yes: Yes = False, output: Form = Output.TABLE) -> None:
    """Pass a caller on, as a colleague's transfer: the same hours and exits; the caller comes back if nobody takes it.

    Without supervision the engine that leads does it. Exit codes: 1 no such call, or refused; 2 wrong order, or nobody
    can be asked (--yes); 3 nobody answers; 4 Asterisk did not confirm in time.

    Example: ivr calls transfer pbx-1795311670.0 kekava-utility
    """
    found = settings()
    order = _to(to)
    if not expected(found):  # one that refuses, or cannot keep its audit, is not gone round
        _by_the_engine(found, call, order.to, yes=yes, output=output)
        return
    with supervision(found) as client:
        row = row_of(*call_of(client, call))
        confirm(f"transfer to {order.to}:", row, yes=yes)
        _say(client.transfer(row["call"], order), output)


def _by_the_engine(found: Settings, call: str, to: str, *, yes: bool, output: Output) -> None:
    rows = {row["call"]: row for row in rows_known(found)}
    row: Row = rows[name_of(call, rows)]
    confirm(f"transfer to {to}:", row, yes=yes)
    channel = asked(found, {"do": "transfer", "call": row["call"], "to": to})["channel"]
    text = f"Asterisk has passed {channel} on to {to}; `ivr calls list` shows where the call is now"
    _say(Done(text=text, call=row["call"], values={"channel": channel, "to": to}), output)


def send(call: CallName, to: To, yes: Yes = False, output: Form = Output.TABLE) -> None:
    """Send a call at any stage - in a menu, ringing, talking - to a destination.

    Exit codes: 1 no such call, or refused; 2 wrong order, or nobody can be asked (--yes); 3 no supervision answers;
    4 Asterisk did not confirm in time.

    Example: ivr calls send 7214.0 kekava-duty --yes
    """
    order = _to(to)
    with supervision() as client:
        row = row_of(*call_of(client, call))
        confirm(f"send to {order.to}:", row, yes=yes)
        _say(client.send(row["call"], order), output)


def hangup(
    call: CallName,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the audit. Needed.")] = "",
    yes: Yes = False,
    output: Form = Output.TABLE,
) -> None:
    """End a call. The record says that a supervisor did it, the audit who and why.

    Exit codes: 1 no such call; 2 no --reason, or nobody can be asked (--yes); 3 no supervision answers; 4 Asterisk did
    not confirm in time.

    Example: ivr calls hangup 7214.0 --reason "line left open" --yes
    """
    try:
        order = HangUpOrder(reason=" ".join(reason.split()))
    except ValidationError:
        raise OperatorError('--reason is needed, at most 200 letters, such as --reason "line left open"') from None
    with supervision() as client:
        row = row_of(*call_of(client, call))
        confirm("end", row, yes=yes)
        _say(client.hangup(row["call"], order), output)


def announce(
    prompt: Annotated[str, typer.Argument(help="The recording's name, as `ivr prompts list` shows it.")],
    service: Annotated[str | None, typer.Option(help="Only to callers of this service.")] = None,
    destination: Annotated[
        str | None,
        typer.Option(autocompletion=destination_names, help="Only to callers who wait for this destination."),
    ] = None,
    output: Form = Output.TABLE,
) -> None:
    """Play a recording to the callers who wait for a person; they wait on.

    Exit codes: 1 nobody waits, or refused; 2 wrong order; 3 no supervision answers; 4 Asterisk did not confirm in time.

    Example: ivr calls announce outage --destination kekava-utility
    """
    try:
        order = AnnounceOrder(prompt=prompt, service=service, destination=destination)
    except ValidationError:
        allowed = "letters, digits and _ . - only, a recording also /"
        raise OperatorError(f"a recording, service or destination has {allowed}") from None
    with supervision() as client:
        _say(client.announce(order), output)


def _to(to: str) -> TransferOrder:
    try:
        return TransferOrder(to=to)
    except ValidationError:
        raise OperatorError(f"{to!r} is no destination's name or number") from None


def _say(done: Done, output: Output) -> None:
    tell_one(done.model_dump(mode="json"), [done.text], output)
