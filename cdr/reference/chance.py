"""Chance with a seed: instants, durations and callers of made-up calls. PURE.

Rule 1: everything is drawn from the `Random` that is handed in, in a fixed order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from cdr.times import to_micros

RECENT = 2500  # callers among whom one who calls again is drawn


@dataclass(frozen=True, slots=True)
class Days:
    """When calls come: for each weekday (Monday first) its weight, and 24 weights of the local hours of a day."""

    weekdays: tuple[float, ...]
    hours: tuple[float, ...]
    zone: ZoneInfo


@dataclass(slots=True)
class Callers:
    """Callers' numbers: some are new, some call again. `prefix` is the country and network, `again` a probability."""

    prefix: str
    digits: int
    again: float
    _known: list[str] = field(default_factory=list)

    def draw(self, chance: Random) -> str:
        """Give the number of the next caller."""
        if self._known and chance.random() < self.again:
            return chance.choice(self._known[-RECENT:])
        number = self.prefix + "".join(chance.choice("0123456789") for _ in range(self.digits))
        self._known.append(number)
        return number


def spread(total: int, weights: Sequence[float]) -> list[int]:
    """Share out a whole number by weights so that the parts sum to it: by largest remainders."""
    whole = sum(weights)
    exact = [total * one / whole for one in weights]
    parts = [int(one) for one in exact]
    by_rest = sorted(range(len(weights)), key=lambda n: parts[n] - exact[n])
    for n in by_rest[: total - sum(parts)]:
        parts[n] += 1
    return parts


def instants(chance: Random, first: date, last: date, count: int, days: Days) -> list[int]:
    """Draw so many local instants from `first` to `last`, both included; microseconds since 1970, UTC, unordered."""
    dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    chosen = chance.choices(dates, [days.weekdays[one.weekday()] for one in dates], k=count)
    return [_within(chance, one, days) for one in chosen]


def lasting(chance: Random, usual: float, longest: float = 1800.0) -> float:
    """Draw a duration in seconds: most lie near `usual`, a few are long."""
    return round(min(longest, max(usual / 12, chance.lognormvariate(0, 0.75) * usual)), 3)


def _within(chance: Random, day: date, days: Days) -> int:
    """Draw an instant of a day. A local time that a clock change skips is drawn again."""
    while True:
        hour = chance.choices(range(24), days.hours)[0]
        second = chance.randrange(3600)
        local = datetime(day.year, day.month, day.day, hour, second // 60, second % 60, tzinfo=days.zone)
        there = local.astimezone(UTC)
        if there.astimezone(days.zone).replace(tzinfo=None) == local.replace(tzinfo=None):
            return to_micros(there) + chance.randrange(1_000_000)
