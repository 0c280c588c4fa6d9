"""What a day has brought so far, for those who watch it: by service and by destination. EDGE.

Rule 1: a call is at most one of answered, lost and met closed; the rest is open, was informed, or left before it asked for
anybody. Calls whose end is not known are in the rest too.
Rule 2: at a destination callers count, not visits: who was there twice and was answered once was answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.record.words import Disposition, VisitResult
from cdr.statistics.durations import durations
from cdr.statistics.scope import Scope
from cdr.statistics.service_level import service_levels
from cdr.statistics.spreads import NOTHING
from cdr.statistics.statements import ENDED, LOST, REACHED, number, number_of, within
from cdr.store.tables import calls, positions, visits

_ANSWERED = calls.c.disposition == Disposition.ANSWERED.value
_ASKED = or_(calls.c.asked_us.is_not(None), calls.c.disposition == Disposition.FULL.value)
_IN_VAIN = and_(ENDED, ~LOST, ~REACHED, ~_ANSWERED)
_CLOSED = and_(_IN_VAIN, ~_ASKED, calls.c.met_closed.is_(True))

_NOT_TAKEN = (VisitResult.BUSY, VisitResult.NO_ANSWER, VisitResult.UNREACHABLE, VisitResult.FULL)
_GAVE_UP = and_(visits.c.result == VisitResult.ABANDONED.value, visits.c.asked_us.is_not(None))
_MISSED = or_(visits.c.result.in_([one.value for one in _NOT_TAKEN]), _GAVE_UP)


@dataclass(frozen=True, slots=True)
class ServiceDay:
    """Calls of a service, and how fast they were answered.

    `lost` asked for a person and reached none; `closed` met a closed door and no phone rang. `level` is the part of the calls
    for which a phone was called that were answered in time; `wait_p50` and `wait_p90` are over the same calls. None of nothing.
    """

    calls: int = 0
    answered: int = 0
    lost: int = 0
    closed: int = 0
    level: float | None = None
    wait_p50: timedelta | None = None
    wait_p90: timedelta | None = None


@dataclass(frozen=True, slots=True)
class DestinationDay:
    """Callers whom a destination answered or missed; `in_a_row` were missed since the last one that it answered."""

    answered: int = 0
    lost: int = 0
    in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """A day by the ids of services and destinations; who had no call is not there."""

    services: Mapping[str, ServiceDay]
    destinations: Mapping[str, DestinationDay]


async def day(connection: AsyncConnection, scope: Scope, seconds: int) -> Day:
    """Count the calls of a scope; those that were answered within `seconds` were answered in time."""
    return Day(await _services(connection, scope, seconds), await _destinations(connection, scope))


async def read_to(connection: AsyncConnection) -> frozenset[tuple[str, str, int]]:
    """Give how far the journals have been read: while that stays, no call has changed."""
    query = select(positions.c.journal, positions.c.head, positions.c.read_to)
    return frozenset((name, head, offset) for name, head, offset in await connection.execute(query))


async def _services(connection: AsyncConnection, scope: Scope, seconds: int) -> dict[str, ServiceDay]:
    counts = (number(), number_of(_ANSWERED), number_of(and_(_IN_VAIN, _ASKED)), number_of(_CLOSED))
    query = select(calls.c.service, *counts).where(within(calls, scope)).group_by(calls.c.service)
    rows = {
        name: (all_, answered, lost, closed) for name, all_, answered, lost, closed in await connection.execute(query)
    }
    levels = {one.service: one.of_offered for one in await service_levels(connection, scope, seconds)}
    waits = dict.fromkeys(rows, NOTHING) | {one.service: one.waiting for one in await durations(connection, scope)}
    return {name: ServiceDay(*row, levels.get(name), waits[name].p50, waits[name].p90) for name, row in rows.items()}


async def _destinations(connection: AsyncConnection, scope: Scope) -> dict[str, DestinationDay]:
    key = (visits.c.started_us, visits.c.node, visits.c.linkedid, visits.c.destination)
    met = (
        select(
            visits.c.destination,
            func.max(visits.c.at_us).label("at"),
            _any(visits.c.connected_us.is_not(None)).label("answered"),
            _any(_MISSED).label("missed"),
        )
        .where(within(visits, scope), visits.c.destination != "")
        .group_by(*key)
        .cte("met")
    )
    last = select(met.c.destination, func.max(met.c.at).label("at")).where(met.c.answered == 1)
    last_answered = last.group_by(met.c.destination).subquery()
    missed = and_(met.c.answered == 0, met.c.missed == 1)
    since = and_(missed, or_(last_answered.c.at.is_(None), met.c.at > last_answered.c.at))
    query = (
        select(met.c.destination, number_of(met.c.answered == 1), number_of(missed), number_of(since))
        .join_from(met, last_answered, met.c.destination == last_answered.c.destination, isouter=True)
        .group_by(met.c.destination)
    )
    return {name: DestinationDay(*counts) for name, *counts in await connection.execute(query)}


def _any(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.max(case((condition, literal_column("1")), else_=literal_column("0")))
