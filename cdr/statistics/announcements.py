"""Who heard each announcement, and who hung up because of it. EDGE.

Rule 1: a call counts once, however often something happened in it; a call that is still open does not count yet.
"""

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.record.words import Heard, HungUp
from cdr.statistics.figures_content import AnnouncementCount
from cdr.statistics.scope import Scope
from cdr.statistics.statements import ENDED, descending, number_of, within
from cdr.store.tables import KEY, calls, same_call
from cdr.store.tables import announcements as heard_of

_BEST = case((heard_of.c.heard == Heard.WHOLE.value, 2), (heard_of.c.heard == Heard.PART.value, 1), else_=0)


async def announcements(connection: AsyncConnection, scope: Scope) -> tuple[AnnouncementCount, ...]:
    """Count the announcements in the calls of a scope that have ended."""
    one = (
        select(
            heard_of.c.announcement,
            func.max(_BEST).label("best"),
            func.max(_flag(HungUp.DURING)).label("during"),
            func.max(_flag(HungUp.AFTER)).label("after"),
        )
        .join_from(heard_of, calls, same_call(heard_of, calls))
        .where(within(heard_of, scope), within(calls, scope), ENDED)
        .group_by(*(heard_of.c[name] for name in KEY), heard_of.c.announcement)
        .subquery()
    )
    sums = (one.c.best >= 1, one.c.best == 2, one.c.best == 1, one.c.during == 1, one.c.after == 1)
    query = select(one.c.announcement, *map(number_of, sums)).group_by(one.c.announcement)
    counts = [AnnouncementCount(*row) for row in await connection.execute(query)]
    return tuple(sorted(counts, key=lambda one: descending(one.begun, one.announcement)))


def _flag(hung_up: HungUp) -> ColumnElement[int]:
    return case((heard_of.c.hung_up == hung_up.value, 1), else_=0)
