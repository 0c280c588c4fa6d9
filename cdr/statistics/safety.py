"""How the lines that nothing may close were answered, and which calls they did not take. EDGE."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.privacy.shown import without_row
from cdr.statistics.figures_content import Safety, SafetyLine, Unanswered
from cdr.statistics.scope import Scope
from cdr.statistics.statements import ENDED, number, number_of, within
from cdr.store.tables import calls, numbers, same_call, visits
from cdr.times import span_of, to_datetime

_SECOND = 1_000_000  # microseconds
_SAME_CALL = same_call(visits, calls)


async def safety(connection: AsyncConnection, scope: Scope, destinations: Collection[str]) -> Safety:
    """Tell how these destinations were answered in the calls of a scope that have ended."""
    if not destinations:
        return Safety((), ())
    sent = and_(within(visits, scope), within(calls, scope), visits.c.destination.in_(sorted(set(destinations))), ENDED)
    return Safety(await _lines(connection, sent, destinations), await _unanswered(connection, sent, scope.zone))


async def _lines(
    connection: AsyncConnection, sent: ColumnElement[bool], destinations: Collection[str]
) -> tuple[SafetyLine, ...]:
    waited = visits.c.connected_us - visits.c.at_us
    counts = (number_of(visits.c.connected_us.is_not(None)), number_of(waited <= 10 * _SECOND))
    query = (
        select(visits.c.destination, number(), *counts, number_of(waited <= 20 * _SECOND))
        .join_from(visits, calls, _SAME_CALL)
        .where(sent)
        .group_by(visits.c.destination)
    )
    found = {row[0]: SafetyLine(*row) for row in await connection.execute(query)}
    return tuple(found.get(name, SafetyLine(name, 0, 0, 0, 0)) for name in sorted(set(destinations)))


async def _unanswered(connection: AsyncConnection, sent: ColumnElement[bool], zone: ZoneInfo) -> tuple[Unanswered, ...]:
    query = (
        select(visits, calls.c.caller, numbers.c.shown)
        .join_from(visits, calls, _SAME_CALL)
        .outerjoin(numbers, numbers.c.token == calls.c.caller)
        .where(sent, visits.c.connected_us.is_(None))
        .order_by(visits.c.started_us, visits.c.node, visits.c.linkedid, visits.c.place)
    )
    return tuple(
        Unanswered(
            started=to_datetime(row.started_us).astimezone(zone),
            node=row.node,
            linkedid=row.linkedid,
            service=row.service,
            destination=row.destination,
            caller=row.shown or without_row(row.caller),
            result=row.result,
            waited=span_of(row.waiting_us),
        )
        for row in await connection.execute(query)
    )
