"""The journal as a table in PostgreSQL, which Asterisk's `cel_pgsql` writes: for a PBX on another host. EDGE.

Rule 1: a row becomes the very bytes that `cel_custom` would have written into the file, see `cdr.journal.table_rows`.
Rule 2: rows are read in the order of their ids, and only as far as no smaller id can still appear: a transaction that
holds the table for writing may have taken an id that is not visible yet. So the writers are looked at after the highest
id; once those are gone, everything up to it is there or never will be. Gaps of the sequence mean nothing.
Rule 3: places of a table sort after those of all files. So a file that is ingested later fills what the table misses,
and its order holds for whole calls.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from cdr.errors import JournalUnreadable
from cdr.journal.line import BadLine, JournalEvent
from cdr.journal.places import file_name
from cdr.journal.reader import Batch, Position
from cdr.journal.table_rows import COLUMNS, event_of, line_of, missing

ROWS = 4000  # in one batch
CONNECTING = 5.0  # seconds
ANSWERING = 15.0  # seconds for one statement
SETTLING = 0.5  # seconds to wait for those who write at this moment; after that the next look goes on
LOOK = 0.02  # seconds
_DEFAULT_TABLE = "cel"
_Answer = TypeVar("_Answer")

_TABLE = """
SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, pg_relation_filenode(c.oid) AS node
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)"""
_TYPES = """
SELECT attname, format_type(atttypid, NULL) AS type FROM pg_attribute
WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped"""
_WRITERS = """
SELECT virtualtransaction FROM pg_locks
WHERE relation = $1 AND mode = 'RowExclusiveLock' AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as it is now. `identity` changes when it is emptied or made anew."""

    oid: int
    name: str
    identity: str


class _Runner:
    """A thread with an event loop: the driver speaks only within one, and sources are asked from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="journal-table", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class JournalTable:
    """A table of one PBX's events at `postgresql://user@host:port/database?table=cel`. A `cdr.journal.sources.JournalSource`.

    The password comes from a pass file or from PGPASSWORD. Safe to use from any thread, by one at a time; close it after.
    Raises `JournalUnreadable` for a URL of another kind.
    """

    def __init__(self, url: str, node: str = "", rows: int = ROWS) -> None:
        self._dsn, self._asked = _read_url(url)
        self.name = url
        self.node = node
        self._rows = rows
        self._runner: _Runner | None = None
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._table: _Table | None = None
        self._highest = 0
        self._warned = False

    def read_once(self, since: Position | None = None) -> Batch | None:
        """Read the next rows after a position that can have no more before them, or None if there are none yet.

        Raises `JournalUnreadable`.
        """
        return self._run(self._read(since))

    def end(self) -> Position | None:
        """Give the position after the last row, for who follows what comes from now on; None if there is no row.

        Raises `JournalUnreadable`.
        """
        return self._run(self._end())

    def unfinished(self, since: Position | None) -> int:  # noqa: ARG002 - a row is always whole
        """Give 0."""
        return 0

    def behind(self, since: Position | None) -> int:
        """Give how many ids were not read yet when the table was last looked at."""
        return max(0, self._highest - (since.offset if since else 0))

    def free_space(self) -> None:
        """Give None: what the database's disk has left cannot be seen from here."""

    def close(self) -> None:
        """End the connection; safe to call twice."""
        runner, self._runner = self._runner, None
        if runner is not None:
            runner.run(self._drop())
            runner.close()

    def _run(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        runner = self._runner = self._runner or _Runner()
        try:
            return runner.run(work)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            runner.run(self._drop())
            raise JournalUnreadable.at(self.name, str(error) or type(error).__name__) from error

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
            await asyncio.sleep(0)  # lets the loop close the socket

    async def _read(self, since: Position | None) -> Batch | None:
        connection = await self._connected()
        table = await self._found(connection)
        offset, place = self._since(table, since)
        highest = await connection.fetchval(f"SELECT max(id) FROM {table.name}")  # noqa: S608 - quoted by the server
        self._highest = highest or 0
        if highest is not None and since is not None and offset > highest:
            logger.warning(
                "The journal's table begins anew: its highest id is %s and %s was read before; it is read from its start",
                highest,
                offset,
                extra={"action": "journal_table_restarted", "journal": self.name},
            )
            offset, place = 0, ""
        if highest is None or highest == offset or not await self._settled(connection, table):
            return None
        return await self._batch(connection, table, (offset, highest), place)

    async def _batch(
        self, connection: "asyncpg.Connection[asyncpg.Record]", table: _Table, ids: tuple[int, int], place: str
    ) -> Batch | None:
        columns = ", ".join(COLUMNS.values())
        query = f"SELECT id, {columns} FROM {table.name} WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3"  # noqa: S608
        rows = await connection.fetch(query, *ids, self._rows)
        if not rows:
            return None
        place = place or f"t{file_name(line_of(rows[0]))}"
        found = [event_of(row, place) for row in rows]
        events = tuple(one for one in found if isinstance(one, JournalEvent))
        bad = tuple(one for one in found if isinstance(one, BadLine))
        position = Position(self.name, f"{place} {table.identity}", 0, rows[-1]["id"])
        return Batch(self.name, events, bad, position, self.node)

    async def _end(self) -> Position | None:
        connection = await self._connected()
        table = await self._found(connection)
        columns = ", ".join(COLUMNS.values())
        first = await connection.fetchrow(f"SELECT {columns} FROM {table.name} ORDER BY id LIMIT 1")  # noqa: S608
        highest = await connection.fetchval(f"SELECT max(id) FROM {table.name}")  # noqa: S608
        if first is None:
            return None
        return Position(self.name, f"t{file_name(line_of(first))} {table.identity}", 0, highest)

    def _since(self, table: _Table, since: Position | None) -> tuple[int, str]:
        """Give the id to read on from, and the name of the table for places; from the start if it is another table."""
        place, _, identity = since.head.partition(" ") if since else ("", "", "")
        return (since.offset, place) if since and identity == table.identity else (0, "")

    async def _settled(self, connection: "asyncpg.Connection[asyncpg.Record]", table: _Table) -> bool:
        """Wait for those who write at this moment; tell whether they are done."""
        writing = {row[0] for row in await connection.fetch(_WRITERS, table.oid)}
        now = asyncio.get_running_loop().time
        until = now() + SETTLING
        while writing and now() < until:
            await asyncio.sleep(LOOK)
            writing &= {row[0] for row in await connection.fetch(_WRITERS, table.oid)}
        return not writing

    async def _found(self, connection: "asyncpg.Connection[asyncpg.Record]") -> _Table:
        row = await connection.fetchrow(_TABLE, self._asked)
        if row is None:
            raise JournalUnreadable.at(self.name, f"there is no table {self._asked}: make it, see docs/journal.md")
        table = _Table(row["oid"], row["name"], f"{row['oid']}.{row['node']}")
        if table != self._table:
            lacks = missing({one["attname"]: one["type"] for one in await connection.fetch(_TYPES, table.oid)})
            if lacks:
                raise JournalUnreadable.at(self.name, f"the table {self._asked} has no {lacks}: see docs/journal.md")
            self._table = table
        return table

    async def _connected(self) -> "asyncpg.Connection[asyncpg.Record]":
        if self._connection is None or self._connection.is_closed():
            settings = {"application_name": "ivr-recorder", "default_transaction_read_only": "on"}
            self._connection = await asyncpg.connect(
                self._dsn, timeout=CONNECTING, command_timeout=ANSWERING, server_settings=settings
            )
            encoding = await self._connection.fetchval("SHOW server_encoding")
            if encoding != "SQL_ASCII" and not self._warned:
                self._warned = True
                logger.warning(
                    "The journal's database has the encoding %s: it refuses lines in which a caller sends other bytes, and "
                    "Asterisk drops them. Make it anew with SQL_ASCII, see docs/journal.md",
                    encoding,
                    extra={"action": "journal_table_encoding", "journal": self.name},
                )
        return self._connection


def _read_url(url: str) -> tuple[str, str]:
    """Give the address for the driver, and the table."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise JournalUnreadable.at(url, "a journal is a file's path or postgresql://user@host:port/database?table=cel")
    if parts.password is not None:
        place = urlunsplit(parts._replace(netloc=f"{parts.username}@{parts.hostname}"))
        raise JournalUnreadable.at(place, "a password in the address can be seen: use PGPASSWORD or a file, PGPASSFILE")
    options = parse_qsl(parts.query)
    table = dict(options).get("table", _DEFAULT_TABLE)
    rest = urlencode([(key, value) for key, value in options if key != "table"])
    return urlunsplit(parts._replace(query=rest)), table
