"""A PostgreSQL server of the tests' own: in a directory and on a port of theirs, on the loopback only.

Rule 1: PostgreSQL refuses to run as root, so root starts it as the user `postgres` of Debian's package.
Rule 2: what is started here is ended here, by its own process. Nothing is written to the disk on purpose (fsync off).
Rule 3: one server per test process; each test gets a database of its own, copied from one that has the tables already.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO, Any

import pytest

USER = "ivr"
STARTING = 60.0  # seconds that a start may take on a busy machine
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "50",
    "max_wal_size": "4GB",
    "log_min_messages": "warning",
    "timezone": "Europe/Riga",  # nothing of ours may depend on it
}


class Server:
    """A server in a directory. `start` and `stop` may be called again and again; what it holds stays."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory = directory
        self.port = port
        self._data = directory / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._said: list[str] = []

    @property
    def url(self) -> str:
        """Give the URL of the database that every server has."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """Give the URL of a database."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start, and return once it takes connections. Raises RuntimeError with what it said if it does not."""
        if self._process is not None:
            return
        self._make()
        settings = SETTINGS | {"port": str(self.port), "unix_socket_directories": str(self.directory)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [program("postgres"), "-D", str(self._data), *options]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, **as_user())
        assert self._process.stderr is not None
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(self._process.stderr, ready), daemon=True).start()
        if not ready.wait(STARTING) or self._process.poll() is not None:
            self.stop(abruptly=True)
            raise RuntimeError("PostgreSQL did not start:\n" + "".join(self._said[-20:]))

    def stop(self, *, abruptly: bool = False) -> None:
        """End it, and return once it is gone; `abruptly` as in a power cut: all connections are cut in the middle."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGQUIT if abruptly else signal.SIGINT)
            process.wait()

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the owner of the server."""
        command = [program("psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port)]
        done = subprocess.run([*command, "-U", USER, "-d", database, "-c", statement], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def _make(self) -> None:
        if self._data.exists():
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        shutil.chown(self.directory, **_owner())
        options = ["-U", USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        command = [program("initdb"), "-D", str(self._data), *options]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", **as_user())
        if done.returncode != 0:
            raise RuntimeError("initdb failed:\n" + done.stderr)

    def _listen(self, stream: IO[bytes], ready: threading.Event) -> None:
        with stream:
            for line in stream:
                self._said.append(line.decode("utf-8", "replace"))
                if b"is ready to accept connections" in line:
                    ready.set()
        ready.set()  # it has ended


@asynccontextmanager
async def server(directory: Path, port: int) -> AsyncIterator[Server]:
    """Run a server as long as the context lasts. The directory's parents must be open to all."""
    made = Server(directory, port)
    await asyncio.to_thread(made.start)
    try:
        yield made
    finally:
        await asyncio.to_thread(made.stop)


@contextmanager
def own_server() -> Iterator[Server]:
    """Run a server in a new directory, on a port that is free; both are gone afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="ivr-postgresql-"))
    made = Server(directory, free_port())
    try:
        made.start()
        yield made
    finally:
        made.stop(abruptly=True)  # nobody reads what it holds any more
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Give the server that all tests of this process share, with a database `template_ivr` that has the tables."""
    with own_server() as made:
        made.sql("CREATE DATABASE template_ivr")
        asyncio.run(_with_tables(made.url_of("template_ivr")))
        yield made


def new_database(server: Server) -> str:
    """Make a new record store without records; give its URL."""
    name = f"store{next(_numbers)}"
    server.sql(f"CREATE DATABASE {name} TEMPLATE template_ivr")
    return server.url_of(name)


_numbers = count(1)
NewPlace = Callable[[], str]


@pytest.fixture
def database(postgresql: Server) -> str:
    """Give the URL of a new record store without records, in a database of its own."""
    return new_database(postgresql)


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a SQLite file that has the tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "store.sqlite3"
    asyncio.run(_with_tables(str(path)))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> NewPlace:
    """Give a function that gives a new place for a store at each call; the test runs on both databases."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("empty_file")
        return lambda: shutil.copy(template, tmp_path / f"store{next(_numbers)}.sqlite3").as_posix()
    server: Server = request.getfixturevalue("postgresql")
    return lambda: new_database(server)


@pytest.fixture
def empty_database(postgresql: Server) -> str:
    """Give the URL of a database without any table."""
    name = f"empty{next(_numbers)}"
    postgresql.sql(f"CREATE DATABASE {name}")
    return postgresql.url_of(name)


@pytest.fixture
def postgresql_alone() -> Iterator[Server]:
    """Give a server that the test may stop and start."""
    with own_server() as made:
        yield made


async def _with_tables(url: str) -> None:
    from cdr.store.store import Store  # noqa: PLC0415 - tests without a store do not load it

    async with Store(url):
        pass


def program(name: str) -> str:
    """Find a program of the newest PostgreSQL that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        raise RuntimeError("PostgreSQL is not installed; run tools/install-for-tests")
    return path


def free_port() -> int:
    """Give a port of the loopback that nothing listens on."""
    with suppress(OSError), socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
    raise RuntimeError("no port is free")


def as_user() -> dict[str, Any]:
    """Give the arguments of `subprocess` that make it run as somebody who is not root."""
    return {"extra_groups": [], **_owner()} if os.geteuid() == 0 else {}


def _owner() -> dict[str, Any]:
    return {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {"user": os.geteuid()}
