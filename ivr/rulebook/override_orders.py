"""What a person orders for a destination, read and judged: an `Override`, or a refusal that says what to do. Pure.

Rule 1: whatever is accepted here is obeyed by `ivr.routing.decide`: nothing is taken down that would do nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ivr.errors import OperatorError
from ivr.routing.destinations import Destination, ExitReason
from ivr.routing.rules import Override, OverrideKind, Ruleset
from ivr.rulebook.overrides import Kept, State
from ivr.rulebook.problems import nearest, shown
from ivr.rulebook.service_ways import destinations_of
from ivr.vocabulary import DestinationId, OverrideId

LONGEST = timedelta(days=366)
LONGEST_TEXT = 200  # characters of a reason and of an author
_SPAN = re.compile(r"([1-9][0-9]{0,4})(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_REDIRECT = "redirect="


class OverrideRefused(OperatorError):
    """An override cannot be made as ordered; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as a person writes it. `what` is `closed`, `open` or `redirect=OTHER`.

    `until` is a local time of a service that leads to the destination, a time with offset, or a span such as `2h`.
    """

    destination: str
    what: str
    until: str
    reason: str
    author: str


def override(order: Order, rules: Ruleset, known: Iterable[Kept], at: datetime, name: OverrideId) -> Override:
    """Return the override that `order` asks for at `at`. Raises OverrideRefused."""
    destination = _destination(order.destination, rules)
    kind, other = _what(order.what)
    made = Override(
        id=name,
        destination=destination.id,
        kind=kind,
        since=at,
        until=_until(order.until, destination.id, rules, at),
        reason=_words(order.reason, "--reason", 'say why, such as --reason "burst pipe in the office"'),
        author=_words(order.author, "the author", "name who orders it"),
        redirect=other,
    )
    _refuse_useless(made, destination)
    if other is not None:
        _refuse_circle(made, _destination(other, rules).id, known)
    return made


def _destination(name: str, rules: Ruleset) -> Destination:
    found = rules.destinations.get(DestinationId(name))
    if found is None:
        known = nearest(name, rules.destinations) or f"known are {', '.join(sorted(rules.destinations)[:20])}"
        raise OverrideRefused(f"there is no destination {shown(name)!r}; {known}")
    return found


def _what(text: str) -> tuple[OverrideKind, DestinationId | None]:
    if text.startswith(_REDIRECT) and text != _REDIRECT:
        return OverrideKind.REDIRECT, DestinationId(text.removeprefix(_REDIRECT))
    if text in ("closed", "open"):
        return OverrideKind(text), None
    raise OverrideRefused(f"{shown(text)!r} is no order; write closed, open or redirect=OTHER-DESTINATION")


def _until(text: str, destination: DestinationId, rules: Ruleset, at: datetime) -> datetime:
    if not text.strip():
        raise OverrideRefused('an override needs an end; add --until "2026-11-23 08:00" or --until 2h')
    end = _instant(text.strip(), destination, rules, at)
    if end <= at:
        raise OverrideRefused(f"--until {shown(text)!r} is past; name an instant that is still to come")
    if end - at > LONGEST:
        raise OverrideRefused(
            f"--until {shown(text)!r} is more than a year away; for what lasts, change the rules, else name a nearer end"
        )
    return end


def _instant(text: str, destination: DestinationId, rules: Ruleset, at: datetime) -> datetime:
    span = _SPAN.fullmatch(text)
    if span is not None:
        return at + timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        end = datetime.fromisoformat(text)
    except ValueError:
        raise OverrideRefused(
            f'--until {shown(text)!r} is no time; write "2026-11-23 08:00", with an offset "2026-11-23T08:00+02:00", or 2h'
        ) from None
    return end if end.tzinfo is not None else end.replace(tzinfo=_zone(destination, rules))


def _zone(destination: DestinationId, rules: Ruleset) -> ZoneInfo:
    """Return the zone whose local time is meant: that of the services which lead to the destination."""
    zones = {item.zone for item in rules.services.values() if destination in destinations_of(item, rules)}
    if len(zones) == 1:
        return zones.pop()
    which = (
        "no service leads"
        if not zones
        else f"services of several time zones lead ({', '.join(sorted(map(str, zones)))})"
    )
    raise OverrideRefused(
        f"{which} to {destination}; give --until with an offset, such as 2026-11-23T08:00+02:00, or 2h"
    )


def _words(text: str, what: str, hint: str) -> str:
    words = " ".join(text.split())
    if not words:
        raise OverrideRefused(f"{what} is missing; {hint}")
    if len(words) > LONGEST_TEXT:
        raise OverrideRefused(f"{what} has {len(words)} characters; {LONGEST_TEXT} at most")
    return words


def _refuse_useless(made: Override, destination: Destination) -> None:
    if made.kind is OverrideKind.OPEN:
        return
    if destination.safety:
        raise OverrideRefused(f"{destination.id} is a safety line; nothing may close or redirect it")
    has_exit = {ExitReason.CLOSED, ExitReason.UNREACHABLE} & set(destination.exits)
    if made.kind is OverrideKind.CLOSED and not has_exit:
        raise OverrideRefused(
            f"{destination.id} has no exit `closed` or `unreachable`, so callers would have nowhere to go; "
            "use redirect=OTHER-DESTINATION, or add the exit to the rules"
        )


def _refuse_circle(made: Override, other: DestinationId, known: Iterable[Kept]) -> None:
    if other == made.destination:
        raise OverrideRefused(f"{other} cannot be redirected to itself; name another destination")
    orders = {made.destination: other}
    for one in known:  # oldest first: of several for one destination the youngest counts, and that is the new one
        item = one.override
        if one.state(made.since) is State.ACTIVE and item.destination != made.destination:
            orders.pop(item.destination, None)
            if item.redirect is not None:
                orders[item.destination] = item.redirect
    way = [made.destination]
    while way[-1] in orders:
        way.append(orders[way[-1]])
        if way[-1] in way[:-1]:
            raise OverrideRefused(
                f"the redirects would go in a circle ({' -> '.join(way)}); clear one of them first, or name another destination"
            )
