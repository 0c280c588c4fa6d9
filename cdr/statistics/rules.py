"""Which rule sent how many calls where. EDGE."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.figures_content import RuleCount
from cdr.statistics.scope import Scope
from cdr.statistics.statements import descending, first_of_call, number, number_of, within
from cdr.store.tables import visits


async def rules(connection: AsyncConnection, scope: Scope) -> tuple[RuleCount, ...]:
    """Count what each rule did in the calls of a scope."""
    names = (visits.c.service, visits.c.rule, visits.c.destination, visits.c.reason)
    once = number_of(first_of_call(visits, scope, "rule", "destination", "reason"))
    query = select(*names, once, number()).where(within(visits, scope)).group_by(*names)
    counts = [RuleCount(*row) for row in await connection.execute(query)]
    return tuple(
        sorted(counts, key=lambda one: descending(one.calls, one.service, one.rule, one.destination, one.reason))
    )
