"""What the reference statistics share: plain Python over records, slow, and simple enough to be believed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cdr.record.record import CallRecord
from cdr.record.words import Disposition
from cdr.statistics.figures import Grid, Spread
from cdr.statistics.scope import Scope

Records = Sequence[CallRecord]


def spread(values: Iterable[timedelta]) -> Spread:
    """Give mean and percentiles: of p per cent, the smallest value that p per cent of the values do not exceed."""
    found = sorted(values)
    if not found:
        return Spread(0, None, None, None, None)
    whole = sum(one // timedelta(microseconds=1) for one in found)
    mean = timedelta(microseconds=whole // len(found))

    def percentile(percent: int) -> timedelta:
        return next(one for one in found if 100 * sum(other <= one for other in found) >= percent * len(found))

    return Spread(len(found), mean, percentile(50), percentile(90), percentile(95))


def is_of(one: CallRecord, scope: Scope) -> bool:
    return scope.services is None or one.service in scope.services


def by_service(some: Records, *, asked: bool = False) -> Iterator[tuple[str | None, Records]]:
    yield None, some
    for name in sorted({one.service for one in some if not asked or one.asked}):
        yield name, [one for one in some if one.service == name]


def local(one: CallRecord, scope: Scope) -> datetime:
    return one.started.astimezone(scope.zone)


def is_lost(one: CallRecord) -> bool:
    return one.disposition in (Disposition.PBX_LOST, Disposition.JOURNAL_GAP)


def days_of(scope: Scope) -> list[date]:
    """Go through the scope by half hours: days are what the clock on the wall shows."""
    found: dict[date, None] = {}
    at = scope.since.astimezone(UTC)
    while at < scope.until:
        found[at.astimezone(scope.zone).date()] = None
        at += timedelta(minutes=30)
    if scope.since < scope.until:
        found[(scope.until - timedelta(microseconds=1)).astimezone(scope.zone).date()] = None
    return list(found)


def grid(some: Records, scope: Scope) -> Grid:
    counts = Counter((local(one, scope).weekday(), local(one, scope).hour) for one in some)
    return tuple(tuple(counts[day, hour] for hour in range(24)) for day in range(7))


def most(rows: Iterable[Any], key: Any) -> tuple[Any, ...]:
    """Sort the largest number first, then by name."""
    return tuple(sorted(rows, key=lambda row: (-key(row)[0], *key(row)[1:])))
