"""The record store: journal lines in, call records out. EDGE.

Rule 1: one transaction per batch: the journal's lines, the rows made from them and the journal's position. A kill at
any moment leaves either all of it or nothing, so every line counts exactly once.
Rule 2: the lines of every call are kept; a line that is known already changes nothing.
Rule 3: the same on SQLite and PostgreSQL, see `cdr.store.database`.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.errors import KeyUnusable, StoreMissing
from cdr.journal.line import JournalEvent
from cdr.journal.reader import Batch, Position
from cdr.privacy.lines import hidden, hidden_text
from cdr.record.record import CallRecord
from cdr.store.add import add
from cdr.store.database import BUSY_TIMEOUT, Database
from cdr.store.folding import any_stale, count_stale, fold_stale, make_stale
from cdr.store.lines import Lines
from cdr.store.packed import unpack
from cdr.store.read import Quarantined, calls_between, calls_named, find, quarantined, records_of
from cdr.store.schema import revision_of, upgrade
from cdr.store.statements import add_quarantine, is_sealed, known_lines, move
from cdr.store.tables import SCHEMA, calls, positions, quarantine

AGAIN = 200  # calls whose rows are made again in one transaction


class Sealer(Protocol):
    """Puts tokens in the place of citizens' numbers before anything is stored."""

    def seal(self, event: JournalEvent) -> JournalEvent:
        """Give a line with tokens, in its values and in its bytes; the same line for the same one."""

    async def keep(self, connection: AsyncConnection) -> None:
        """Write what the lines sealed since the last time told of numbers, in the transaction of these lines."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch changed: calls whose records are new or other than before, new lines, new bad lines."""

    calls: int
    lines: int
    bad_lines: int


class Store:
    """A record store at a path (SQLite) or `postgresql://user@host:port/database`. Open it before use and close it after.

    `busy_timeout` is how many seconds to wait for another process that writes.
    """

    def __init__(self, place: Path | str, *, busy_timeout: float = BUSY_TIMEOUT, sealer: Sealer | None = None) -> None:
        self._database = Database(place, busy_timeout)
        self._sealer = sealer
        self._is_plain = False
        self._lines = Lines(None if sealer is None else sealer.seal)

    @property
    def place(self) -> str:
        """Give where the store is, without a password."""
        return self._database.place

    async def open(self, *, create: bool = True) -> Self:
        """Open the store and bring its tables up to date.

        Raises `StoreMissing` (only without `create`), `StoreCannotOpen`, `StoreTooNew`, `StoreDamaged`,
        `StoreUnavailable`.
        """
        self._database.open(create=create)
        try:
            async with self.reading() as connection:
                revision = await connection.run_sync(revision_of, self.place)
            if revision is None and not create and not self._database.is_file:
                raise StoreMissing.at(self.place)
            if revision != SCHEMA:
                async with self.writing() as connection:
                    await connection.run_sync(upgrade, self.place)
        except BaseException:
            await self.close()
            raise
        return self

    async def close(self) -> None:
        """Close all connections; safe to call twice."""
        await self._database.close()

    async def __aenter__(self) -> Self:
        return self if self._database.is_open else await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Give a connection for looking: it sees the store as it is when it begins. Raises `StoreUnavailable`."""
        return self._database.reading()

    def writing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Give a connection that alone may write, all or nothing. Raises `StoreUnavailable`: then nothing has changed."""
        return self._database.writing()

    async def write(self, batch: Batch) -> Written:
        """Add a batch and move the journal's position, all or nothing.

        Raises `StoreUnavailable` if that cannot be done now: then nothing has changed, and the batch can come again.
        """
        sealer = self._sealer
        if sealer is not None:
            bad_lines = tuple(
                replace(one, line=hidden(one.line), reason=hidden_text(one.reason)) for one in batch.bad_lines
            )
            batch = replace(batch, events=tuple(map(sealer.seal, batch.events)), bad_lines=bad_lines)
        async with self.writing() as connection:
            lines, changed = await add(connection, batch, self._lines)
            await self._keep(connection)
            bad = await add_quarantine(connection, batch.file, batch.bad_lines)
            await move(connection, batch.position)
        return Written(changed, lines, bad)

    async def position(self, journal: str) -> Position | None:
        """Give how far a journal has been read, by its source's name."""
        async with self.reading() as connection:
            found = await connection.execute(select(positions).where(positions.c.journal == journal))
            row = found.one_or_none()
        return None if row is None else Position(*row)

    async def stale(self) -> int:
        """Give how many calls have rows that an older release made."""
        async with self.reading() as connection:
            return await count_stale(connection)

    async def refold(self, limit: int = AGAIN) -> int:
        """Make the rows of up to so many of them again from their lines; give how many, 0 if none is left.

        Safe to be killed, and beside a recorder. Raises `StoreUnavailable`.
        """
        if not await self._any_stale():
            return 0
        async with self.writing() as connection:
            done = await fold_stale(connection, limit, self._lines)
            await self._keep(connection)
        return done

    async def make_stale(
        self, *, service: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> int:
        """Have the rows of calls made again by `refold`: of a service, started in [since, until). Give how many."""
        async with self.writing() as connection:
            return await make_stale(connection, service, since, until)

    async def records(
        self,
        *,
        service: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[CallRecord]:
        """Give the records of calls that started in [since, until), the newest first."""
        async with self.reading() as connection:
            return await records_of(connection, calls_between(service, since, until).limit(limit), self._lines)

    async def record(self, linkedid: str, node: str | None = None) -> CallRecord | None:
        """Give one record, None if there is none; without a PBX that of the first PBX which has one."""
        async with self.reading() as connection:
            for found, _ in await calls_named(connection, linkedid, node):
                query = select(calls).where(calls.c.node == found, calls.c.linkedid == linkedid)
                starts = (await known_lines(connection, [(found, linkedid)]))[found, linkedid].started
                for record in await records_of(connection, query.where(calls.c.started_us == starts), self._lines):
                    return record
        return None

    async def nodes_of(self, linkedid: str) -> list[str]:
        """Give the PBXs that have a call with this linkedid."""
        async with self.reading() as connection:
            return [node for node, _ in await calls_named(connection, linkedid, None)]

    async def find(self, part: str, limit: int = 10) -> list[str]:
        """Give the linkedids that begin or end with a text, the newest first; an exact one alone."""
        async with self.reading() as connection:
            return await find(connection, part, limit)

    async def journal_of(self, linkedid: str, node: str | None = None) -> bytes:
        """Give the journal lines of a call as Asterisk wrote them, in order; empty if there are none, or no more.

        Without a PBX those of the first PBX which has such a call.
        """
        async with self.reading() as connection:
            names = await calls_named(connection, linkedid, node)
            known = await known_lines(connection, names[:1])
        return next((unpack(one.lines) for one in known.values() if not one.purged), b"")

    async def quarantined(self) -> list[Quarantined]:
        """Give the pieces of the journal that could not be read, by file and place."""
        async with self.reading() as connection:
            return await quarantined(connection)

    async def quarantine_size(self) -> int:
        """Give how many pieces of the journal could not be read."""
        async with self.reading() as connection:
            return (await connection.execute(select(func.count()).select_from(quarantine))).scalar_one()

    async def _keep(self, connection: AsyncConnection) -> None:
        """Keep what was sealed; without a sealer make sure, once, that none is needed. Raises `KeyUnusable`."""
        if self._sealer is not None:
            await self._sealer.keep(connection)
        elif not self._is_plain and await is_sealed(connection):
            raise KeyUnusable.at(self.place, "its numbers are sealed")
        self._is_plain = True

    async def _any_stale(self) -> bool:
        async with self.reading() as connection:
            return await any_stale(connection)


async def recorded_service(place: Path | str, linkedid: str) -> str | None:
    """Give the service of a call that has a record; None if it has none, or there is no store. Raises `CdrError`."""
    try:
        async with await Store(place).open(create=False) as store:
            record = await store.record(linkedid)
    except StoreMissing:
        return None
    return None if record is None else record.service
