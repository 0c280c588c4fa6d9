"""Who called the same service again within an hour, a day, a week. EDGE."""

from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.figures_content import Repeat, Repeats
from cdr.statistics.scope import Scope
from cdr.statistics.statements import number, number_of, within
from cdr.store.tables import calls
from cdr.times import MICROSECOND, to_micros

WINDOWS = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7))


async def repeats(connection: AsyncConnection, scope: Scope) -> Repeats:
    """Count the calls of a scope whose caller had called the same service before.

    The week before the scope is looked at too. Where the caller was purged, `previous_us` tells.
    """
    known = or_(calls.c.caller != "", calls.c.previous_us.is_not(None))
    longer = scope.shifted(scope.since - max(WINDOWS), scope.until)
    before = func.lag(calls.c.started_us).over(
        partition_by=(calls.c.caller, calls.c.service), order_by=calls.c.started_us
    )
    one = select(calls.c.started_us, calls.c.caller, func.coalesce(calls.c.previous_us, before).label("before"))
    seen = one.where(within(calls, longer), known).subquery()
    since = [seen.c.before >= seen.c.started_us - within_ // MICROSECOND for within_ in WINDOWS]
    query = select(number(), *map(number_of, since)).where(seen.c.started_us >= to_micros(scope.since))
    row = (await connection.execute(query)).one()
    return Repeats(
        calls=(await connection.execute(select(number()).where(within(calls, scope)))).scalar_one(),
        known=row[0],
        windows=tuple(Repeat(within_, calls_ or 0) for within_, calls_ in zip(WINDOWS, row[1:], strict=True)),
    )
