"""What changes for callers from one ruleset to another. Pure.

Rule 1: both rulesets are walked together: at each instant at which anything can open or close, every key, silence,
mistake and failure is tried in every pair of places that the same way leads to. What comes out differently is a change;
where the ways part, what lies behind is not compared.
Rule 2: instants at which all hours, overrides and announcements of both say the same are one class, walked once
(`ivr.proof.instants` says why that is sound).
Rule 3: what callers do not notice is no change: titles, topics, expectations, what nobody can come to.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from ivr.calls.entry import announced
from ivr.proof.instants import Classes, Timetable, Track
from ivr.proof.met import Met, met
from ivr.proof.sides import Side
from ivr.proof.walk import Found, Seen, compare
from ivr.proof.when import Stretch, When, when
from ivr.routing.days import MIDNIGHT
from ivr.routing.rules import Ruleset, Service
from ivr.vocabulary import Did, ServiceId


@dataclass(frozen=True, slots=True)
class Way:
    """A place, what happens there, and one way to get there and do it."""

    place: str
    happens: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that callers notice.

    `kind` is one of number, safety, limit, language, welcome, announcement, goes, menu, rings, hours. `place` and
    `happens` say where and upon what, `path` is one way to get there. `before` and `now` are words, "" for nothing.
    `others` are further places and ways with the same change. `when` is None for what holds whenever a caller comes to
    the place. `loud` marks what takes a safety line from callers.
    """

    kind: str
    numbers: tuple[str, ...]
    place: str
    happens: str
    before: str
    now: str
    path: tuple[str, ...] = ()
    callers: str = ""
    when: When | None = None
    loud: bool = False
    others: tuple[Way, ...] = ()


def diff(old: Ruleset, new: Ruleset, first: date, last: date) -> tuple[Change, ...]:
    """Return what changes for callers from `first` to `last`, both included; the loudest first.

    Days begin at midnight of each service's zone.
    """
    found = [*_safety(old, new), *_numbers(old, new)]
    for most, bound, words in ((old.max_menus, new.max_menus, "menus"), (old.max_hops, new.max_hops, "destinations")):
        if most != bound:
            found.append(Change("limit", (), "", "", f"{most} {words}", f"{bound} {words}"))
    span = _Span(old, new, first, last)
    for (before, now), numbers in _pairs(old, new).items():
        found += span.service(old.services[before], new.services[now], numbers)
    return tuple(sorted(_joined_changes(found), key=lambda change: not change.loud))


def _joined_changes(found: list[Change]) -> list[Change]:
    """Join what several services share, such as the phones of a destination, and the ways with the same change."""
    joined: dict[object, Change] = {}
    for position, one in enumerate(found):
        words = (one.kind, one.before, one.now)
        match one.kind:
            case "menu" | "rings" | "hours":
                key: object = (*words, one.place, one.happens)
            case "goes":
                key = (*words, one.numbers, one.callers, repr(one.when), one.loud)
            case _:
                key = position
        known = joined.setdefault(key, one)
        if known is not one:
            numbers = tuple(dict.fromkeys((*known.numbers, *one.numbers)))
            callers = known.callers if known.callers == one.callers else ""
            joined[key] = replace(known, numbers=numbers, others=_others(known, one), callers=callers)
    return list(joined.values())


def _others(known: Change, one: Change) -> tuple[Way, ...]:
    """Return the further ways of a change, without those that differ only in how the caller came to the place."""
    spots = {(way.place, way.happens) for way in (Way(known.place, known.happens, known.path), *known.others)}
    new = one.kind == "goes" and (one.place, one.happens) not in spots
    return (*known.others, Way(one.place, one.happens, one.path)) if new else known.others


def _pairs(old: Ruleset, new: Ruleset) -> dict[tuple[ServiceId, ServiceId], list[Did]]:
    """Group the numbers that both rulesets have by the services that they reach."""
    found: dict[tuple[ServiceId, ServiceId], list[Did]] = {}
    for number, service in old.numbers.items():
        if number in new.numbers:
            found.setdefault((service, new.numbers[number]), []).append(number)
    return found


def _numbers(old: Ruleset, new: Ruleset) -> Iterator[Change]:
    for number, service in old.numbers.items():
        if number not in new.numbers:
            yield Change("number", (number,), "", "", f"reaches {service}", "")
    for number, service in new.numbers.items():
        if number not in old.numbers:
            yield Change("number", (number,), "", "", "", f"reaches {service}")


def _safety(old: Ruleset, new: Ruleset) -> Iterator[Change]:
    for name, destination in old.destinations.items():
        now = new.destinations.get(name)
        if destination.safety and not (now and now.safety):
            told = "an ordinary destination" if now else "gone"
            yield Change("safety", (), name, "", "a safety line", told, loud=True)
    for name, destination in new.destinations.items():
        before = old.destinations.get(name)
        if destination.safety and not (before and before.safety):
            yield Change("safety", (), name, "", "an ordinary destination" if before else "", "a safety line")


class _Span:
    """The days that are looked at, with what both rulesets say over them; what services share is worked out once."""

    def __init__(self, old: Ruleset, new: Ruleset, first: date, last: date) -> None:
        self._old, self._new, self._first, self._last = old, new, first, last
        self._timetables: dict[ZoneInfo, tuple[Timetable, Timetable]] = {}

    def service(self, old: Service, new: Service, numbers: list[Did]) -> Iterator[Change]:
        """Yield what changes for the callers of numbers that reached `old` and reach `new` now."""
        before, now = met(old, self._old), met(new, self._new)
        if self._alike(old, new, before, now):
            return
        told = tuple(map(str, numbers))
        yield from self._unreachable(before, now, told)
        if old.welcome != new.welcome:
            yield Change("welcome", told, "", "", old.welcome, new.welcome)
        yield from self._hours(before, now, new.zone, told)
        timetables = self._timetable(new.zone)
        cut = _joined(timetables[0].classes(old, before), timetables[1].classes(new, now), self._end(new.zone))
        yield from self._walked(old, new, numbers, cut)

    def _walked(
        self, old: Service, new: Service, numbers: list[Did], cut: dict[tuple[int, int], list[Stretch]]
    ) -> Iterator[Change]:
        times: dict[Found, list[Stretch]] = {}
        examples: dict[Found, Found] = {}
        reached: dict[tuple[str, tuple[int, int]], list[Stretch]] = {}
        for stretches in cut.values():
            at = stretches[0][0]
            before, now = Side(self._old, old, at), Side(self._new, new, at)
            seen: Seen = set()
            for one in dict.fromkeys((*_announcements(before, now, numbers), *compare(before, now, numbers, seen))):
                key = replace(one, path=())
                if times.setdefault(key, [])[-1:] != stretches[-1:]:
                    times[key] += stretches
                if len(one.path) <= len(examples.setdefault(key, one).path):
                    examples[key] = one
            for place in {("", (0, 0)), *((name, (low, high)) for _, name, low, high in seen)}:
                reached.setdefault(place, []).extend(stretches)
        for key, stretches in times.items():
            whenever = key.lasting or len(stretches) == len(reached[key.place, key.hops])
            told = None if whenever else when(sorted(stretches), new.zone, self._first, self._last)
            yield _change(examples[key], told)

    def _alike(self, old: Service, new: Service, before: Met, now: Met) -> bool:
        """Tell whether the services and all that they can come to are the same values, so that nothing has to be walked."""
        bounds = self._old.max_hops == self._new.max_hops and self._old.overrides == self._new.overrides
        plain = replace(new, title=old.title, topics=old.topics, numbers=old.numbers)
        return (
            bounds
            and plain == old
            and before == now
            and all(self._old.menus[name] == self._new.menus[name] for name in now.menus)
            and all(self._old.destinations[name] == self._new.destinations[name] for name in now.destinations)
            and all(self._old.hours[name] == self._new.hours[name] for name in now.hours)
        )

    def _unreachable(self, before: Met, now: Met, numbers: tuple[str, ...]) -> Iterator[Change]:
        for name in before.destinations:
            there = name in self._new.destinations and self._new.destinations[name].safety
            if self._old.destinations[name].safety and there and name not in now.destinations:
                yield Change("safety", numbers, name, "", "can be reached", "cannot be reached by any key", loud=True)

    def _hours(self, before: Met, now: Met, zone: ZoneInfo, numbers: tuple[str, ...]) -> Iterator[Change]:
        old, new = self._timetable(zone)
        for name in before.hours:
            if name not in now.hours or self._old.hours[name] == self._new.hours[name]:
                continue
            for opened in (True, False):
                stretches = list(_opened(old.opening(name), new.opening(name), self._end(zone), opened))
                if stretches:
                    words = ("closed", "open") if opened else ("open", "closed")
                    told = when(stretches, self._new.hours[name].zone, self._first, self._last)
                    yield Change("hours", numbers, name, "", *words, when=told)

    def _timetable(self, zone: ZoneInfo) -> tuple[Timetable, Timetable]:
        if zone not in self._timetables:
            start = datetime.combine(self._first, MIDNIGHT, zone).astimezone(UTC)
            self._timetables[zone] = (
                Timetable(self._old, start, self._end(zone)),
                Timetable(self._new, start, self._end(zone)),
            )
        return self._timetables[zone]

    def _end(self, zone: ZoneInfo) -> datetime:
        return datetime.combine(self._last + timedelta(days=1), MIDNIGHT, zone).astimezone(UTC)


def _change(one: Found, told: When | None) -> Change:
    return Change(
        one.kind, one.numbers, one.place, one.happens, one.before, one.now, one.path, one.callers, told, one.loud
    )


def _announcements(old: Side, new: Side, numbers: list[Did]) -> Iterator[Found]:
    before, now = (
        ", ".join(f"{one.prompt}{'' if one.skippable else ' (to its end)'}" for one in announced(side.service, side.at))
        for side in (old, new)
    )
    if before != now:
        yield Found("announcement", "", "", before, now, tuple(map(str, numbers)))


def _joined(old: Classes, new: Classes, end: datetime) -> dict[tuple[int, int], list[Stretch]]:
    """Return the stretches of each pair of classes."""
    found: dict[tuple[int, int], list[Stretch]] = {}
    merged = sorted([(at, 0, number) for at, number in old.pieces] + [(at, 1, number) for at, number in new.pieces])
    state = [0, 0]
    for position, (at, side, number) in enumerate(merged):
        state[side] = number
        until = merged[position + 1][0] if position + 1 < len(merged) else end
        if at < until:
            found.setdefault((state[0], state[1]), []).append((at, until))
    return found


def _opened(old: Track, new: Track, end: datetime, opened: bool) -> Iterator[Stretch]:
    """Yield the stretches that are open now and were closed before, or the other way round."""
    edges = [*sorted({*old.instants, *new.instants}), end]
    for start, until in pairwise(edges):
        if bool(new.at(start)) is opened and bool(old.at(start)) is not opened:
            yield start, until
