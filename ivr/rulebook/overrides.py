"""The overrides that people made: kept in a small SQLite file of their own, for several processes.

Rule 1: nothing is ever deleted. A cleared or expired override stays as history, with who cleared it, when and why.
Rule 2: one commit is one change of the file itself (no write-ahead log), so whoever watches the file sees each change.
Rule 3: a check of a new override sees all others, and none is added between the check and the writing.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from ivr.errors import OperatorError
from ivr.routing.rules import Override, OverrideKind
from ivr.vocabulary import DestinationId, OverrideId

SCHEMA = 1
"""Version of the tables, kept in the file (`PRAGMA user_version`)."""
PATIENCE = 5.0  # seconds to wait for another process that writes

_TABLES = """
create table overrides (
    number integer primary key autoincrement,
    id text not null unique,
    destination text not null,
    kind text not null check (kind in ('closed', 'open', 'redirect')),
    redirect text check ((redirect is not null) = (kind = 'redirect')),
    since text not null,
    until text not null,
    reason text not null check (length(reason) > 0),
    author text not null check (length(author) > 0),
    cleared_at text,
    cleared_by text,
    cleared_reason text,
    check ((cleared_at is null) = (cleared_by is null)),
    check ((cleared_at is null) = (cleared_reason is null))
);
create trigger overrides_stay before delete on overrides
begin select raise(abort, 'overrides are kept as history'); end;
"""
_COLUMNS = "id, destination, kind, redirect, since, until, reason, author, cleared_at, cleared_by, cleared_reason"


class OverridesUnusable(OperatorError):
    """The file of the overrides cannot be used; the message says which and why."""


class OverrideUnknown(OperatorError):
    """No override has this id, or it holds no longer; see `ivr override list --all`."""


class OverrideOver(OverrideUnknown):
    """The override holds no longer; there is nothing to clear."""


class State(Enum):
    """What has become of an override."""

    ACTIVE = "active"
    EXPIRED = "expired"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Cleared:
    """Who ended an override before its time, when and why."""

    at: datetime
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An override as it is kept."""

    override: Override
    cleared: Cleared | None = None

    def state(self, at: datetime) -> State:
        """Tell what has become of it at `at`."""
        if self.cleared is not None:
            return State.CLEARED
        return State.ACTIVE if at < self.override.until else State.EXPIRED


Active: TypeAlias = Mapping[DestinationId, tuple[Override, ...]]
"""The overrides by destination, oldest first, as a `Ruleset` has them."""
NONE: Active = MappingProxyType({})


def active(kept: Iterable[Kept], at: datetime) -> Active:
    """Return those that are neither cleared nor expired at `at`, oldest first."""
    found: dict[DestinationId, tuple[Override, ...]] = {}
    for one in kept:
        if one.state(at) is State.ACTIVE:
            order = one.override
            found[order.destination] = (*found.get(order.destination, ()), order)
    return found


def new_id() -> OverrideId:
    """Make an id: eight hexadecimal digits."""
    return OverrideId(secrets.token_hex(4))


class OverrideStore:
    """The overrides in the file at `path`. The file and its folder are made when the first one is added."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def known(self) -> tuple[Kept, ...]:
        """Return all of them, oldest first; none if there is no file. Raises OverridesUnusable."""
        if not self.path.exists():
            return ()
        with self._opened("ro") as file:
            return _all(file)

    def add(self, make: Callable[[tuple[Kept, ...]], Override]) -> Override:
        """Keep the override that `make` gives when it is shown all others. Raises OverridesUnusable and what it does."""
        self._prepare()
        with self._opened("rwc") as file, _change(file):
            if _version(file) == 0:
                _create(file)
            override = make(_all(file))
            file.execute(
                f"insert into overrides ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, null, null, null)",  # noqa: S608
                (
                    override.id,
                    override.destination,
                    override.kind.value,
                    override.redirect,
                    _text(override.since),
                    _text(override.until),
                    override.reason,
                    override.author,
                ),
            )
        return override

    def clear(self, which: str, ended: Cleared) -> Override:
        """End an override before its time. Raises OverrideUnknown, OverrideOver, OverridesUnusable."""
        found = {one.override.id: one for one in self.known()}.get(OverrideId(which))
        if found is None:
            raise OverrideUnknown(f"there is no override {which!r}; `ivr override list` shows those that hold")
        if found.state(ended.at) is not State.ACTIVE:
            raise OverrideOver(f"override {which} is {found.state(ended.at).value} already; there is nothing to clear")
        with self._opened("rw") as file, _change(file):
            file.execute(
                "update overrides set cleared_at = ?, cleared_by = ?, cleared_reason = ? "
                "where id = ? and cleared_at is null",
                (_text(ended.at), ended.author, ended.reason, which),
            )
        return found.override

    def _prepare(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    @contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        """Open the file, and turn SQLite's errors into ours."""
        address = f"{self.path.resolve().as_uri()}?mode={mode}"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)) as file:
                file.execute("pragma synchronous = extra")
                version = _version(file)
                if version > SCHEMA:
                    raise OverridesUnusable(
                        f"{self.path} was written by a newer version (tables {version}, known {SCHEMA}); "
                        "use that version, or set IVR_OVERRIDES to another file"
                    )
                yield file
        except (sqlite3.Error, ValueError) as error:  # ValueError: a date that is none
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> OverridesUnusable:
        return OverridesUnusable(
            f"the overrides in {self.path} cannot be used ({error}); check its rights, the free space and that it is an "
            "overrides file, or set IVR_OVERRIDES to another one"
        )


@contextmanager
def _change(file: sqlite3.Connection) -> Iterator[None]:
    """Do what is inside as one change that no other process comes between; nothing of it if it fails."""
    file.execute("begin immediate")
    try:
        yield
    except BaseException:
        file.execute("rollback")
        raise
    file.execute("commit")


def _create(file: sqlite3.Connection) -> None:
    table, _, trigger = _TABLES.partition("create trigger")
    file.execute(table)
    file.execute(f"create trigger{trigger}")
    file.execute(f"pragma user_version = {SCHEMA}")


def _version(file: sqlite3.Connection) -> int:
    found: int = file.execute("pragma user_version").fetchone()[0]
    return found


def _all(file: sqlite3.Connection) -> tuple[Kept, ...]:
    if _version(file) == 0:  # made by another process that has not committed yet
        return ()
    rows = file.execute(f"select {_COLUMNS} from overrides order by number")  # noqa: S608 - our own column names
    return tuple(_kept(row) for row in rows)


def _kept(row: tuple[str, ...]) -> Kept:
    name, destination, kind, redirect, since, until, reason, author, at, by, why = row
    override = Override(
        id=OverrideId(name),
        destination=DestinationId(destination),
        kind=OverrideKind(kind),
        since=datetime.fromisoformat(since),
        until=datetime.fromisoformat(until),
        reason=reason,
        author=author,
        redirect=DestinationId(redirect) if redirect else None,
    )
    return Kept(override, Cleared(datetime.fromisoformat(at), by, why) if at else None)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
