"""Local days and hours of counts that the database made by quarters of an hour. PURE.

Rule 1: all zones of today change and differ by whole quarters, so a quarter lies within one local hour. A day of a clock
change has 23 or 25 hours; the hour that comes twice holds the calls of both.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cdr.statistics.figures import Grid
from cdr.times import EPOCH

QUARTER = timedelta(minutes=15)
REMEMBERED = 16_384  # quarters of an hour whose local time need not be worked out again: half a year


@lru_cache(REMEMBERED)
def local_of(quarter: int, zone: ZoneInfo) -> datetime:
    """Give the local time at which a quarter of an hour, counted since 1970, begins."""
    return (EPOCH + quarter * QUARTER).astimezone(zone)


def by_day(counts: Iterable[tuple[int, int]], zone: ZoneInfo) -> dict[date, int]:
    """Sum (quarter, calls) by the local day."""
    found: dict[date, int] = {}
    for quarter, number in counts:
        day = local_of(quarter, zone).date()
        found[day] = found.get(day, 0) + number
    return found


def by_hour(counts: Iterable[tuple[int, int]], zone: ZoneInfo) -> Grid:
    """Sum (quarter, calls) by the local weekday and hour."""
    grid = [[0] * 24 for _ in range(7)]
    for quarter, number in counts:
        local = local_of(quarter, zone)
        grid[local.weekday()][local.hour] += number
    return tuple(map(tuple, grid))
