"""Tell whether an office is open at an instant, why, and until when.

Rule 1: the clock on the office's wall decides. A span is [start, end) in local time: at 17:00:00 it is closed.
When clocks go back, an hour is shown twice and counts both times; when they go forward, the hour that is left
out does not exist. The rendered dialplan reads the same clock, so the fallback menu agrees.
Rule 2: a span whose end is not after its start goes on into the next day, whatever weekday that is.
Rule 3: what a day's rules are is said in `ivr.routing.days`. A day that is shut is closed from 00:00 to 24:00, also
the tail of a span that began on the day before. A span that would begin on it does not, so its tail on the day after
is closed too.
Rule 4: what no span covers is closed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias

from ivr.routing.days import MIDNIGHT, WEEKDAYS, Day, crosses, day_of, span_text
from ivr.routing.office_hours import OfficeHours, Span
from ivr.vocabulary import RuleId

SEARCH_DAYS = 400  # how far ahead a change is looked for: more than the longest year

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether the office is open at one instant, by which rule of its hours, in a plain sentence's words."""

    open: bool
    rule: RuleId
    reason: str


@dataclass(frozen=True, slots=True)
class Open:
    """The office is open until `until` (UTC); None if it does not close within `SEARCH_DAYS`."""

    until: datetime | None
    rule: RuleId


@dataclass(frozen=True, slots=True)
class Closed:
    """The office is closed for `reason` and opens at `opens_at` (UTC); None if not within `SEARCH_DAYS`."""

    reason: str
    opens_at: datetime | None
    rule: RuleId


OfficeState: TypeAlias = Open | Closed


def ruling_at(hours: OfficeHours, at: datetime) -> Ruling:
    """Tell whether the office is open at `at`, without looking ahead.

    Raises `ValueError` if `at` has no time zone.
    """
    return _ruling(hours, _aware(at).astimezone(hours.zone))


def state_at(hours: OfficeHours, at: datetime) -> OfficeState:
    """Tell whether the office is open at `at`, and when that changes.

    Raises `ValueError` if `at` has no time zone.
    """
    now = ruling_at(hours, at)
    change = _next_change(hours, at.astimezone(UTC), now.open)
    if now.open:
        return Open(change, now.rule)
    return Closed(now.reason, change, now.rule)


def changes(hours: OfficeHours, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield, in order, every instant (UTC) in [start, end) at which the office opens or closes, or another rule rules.

    Between two of them nothing changes.
    """
    day = start.astimezone(hours.zone).date()
    before = ruling_at(hours, start)
    while datetime.combine(day, MIDNIGHT, hours.zone) < end:
        for instant in _candidates(hours, day):
            if start < instant < end:
                now = _ruling(hours, instant.astimezone(hours.zone))
                if (now.open, now.rule) != (before.open, before.rule):
                    yield instant
                before = now
        day += _DAY


def open_minutes(hours: OfficeHours, day: date) -> tuple[tuple[int, int], ...]:
    """Return the open minutes of a local day as half-open ranges of its wall clock, 0 to 1440, tails included."""
    today = day_of(hours, day)
    found: list[tuple[int, int]] = []
    if not today.shut:
        found += [(0, _minute(span.end)) for span in day_of(hours, day - _DAY).spans if crosses(span)]
    found += [(_minute(span.start), 24 * 60 if crosses(span) else _minute(span.end)) for span in today.spans]
    merged: list[tuple[int, int]] = []
    for first, last in sorted(pair for pair in found if pair[0] < pair[1]):
        if merged and merged[-1][1] >= first:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        message = f"The time {at.isoformat()} has no time zone; pass an aware datetime."
        raise ValueError(message)
    return at


def _ruling(hours: OfficeHours, local: datetime) -> Ruling:
    date_, clock = local.date(), local.time()
    today = day_of(hours, date_)
    for span in today.spans:
        if span.start <= clock and (clock < span.end or crosses(span)):
            return _opened(hours, date_, today, span)
    if not today.shut:
        before = date_ - _DAY
        yesterday = day_of(hours, before)
        for span in yesterday.spans:
            if crosses(span) and clock < span.end:
                return _opened(hours, before, yesterday, span)
    return _outside(hours, date_, today, clock)


def _opened(hours: OfficeHours, date_: date, day: Day, span: Span) -> Ruling:
    name = WEEKDAYS[date_.weekday()]
    reason = f"{day.reason}, open {span_text(span)}" if day.reason else f"{name} is open {span_text(span)}"
    return Ruling(True, _rule(hours, day), reason)


def _outside(hours: OfficeHours, date_: date, day: Day, clock: time) -> Ruling:
    if day.shut:
        return Ruling(False, _rule(hours, day), day.reason)
    name = WEEKDAYS[date_.weekday()]
    told = ", ".join(span_text(span) for span in day.spans)
    reason = f"{name} {clock:%H:%M} is outside {told}" if day.spans else f"{name} has no open hours"
    return Ruling(False, _rule(hours, day), f"{reason}; {day.reason}" if day.reason else reason)


def _rule(hours: OfficeHours, day: Day) -> RuleId:
    return RuleId(f"hours.{hours.id}.{day.rule}")


def _next_change(hours: OfficeHours, at: datetime, is_open: bool) -> datetime | None:
    first = at.astimezone(hours.zone).date()
    for ahead in range(SEARCH_DAYS + 1):
        for instant in _candidates(hours, first + ahead * _DAY):
            if instant > at and _ruling(hours, instant.astimezone(hours.zone)).open is not is_open:
                return instant
    return None


def _candidates(hours: OfficeHours, day: date) -> list[datetime]:
    """Return every instant of a local day (UTC, in order) at which the state can change."""
    today, yesterday = day_of(hours, day).spans, day_of(hours, day - _DAY).spans
    clocks = {MIDNIGHT, *(span.start for span in today), *(span.end for span in (*today, *yesterday))}
    instants = {
        datetime.combine(day, clock, hours.zone).replace(fold=fold).astimezone(UTC)
        for clock in clocks
        for fold in (0, 1)
    }
    return sorted(instants.union(_clock_changes(hours, day)))


def _clock_changes(hours: OfficeHours, day: date) -> Iterator[datetime]:
    """Yield the first instant (UTC) after the clocks of the zone were changed on `day`, if they were."""
    low = datetime.combine(day, MIDNIGHT, hours.zone).astimezone(UTC)
    high = datetime.combine(day + _DAY, MIDNIGHT, hours.zone).astimezone(UTC)
    before = low.astimezone(hours.zone).utcoffset()
    if high.astimezone(hours.zone).utcoffset() == before:
        return
    while high - low > _SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(hours.zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    yield high
