"""Tell whether an office is open at an instant, why, and until when.

Rule 1: the clock on the office's wall decides. A span is [start, end) in local time: at 17:00:00 it is closed.
When clocks go back, an hour is shown twice and counts both times; when they go forward, the hour that is left
out does not exist. Asterisk reads its time conditions in the same way, so the fallback menu agrees.
Rule 2: a span whose end is not after its start goes on into the next day, whatever weekday that is.
Rule 3: a public holiday closes its whole local day, 00:00 to 24:00, also the tail of a span that began on the
day before. A span that would begin on the holiday does not, so its tail on the day after is closed too.
Rule 4: holiday before weekly hours; what no span covers is closed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias

from ivr.routing.rules import OfficeHours, Span
from ivr.vocabulary import RuleId

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SEARCH_DAYS = 400  # how far ahead a change is looked for: more than the longest year

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_MIDNIGHT = time(0)


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


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        message = f"The time {at.isoformat()} has no time zone; pass an aware datetime."
        raise ValueError(message)
    return at


def _ruling(hours: OfficeHours, local: datetime) -> Ruling:
    day, clock = local.date(), local.time()
    holiday = hours.holidays.get(day)
    if holiday is not None:
        return Ruling(False, _rule(hours, f"holidays.{day}"), f"{day} is a public holiday ({holiday})")
    for span in _spans(hours, day):
        if span.start <= clock and (clock < span.end or _crosses(span)):
            return _opened(hours, day, span)
    before = day - _DAY
    for span in _spans(hours, before):
        if _crosses(span) and clock < span.end:
            return _opened(hours, before, span)
    return _outside(hours, day, clock)


def _opened(hours: OfficeHours, day: date, span: Span) -> Ruling:
    name = WEEKDAYS[day.weekday()]
    return Ruling(True, _rule(hours, f"weekly.{name}"), f"{name} is open {span_text(span)}")


def _outside(hours: OfficeHours, day: date, clock: time) -> Ruling:
    name = WEEKDAYS[day.weekday()]
    spans = hours.weekly.get(day.weekday(), ())
    told = ", ".join(span_text(span) for span in spans)
    reason = f"{name} {clock:%H:%M} is outside {told}" if spans else f"{name} has no open hours"
    return Ruling(False, _rule(hours, f"weekly.{name}"), reason)


def _spans(hours: OfficeHours, day: date) -> tuple[Span, ...]:
    """Return the spans that begin on `day`; the place where later rules about a day are asked first."""
    if day in hours.holidays:
        return ()
    return hours.weekly.get(day.weekday(), ())


def _crosses(span: Span) -> bool:
    return span.end <= span.start


def span_text(span: Span) -> str:
    """Return the span as the rules write it, such as `08:00-17:00`."""
    end = "24:00" if span.end == _MIDNIGHT else f"{span.end:%H:%M}"
    return f"{span.start:%H:%M}-{end}"


def _rule(hours: OfficeHours, place: str) -> RuleId:
    return RuleId(f"hours.{hours.id}.{place}")


def _next_change(hours: OfficeHours, at: datetime, is_open: bool) -> datetime | None:
    if not any(hours.weekly.values()):
        return None
    first = at.astimezone(hours.zone).date()
    for ahead in range(SEARCH_DAYS + 1):
        for instant in _candidates(hours, first + ahead * _DAY):
            if instant > at and _ruling(hours, instant.astimezone(hours.zone)).open is not is_open:
                return instant
    return None


def _candidates(hours: OfficeHours, day: date) -> list[datetime]:
    """Return every instant of a local day (UTC, in order) at which the state can change."""
    clocks = {_MIDNIGHT, *(span.start for span in _spans(hours, day))}
    clocks |= {span.end for nearby in (day, day - _DAY) for span in _spans(hours, nearby)}
    instants = {
        datetime.combine(day, clock, hours.zone).replace(fold=fold).astimezone(UTC)
        for clock in clocks
        for fold in (0, 1)
    }
    return sorted(instants.union(_clock_changes(hours, day)))


def _clock_changes(hours: OfficeHours, day: date) -> Iterator[datetime]:
    """Yield the first instant (UTC) after the clocks of the zone were changed on `day`, if they were."""
    low = datetime.combine(day, _MIDNIGHT, hours.zone).astimezone(UTC)
    high = datetime.combine(day + _DAY, _MIDNIGHT, hours.zone).astimezone(UTC)
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
