"""What PostgreSQL does in its own way: one writer at a time, a partition per month, rows in bulk. EDGE.

Rule 1: who writes holds one lock of the whole store until the end of the transaction, as on SQLite. So what a batch builds
on does not change under it, however many recorders there are.
Rule 2: a missing partition is made within the transaction that needs it. It is made beside the table and then attached,
which stops no reader.
Rule 3: a commit that a crash of the server takes back takes back the journal's position too, so nobody waits for the disk.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.store.tables import BY_MONTH
from cdr.times import to_datetime, to_micros

WRITER = 0x6976725F636472  # the number of the lock
_LOCK = f"SELECT pg_advisory_xact_lock({WRITER}), set_config('synchronous_commit', 'off', true)"
_KNOWN = (
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'calls'::regclass"
)
_LAST = 9999  # the last year that `datetime` knows

Month = tuple[int, int]


def lock(connection: Connection) -> None:
    """Wait until this transaction is the only one that writes."""
    connection.exec_driver_sql(_LOCK)


def make_months(connection: Connection, instants: Iterable[int]) -> None:
    """Make the partitions that rows with these `started_us` need."""
    wanted = {_month(at) for at in instants}
    known = set(connection.exec_driver_sql(_KNOWN).scalars())
    for month in sorted(wanted):
        if _name("calls", month) not in known:
            for table in BY_MONTH:
                for statement in _partition(table.name, month):
                    connection.exec_driver_sql(statement)


async def copy(connection: AsyncConnection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows, with the columns in the order of the table."""
    driver = await _driver(connection)
    with _as_sqlalchemy_says():
        await driver.copy_records_to_table(table.name, records=rows, columns=table.c.keys())


async def drop(connection: AsyncConnection, table: Table, keys: Sequence[tuple[int, str, str]]) -> None:
    """Delete the rows of some calls, each (started_us, node, linkedid), from one of the tables by month."""
    driver = await _driver(connection)
    started, nodes, linkedids = zip(*keys, strict=True)
    statement = (
        f"DELETE FROM {table.name} t USING unnest($1::bigint[], $2::text[], $3::text[]) AS k (started_us, node, linkedid) "  # noqa: S608 - a name of ours
        "WHERE t.started_us BETWEEN $4 AND $5 "
        "AND t.started_us = k.started_us AND t.node = k.node AND t.linkedid = k.linkedid"
    )
    with _as_sqlalchemy_says():
        await driver.execute(statement, started, nodes, linkedids, min(started), max(started))


async def _driver(connection: AsyncConnection) -> asyncpg.Connection:
    return (await connection.get_raw_connection()).driver_connection


@contextmanager
def _as_sqlalchemy_says() -> Iterator[None]:
    try:
        yield
    except asyncpg.PostgresError as error:
        raise DBAPIError(None, None, error) from error
    except asyncpg.InterfaceError as error:
        raise DBAPIError(None, None, error, connection_invalidated=True) from error


def _month(at: int) -> Month:
    instant = to_datetime(at)
    return instant.year, instant.month


def _name(table: str, month: Month) -> str:
    return f"{table}_{month[0]:04d}_{month[1]:02d}"


def _partition(table: str, month: Month) -> tuple[str, str]:
    year, number = month
    name, begins = _name(table, month), to_micros(datetime(year, number, 1, tzinfo=UTC))
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC) if month != (_LAST, 12) else None
    ends = "MAXVALUE" if after is None else to_micros(after)
    return (
        f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)",
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({begins}) TO ({ends})",
    )
