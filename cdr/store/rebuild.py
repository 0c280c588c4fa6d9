"""Makes the rows of calls again: from the lines that the store keeps, or from journal files. EDGE.

Rule 1: the lines are what counts; rows are made from them alone. So a rebuild changes nothing unless the fold or the rows
were not as they should be, and it can be killed and begun again at any moment.
Rule 2: it goes on in small transactions, beside a recorder.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.record.rows import Rows, rows_of
from cdr.store.folding import records_now
from cdr.store.lines import Lines
from cdr.store.statements import CallKey, journals_between
from cdr.store.store import Store
from cdr.store.tables import CHILDREN, calls, details, journals

AT_ONCE = 200  # calls made again in one transaction
NOT_FOLDED = frozenset({"previous_us"})
"""What is no part of the fold: it is filled in when callers are forgotten."""

Progress = Callable[[int, int], object]
"""Hears after each step how many calls are done, of how many."""


@dataclass(frozen=True, slots=True)
class Which:
    """The calls to make again: of a service (None: all), started in [since, until)."""

    service: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A call whose rows are other than its lines say; `tables` are those that differ."""

    node: str
    linkedid: str
    tables: tuple[str, ...]


async def rebuild(store: Store, which: Which, done: Progress) -> int:
    """Make the rows of calls again; give how many.

    Rows that an older release made are made again too. Raises `StoreUnavailable`: what is done stays.
    """
    await store.make_stale(service=which.service, since=which.since, until=which.until)
    number, every = 0, await store.stale()
    while step := await store.refold(AT_ONCE):
        number += step
        done(number, every)
    return number


async def differences(store: Store, which: Which, done: Progress) -> AsyncIterator[Difference]:
    """Give the calls whose rows a rebuild would change, without changing anything."""
    number, last, key = 0, ("", ""), tuple_(journals.c.linkedid, journals.c.node)
    query = _named(which)
    async with store.reading() as connection:
        every = (await connection.execute(select(func.count()).select_from(query.subquery()))).scalar_one()
    while number < every:
        async with store.reading() as connection:
            page = query.where(key > last).order_by(journals.c.linkedid, journals.c.node).limit(AT_ONCE)
            names = [(row.node, row.linkedid) for row in await connection.execute(page)]
            found = await _different(connection, names)
        if not names:
            return
        for one in found:
            yield one
        number, last = number + len(names), (names[-1][1], names[-1][0])
        done(number, every)


def _named(which: Which) -> Select[Any]:
    lines = journals_between(which.service, which.since, which.until)
    return select(journals.c.node, journals.c.linkedid).where(journals.c.purged.is_(False), *lines)


async def _different(connection: AsyncConnection, names: Sequence[CallKey]) -> list[Difference]:
    folded = {name: rows_of(record) for name, record in (await records_now(connection, names, Lines(None))).items()}
    ids = [linkedid for _, linkedid in names]
    where = select(journals.c.started_us).where(journals.c.linkedid.in_(ids), journals.c.started_us.is_not(None))
    starts = set((await connection.execute(where)).scalars())
    starts |= {rows.call["started_us"] for rows in folded.values()}
    kept = {table.name: await _kept(connection, table, starts) for table in (calls, details, *CHILDREN)}
    found: list[Difference] = []
    for name in names:
        made = _by_table(folded.get(name))
        tables = tuple(table for table, rows in kept.items() if rows.get(name, []) != made.get(table, []))
        if tables:
            found.append(Difference(*name, tables))
    return found


async def _kept(connection: AsyncConnection, table: Table, starts: set[int]) -> dict[CallKey, list[dict[str, Any]]]:
    """Give the rows of a table by call, in their order."""
    found: dict[CallKey, list[dict[str, Any]]] = {}
    query = select(table).where(table.c.started_us.in_(sorted(starts))).order_by(*table.primary_key.columns)
    for row in await connection.execute(query):
        found.setdefault((row.node, row.linkedid), []).append(_comparable(row._mapping))
    return found


def _by_table(rows: Rows | None) -> Mapping[str, list[dict[str, Any]]]:
    if rows is None:
        return {}
    of_call = {"calls": (rows.call,), "details": (rows.details,), "keys": rows.keys, "visits": rows.visits}
    every = {**of_call, "announcements": rows.announcements, "passes": rows.passes}
    return {name: [_comparable(row) for row in some] for name, some in every.items()}


def _comparable(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items() if name not in NOT_FOLDED}
