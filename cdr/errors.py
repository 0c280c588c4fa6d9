"""Every exception of the call records.

    CdrError
    |- OperatorFault            something a person has to mend; printed without a traceback, exit code 2
    |  |- StoreMissing          there is no store at that place yet
    |  |- StoreCannotOpen       the store's file cannot be opened or read
    |  |  |- StoreRefused       the database server does not let us in
    |  |- StoreTooNew           a newer release has changed the store's tables
    |  |- StoreDamaged          the file is not a store of ours, or is broken
    |  |- StoreUnavailable      writing is not possible now; the same batch can be tried again later
    |  |  |- StoreFull          no space is left
    |  |  |- StoreLocked        another process holds the store
    |  |  |- StoreAway          the database server does not answer
    |  |- JournalUnreadable     the journal's file exists and cannot be read
    |  |- KeyUnusable           the key file of the numbers is missing where it must be, open to others, or not this store's
    |- EmptyCall                a fold was asked for without a line; a fault of ours

Rule 1: the class docstring is the default message and says what to do next.
Rule 2: `StoreUnavailable` and `JournalUnreadable` lose nothing: the journal's position has not moved.
"""


class CdrError(Exception):
    """Something went wrong with the call records."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class OperatorFault(CdrError):
    """The call records cannot go on until a person mends something."""

    @classmethod
    def at(cls, place: str, cause: str = "") -> "OperatorFault":
        """Say where it happened and what the system said, before the advice of the class."""
        said = f" ({cause})" if cause else ""
        return cls(f"{place}{said}: {(cls.__doc__ or '').strip()}")


class StoreMissing(OperatorFault):
    """There is no record store here yet; give another with --store, or fill one with `ivr records ingest FILE`."""


class StoreCannotOpen(OperatorFault):
    """The record store cannot be opened; check that its directory exists and that you may write there."""


class StoreRefused(StoreCannotOpen):
    """The database server refuses; check user, database and password (PGPASSWORD or ~/.pgpass), and the user's rights."""


class StoreTooNew(OperatorFault):
    """A newer release made this record store; install that release again, or give another store with --store."""


class StoreDamaged(OperatorFault):
    """The file is no record store, or it is damaged; move it away and ingest the journal files again."""


class StoreUnavailable(OperatorFault):
    """The record store cannot be written now; nothing is lost, the journal is read again from the same place."""


class StoreFull(StoreUnavailable):
    """No space is left for the record store; free some on its disk. Nothing is lost, reading goes on afterwards."""


class StoreLocked(StoreUnavailable):
    """Another process holds the record store; end it or wait. Nothing is lost, reading goes on afterwards."""


class StoreAway(StoreUnavailable):
    """The database server does not answer; start it, or check host and port. Nothing is lost, reading goes on afterwards."""


class JournalUnreadable(OperatorFault):
    """The journal cannot be read; check the path and its rights. Nothing is lost, reading goes on afterwards."""


class KeyUnusable(OperatorFault):
    """The key of the callers' numbers cannot be used; give the right file with IVR_RECORDS_KEY, mode 0600, from its backup."""


class EmptyCall(CdrError):
    """A call without a single journal line has no record; fold only what the journal holds."""
