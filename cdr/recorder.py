"""Follows the journal into the store, for as long as it takes. EDGE.

Rule 1: whatever stands in the way (no space, a lock, no rights) is said once, tried again with growing pauses, and said
once more when it is over. Nothing is lost meanwhile: the journal is the spool.
Rule 2: a disk under the journal that is nearly full is said too: what Asterisk cannot write, nobody can bring back.
Rule 3: several followers of one journal do no harm: a line that the store knows changes nothing.
Rule 4: to be cancelled does not break off a write: SQLite's lock would stay behind for some seconds, and whoever brings in
the rest would find the store locked.
Rule 5: there is no pause while much has to be caught up with. Calls that were put off by that, and those whose rows an
older release made, are folded when it is over, some at a time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cdr.errors import JournalUnreadable, OperatorFault, StoreUnavailable
from cdr.journal.reader import Journal, Position
from cdr.journal.sources import JournalSource
from cdr.privacy.lines import hidden_text
from cdr.status import Status
from cdr.store.add import BUSY_LINES
from cdr.store.store import Store, Written

INTERVAL = 1.0  # seconds between looks: an open call is folded anew with each look that finds lines of it
FIRST_PAUSE = 0.5  # seconds before the first retry; doubled each time
LONGEST_PAUSE = 30.0  # seconds

Wait = Callable[[float], Awaitable[object]]
T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one reading to the end brought in. `unfinished` is how many bytes at the end are no whole line yet."""

    calls: int
    lines: int
    bad_lines: int
    unfinished: int


async def ingest_once(journal: Path | JournalSource, store: Store) -> Ingested:
    """Read a journal from where it was left to its end. `calls` counts a call once per batch that changed it.

    Afterwards no rows of an older release are left. Raises `JournalUnreadable`, `StoreUnavailable`; what was written before
    stays, and a second try goes on from there.
    """
    journal = _journal_at(journal) if isinstance(journal, Path) else journal
    written = [Written(0, 0, 0)]
    while (one := await ingest_next(journal, store)) is not None:
        written.append(one)
    unfinished = await asyncio.to_thread(journal.unfinished, await store.position(journal.name))
    while await store.refold():
        pass
    sums = (sum(one.calls for one in written), sum(one.lines for one in written))
    return Ingested(*sums, sum(one.bad_lines for one in written), unfinished)


def _journal_at(path: Path) -> Journal:
    if not path.exists():
        raise JournalUnreadable.at(str(path), "there is no such file")
    return Journal(path)


async def ingest_next(journal: JournalSource, store: Store) -> Written | None:
    """Read one batch and write it; None if there is nothing new. Raises as `ingest_once`."""
    return (await _look(journal, store)).written


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look at the journal brought, and how far it has been read now."""

    position: Position | None
    written: Written | None


async def _look(journal: JournalSource, store: Store) -> _Look:
    since = await store.position(journal.name)
    batch = await asyncio.to_thread(journal.read_once, since)
    if batch is None:
        return _Look(since, None)
    written = await store.write(batch)
    for bad in batch.bad_lines:
        logger.warning(
            "A piece of the journal was put into quarantine: %s, byte %s: %s",
            batch.file,
            bad.offset,
            hidden_text(bad.reason),
            extra={"action": "journal_line_bad", "journal": batch.file, "offset": bad.offset},
        )
    return _Look(batch.position, written)


async def follow(
    journal: JournalSource,
    store: Store,
    *,
    interval: float = INTERVAL,
    wait: Wait = asyncio.sleep,
    on_written: Callable[[Written], object] | None = None,
    status: Status | None = None,
) -> None:
    """Bring every new line of the journal into the store until cancelled.

    `wait` is given the seconds to pause; `on_written` hears of each batch that is in the store; `status` of all.
    """
    trouble: Exception | None = None
    pause = FIRST_PAUSE
    while True:
        try:
            look = await _to_its_end(_look(journal, store))
            busy = look.written is not None and look.written.lines >= BUSY_LINES
            busy = busy or await _to_its_end(store.refold()) > 0
        except OperatorFault as error:
            _say_trouble(error, trouble)
            trouble = error
            if status is not None:
                await asyncio.to_thread(_note_trouble, status, error)
            await wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            continue
        if trouble is not None:
            logger.info("The records are written again", extra={"action": "records_resumed"})
            trouble, pause = None, FIRST_PAUSE
        written = look.written
        if status is not None:
            await asyncio.to_thread(_note_look, status, look)
        if written is not None and on_written is not None:
            on_written(written)
        if not busy:
            await wait(interval)


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Do it, and only then be cancelled."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:  # told again while it still writes
            cancelled = error
    if cancelled is not None:
        task.exception()  # looked at, so that asyncio does not complain of it: nobody waits for it any more
        raise cancelled
    return task.result()


async def open_patiently(store: Store, status: Status, wait: Wait = asyncio.sleep) -> None:
    """Open the store; while it is away or locked, say so and try again. Raises the other errors of `Store.open`."""
    trouble: Exception | None = None
    pause = FIRST_PAUSE
    while True:
        try:
            await store.open()
        except StoreUnavailable as error:
            _say_trouble(error, trouble)
            trouble = error
            await asyncio.to_thread(_note_trouble, status, error)
            await wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            return


def _note_look(status: Status, look: _Look) -> None:
    status.works()
    status.read_to(look.position)
    if look.written is not None:
        status.lines += look.written.lines
        status.quarantined += look.written.bad_lines
    status.look_at_space()
    status.write()


def _note_trouble(status: Status, error: OperatorFault) -> None:
    status.failed(error)
    status.look_at_space()
    status.write()


def _say_trouble(error: Exception, before: Exception | None) -> None:
    """Log a trouble when it begins and when it changes its kind, not at each try."""
    if type(error) is not type(before):
        logger.error("The records cannot be written now: %s", error, extra={"action": "records_stopped"})
