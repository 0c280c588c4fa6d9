"""How many calls there were: by service, number, destination, month, day and hour. EDGE."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.counted import counted
from cdr.statistics.figures import DayCount, DestinationCount, NumberCount, Volume
from cdr.statistics.local_time import by_day, by_hour
from cdr.statistics.scans import Quarter, Way, quarters_of, ways_of
from cdr.statistics.scope import Scope
from cdr.statistics.statements import descending, number, within
from cdr.store.tables import KEY, visits

_Line = tuple[str, str]


async def volume(connection: AsyncConnection, scope: Scope) -> Volume:
    """Count the calls of a scope."""
    quarters, ways = await quarters_of(connection, scope), await ways_of(connection, scope)
    return await volume_of(connection, scope, quarters, ways)


async def volume_of(
    connection: AsyncConnection, scope: Scope, quarters: Sequence[Quarter], ways: Sequence[Way]
) -> Volume:
    """Count the calls of a scope whose scans are made."""
    counts = [(one.at, one.calls) for one in quarters]
    days = days_of(scope, quarters)
    return Volume(
        calls=sum(one.calls for one in quarters),
        by_service=_by_service(ways),
        by_number=_by_number(ways),
        by_destination=_by_destination(ways, await _visited(connection, scope)),
        by_month=_by_month(days),
        by_day=days,
        by_hour=by_hour(counts, scope.zone),
    )


def days_of(scope: Scope, quarters: Sequence[Quarter]) -> tuple[DayCount, ...]:
    """Give every local day of a scope with its calls."""
    calls = by_day(((one.at, one.calls) for one in quarters), scope.zone)
    lost = by_day(((one.at, one.lost) for one in quarters), scope.zone)
    return tuple(DayCount(day, calls.get(day, 0), lost.get(day, 0)) for day in scope.days())


async def _visited(connection: AsyncConnection, scope: Scope) -> dict[_Line, tuple[int, int]]:
    """Give how many calls met each destination, and how many of them were answered there."""
    names, talked = (visits.c.service, visits.c.destination), visits.c.connected_us.is_not(None)
    found = await counted(connection, scope, visits, names, (talked,), visits.c.destination != "")
    again = await _met_again(connection, scope)
    counts: dict[_Line, tuple[int, int]] = {}
    for (service, destination), (met, answered) in found.items():
        met_again, answered_again = again.get((service, destination), (0, 0))
        counts[service, destination] = met - met_again, answered - answered_again
    return counts


async def _met_again(connection: AsyncConnection, scope: Scope) -> dict[_Line, tuple[int, int]]:
    """Count the visits to a destination that the call had met before, and the answered ones after an answered one.

    A join of the few that are not a call's first visit; to look for an earlier one of each takes twice as long.
    """
    one, before = visits.alias("one"), visits.alias("before")
    key = [one.c[name] for name in (*KEY, "service", "destination")]
    same = and_(*(before.c[column.name] == column for column in key), before.c.place < one.c.place)
    talked = and_(one.c.connected_us.is_not(None), before.c.connected_us.is_not(None))
    pairs = (
        select(one.c.service, one.c.destination, func.max(case((talked, 1), else_=0)).label("talked"))
        .join_from(one, before, same)
        .where(within(one, scope), within(before, scope), one.c.place > 0)
        .group_by(*key, one.c.place)
        .subquery()
    )
    names = (pairs.c.service, pairs.c.destination)
    rows = await connection.execute(select(*names, number(), func.sum(pairs.c.talked)).group_by(*names))
    return {(service, destination): (met, answered) for service, destination, met, answered in rows}


def _by_service(ways: Iterable[Way]) -> tuple[tuple[str, int], ...]:
    found: Counter[str] = Counter()
    for one in ways:
        found[one.service] += one.calls
    return tuple(sorted(found.items(), key=lambda one: descending(one[1], one[0])))


def _by_number(ways: Iterable[Way]) -> tuple[NumberCount, ...]:
    found: Counter[_Line] = Counter()
    for one in ways:
        found[one.service, one.number] += one.calls
    counts = (NumberCount(*names, calls) for names, calls in found.items())
    return tuple(sorted(counts, key=lambda one: descending(one.calls, one.service, one.number)))


def _by_destination(ways: Iterable[Way], visited: Mapping[_Line, tuple[int, int]]) -> tuple[DestinationCount, ...]:
    first: Counter[_Line] = Counter()
    last: Counter[_Line] = Counter()
    for one in ways:
        first[one.service, one.first] += one.calls
        last[one.service, one.final] += one.calls
    nowhere = {line: (calls, 0) for line, calls in last.items() if not line[1]}
    counts = (
        DestinationCount(*line, calls=sent, first=first[line], last=last[line], answered=answered)
        for line, (sent, answered) in {**visited, **nowhere}.items()
    )
    return tuple(sorted(counts, key=lambda one: descending(one.calls, one.service, one.destination)))


def _by_month(days: Iterable[DayCount]) -> tuple[tuple[date, int], ...]:
    found: Counter[date] = Counter()
    for one in days:
        found[one.day.replace(day=1)] += one.calls
    return tuple(sorted(found.items()))
