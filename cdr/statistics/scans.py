"""Scans of the calls that several figures share: each is made once for a whole report. EDGE."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.counted import counted
from cdr.statistics.scope import Scope
from cdr.statistics.statements import LOST, number, number_of, quarter, within
from cdr.store.tables import calls


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of an hour, counted since 1970, the calls that began in it, and how many of them were lost."""

    at: int
    calls: int
    lost: int


@dataclass(frozen=True, slots=True)
class Way:
    """Calls to one number that went the same way."""

    service: str
    number: str
    key: str
    first: str
    final: str
    redirections: int
    calls: int


async def quarters_of(connection: AsyncConnection, scope: Scope) -> Sequence[Quarter]:
    """Count the calls of a scope by when they began."""
    at = quarter(calls).label("at")
    query = select(at, number(), number_of(LOST)).where(within(calls, scope)).group_by(at)
    return [Quarter(*row) for row in await connection.execute(query)]


async def ways_of(connection: AsyncConnection, scope: Scope) -> Sequence[Way]:
    """Count the calls of a scope by the number that was dialled and where they were led."""
    names = (calls.c.service, calls.c.number, calls.c.first_key, calls.c.first_destination, calls.c.last_destination)
    found = await counted(connection, scope, calls, (*names, cast(calls.c.redirections, Text)))
    return [
        Way(service, dialled, key, first, final, int(hops), how_many)
        for (service, dialled, key, first, final, hops), (how_many,) in found.items()
    ]
