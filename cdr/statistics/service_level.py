"""How many calls were answered in time, by both of the usual definitions. EDGE."""

from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.record.words import Disposition
from cdr.statistics.durations import ANSWER
from cdr.statistics.figures import ServiceLevel
from cdr.statistics.scope import Scope
from cdr.statistics.statements import ENDED, number, number_of, within
from cdr.store.tables import calls

SECONDS = 20
"""Within how many seconds a call should be answered, unless told otherwise."""

_SECOND = 1_000_000  # microseconds


async def service_levels(connection: AsyncConnection, scope: Scope, seconds: int = SECONDS) -> tuple[ServiceLevel, ...]:
    """Give the service level of all calls of a scope, then those by service in the order of their names."""
    limit = seconds * _SECOND
    late = and_(calls.c.disposition == Disposition.ABANDONED_RINGING.value, calls.c.ended_us - calls.c.asked_us > limit)
    counts = (number(), number_of(ANSWER.is_not(None)), number_of(limit >= ANSWER), number_of(late))
    offered = and_(within(calls, scope), ENDED, calls.c.asked_us.is_not(None))
    query = select(calls.c.service, *counts).where(offered).group_by(calls.c.service)
    found = {row[0]: tuple(row[1:]) for row in await connection.execute(query)}
    services = (ServiceLevel(name, seconds, *found[name]) for name in sorted(found))
    return (ServiceLevel(None, seconds, *_sums(list(found.values()))), *services)


def _sums(rows: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True))) or (0, 0, 0, 0)
