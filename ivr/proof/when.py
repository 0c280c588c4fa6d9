"""Stretches of time told as a person would: by weekday and time of day, with the dates that differ. Pure.

Rule 1: nothing is rounded. `When.on` gives for each day of the period exactly the minutes of the stretches, on the
wall clock of the zone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TypeAlias
from zoneinfo import ZoneInfo

from ivr.proof.calendar import spans_text
from ivr.routing.days import MIDNIGHT, WEEKDAYS

Stretch: TypeAlias = tuple[datetime, datetime]
"""A half-open stretch of time in UTC."""
Minutes: TypeAlias = tuple[tuple[int, int], ...]
"""Half-open ranges of minutes since midnight."""

WHOLE: Minutes = ((0, 24 * 60),)
MOST_DATES = 8  # dates, or runs of dates, that a sentence names
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class When:
    """Minutes by weekday (0 = Monday) from `first` to `last`, both included, and the dates that differ from that."""

    first: date
    last: date
    weekly: Mapping[int, Minutes]
    dates: Mapping[date, Minutes]

    def on(self, day: date) -> Minutes:
        """Return the minutes of a day of the period."""
        return self.dates.get(day, self.weekly.get(day.weekday(), ()))

    @property
    def always(self) -> bool:
        """Whether the whole period is meant."""
        return not self.dates and all(self.weekly.get(day) == WHOLE for day in range(len(WEEKDAYS)))


def when(stretches: Iterable[Stretch], zone: ZoneInfo, first: date, last: date) -> When:
    """Return the stretches, which are in order, as days from `first` to `last` in a zone."""
    by_day = _by_day(stretches, zone)
    days = [first + _DAY * count for count in range((last - first).days + 1)]
    weekly: dict[int, Minutes] = {}
    for weekday in range(len(WEEKDAYS)):
        counts = Counter(by_day.get(day, ()) for day in days if day.weekday() == weekday)
        usual, times = counts.most_common(1)[0] if counts else ((), 0)
        if usual and 2 * times > counts.total():
            weekly[weekday] = usual
    dates = {day: by_day.get(day, ()) for day in days if by_day.get(day, ()) != weekly.get(day.weekday(), ())}
    return When(first, last, weekly, dates)


def _by_day(stretches: Iterable[Stretch], zone: ZoneInfo) -> dict[date, Minutes]:
    found: dict[date, list[tuple[int, int]]] = {}
    for start, end in stretches:
        day = start.astimezone(zone).date()
        while (midnight := datetime.combine(day, MIDNIGHT, zone).astimezone(UTC)) < end:
            after = datetime.combine(day + _DAY, MIDNIGHT, zone).astimezone(UTC)
            found.setdefault(day, []).extend(_ranges(max(start, midnight), min(end, after), after - midnight, zone))
            day += _DAY
    return {day: _merged(ranges) for day, ranges in found.items()}


def _ranges(start: datetime, end: datetime, length: timedelta, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    """Yield the minutes on the wall clock of a stretch of one day, which is `length` long."""
    if length != _DAY:  # the clocks are changed: minutes come twice, or not at all
        for count in range((end - start) // _MINUTE):
            minute = _minute(start + count * _MINUTE, zone)
            yield minute, minute + 1
    else:
        low = _minute(start, zone)
        yield low, low + (end - start) // _MINUTE


def _minute(at: datetime, zone: ZoneInfo) -> int:
    local = at.astimezone(zone)
    return local.hour * 60 + local.minute


def _merged(ranges: list[tuple[int, int]]) -> Minutes:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def text(told: When) -> str:
    """Say when, such as `Saturdays 09:00-12:00 (but not on Sat 2026-12-26)`."""
    if told.always:
        return "at all times"
    usual = "; ".join(f"{_weekdays(days)} {_clock(minutes)}" for minutes, days in _alike(told.weekly))
    more = {day: minutes for day, minutes in told.dates.items() if minutes}
    less = [day for day, minutes in told.dates.items() if not minutes]
    others = [f"{_run(days)} {_clock(minutes)}" for minutes, days in _runs(more)]
    if not usual:
        return f"on {_few(others)}"
    parts = [f"on {_few(others)}"] if others else []
    if less:
        parts.append(f"not on {_few([_run(days) for _, days in _runs(dict.fromkeys(less, ()))])}")
    return f"{usual} (but {'; '.join(parts)})" if parts else usual


def _clock(minutes: Minutes) -> str:
    return "all day" if minutes == WHOLE else spans_text(minutes)


def _alike(weekly: Mapping[int, Minutes]) -> Iterator[tuple[Minutes, list[int]]]:
    days: dict[Minutes, list[int]] = {}
    for weekday, minutes in sorted(weekly.items()):
        days.setdefault(minutes, []).append(weekday)
    yield from days.items()


def _weekdays(days: list[int]) -> str:
    if len(days) == len(WEEKDAYS):
        return "every day"
    names = [f"{WEEKDAYS[day].capitalize()}s" for day in days]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]} to {names[-1]}"
    return " and ".join((", ".join(names[:-1]), names[-1]) if len(names) > 1 else names)


def _runs(dates: Mapping[date, Minutes]) -> Iterator[tuple[Minutes, list[date]]]:
    """Yield runs of days that follow each other with the same minutes."""
    ordered = sorted(dates.items())
    for _, run in groupby(enumerate(ordered), lambda item: (item[1][0].toordinal() - item[0], item[1][1])):
        found = [entry for _, entry in run]
        yield found[0][1], [day for day, _ in found]


def _run(days: list[date]) -> str:
    named = [f"{WEEKDAYS[day.weekday()][:3].capitalize()} {day}" for day in (days[0], days[-1])]
    return " to ".join(named) if len(days) > 1 else named[0]


def _few(texts: list[str]) -> str:
    left = len(texts) - MOST_DATES
    return ", ".join(texts[:MOST_DATES]) + (f" and {left} more" if left > 0 else "")
