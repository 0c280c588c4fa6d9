"""How the calls ended, each in exactly one way. EDGE."""

from collections import Counter

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.record.words import Disposition
from cdr.statistics.figures import OutcomeCount, Outcomes
from cdr.statistics.scope import Scope
from cdr.statistics.statements import REACHED, descending, number, number_of, within
from cdr.store.tables import calls


async def outcomes(connection: AsyncConnection, scope: Scope) -> Outcomes:
    """Count the calls of a scope by their dispositions."""
    names = (calls.c.service, calls.c.disposition)
    query = select(*names, number(), number_of(REACHED)).where(within(calls, scope)).group_by(*names)
    rows = (await connection.execute(query)).all()
    counts = [OutcomeCount(row[0], Disposition(row[1]), row[2]) for row in rows]
    total: Counter[Disposition] = Counter()
    for one in counts:
        total[one.disposition] += one.calls
    return Outcomes(
        calls=total.total(),
        reached=sum(row[3] for row in rows),
        total=tuple((one, total[one]) for one in Disposition),
        by_service=tuple(sorted(counts, key=lambda one: descending(one.calls, one.service, one.disposition.value))),
    )
