"""Cut time wherever the answers of a service can change, and sort the pieces into classes that route alike.

Why a class is sound: `ivr.routing.decide` reads the instant in two places only, `ruling_at(...).open` of the hours of a
destination and `override_at` of a destination; `ivr.calls.entry` reads it for announcements. The state of a service at
an instant holds exactly these answers, for every destination and announcement that a call to it can come to
(`ivr.proof.met`). Two instants with the same state are therefore answered alike, but for the words of `rule` and `why`.
So one instant of each class is looked at, the first one, and the cost does not grow with the months.

Rule 1: the cuts lie at every opening and closing, at both ends of every override and of every announcement. Between two
cuts no answer changes.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from ivr.calls.entry import announced
from ivr.proof.met import Met
from ivr.routing.days import Day, day_of
from ivr.routing.hours import changes, open_minutes, ruling_at
from ivr.routing.office_hours import OfficeHours, Span
from ivr.routing.overrides import override_at
from ivr.routing.rules import Ruleset, Service
from ivr.vocabulary import DestinationId, HoursId

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)

_Edges: TypeAlias = tuple[tuple[timedelta, bool], ...]


@dataclass(frozen=True, slots=True)
class Track:
    """What one part of the rules says over time: `values[n]` from `instants[n]` (UTC) on. The first is the start."""

    instants: tuple[datetime, ...]
    values: tuple[Hashable, ...]

    def at(self, instant: datetime) -> Hashable:
        """Return the value at an instant that is not before the start."""
        return self.values[bisect_right(self.instants, instant) - 1]


@dataclass(frozen=True, slots=True)
class Classes:
    """The time of a service in pieces of one class each: (first instant in UTC, number of the class).

    `firsts` holds the first instant of each class, by its number.
    """

    pieces: tuple[tuple[datetime, int], ...]
    firsts: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class _Midnight:
    """A local day: when it and the next one begin (UTC), and whether it has 24 hours."""

    day: date
    instant: datetime
    next: datetime
    regular: bool


class Timetable:
    """The tracks of one ruleset in [start, end); what services share is worked out once."""

    def __init__(self, rules: Ruleset, start: datetime, end: datetime) -> None:
        self._rules = rules
        self._start = start.astimezone(UTC)
        self._end = end.astimezone(UTC)
        self._midnights: dict[ZoneInfo, tuple[_Midnight, ...]] = {}
        self._openings: dict[HoursId, Track] = {}

    def opening(self, name: HoursId) -> Track:
        """Return when the hours are open (True) and closed (False)."""
        if name not in self._openings:
            hours = self._rules.hours[name]
            self._openings[name] = _track(self._edges(hours))
        return self._openings[name]

    def classes(self, service: Service, met: Met) -> Classes:
        """Cut the time of a service, and number its states in the order in which they first come."""
        tracks = [self.opening(name) for name in met.hours]
        tracks += [self._overrides(name) for name in met.destinations if name in self._rules.overrides]
        if service.announcements:
            tracks.append(self._announcements(service))
        changed: dict[datetime, list[int]] = {self._start: []}
        for number, track in enumerate(tracks):
            for instant in track.instants:
                changed.setdefault(instant, []).append(number)
        return _numbered(tracks, changed)

    def _edges(self, hours: OfficeHours) -> Iterator[tuple[datetime, bool]]:
        """Yield in order from when the hours are open or closed; some of it may change nothing."""
        start, end = self._start, self._end
        yield start, ruling_at(hours, start).open
        for instant, is_open in self._day_edges(hours):
            if start < instant < end:
                yield instant, is_open

    def _day_edges(self, hours: OfficeHours) -> Iterator[tuple[datetime, bool]]:
        known: dict[tuple[tuple[Span, ...], bool, tuple[Span, ...]], _Edges] = {}
        yesterday: Day | None = None
        for midnight in self._days(hours.zone):
            if not midnight.regular:  # the clocks are changed: minutes of the wall clock are missing, or come twice
                begins = midnight.instant
                for instant in (begins, *changes(hours, begins, midnight.next)):
                    yield instant, ruling_at(hours, instant).open
                yesterday = None
                continue
            today = day_of(hours, midnight.day)
            before = yesterday or day_of(hours, midnight.day - DAY)
            question = (today.spans, today.shut, before.spans)
            if question not in known:
                known[question] = _edges_of(open_minutes(hours, midnight.day))
            for offset, is_open in known[question]:
                yield midnight.instant + offset, is_open
            yesterday = today

    def _days(self, zone: ZoneInfo) -> tuple[_Midnight, ...]:
        if zone not in self._midnights:
            self._midnights[zone] = tuple(_days(zone, self._start, self._end))
        return self._midnights[zone]

    def _overrides(self, name: DestinationId) -> Track:
        destination, overrides = self._rules.destinations[name], self._rules.overrides[name]
        edges = (edge.astimezone(UTC) for one in overrides for edge in (one.since, one.until))

        def winner(at: datetime) -> Hashable:
            found = override_at(destination, self._rules, at)
            return None if found is None else found.id

        return self._evaluated(edges, winner)

    def _announcements(self, service: Service) -> Track:
        edges = (edge for one in service.announcements for edge in (one.since, one.until))
        instants = (instant for edge in edges for instant in self._wall(edge, service.zone))
        return self._evaluated(instants, lambda at: tuple(one.id for one in announced(service, at)))

    def _wall(self, edge: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Yield each instant at which the wall clock of a zone can pass `edge` (naive)."""
        yield edge.replace(tzinfo=zone).astimezone(UTC)
        for midnight in self._days(zone):
            if midnight.day == edge.date() and not midnight.regular:
                yield from (midnight.instant + number * QUARTER for number in range(100))

    def _evaluated(self, edges: Iterable[datetime], value: Callable[[datetime], Hashable]) -> Track:
        instants = sorted({self._start, *(edge for edge in edges if self._start < edge < self._end)})
        return _track([(instant, value(instant)) for instant in instants])


def _edges_of(ranges: tuple[tuple[int, int], ...]) -> _Edges:
    """Return when a day opens and closes, after its midnight; always with what holds at midnight."""
    found = [(timedelta(0), bool(ranges) and ranges[0][0] == 0)]
    for first, last in ranges:
        found += [(first * MINUTE, True)] if first else []
        found += [(last * MINUTE, False)] if last * MINUTE < DAY else []
    return tuple(found)


def _track(changes_: Iterable[tuple[datetime, Hashable]]) -> Track:
    """Return a track of what is sorted by instant; what changes nothing is left out."""
    instants: list[datetime] = []
    values: list[Hashable] = []
    for instant, value in changes_:
        if not values or value != values[-1]:
            instants.append(instant)
            values.append(value)
    return Track(tuple(instants), tuple(values))


def _numbered(tracks: list[Track], changed: dict[datetime, list[int]]) -> Classes:
    state: list[Hashable] = [None] * len(tracks)
    numbers: dict[tuple[Hashable, ...], int] = {}
    pieces: list[tuple[datetime, int]] = []
    firsts: list[datetime] = []
    position = [0] * len(tracks)
    for instant in sorted(changed):
        for number in changed[instant]:
            state[number] = tracks[number].values[position[number]]
            position[number] += 1
        known = numbers.setdefault(tuple(state), len(numbers))
        if known == len(firsts):
            firsts.append(instant)
        pieces.append((instant, known))
    return Classes(tuple(pieces), tuple(firsts))


def _days(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[_Midnight]:
    day = start.astimezone(zone).date()
    instant = datetime.combine(day, time(0), zone).astimezone(UTC)
    while instant < end:
        after = datetime.combine(day + DAY, time(0), zone).astimezone(UTC)
        yield _Midnight(day, instant, after, after - instant == DAY)
        day, instant = day + DAY, after
