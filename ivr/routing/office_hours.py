"""The office hours of the rules: frozen values. What they mean is in `ivr.routing.days` and `ivr.routing.hours`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from ivr.vocabulary import HoursId


@dataclass(frozen=True, slots=True)
class Span:
    """Open minutes of one weekday, [start, end). An `end` up to `start` is on the next day; 00:00 is midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """One day that differs from its week: open in `spans`, `like` a weekday (0 = Monday), or closed if neither."""

    spans: tuple[Span, ...] = ()
    like: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DatedSchedule:
    """Weekly hours that replace the usual ones from `first` to `last`, both included.

    Holidays and special days do not count meanwhile, unless `keep_holidays`.
    """

    name: str
    first: date
    last: date
    weekly: Mapping[int, tuple[Span, ...]]
    keep_holidays: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Weekly hours by weekday (0 = Monday) and what differs from them.

    `holidays` holds the public holidays of `country` with their names, filled from the `holidays` library when the
    rules are read. `before_holidays` is by how many minutes a working day before one of them closes earlier.
    `memo` keeps days that were worked out; it is no part of the value.
    """

    id: HoursId
    zone: ZoneInfo
    weekly: Mapping[int, tuple[Span, ...]]
    country: str | None = None
    holidays: Mapping[date, str] = field(default_factory=dict)
    before_holidays: int = 0
    days: Mapping[date, SpecialDay] = field(default_factory=dict)
    dated: tuple[DatedSchedule, ...] = ()
    memo: dict[date, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
