"""`ivr calls list` and `show`: the calls under way, as supervision sees them."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Annotated

import typer
from pydantic import ValidationError

from ivr.cli.answers import Form, Headers, Output, tell_found, tell_one
from ivr.cli.calls_known import COLUMNS, row_of, rows_known
from ivr.cli.completing import call_names, destination_names
from ivr.cli.start import settings
from ivr.cli.supervised import call_of, supervision
from ivr.errors import OperatorError
from ivr.supervision.models import Call, CallDetail, Stage
from ivr.supervision.orders import CallerOrder
from ivr.supervision.zones import zone_of

CallName = Annotated[
    str,
    typer.Argument(
        metavar="CALL", autocompletion=call_names, help="The call: its name, or the beginning or end of it."
    ),
]


def list_command(
    service: Annotated[str, typer.Option(envvar="IVR_SERVICE", help="Only calls of this service.")] = "",
    stage: Annotated[Stage | None, typer.Option(help="Only calls at this stage.")] = None,
    destination: Annotated[
        str, typer.Option(autocompletion=destination_names, help="Only calls at this destination.")
    ] = "",
    output: Form = Output.TABLE,
    headers: Headers = True,
) -> None:
    """Show the calls under way. Without supervision those that the engine which leads follows.

    Exit code 0: there are some; 1: there is none; 3: neither supervision nor an engine answers.

    Example: ivr calls list --stage ringing --output jsonl
    """
    wanted = {"service": service, "stage": stage and stage.value, "destination": destination}
    rows = [
        row for row in rows_known(settings()) if all(not value or row[name] == value for name, value in wanted.items())
    ]
    nothing = "no call is under way" + (" that is asked for" if any(wanted.values()) else "")
    tell_found(rows, COLUMNS, dict, output, nothing, headers=headers)


def show_command(
    call: CallName,
    full_numbers: Annotated[
        bool, typer.Option("--full-numbers", help="Show the caller's whole number; needs --reason.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why the whole number is needed; it is kept in the audit.")] = "",
    output: Form = Output.TABLE,
) -> None:
    """Tell one call under way, from the first ring to now, in the municipality's time. One that ended: `ivr records show`.

    Exit code 1: no such call, or several; 3: no supervision answers.

    Example: ivr calls show 7214.0
    """
    order = _why(reason) if full_numbers else None
    with supervision() as client:
        chosen, at = call_of(client, call)
        found, zone = client.call(chosen.call), zone_of(client.health().zone)
        whole = client.caller(chosen.call, order).caller if order else ""
    facts = found.model_dump(mode="json") | ({"caller": whole} if whole else {})
    tell_one(facts, _told(found, whole, at, zone), output)


def _why(reason: str) -> CallerOrder:
    try:
        return CallerOrder(reason=" ".join(reason.split()))
    except ValidationError:
        why = "who asked and why is kept (`ivr audit`)"
        raise OperatorError(f"--full-numbers needs --reason TEXT, at most 200 letters; {why}") from None


def _told(found: CallDetail, whole: str, at: datetime, zone: tzinfo | None) -> Iterator[str]:
    def clock(when: datetime) -> str:
        return f"{when.astimezone(zone):%H:%M:%S}"

    call = found.call
    yield f"call {call.call} to {call.service} ({call.number}) from {whole or call.caller or 'a withheld number'}"
    yield f"  {where(call)} for {row_of(call, at)['seconds']:.0f} s; began {call.started.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
    for name, value in _more(call):
        if value:
            yield f"  {name}: {value}"
    yield from (f"{clock(step.at)}  {step.text}" for step in found.journey)
    for leg in found.legs:
        answered = f", answered {clock(leg.answered)}" if leg.answered else ""
        ended = f", ended {clock(leg.ended)}" if leg.ended else ""
        yield f"  {leg.role} {leg.phone or leg.channel} since {clock(leg.started)}{answered}{ended}"


def _more(call: Call) -> Iterator[tuple[str, str]]:
    yield "language", call.language
    yield "rule", call.rule
    yield "reason", call.reason
    yield "led by", f"{call.led_by} {call.engine}".strip()
    yield "topic", call.topic
    yield "private", "nobody may listen" if call.private else ""
    yield "listened by", ", ".join(call.listened)


def where(call: Call) -> str:
    """Say where a call is, such as `ringing at kekava-utility (kekava-utility-1)`."""
    place = call.destination or call.menu
    return f"{call.stage.value}{f' at {place}' if place else ''}{f' ({call.phone})' if call.phone else ''}"
