"""`ivr override` for an instance on another machine (IVR_SUPERVISION_URL): its supervision keeps the overrides."""

import typer
from pydantic import ValidationError

from ivr.cli.answers import Columns, Output, tell, tell_one
from ivr.cli.supervised import supervision
from ivr.errors import OperatorError
from ivr.settings import Settings
from ivr.supervision.models import OverrideNow
from ivr.supervision.orders import ClearOrder, OverrideOrder

_COLUMNS: Columns[OverrideNow] = {
    "id": lambda one: one.id,
    "destination": lambda one: one.destination,
    "order": lambda one: one.order,
    "until": lambda one: f"{one.until:%Y-%m-%d %H:%M:%S UTC}",
    "by": lambda one: one.author,
    "reason": lambda one: one.reason,
    "state": lambda one: one.state,
}

_RIGHT = {
    "destination": "a destination's name, as `ivr destinations` shows it",
    "order": "closed, open or redirect=OTHER-DESTINATION",
    "until": '"2026-11-23 08:00", an instant with its offset, or 2h',
    "reason": 'why, in 1 to 200 letters, such as --reason "burst pipe"',
}
"""What each part of an order may be."""


def order(destination: str, what: str, until: str, reason: str) -> OverrideOrder:
    """Give the order. Raises OperatorError with the first thing that is wrong."""
    try:
        return OverrideOrder(destination=destination, order=what, until=until, reason=" ".join(reason.split()))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        raise OperatorError(f"{name} {first['input']!r}: write {_RIGHT[name]}") from None


def add(found: Settings, wanted: OverrideOrder, output: Output) -> None:
    """Order something there. Raises what `supervision` raises."""
    with supervision(found) as client:
        done = client.override_add(wanted)
    tell_one(done.model_dump(mode="json"), [done.text], output)


def show(found: Settings, output: Output, *, every: bool, headers: bool) -> None:
    """List what holds there, or with `every` what was ever ordered."""
    with supervision(found) as client:
        known = client.overrides(every=every)
    if known or output is not Output.TABLE:
        tell(known, _COLUMNS, lambda one: one.model_dump(mode="json"), output, headers=headers)
    else:
        typer.echo("no override was ever made" if every else "no override holds now", err=True)


def clear(found: Settings, which: str, reason: str, output: Output) -> None:
    """End one there before its time."""
    with supervision(found) as client:
        done = client.override_clear(which, ClearOrder(reason=reason))
    tell_one(done.model_dump(mode="json"), [done.text], output)
