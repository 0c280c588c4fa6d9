"""Records put into a store without a journal, for tests of what reads the rows."""

from collections.abc import Iterable

from sqlalchemy import delete

from cdr.record.record import CallRecord
from cdr.record.rows import rows_of
from cdr.store.statements import replace
from cdr.store.store import Store
from cdr.store.tables import BY_MONTH


async def hold(store: Store, records: Iterable[CallRecord]) -> None:
    """Have the store hold these records and no others."""
    async with store.writing() as connection:
        for table in BY_MONTH:
            await connection.execute(delete(table))
        await replace(connection, [], [rows_of(one) for one in records], {})
