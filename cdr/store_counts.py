"""Counts over the record store. Each runs within a transaction of `cdr.store`. EDGE.

Rule 1: a call counts once, however often something happened in it; a call that is still open does not count yet.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.record_words import Heard, HungUp
from cdr.tables import announcements, calls
from cdr.times import to_micros


@dataclass(frozen=True, slots=True)
class AnnouncementCount:
    """How many calls an announcement reached, and how many of their callers hung up because of it.

    `begun = whole + part`. `hung_up_during` and `hung_up_after` (within 5 s) are the calls with the disposition
    `abandoned_announcement` in which it was the last to begin.
    """

    announcement: str
    begun: int
    whole: int
    part: int
    hung_up_during: int
    hung_up_after: int


async def announcement_counts(
    connection: AsyncConnection, service: str | None, since: datetime | None
) -> list[AnnouncementCount]:
    """Count the announcements in calls of a service that started at `since` or later, by announcement."""
    one = _by_call(service, since).subquery()
    sums = (one.c.best >= 1, one.c.best == 2, one.c.best == 1, one.c.during == 1, one.c.after == 1)
    counted = [func.sum(_flag(condition)) for condition in sums]
    query = select(one.c.announcement, *counted).group_by(one.c.announcement).order_by(one.c.announcement)
    return [AnnouncementCount(*row) for row in await connection.execute(query)]


def _by_call(service: str | None, since: datetime | None) -> Select[tuple[str, int, int, int]]:
    """Give a row per call and announcement: how much was heard of it at best (2 whole, 1 part, 0 nothing), and the end."""
    heard = case(
        (announcements.c.heard == Heard.WHOLE.value, 2), (announcements.c.heard == Heard.PART.value, 1), else_=0
    )
    conditions: list[ColumnElement[bool]] = [calls.c.complete.is_(True)]
    conditions += [] if service is None else [calls.c.service == service]
    conditions += [] if since is None else [calls.c.started_us >= to_micros(since)]
    return (
        select(
            announcements.c.announcement,
            func.max(heard).label("best"),
            func.max(_flag(announcements.c.hung_up == HungUp.DURING.value)).label("during"),
            func.max(_flag(announcements.c.hung_up == HungUp.AFTER.value)).label("after"),
        )
        .join(calls, calls.c.linkedid == announcements.c.linkedid)
        .where(and_(*conditions))
        .group_by(announcements.c.announcement, announcements.c.linkedid)
    )


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
