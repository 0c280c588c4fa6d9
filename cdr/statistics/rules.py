"""Which rule sent how many calls where. EDGE."""

from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.counted import counted
from cdr.statistics.figures_content import RuleCount
from cdr.statistics.scope import Scope
from cdr.statistics.statements import descending, first_of_call
from cdr.store.tables import visits


async def rules(connection: AsyncConnection, scope: Scope) -> tuple[RuleCount, ...]:
    """Count what each rule did in the calls of a scope."""
    names = (visits.c.service, visits.c.rule, visits.c.destination, visits.c.reason)
    once = first_of_call(visits, scope, "rule", "destination", "reason")
    found = await counted(connection, scope, visits, names, (once,))
    counts = [
        RuleCount(service, rule, destination, reason, calls, sent)
        for (service, rule, destination, reason), (sent, calls) in found.items()
    ]
    return tuple(
        sorted(counts, key=lambda one: descending(one.calls, one.service, one.rule, one.destination, one.reason))
    )
