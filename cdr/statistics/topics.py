"""What the calls were about. EDGE."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.record.words import TopicResult
from cdr.statistics.figures_content import TopicCount, Topics
from cdr.statistics.scope import Scope
from cdr.statistics.statements import REACHED, descending, number, number_of, within
from cdr.store.tables import calls


async def topics(connection: AsyncConnection, scope: Scope) -> Topics:
    """Count the calls of a scope by topic; those without one are in the row `""` of each service that has calls."""
    names = (calls.c.service, calls.c.topic)
    results = [number_of(calls.c.result == one.value) for one in TopicResult]
    query = (
        select(*names, number(), number_of(REACHED), *results, number_of(calls.c.case_reference != ""))
        .where(within(calls, scope))
        .group_by(*names)
    )
    found = {(row[0], row[1]): tuple(row[2:]) for row in await connection.execute(query)}
    none_given = {(service, ""): (0,) * 6 for service, _ in found}
    counts = [TopicCount(*names_, *numbers) for names_, numbers in (none_given | found).items()]
    return Topics(
        calls=sum(one.calls for one in counts),
        answered=sum(one.answered for one in counts),
        counts=tuple(sorted(counts, key=lambda one: descending(one.calls, one.service, one.topic))),
    )
