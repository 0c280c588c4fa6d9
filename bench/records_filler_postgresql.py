"""Fills a record store on PostgreSQL with copies of some made-up weeks, a month at a time.

Rule 1: the rows are those that `bench.records_filler` makes on SQLite; only their way into the database is another.
Rule 2: each month's partitions are made and filled in one transaction: a server with `wal_level = minimal` then writes
no log of them. The weeks that are copied lie in tables of their own, which are gone afterwards.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import BigInteger, Connection, Insert, Table, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.records_made_up import Row
from cdr.statistics.scope import next_month
from cdr.store.database import Database
from cdr.store.statements import put
from cdr.store.tables import metadata
from cdr.times import to_datetime, to_micros

Months = Iterator[tuple[int, int]]


class Copies:
    """Four weeks of rows, by table, to be copied `blocks` times, each `length` microseconds after the one before."""

    def __init__(self, tables: tuple[Table, ...], later: frozenset[str], first: int, length: int, blocks: int) -> None:
        self._tables = tables
        self._later = later
        self._first = first
        self._length = length
        self._blocks = blocks

    async def fill(self, database: Database, rows: dict[str, list[Row]]) -> None:
        """Fill the tables of a store that is empty."""
        async with database.writing() as connection:
            for table in self._tables:
                await connection.exec_driver_sql(f"CREATE UNLOGGED TABLE weeks_{table.name} (LIKE {table.name})")
                await put(connection, self._weeks(table), rows[table.name])
                await connection.exec_driver_sql(f"CREATE INDEX ON weeks_{table.name} (started_us)")
        for month in self._months():
            async with database.writing() as connection:
                await self._fill_month(connection, *month)
        async with database.writing() as connection:
            for table in self._tables:
                await connection.exec_driver_sql(f"DROP TABLE weeks_{table.name}")

    def _weeks(self, table: Table) -> Table:
        return table.to_metadata(metadata.__class__(), name=f"weeks_{table.name}")

    def _months(self) -> Months:
        """Give the months (UTC) that the copies reach into, each as microseconds since 1970."""
        after = self._first + self._blocks * self._length
        begins = to_datetime(self._first).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        while to_micros(begins) < after:
            ends = datetime.combine(next_month(begins.date()), begins.timetz())
            yield to_micros(begins), to_micros(ends)
            begins = ends

    async def _fill_month(self, connection: AsyncConnection, begins: int, ends: int) -> None:
        await connection.run_sync(_make_month, begins)
        for table in self._tables:
            for block in range(self._blocks):
                later = block * self._length
                if begins - later < self._first + self._length and ends - later > self._first:
                    await connection.execute(self._copy(table, block, begins - later, ends - later))

    def _copy(self, table: Table, block: int, since: int, until: int) -> Insert:
        weeks, later = self._weeks(table), literal(block * self._length, BigInteger)
        values = [one + later if one.name in self._later else one for one in weeks.columns]
        number = f"-{block}" if block else ""
        values[weeks.columns.keys().index("linkedid")] = func.concat(weeks.c.linkedid, number)
        chosen = select(*values).where(weeks.c.started_us >= since, weeks.c.started_us < until)
        return insert(table).from_select(table.c.keys(), chosen.order_by(weeks.c.started_us))


def _make_month(connection: Connection, at: int) -> None:
    from cdr.store.postgresql import make_months  # noqa: PLC0415 - its driver is loaded only where it is used

    make_months(connection, [at])
