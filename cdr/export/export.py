"""Streams calls out of the record store. EDGE.

Rule 1: rows come from the database page by page and go on at once; a page begins after the key of the last row. So memory
does not grow with the range, and whoever takes the rows may be slow without holding up the store.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from cdr.export.columns import Around, cells
from cdr.export.formats import Writer
from cdr.store.store import Store
from cdr.store.tables import calls
from cdr.times import to_micros

PAGE = 5000  # rows

Show = Callable[[Iterable[str]], Awaitable[Mapping[str, str]]]
"""Gives for callers of the records what may be shown of them."""


@dataclass(frozen=True, slots=True)
class Range:
    """Which calls: of a service (None: all), started in [since, until)."""

    service: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def utc(_: str) -> tzinfo:
    """Give UTC for every service."""
    return UTC


async def export(
    store: Store,
    wanted: Range,
    writer: Writer,
    show: Show,
    *,
    zone_of: Callable[[str], tzinfo] = utc,
    wrote: Callable[[int], object] = lambda _: None,
    page: int = PAGE,
) -> int:
    """Write the calls of a range, the oldest first; give how many. `wrote` hears the number after each page.

    Raises `StoreUnavailable`, and what the writer raises.
    """
    number = 0
    async for rows in pages(store, wanted, page):
        around = Around(await show({row["caller"] for row in rows}), zone_of)
        writer.write([cells(row, around) for row in rows])
        number += len(rows)
        wrote(number)
    writer.close()
    return number


async def pages(store: Store, wanted: Range, page: int) -> AsyncIterator[list[Mapping[str, Any]]]:
    """Give rows of `calls`, by started_us, node, linkedid."""
    key = tuple_(calls.c.started_us, calls.c.node, calls.c.linkedid)
    query = _limited(select(calls), wanted).order_by(calls.c.started_us, calls.c.node, calls.c.linkedid).limit(page)
    after: tuple[Any, ...] | None = None
    while True:
        async with store.reading() as connection:
            one = query if after is None else query.where(calls.c.started_us >= after[0], key > after)
            rows = [row._mapping for row in await connection.execute(one)]
        if rows:
            yield [dict(row) for row in rows]
        if len(rows) < page:
            return
        after = tuple(rows[-1][name] for name in ("started_us", "node", "linkedid"))


async def count(store: Store, wanted: Range) -> int:
    """Give how many calls a range has now."""
    async with store.reading() as connection:
        found = await connection.execute(_limited(select(func.count()).select_from(calls), wanted))
        return int(found.scalar_one())


def _limited(query: Select[Any], wanted: Range) -> Select[Any]:
    which: list[ColumnElement[bool]] = []
    which += [] if wanted.service is None else [calls.c.service == wanted.service]
    which += [] if wanted.since is None else [calls.c.started_us >= to_micros(wanted.since)]
    which += [] if wanted.until is None else [calls.c.started_us < to_micros(wanted.until)]
    return query.where(*which)
