"""`ivr destinations`: each destination now - open or closed and why, who waits and talks there, what is wrong."""

from datetime import tzinfo
from typing import Annotated

import typer

from ivr.cli.answers import Columns, Form, Headers, Output, tell_found
from ivr.cli.supervised import supervision
from ivr.supervision.models import DestinationNow
from ivr.supervision.zones import zone_of

TROUBLE = "!"


def _why(one: DestinationNow) -> str:
    return f"{TROUBLE} {one.trouble}; {one.why}" if one.trouble else one.why


def _columns(zone: tzinfo | None) -> Columns[DestinationNow]:
    return {
        "destination": lambda one: one.destination,
        "state": lambda one: "open" if one.open else "closed",
        "until": lambda one: "" if one.until is None else f"{one.until.astimezone(zone):%Y-%m-%dT%H:%M}",
        "waiting": lambda one: one.waiting,
        "talking": lambda one: one.talking,
        "answered": lambda one: one.answered_today,
        "lost": lambda one: one.lost_today,
        "why": _why,
    }


def destinations(
    service: Annotated[str, typer.Option(envvar="IVR_SERVICE", help="Only those of this service.")] = "",
    trouble: Annotated[bool, typer.Option("--trouble", help="Only those with trouble.")] = False,
    output: Form = Output.TABLE,
    headers: Headers = True,
) -> None:
    """Show each destination now: open or closed and why, until when, who waits and talks, how many were answered and
    lost today, what is wrong. Times are the municipality's.

    Exit codes: 0 there are some; 1 there is none; 3 no supervision answers.

    Example: ivr destinations --trouble --output jsonl
    """
    with supervision() as client:
        known, zone = client.destinations(), zone_of(client.health().zone)
    found = [one for one in known if (not service or service in one.services) and (one.trouble or not trouble)]
    nothing = "no destination is in trouble" if trouble and known else "there is no such destination"
    tell_found(found, _columns(zone), lambda one: one.model_dump(mode="json"), output, nothing, headers=headers)
