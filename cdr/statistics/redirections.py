"""How callers were led: from the first key to the final destination, and by whom they were handed on. EDGE."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.figures import PassCount, Redirections, Route
from cdr.statistics.scans import Way, ways_of
from cdr.statistics.scope import Scope
from cdr.statistics.statements import descending, number, within
from cdr.store.tables import passes


async def redirections(connection: AsyncConnection, scope: Scope) -> Redirections:
    """Count the ways that callers of a scope were led."""
    return await redirections_of(connection, scope, await ways_of(connection, scope))


async def redirections_of(connection: AsyncConnection, scope: Scope, ways: Iterable[Way]) -> Redirections:
    """Count the ways that callers of a scope were led, whose scan is made."""
    matrix: Counter[tuple[str, str, str, str]] = Counter()
    hops: Counter[int] = Counter()
    for one in ways:
        matrix[one.service, one.key, one.first, one.final] += one.calls
        hops[one.redirections] += one.calls
    routes = (Route(*way, calls) for way, calls in matrix.items())
    return Redirections(
        calls=matrix.total(),
        matrix=tuple(sorted(routes, key=lambda one: descending(one.calls, one.service, one.key, one.first, one.final))),
        hops=tuple((count, hops[count]) for count in range(max(hops, default=-1) + 1)),
        passes=await _passes(connection, scope),
    )


async def _passes(connection: AsyncConnection, scope: Scope) -> tuple[PassCount, ...]:
    names = (passes.c.kind, passes.c.result, passes.c.reason)
    query = select(*names, number()).where(within(passes, scope)).group_by(*names)
    counts = [PassCount(*row) for row in await connection.execute(query)]
    return tuple(sorted(counts, key=lambda one: descending(one.passes, one.kind, one.result, one.reason)))
