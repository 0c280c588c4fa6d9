"""How far the figures can be trusted: what is lost, open, odd or missing. EDGE."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.fold.fold import VERSION
from cdr.record.words import Disposition, LedBy
from cdr.statistics.figures_content import Quality
from cdr.statistics.scans import Quarter, quarters_of
from cdr.statistics.scope import DAY, Scope, midnight
from cdr.statistics.statements import ENDED, number, number_of, within
from cdr.statistics.volume import days_of
from cdr.store.tables import calls, journals, quarantine
from cdr.times import to_micros

_NONE = (0,) * 7

LONG = timedelta(days=1)
"""A call that has been open for longer hangs somewhere, or its end is missing."""


async def quality(connection: AsyncConnection, scope: Scope, at: datetime) -> Quality:
    """Tell how far the figures of a scope can be trusted at that moment."""
    return await quality_of(connection, scope, at, await quarters_of(connection, scope))


async def quality_of(connection: AsyncConnection, scope: Scope, at: datetime, quarters: Sequence[Quarter]) -> Quality:
    """Tell how far the figures of a scope can be trusted, whose scan is made."""
    days = days_of(scope, quarters)
    led_by = await _led_by(connection, scope, at)
    _, pbx_lost, journal_gap, open_, open_long, stepped, without_service = _sums(led_by.values())
    return Quality(
        calls=sum(one.calls for one in days),
        pbx_lost=pbx_lost,
        journal_gap=journal_gap,
        lost_days=tuple(one.day for one in days if one.lost),
        open=open_,
        open_long=open_long,
        stepped=stepped,
        led_by=tuple((one, led_by.get(one.value, _NONE)[0]) for one in LedBy),
        without_service=without_service,
        silent_days=tuple(_silent(scope, {one.day for one in days if one.calls}, at)),
        quarantined=await _in_all(connection, select(number()).select_from(quarantine)),
        stale=await _in_all(connection, select(number()).where(journals.c.fold < VERSION, ~journals.c.purged)),
    )


async def _led_by(connection: AsyncConnection, scope: Scope, at: datetime) -> dict[str, tuple[int, ...]]:
    conditions = (
        calls.c.disposition == Disposition.PBX_LOST.value,
        calls.c.disposition == Disposition.JOURNAL_GAP.value,
        ~ENDED,
        and_(~ENDED, calls.c.started_us < to_micros(at - LONG)),
        calls.c.stepped_us != 0,
        calls.c.service == "",
    )
    query = select(calls.c.led_by, number(), *map(number_of, conditions)).where(within(calls, scope))
    return {row[0]: tuple(row[1:]) for row in await connection.execute(query.group_by(calls.c.led_by))}


def _sums(rows: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True))) or _NONE


async def _in_all(connection: AsyncConnection, query: Select[int]) -> int:
    return (await connection.execute(query)).scalar_one()


def _silent(scope: Scope, busy: Collection[date], at: datetime) -> Iterator[date]:
    """Give the days without a call that lie wholly in the scope and are over."""
    for day in scope.days():
        begins, ends = midnight(day, scope.zone), midnight(day + DAY, scope.zone)
        if day not in busy and scope.since <= begins and ends <= min(scope.until, at):
            yield day
