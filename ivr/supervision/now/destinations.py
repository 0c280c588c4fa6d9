"""Each destination at a moment: rules and orders, calls under way, today's figures, phones that are away. PURE."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cdr.statistics.today import DestinationDay
from ivr.routing.destinations import Destination
from ivr.routing.rules import Ruleset
from ivr.rulebook.service_ways import destinations_of
from ivr.supervision.models import Call, DestinationNow, Stage
from ivr.supervision.now.standing import Moment, Standing
from ivr.vocabulary import DestinationId, ServiceId

MISSED_IN_A_ROW = 3
"""Callers in a row whom nobody answers, from which on that is trouble; at a safety line one fewer."""

_WAITING = frozenset({Stage.CONNECTING, Stage.RINGING})
_NO_DAY = DestinationDay()


@dataclass(frozen=True, slots=True)
class Rooms:
    """How many calls are at each destination now."""

    waiting: Mapping[str, int] = field(default_factory=dict)
    talking: Mapping[str, int] = field(default_factory=dict)


def rooms(calls: Iterable[Call]) -> Rooms:
    """Count the calls by destination: for whom it rings or who is being put through, and who talks."""
    waiting: Counter[str] = Counter()
    talking: Counter[str] = Counter()
    for call in calls:
        if call.stage in _WAITING:
            waiting[call.destination] += 1
        elif call.stage is Stage.TALKING:
            talking[call.destination] += 1
    return Rooms(waiting, talking)


def services_of(rules: Ruleset) -> dict[DestinationId, tuple[ServiceId, ...]]:
    """Give the services that lead to each destination, in the order of the rules. It takes a while for large rules."""
    found: dict[DestinationId, list[ServiceId]] = {}
    for service in rules.services.values():
        for name in destinations_of(service, rules):
            found.setdefault(name, []).append(service.id)
    return {name: tuple(services) for name, services in found.items()}


@dataclass(frozen=True, slots=True)
class Fixed:
    """What of a destination changes only with the rules, the orders and the hours."""

    destination: Destination
    title: str
    services: tuple[ServiceId, ...]
    standing: Standing


def fixed(rules: Ruleset, services: Mapping[DestinationId, tuple[ServiceId, ...]], at: datetime) -> tuple[Fixed, ...]:
    """Give all destinations of the rules, in their order, as they stand at `at`."""
    moment = Moment(rules, at)
    return tuple(
        Fixed(one, _title(one, rules, services.get(one.id, ())), services.get(one.id, ()), moment.standing(one))
        for one in rules.destinations.values()
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a destination changes by the second. `unreachable` are phones and outside numbers known to be away."""

    waiting: int = 0
    talking: int = 0
    day: DestinationDay = _NO_DAY
    unreachable: frozenset[str] = frozenset()


def seen_at(name: DestinationId, here: Rooms, days: Mapping[str, DestinationDay], unreachable: frozenset[str]) -> Seen:
    """Give what is seen of one destination."""
    return Seen(here.waiting.get(name, 0), here.talking.get(name, 0), days.get(name, _NO_DAY), unreachable)


def destination_now(one: Fixed, seen: Seen) -> DestinationNow:
    """Join what is known of a destination."""
    item, standing = one.destination, one.standing
    return DestinationNow(
        destination=item.id,
        title=one.title,
        services=one.services,
        safety=item.safety,
        private=item.private,
        open=standing.open,
        why=standing.why,
        until=standing.until,
        override=standing.override,
        waiting=seen.waiting,
        talking=seen.talking,
        full_at=item.most_calls,
        answered_today=seen.day.answered,
        lost_today=seen.day.lost,
        phones=phones_of(item),
        trouble="; ".join(_troubles(one, seen)),
    )


def phones_of(destination: Destination) -> tuple[str, ...]:
    """Give the phones, or the outside number, of a destination; those that ring together each by itself."""
    return tuple(dict.fromkeys(name for ring in destination.lines for name in ring.phone.split("&")))


def _troubles(one: Fixed, seen: Seen) -> Iterator[str]:
    item = one.destination
    lines = tuple(dict.fromkeys(ring.phone for ring in item.lines))
    away = [line for line in lines if line in seen.unreachable]
    if away:
        yield _away(away, lines)
    if not one.standing.open:
        return
    if item.most_calls is not None and seen.waiting + seen.talking >= item.most_calls:
        yield f"full: it has all {item.most_calls} calls that it may have"
    if seen.day.in_a_row >= MISSED_IN_A_ROW - item.safety:
        yield f"{seen.day.in_a_row} callers in a row reached nobody"


def _away(away: Sequence[str], lines: Sequence[str]) -> str:
    if len(away) < len(lines):
        return f"{len(away)} of {len(lines)} phones unreachable: {', '.join(away)}"
    return f"all {len(lines)} phones unreachable" if len(lines) > 1 else f"{away[0]} unreachable"


def _title(destination: Destination, rules: Ruleset, services: Iterable[ServiceId]) -> str:
    """Give the title in the first language of the first service that leads there, else in any."""
    for name in services:
        for language in rules.services[name].languages:
            if language in destination.title:
                return destination.title[language]
    return next(iter(destination.title.values()), str(destination.id))
