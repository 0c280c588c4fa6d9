"""What the database says, in our words. EDGE.

Rule 1: one table from SQLite's result codes to our errors, one from PostgreSQL's SQLSTATE. A code that is in none of them
says that the batch cannot be written now: it is said aloud and tried again, never dropped.
Rule 2: a connection that breaks, or that nobody takes, is a server that is away.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from cdr.errors import (
    OperatorFault,
    StoreAway,
    StoreCannotOpen,
    StoreDamaged,
    StoreFull,
    StoreLocked,
    StoreRefused,
    StoreUnavailable,
)

_BY_CODE: dict[int, type[OperatorFault]] = {
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_BUSY: StoreLocked,
    sqlite3.SQLITE_LOCKED: StoreLocked,
    sqlite3.SQLITE_CANTOPEN: StoreCannotOpen,
    sqlite3.SQLITE_READONLY: StoreCannotOpen,
    sqlite3.SQLITE_PERM: StoreCannotOpen,
    sqlite3.SQLITE_AUTH: StoreCannotOpen,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
}
_BY_STATE: dict[str, type[OperatorFault]] = {
    "08": StoreAway,  # connection exception
    "57P": StoreAway,  # shut down, crashed, not started yet
    "28": StoreRefused,  # no such user, wrong password
    "3D": StoreRefused,  # no such database
    "42501": StoreRefused,  # not allowed
    "42P01": StoreDamaged,  # a table is gone
    "53100": StoreFull,  # disk full
    "55P03": StoreLocked,  # lock_timeout is over
    "XX": StoreDamaged,  # a data page or an index is broken
}


@contextmanager
def in_our_words(place: str) -> Iterator[None]:
    """Turn the database's errors into those of `cdr.errors`, naming the store. Faults of ours pass as they are."""
    try:
        yield
    except DBAPIError as error:
        raise _fault(error).at(place, str(error.orig)) from error
    except OSError as error:  # nobody takes the connection, or it timed out; SQLite says all in its own codes
        raise StoreAway.at(place, str(error) or type(error).__name__) from error


def _fault(error: DBAPIError) -> type[OperatorFault]:
    said = error.orig
    code = getattr(said, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _BY_CODE.get(code & 0xFF, StoreUnavailable)  # the primary code
    state = getattr(said, "sqlstate", None)
    if isinstance(state, str):
        found = (_BY_STATE[state[:size]] for size in (5, 3, 2) if state[:size] in _BY_STATE)
        return next(found, StoreUnavailable)
    return StoreAway if error.connection_invalidated else StoreUnavailable
