"""All figures of a report, from one state of the store. EDGE."""

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.abandoned import abandoned
from cdr.statistics.announcements import announcements
from cdr.statistics.durations import durations
from cdr.statistics.figures_month import MonthFigures
from cdr.statistics.menus import menus
from cdr.statistics.outcomes import outcomes
from cdr.statistics.quality import quality_of
from cdr.statistics.redirections import redirections_of
from cdr.statistics.repeats import repeats
from cdr.statistics.rules import rules
from cdr.statistics.safety import safety
from cdr.statistics.scans import quarters_of, ways_of
from cdr.statistics.scope import Scope
from cdr.statistics.service_level import SECONDS, service_levels
from cdr.statistics.topics import topics
from cdr.statistics.unserved import unserved
from cdr.statistics.volume import volume_of


class Readable(Protocol):
    """A record store that is open, such as `cdr.store.store.Store`."""

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Give a connection that sees one state of the store."""


async def month_figures(
    store: Readable, scope: Scope, *, at: datetime, safety_lines: Collection[str] = (), seconds: int = SECONDS
) -> MonthFigures:
    """Read every figure of a scope as known `at` that moment.

    `safety_lines` are the destinations that nothing may close; `seconds` is what the service level is measured by.
    """
    async with store.reading() as connection:
        quarters, ways = await quarters_of(connection, scope), await ways_of(connection, scope)
        return MonthFigures(
            scope=scope,
            at=at,
            volume=await volume_of(connection, scope, quarters, ways),
            outcomes=await outcomes(connection, scope),
            durations=await durations(connection, scope),
            service_levels=await service_levels(connection, scope, seconds),
            abandoned=await abandoned(connection, scope),
            redirections=await redirections_of(connection, scope, ways),
            menus=await menus(connection, scope),
            unserved=await unserved(connection, scope),
            repeats=await repeats(connection, scope),
            announcements=await announcements(connection, scope),
            safety=await safety(connection, scope, safety_lines),
            topics=await topics(connection, scope),
            rules=await rules(connection, scope),
            quality=await quality_of(connection, scope, at, quarters),
        )
