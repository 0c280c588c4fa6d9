"""Counts rows by what they say. EDGE.

Rule 1: PostgreSQL groups rows by their digests, but SQLite sorts all of them first. There each column is put together
into one text, and the rows are counted here: that takes half the time.
Rule 2: a value that is NULL or holds the separator makes more parts than there are rows, and nothing makes fewer; the
database groups such rows itself.
Rule 3: a long scope is read in pieces, so that the memory does not grow with it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from operator import add

from sqlalchemy import ColumnElement, FromClause, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.scope import Scope
from cdr.statistics.statements import number, number_of, within

PIECE = timedelta(days=31)
SEPARATOR = "\x1e"

Said = tuple[str, ...]
_Names = Sequence[ColumnElement[str]]
_Which = Sequence[ColumnElement[bool]]


async def counted(
    connection: AsyncConnection,
    scope: Scope,
    table: FromClause,
    names: _Names,
    conditions: _Which = (),
    *where: ColumnElement[bool],
) -> dict[Said, list[int]]:
    """Count the rows of the calls of a scope that meet `where` by columns that are texts, the names.

    Gives for each names how many rows there are, and for how many of them each of the conditions holds.
    """
    found: dict[Said, list[int]] = {}
    for piece in _pieces(scope):
        which = (within(table, piece), *where)
        rows = None
        if connection.dialect.name == "sqlite":
            rows = await _together(connection, names, conditions, which)
        if rows is None:
            rows = await _grouped(connection, names, conditions, which)
        for said, counts in rows.items():
            found[said] = [*map(add, found[said], counts)] if said in found else counts
    return found


async def _grouped(
    connection: AsyncConnection, names: _Names, conditions: _Which, which: _Which
) -> dict[Said, list[int]]:
    query = select(*names, number(), *map(number_of, conditions)).where(*which).group_by(*names)
    rows = map(tuple, await connection.execute(query))
    return {row[: len(names)]: [*row[len(names) :]] for row in rows}


async def _together(
    connection: AsyncConnection, names: _Names, conditions: _Which, which: _Which
) -> dict[Said, list[int]] | None:
    flags = (case((one, literal_column("'1'")), else_=literal_column("'0'")) for one in conditions)
    said_of = (func.coalesce(one, SEPARATOR) for one in names)
    texts = (func.aggregate_strings(one, SEPARATOR) for one in (*said_of, *flags))
    size, *given = (await connection.execute(select(number(), *texts).where(*which))).one()
    parts = [[] if text is None else text.split(SEPARATOR) for text in given]
    if any(len(part) != size for part in parts):
        return None
    found: dict[Said, list[int]] = {}
    for said, rows in Counter(zip(*parts, strict=True)).items():
        counts = found.setdefault(said[: len(names)], [0] * (1 + len(conditions)))
        for place, holds in enumerate(("1", *said[len(names) :])):
            counts[place] += rows * (holds == "1")
    return found


def _pieces(scope: Scope) -> Iterator[Scope]:
    since = scope.since
    while since < scope.until:
        until = min(since + PIECE, scope.until)
        yield scope.shifted(since, until)
        since = until
