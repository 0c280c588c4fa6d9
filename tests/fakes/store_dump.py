"""Everything a record store holds, for comparison."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import select

from cdr.store.packed import events_of, unpack
from cdr.store.store import Store
from cdr.store.tables import BY_MONTH, journals, marks, positions, quarantine

TABLES = (*BY_MONTH, marks, quarantine, positions)


def dump(place: Path | str) -> dict[str, list[tuple[object, ...]]]:
    """Give all rows of all tables, sorted; the journals' lines unpacked. May be called within a running loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _dump(place)).result()


async def _dump(place: Path | str) -> dict[str, list[tuple[object, ...]]]:
    found: dict[str, list[tuple[object, ...]]] = {}
    async with Store(place) as store, store.reading() as connection:
        for table in TABLES:
            found[table.name] = sorted(map(tuple, await connection.execute(select(table))), key=repr)
        rows = (await connection.execute(select(journals).order_by(journals.c.linkedid, journals.c.node))).all()
    packed = [(*row[:-1], unpack(row.lines), places(row.lines)) for row in rows]
    return found | {"journals": packed}


def places(lines: bytes) -> list[tuple[str, int]]:
    """Give the places of packed lines."""
    return [(event.file, event.offset) for event in events_of(lines)]
