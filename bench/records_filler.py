"""`python -m bench.records_filler PLACE --calls N`: fill a record store with plausible rows, for measuring statistics.

Rule 1: the same seed gives the same rows. Four weeks of calls are made up; every further four weeks are a copy of them,
made by the database itself.
Rule 2: only the rows that statistics read are made: no journals, no details. `ivr records` cannot show these calls.
Rule 3: the store must be new; the newest calls begin in the weeks before `END`.
"""

import argparse
import asyncio
import random
import sys
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Insert, Table, insert, literal, select

from bench.records_filler_postgresql import Copies
from bench.records_made_up import Row, call, citizens, starts
from cdr.store.database import Database
from cdr.store.statements import put
from cdr.store.store import Store
from cdr.store.tables import CHILDREN, calls
from cdr.times import to_micros

WEEKS = 4
BLOCK = timedelta(weeks=WEEKS)
MONTH = timedelta(days=30.4375)  # on average
MICROSECOND = timedelta(microseconds=1)
BLOCK_MICROS = BLOCK // MICROSECOND
END = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday; October 2026 is whole
TABLES = (calls, *CHILDREN)
LATER = frozenset({"started_us", "answered_us", "connected_us", "ended_us", "seen_until_us", "asked_us", "at_us"})
"""The columns that are instants; the other `*_us` are durations."""


async def fill(place: str, number: int, per_month: int, seed: int = 7) -> int:
    """Fill a new store with about so many calls, so many of them in each month; give how many there are."""
    async with Store(place):
        pass
    per_block = max(1, round(per_month * (BLOCK / MONTH)))
    blocks = max(1, round(number / per_block))
    first = to_micros(END - blocks * BLOCK)
    rows = made_up(first, per_block, seed)
    database = Database(place)
    database.open(create=False)
    try:
        if database.is_file:
            await _fill_file(database, first, blocks, rows)
        else:
            await Copies(TABLES, LATER, first, BLOCK_MICROS, blocks).fill(database, rows)
            async with database.writing() as connection:
                await connection.exec_driver_sql("ANALYZE")
    finally:
        await database.close()
    return per_block * blocks


async def _fill_file(database: Database, first: int, blocks: int, rows: dict[str, list[Row]]) -> None:
    for block in range(blocks):
        async with database.writing() as connection:
            for table in TABLES:
                if block == 0:
                    await put(connection, table, rows[table.name])
                else:
                    await connection.execute(_copy(table, first, block))


def made_up(first: int, number: int, seed: int) -> dict[str, list[Row]]:
    """Make up the rows of so many calls in the four weeks from `first` (microseconds), by the name of the table."""
    numbers = random.Random(seed)
    people = citizens(numbers, number)
    found: dict[str, list[Row]] = {table.name: [] for table in TABLES}
    for place, at in enumerate(starts(numbers, first, number, WEEKS)):
        for name, rows in call(numbers, people, at, place).items():
            found[name] += rows
    return found


def _copy(table: Table, first: int, block: int) -> Insert:
    """Copy the first four weeks so many times four weeks later."""
    later = block * BLOCK_MICROS
    values = [one + literal(later, BigInteger) if one.name in LATER else one for one in table.columns]
    values[table.columns.keys().index("linkedid")] = table.c.linkedid + f"-{block}"
    first_weeks = select(*values).where(table.c.started_us >= first, table.c.started_us < first + BLOCK_MICROS)
    return insert(table).from_select(table.c.keys(), first_weeks.order_by(table.c.started_us))


def main() -> int:
    """Fill a store from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", help="a new file, or the URL of an empty PostgreSQL database")
    parser.add_argument("--calls", type=int, default=100_000, help="how many calls in all")
    parser.add_argument("--per-month", type=int, default=100_000, help="how many in each month")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    began = time.monotonic()
    number = asyncio.run(fill(options.place, options.calls, options.per_month, options.seed))
    print(f"{number} calls in {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
