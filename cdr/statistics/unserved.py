"""Who found a closed door and reached nobody: the demand outside the hours. EDGE."""

from collections import Counter

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.figures_content import DestinationCalls, Unserved
from cdr.statistics.local_time import by_hour
from cdr.statistics.scope import Scope
from cdr.statistics.statements import ENDED, REACHED, descending, number, quarter, within
from cdr.store.tables import calls


async def unserved(connection: AsyncConnection, scope: Scope) -> Unserved:
    """Count the calls of a scope that met something closed, have ended, and reached nobody."""
    names = (calls.c.service, calls.c.last_destination)
    in_vain = and_(calls.c.met_closed.is_(True), ~REACHED, ENDED)
    at = quarter(calls).label("at")
    query = select(*names, at, number()).where(within(calls, scope), in_vain).group_by(*names, at)
    rows = (await connection.execute(query)).all()
    lines: Counter[tuple[str, str]] = Counter()
    for row in rows:
        lines[row[0], row[1]] += row[3]
    counts = (DestinationCalls(*line, calls_) for line, calls_ in lines.items())
    return Unserved(
        calls=lines.total(),
        of=(await connection.execute(select(number()).where(within(calls, scope)))).scalar_one(),
        by_hour=by_hour(((row[2], row[3]) for row in rows), scope.zone),
        by_destination=tuple(sorted(counts, key=lambda one: descending(one.calls, one.service, one.destination))),
    )
