"""What the database says, in our words. EDGE.

Rule 1: one table from SQLite's result codes to our errors. A code that is not in it says that the batch cannot be
written now: it is said aloud and tried again, never dropped.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from cdr.errors import (
    OperatorFault,
    StoreCannotOpen,
    StoreDamaged,
    StoreFull,
    StoreLocked,
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


@contextmanager
def in_our_words(place: str) -> Iterator[None]:
    """Turn the database's errors into those of `cdr.errors`, naming the store. Faults of ours pass as they are."""
    try:
        yield
    except DBAPIError as error:
        raise _BY_CODE.get(_code(error.orig), StoreUnavailable).at(place, str(error.orig)) from error


def _code(error: BaseException | None) -> int:
    """Give SQLite's primary result code, 0 if there is none."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF if isinstance(code, int) else 0
