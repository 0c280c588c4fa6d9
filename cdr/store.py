"""The record store: journal lines in, call records out. EDGE.

Rule 1: one transaction per batch: the journal's lines, the records made from them and the journal's position. A kill at
any moment leaves either all of it or nothing, so every line counts exactly once.
Rule 2: the lines of every call are kept; a line that is known already changes nothing.
Rule 3: SQLite with a write-ahead log by default: readers never wait for the writer.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Select, event, func, make_url, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from cdr.errors import StoreCannotOpen, StoreMissing
from cdr.journal import Batch, Position
from cdr.journal_line import BadLine
from cdr.journal_lines import unpack
from cdr.record import CallRecord
from cdr.rows import Rows, record_from
from cdr.store_add import add
from cdr.store_counts import AnnouncementCount, announcement_counts
from cdr.store_faults import in_our_words
from cdr.store_rows import add_quarantine, children, known_lines, move
from cdr.store_schema import revision_of, upgrade
from cdr.tables import SCHEMA, calls, legs, positions, quarantine, redirections, steps
from cdr.times import to_micros

BUSY_TIMEOUT = 5.0  # seconds to wait for another process that writes


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch changed: calls whose records are new or other than before, new lines, new bad lines."""

    calls: int
    lines: int
    bad_lines: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A piece of the journal that could not be read, and where it stood."""

    file: str
    bad_line: BadLine


class Store:
    """A record store at a path (SQLite) or a database URL. Open it before use and close it after."""

    def __init__(self, place: Path | str, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        text = str(place)
        self._url = make_url(text if "://" in text else f"sqlite+aiosqlite:///{Path(text).absolute()}")
        self.place = self._url.render_as_string(hide_password=True) if "://" in text else text
        self._busy_timeout = busy_timeout
        self._engine: AsyncEngine | None = None

    async def open(self, *, create: bool = True) -> Self:
        """Open the store and bring its tables up to date.

        Raises `StoreMissing` (only without `create`), `StoreCannotOpen`, `StoreTooNew`, `StoreDamaged`,
        `StoreUnavailable`.
        """
        self._prepare_place(create=create)
        self._engine = create_async_engine(self._url, connect_args={"timeout": self._busy_timeout})
        event.listen(self._engine.sync_engine, "connect", _on_connect)
        event.listen(self._engine.sync_engine, "begin", _on_begin)
        try:
            async with self._reading() as connection:
                revision = await connection.run_sync(revision_of, self.place)
            if revision != SCHEMA:
                async with self._writing() as connection:
                    await connection.run_sync(upgrade, self.place)
        except BaseException:
            await self.close()
            raise
        return self

    async def close(self) -> None:
        """Close all connections; safe to call twice."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.dispose()

    async def __aenter__(self) -> Self:
        return self if self._engine is not None else await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def write(self, batch: Batch) -> Written:
        """Add a batch and move the journal's position, all or nothing.

        Raises `StoreUnavailable` if that cannot be done now: then nothing has changed, and the batch can come again.
        """
        async with self._writing() as connection:
            lines, changed = await add(connection, batch.events)
            bad = await add_quarantine(connection, batch.file, batch.bad_lines)
            await move(connection, batch.position)
        return Written(changed, lines, bad)

    async def position(self, journal: str) -> Position | None:
        """Give how far a journal has been read, by its `Journal.name`."""
        async with self._reading() as connection:
            found = await connection.execute(select(positions).where(positions.c.journal == journal))
            row = found.one_or_none()
        return None if row is None else Position(*row)

    async def records(
        self,
        *,
        service: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[CallRecord]:
        """Give the records of calls that started in [since, until), the newest first."""
        query = select(calls).order_by(calls.c.started_us.desc(), calls.c.linkedid.desc()).limit(limit)
        query = query if service is None else query.where(calls.c.service == service)
        query = query if since is None else query.where(calls.c.started_us >= to_micros(since))
        query = query if until is None else query.where(calls.c.started_us < to_micros(until))
        return await self._read(query)

    async def record(self, linkedid: str) -> CallRecord | None:
        """Give one record, None if there is none."""
        found = await self._read(select(calls).where(calls.c.linkedid == linkedid))
        return next(iter(found), None)

    async def find(self, part: str, limit: int = 10) -> list[str]:
        """Give the linkedids that begin or end with a text, the newest first; an exact one alone."""
        ends = calls.c.linkedid.endswith(part, autoescape=True)
        begins = calls.c.linkedid.startswith(part, autoescape=True)
        query = select(calls.c.linkedid).where(begins | ends).order_by(calls.c.started_us.desc()).limit(limit)
        exact = select(calls.c.linkedid).where(calls.c.linkedid == part)
        async with self._reading() as connection:
            for one in (exact, query):
                found = list((await connection.execute(one)).scalars())
                if found:
                    return found
        return []

    async def journal_of(self, linkedid: str) -> bytes:
        """Give the journal lines of a call as Asterisk wrote them, in order; empty if there are none."""
        async with self._reading() as connection:
            known = await known_lines(connection, [linkedid])
        return unpack(known[linkedid]) if linkedid in known else b""

    async def quarantined(self) -> list[Quarantined]:
        """Give the pieces of the journal that could not be read, by file and place."""
        async with self._reading() as connection:
            rows = await connection.execute(select(quarantine).order_by(quarantine.c.file, quarantine.c.byte_offset))
            return [Quarantined(row.file, BadLine(row.byte_offset, row.reason, row.line)) for row in rows]

    async def quarantine_size(self) -> int:
        """Give how many pieces of the journal could not be read."""
        async with self._reading() as connection:
            return (await connection.execute(select(func.count()).select_from(quarantine))).scalar_one()

    async def announcement_counts(
        self, *, service: str | None = None, since: datetime | None = None
    ) -> list[AnnouncementCount]:
        """Give what callers heard of each announcement, over calls that have ended and started at `since` or later."""
        async with self._reading() as connection:
            return await announcement_counts(connection, service, since)

    async def _read(self, query: Select[Any]) -> list[CallRecord]:
        async with self._reading() as connection:
            found = (await connection.execute(query)).all()
            ids = [row.linkedid for row in found]
            by_call = [await children(connection, table, ids) for table in (steps, redirections, legs)]
        parts = ((row, [rows[row.linkedid] for rows in by_call]) for row in found)
        return [record_from(Rows(row._mapping, *map(tuple, three))) for row, three in parts]

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        with in_our_words(self.place):
            async with self._live().connect() as connection:
                yield connection

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        with in_our_words(self.place):
            async with self._live().connect() as connection:
                await connection.execution_options(writing=True)
                async with connection.begin():
                    yield connection

    def _live(self) -> AsyncEngine:
        if self._engine is None:
            raise RuntimeError("open the store first")
        return self._engine

    def _prepare_place(self, *, create: bool) -> None:
        database = self._url.database
        if self._url.get_backend_name() != "sqlite" or not database:
            return
        if not create and not Path(database).exists():
            raise StoreMissing.at(self.place)
        if create:
            try:
                Path(database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreCannotOpen.at(self.place, str(error)) from error


def _on_connect(connection: DBAPIConnection, _: object) -> None:
    """Let SQLAlchemy's begin be the database's: Python's sqlite3 would begin only at the first change."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    """Take the write lock before the first look, so that no other process changes what a batch builds on."""
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
