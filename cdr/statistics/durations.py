"""How long calls took, and how fast they were answered. EDGE."""

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.figures import Durations
from cdr.statistics.scope import Scope
from cdr.statistics.spreads import listed, spread_of
from cdr.statistics.statements import ENDED, REACHED, TOTAL, values, within
from cdr.store.tables import calls

_ASKED = calls.c.asked_us.is_not(None)
ANSWER = case((calls.c.connected_us >= calls.c.asked_us, calls.c.connected_us - calls.c.asked_us))
"""The speed of answer; NULL where nobody answered, or where no phone had been called before."""

_VALUES = (
    values(calls.c.menu_us),
    values(calls.c.waiting_us, _ASKED),
    values(calls.c.talking_us, REACHED),
    values(TOTAL),
    values(ANSWER),
)


async def durations(connection: AsyncConnection, scope: Scope) -> tuple[Durations, ...]:
    """Give the durations over all calls of a scope that have ended, then those by service in the order of their names."""
    query = select(calls.c.service, *_VALUES).where(within(calls, scope), ENDED).group_by(calls.c.service)
    rows = sorted((await connection.execute(query)).all(), key=lambda row: str(row[0]))
    lists = [tuple(map(listed, row[1:])) for row in rows]
    of_all = [spread_of(*(one[place] for one in lists)) for place in range(len(_VALUES))]
    services = (Durations(row[0], *map(spread_of, one)) for row, one in zip(rows, lists, strict=True))
    return (Durations(None, *of_all), *services)
