"""The statements that the record store is made of. Each runs within a transaction of `cdr.store`. EDGE."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Table, and_, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.journal import Position
from cdr.journal_line import BadLine
from cdr.rows import Rows
from cdr.tables import CHILDREN, announcements, calls, journals, legs, positions, quarantine, redirections, steps

CHUNK = 500  # ids in one statement


async def known_lines(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, bytes]:
    """Give the journal lines of some calls, as `cdr.journal_lines.pack` puts them together."""
    known: dict[str, bytes] = {}
    for some in chunks(ids):
        query = select(journals.c.linkedid, journals.c.lines).where(journals.c.linkedid.in_(some))
        known |= {row.linkedid: row.lines for row in await connection.execute(query)}
    return known


async def children(connection: AsyncConnection, table: Table, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Give the rows of one of the child tables, by call, in the order of their place."""
    found: dict[str, list[Any]] = defaultdict(list)
    for some in chunks(ids):
        query = select(table).where(table.c.linkedid.in_(some)).order_by(table.c.linkedid, table.c.place)
        for row in await connection.execute(query):
            found[row.linkedid].append(row._mapping)
    return found


async def replace(
    connection: AsyncConnection, packed: list[dict[str, Any]], made: list[Rows], known: Sequence[str]
) -> None:
    """Put the lines and records of some calls in the place of what was there of those that are `known`."""
    for table in (*CHILDREN, calls, journals):
        for some in chunks(known):
            await connection.execute(delete(table).where(table.c.linkedid.in_(some)))
    content: list[tuple[Table, list[Any]]] = [
        (journals, packed),
        (calls, [one.call for one in made]),
        (steps, [row for one in made for row in one.steps]),
        (redirections, [row for one in made for row in one.redirections]),
        (legs, [row for one in made for row in one.legs]),
        (announcements, [row for one in made for row in one.announcements]),
    ]
    for table, rows in content:
        if rows:
            await connection.execute(insert(table), rows)


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


def chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut a list of ids into pieces for one statement each."""
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
