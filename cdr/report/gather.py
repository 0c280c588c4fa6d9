"""Reads all that a report tells from the record store. EDGE."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.cases.store import requests_of
from cdr.report.gathered import Earlier, Gathered, Names, Span
from cdr.statistics.month import Readable, month_figures
from cdr.statistics.outcomes import outcomes
from cdr.statistics.scope import Scope, midnight, month_before, next_month
from cdr.statistics.statements import within
from cdr.store.tables import calls

MONTHS = 13  # of the picture of the development


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is about. `safety_lines` are destinations that nothing may close, `seconds` those of the service level."""

    service: str
    span: Span
    zone: ZoneInfo
    names: Names
    safety_lines: Collection[str] = ()
    seconds: int = 20

    def scope(self, span: Span | None = None) -> Scope:
        """Give the scope of the report's service over its days, or over others."""
        days = span or self.span
        after = days.last + timedelta(days=1)
        return Scope((self.service,), midnight(days.first, self.zone), midnight(after, self.zone), self.zone)


async def gather(store: Readable, asked: Asked, at: datetime) -> Gathered:
    """Read the report's figures as known `at` that moment. `store` is open."""
    scope = asked.scope()
    figures = await month_figures(store, scope, at=at, safety_lines=asked.safety_lines, seconds=asked.seconds)
    async with store.reading() as connection:
        before = year = None
        known: dict[date, int] = {}
        if asked.span.is_month:
            first = asked.span.first
            before = await _earlier(connection, asked, month_before(first))
            year = await _earlier(connection, asked, first.replace(year=first.year - 1))
            known = {one.span.first: one.outcomes.calls for one in (before, year) if one is not None}
        return Gathered(
            span=asked.span,
            figures=figures,
            requests=await requests_of(connection, scope.services, scope.since, scope.until),
            names=asked.names,
            before=before,
            year_before=year,
            months=await _months(connection, asked, figures.volume.by_month, known),
        )


async def _earlier(connection: AsyncConnection, asked: Asked, first: date) -> Earlier | None:
    span = Span(first, next_month(first) - timedelta(days=1))
    found = await outcomes(connection, asked.scope(span))
    return Earlier(span, found) if found.calls else None


async def _months(
    connection: AsyncConnection, asked: Asked, own: tuple[tuple[date, int], ...], known: dict[date, int]
) -> tuple[tuple[date, int], ...]:
    """Give the calls of the months up to the report's last one, beginning with the first that had any."""
    if not asked.span.is_within_month:
        return own
    found: list[tuple[date, int]] = list(own)
    first = asked.span.first.replace(day=1)
    while len(found) < MONTHS:
        first = month_before(first)
        if first not in known:
            scope = asked.scope(Span(first, next_month(first) - timedelta(days=1)))
            count = await connection.scalar(select(func.count()).select_from(calls).where(within(calls, scope)))
            known[first] = count or 0
        found.insert(0, (first, known[first]))
    begun = next((n for n, (_, count) in enumerate(found) if count), len(found) - 1)
    return tuple(found[begun:])
