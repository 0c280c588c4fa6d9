"""Over which calls a figure is counted. PURE.

Rule 1: a call belongs to the scope in which it started, however long it lasted.
Rule 2: days, hours and months are those of the scope's zone; a day of a clock change has 23 or 25 hours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scope:
    """The calls of some services that started in [since, until).

    `services` are ids, None means all, `""` stands for calls without a service. Both instants are aware. `zone` is where
    the callers live: it says which day and hour a call belongs to.
    """

    services: tuple[str, ...] | None
    since: datetime
    until: datetime
    zone: ZoneInfo

    def days(self) -> Iterator[date]:
        """Give every local day that the scope touches, in order."""
        if self.until <= self.since:
            return
        day, last = self.since.astimezone(self.zone).date(), (self.until - timedelta.resolution).astimezone(self.zone)
        while day <= last.date():
            yield day
            day += DAY

    def shifted(self, since: datetime, until: datetime) -> "Scope":
        """Give the same scope over another time."""
        return Scope(self.services, since, until, self.zone)


def month_scope(services: tuple[str, ...] | None, month: str, zone: ZoneInfo) -> Scope:
    """Give the scope of a local month written as `2026-10`. Raises `ValueError` if that is no month."""
    first = month_of(month)
    return Scope(services, midnight(first, zone), midnight(next_month(first), zone), zone)


def month_of(text: str) -> date:
    """Read `2026-10` as the first day of that month. Raises `ValueError` if it is no month."""
    year, dash, number = text.partition("-")
    if not dash or len(year) != 4 or len(number) != 2 or not (year + number).isascii() or not (year + number).isdigit():
        raise ValueError(f"{text!r} is no month; write it as 2026-10")
    return date(int(year), int(number), 1)


def next_month(day: date) -> date:
    """Give the first day of the month after that of a day."""
    return (day.replace(day=1) + 31 * DAY).replace(day=1)


def month_before(day: date) -> date:
    """Give the first day of the month before that of a day."""
    return (day.replace(day=1) - DAY).replace(day=1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Give the instant at which a local day begins."""
    return datetime.combine(day, time(0), zone)
