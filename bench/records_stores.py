"""The stores that `bench.records` measures: SQLite files and one PostgreSQL server, in one folder.

Rule 1: filling takes far longer than measuring, so a store that is there already is used again as it is. It gets its name
when it is whole: what an interrupted run leaves is filled anew.
Rule 2: the processor time of PostgreSQL is that of all its processes.
"""

import asyncio
import os
from pathlib import Path

from bench.records_filler import fill
from tests.postgresql import Server, free_port

PER_MONTH = 100_000  # calls
NAMES = ("SQLite", "PostgreSQL")
_TICK = os.sysconf("SC_CLK_TCK")
_SETTINGS = {"wal_level": "minimal", "max_wal_senders": "0"}  # what is made and filled at once needs no log


class Stores:
    """The stores in a folder. Use as a context: PostgreSQL runs as long."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # PostgreSQL runs as another user
        self.folder = folder
        self._server = Server(folder / "postgresql", free_port())

    def __enter__(self) -> "Stores":
        self._server.start()
        for name, value in _SETTINGS.items():
            self._server.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self._server.stop()
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def filled(self, name: str, number: int) -> str:
        """Give the place of a store with about so many calls; fill it if it is not there."""
        store = f"calls{number}"
        if name == "SQLite":
            path, part = self.folder / f"{store}.sqlite3", self.folder / f"{store}.part"
            if not path.exists():
                self._away(part)
                asyncio.run(fill(str(part), number, min(number, PER_MONTH)))
                part.rename(path)
            return str(path)
        if not self._is_there(store):
            place = self.empty(name, f"{store}_part")
            asyncio.run(fill(place, number, min(number, PER_MONTH)))
            self._server.sql("VACUUM (ANALYZE)", f"{store}_part")
            self._server.sql(f"ALTER DATABASE {store}_part RENAME TO {store}")
        return self._server.url_of(store)

    def empty(self, name: str, store: str) -> str:
        """Give the place of a store that is not there yet."""
        if name == "SQLite":
            path = self.folder / f"{store}.sqlite3"
            self._away(path)
            return str(path)
        self._server.sql(f"DROP DATABASE IF EXISTS {store}")
        self._server.sql(f"CREATE DATABASE {store}")
        return self._server.url_of(store)

    def server_processor(self) -> float:
        """Give how many seconds of the processor PostgreSQL has taken so far."""
        server = int((self.folder / "postgresql" / "data" / "postmaster.pid").read_text().split()[0])
        found = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                values = stat.read_text().rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            if int(stat.parent.name) == server:
                found += sum(map(int, values[11:15]))  # with its children that have ended
            elif int(values[1]) == server:
                found += sum(map(int, values[11:13]))
        return found / _TICK

    def _is_there(self, store: str) -> bool:
        try:
            self._server.sql("SELECT 1", store)
        except RuntimeError:
            return False
        return True

    def _away(self, path: Path) -> None:
        for one in path.parent.glob(f"{path.name}*"):
            one.unlink()
