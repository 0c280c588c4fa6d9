"""The statements that the record store is made of. Each runs within a transaction of `cdr.store.store`. EDGE.

Rule 1: rows go to the driver as tuples, in bulk: what SQLAlchemy adds to each row takes longer than the database itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from sqlalchemy import ColumnElement, Table, and_, delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.journal.line import BadLine
from cdr.journal.reader import Position
from cdr.record.rows import Row, Rows
from cdr.store.tables import (
    BY_MONTH,
    announcements,
    calls,
    details,
    journals,
    keys,
    numbers,
    passes,
    positions,
    quarantine,
    same_call,
    visits,
)
from cdr.times import to_micros

CHECK = "~check"  # the row of `numbers` that tells one key from another; no number has this token
CHUNK = 500  # ids in one statement

_One = TypeVar("_One")

CallKey = tuple[str, str]
"""A call in the store: its PBX and its linkedid."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store holds of a call: where its rows are (None: it has none), and its packed lines, unless purged."""

    started: int | None
    lines: bytes
    purged: bool


def journals_between(
    service: str | None, since: datetime | None, until: datetime | None
) -> Iterator[ColumnElement[bool]]:
    """Give the conditions that kept lines are of a service's calls that started in [since, until).

    Calls without rows are of any service: what they are is known when they are folded.
    """
    if since is not None:
        yield journals.c.started_us >= to_micros(since)
    if until is not None:
        yield journals.c.started_us < to_micros(until)
    if service is not None:
        of_service = select(calls.c.linkedid).where(same_call(calls, journals), calls.c.service == service)
        yield or_(journals.c.started_us.is_(None), of_service.exists())


async def known_lines(connection: AsyncConnection, wanted: Iterable[CallKey]) -> dict[CallKey, Known]:
    """Give what is known of some calls."""
    names = set(wanted)
    known: dict[CallKey, Known] = {}
    for some in chunks(sorted({linkedid for _, linkedid in names})):
        which = journals.c.linkedid.in_(some)
        query = select(journals.c.node, journals.c.linkedid, journals.c.started_us, journals.c.lines, journals.c.purged)
        for node, linkedid, started, lines, purged in await connection.execute(query.where(which)):
            known[node, linkedid] = Known(started, lines, purged)
    return {name: one for name, one in known.items() if name in names}


async def replace(
    connection: AsyncConnection, packed: Sequence[Row], made: Sequence[Rows], known: Mapping[CallKey, Known]
) -> None:
    """Put the lines and rows of some calls in the place of what was there of those that are `known`."""
    kept = await _take_away(connection, known) if known else {}
    content: list[tuple[Table, list[Row]]] = [
        (calls, [_with_previous(one.call, kept) for one in made]),
        (details, [one.details for one in made]),
        (keys, [row for one in made for row in one.keys]),
        (visits, [row for one in made for row in one.visits]),
        (announcements, [row for one in made for row in one.announcements]),
        (passes, [row for one in made for row in one.passes]),
    ]
    if made and connection.dialect.name == "postgresql":
        from cdr.store.postgresql import make_months  # noqa: PLC0415 - its driver is loaded only where it is used

        await connection.run_sync(make_months, [one.call["started_us"] for one in made])
    for table, rows in content:
        await put(connection, table, rows)
    await replace_lines(connection, packed, list(known))


async def replace_lines(connection: AsyncConnection, packed: Sequence[Row], known: Sequence[CallKey]) -> None:
    """Put the lines of some calls in the place of what was there of those that are `known`."""
    for node in {node for node, _ in known}:
        for part in chunks([linkedid for found, linkedid in known if found == node]):
            which = and_(journals.c.linkedid.in_(part), journals.c.node == node)
            await connection.execute(delete(journals).where(which))
    await put(connection, journals, packed)


async def put(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Add rows to a table; a column that they do not name is NULL."""
    if not rows:
        return
    names = table.c.keys()
    values = [tuple(map(row.get, names)) for row in rows]
    if connection.dialect.name == "postgresql":
        from cdr.store.postgresql import copy  # noqa: PLC0415

        await copy(connection, table, values)
        return
    marks = ",".join("?" * len(names))
    await connection.exec_driver_sql(f"INSERT INTO {table.name} ({','.join(names)}) VALUES ({marks})", values)  # noqa: S608 - names of ours


async def _take_away(connection: AsyncConnection, known: Mapping[CallKey, Known]) -> dict[CallKey, int]:
    """Delete the rows of some calls; give what must outlive that, `previous_us`."""
    placed = [(one.started, *name) for name, one in known.items() if one.started is not None]
    kept: dict[CallKey, int] = {}
    for some in chunks(sorted({started for started, _, _ in placed})):
        which = and_(calls.c.started_us.in_(some), calls.c.previous_us.is_not(None))
        rows = await connection.execute(select(calls.c.node, calls.c.linkedid, calls.c.previous_us).where(which))
        kept |= {(node, linkedid): previous for node, linkedid, previous in rows}
    if placed:
        for table in BY_MONTH:
            await _drop(connection, table, placed)
    return kept


async def _drop(connection: AsyncConnection, table: Table, placed: Sequence[tuple[int, str, str]]) -> None:
    if connection.dialect.name == "postgresql":
        from cdr.store.postgresql import drop  # noqa: PLC0415

        await drop(connection, table, placed)
        return
    which = "started_us = ? AND node = ? AND linkedid = ?"
    await connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {which}", placed)  # noqa: S608 - a name of ours


def _with_previous(row: Row, kept: Mapping[CallKey, int]) -> Row:
    previous = kept.get((row["node"], row["linkedid"]))
    return row if previous is None else {**row, "previous_us": previous}


async def add_quarantine(connection: AsyncConnection, file: str, bad: Sequence[BadLine]) -> int:
    """Keep bad lines, each once; give how many are new."""
    rows = {
        (sha256(one.line).hexdigest(), one.offset): {"file": file, "reason": one.reason, "line": one.line}
        for one in bad
    }
    new = 0
    for (digest, offset), row in rows.items():
        key = and_(quarantine.c.digest == digest, quarantine.c.byte_offset == offset)
        if (await connection.execute(select(quarantine.c.digest).where(key))).first() is None:
            await connection.execute(insert(quarantine), {"digest": digest, "byte_offset": offset} | row)
            new += 1
    return new


async def move(connection: AsyncConnection, position: Position) -> None:
    """Set how far a journal has been read."""
    await connection.execute(delete(positions).where(positions.c.journal == position.journal))
    row = {
        "journal": position.journal,
        "head": position.head,
        "head_size": position.head_size,
        "read_to": position.offset,
    }
    await connection.execute(insert(positions), row)


def chunks(ids: Sequence[_One]) -> Iterable[Sequence[_One]]:
    """Cut a list of ids into pieces for one statement each."""
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


async def is_sealed(connection: AsyncConnection) -> bool:
    """Tell whether the numbers in this store are sealed with a key (see `cdr.privacy.keeper`)."""
    return (await connection.execute(select(numbers.c.token).where(numbers.c.token == CHECK))).first() is not None
