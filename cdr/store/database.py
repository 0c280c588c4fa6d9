"""The database under a record store: SQLite in a file, or a PostgreSQL server. EDGE.

Rule 1: SQLite has a write-ahead log, so readers never wait for the writer. On PostgreSQL a reader sees the store as it was
when it began.
Rule 2: there is one writer at a time on both, and it has its lock before it looks.
Rule 3: an error of the database leaves here in our words.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from cdr.errors import StoreCannotOpen, StoreMissing
from cdr.store.faults import in_our_words

BUSY_TIMEOUT = 5.0  # seconds to wait for another process that writes
CONNECTING = 10.0  # seconds to wait for a server
LOOK_AGAIN = 0.02  # seconds until a file that another process makes is tried again

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


class Database:
    """A database at a path (SQLite) or a URL. `place` is where it is, without a password."""

    def __init__(self, place: Path | str, busy_timeout: float = BUSY_TIMEOUT) -> None:
        text = str(place)
        url = make_url(text if "://" in text else f"sqlite:///{Path(text).absolute()}")
        self._url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
        self.place = url.render_as_string(hide_password=True) if "://" in text else text
        self._busy_timeout = busy_timeout
        self._engine: AsyncEngine | None = None

    @property
    def is_file(self) -> bool:
        """Tell whether it is SQLite."""
        return self._url.get_backend_name() == "sqlite"

    def open(self, *, create: bool) -> None:
        """Make connections possible. Raises `StoreMissing` (without `create`) and `StoreCannotOpen`."""
        if self.is_file:
            self._prepare_place(create=create)
            self._engine = _sqlite_engine(self._url, self._busy_timeout)
        else:
            self._engine = _postgresql_engine(self._url, self._busy_timeout)

    async def close(self) -> None:
        """Close all connections; safe to call twice."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.dispose()

    @property
    def is_open(self) -> bool:
        """Tell whether it was opened and not closed."""
        return self._engine is not None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection that sees the store as it is now, as long as the context lasts."""
        with in_our_words(self.place):
            async with self._live().connect() as connection:
                if not self.is_file:
                    await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection that alone may write; what it wrote counts when the context ends without an error."""
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
        if not database:
            return
        if not create and not Path(database).exists():
            raise StoreMissing.at(self.place)
        if create:
            try:
                Path(database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreCannotOpen.at(self.place, str(error)) from error


def _sqlite_engine(url: URL, busy_timeout: float) -> AsyncEngine:
    engine = create_async_engine(url, connect_args={"timeout": busy_timeout})

    def on_connect(connection: DBAPIConnection, _: object) -> None:
        """Let SQLAlchemy's begin be the database's: Python's sqlite3 would begin only at the first change."""
        connection.isolation_level = None
        connection.run_async(lambda raw: _write_ahead(raw, busy_timeout))

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


async def _write_ahead(raw: Any, busy_timeout: float) -> None:  # noqa: ANN401 - the driver's own connection
    """Have a write-ahead log. SQLite does not wait for whoever is in a new file already, so this does."""
    loop = asyncio.get_running_loop()
    until = loop.time() + busy_timeout
    while True:
        try:
            await raw.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or loop.time() > until:
                raise
        await asyncio.sleep(LOOK_AGAIN)
    await raw.execute("PRAGMA synchronous=NORMAL")


def _on_begin(connection: Connection) -> None:
    """Take the write lock before the first look, so that no other process changes what a batch builds on."""
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _postgresql_engine(url: URL, busy_timeout: float) -> AsyncEngine:
    from cdr.store.postgresql import lock  # noqa: PLC0415 - its driver is loaded only where it is used

    settings = {
        "application_name": "municipal-ivr",
        "jit": "off",  # it costs more than our statements take
        "lock_timeout": str(int(busy_timeout * 1000)),
    }
    arguments: dict[str, Any] = {"timeout": CONNECTING, "server_settings": settings}
    engine = create_async_engine(url, connect_args=arguments, pool_pre_ping=True)

    def on_begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writing"):
            lock(connection)

    event.listen(engine.sync_engine, "begin", on_begin)
    return engine
