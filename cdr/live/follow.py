"""Follows the journal for those who look at calls now. EDGE.

Rule 1: the beginning is the record store's: the lines of open calls and the journal's position, in one transaction, so that
no line is missed and none counts twice. Without a store that can be read, it is the last piece of the journal.
Rule 2: whatever stands in the way of reading is told once, tried again, and told once more when it is over.
Rule 3: nothing is written anywhere, and nobody waits for this.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NoReturn, Protocol

from cdr.errors import OperatorFault
from cdr.journal.reader import Batch, Position
from cdr.journal.sources import JournalSource
from cdr.live.call import LiveCall
from cdr.live.calls import Change, Gone, LiveCalls, Shown
from cdr.live.start import Start, start_of
from cdr.record.record import CallRecord
from cdr.times import to_datetime

LOOK = 0.05  # seconds between looks at a file
LOOK_AT_TABLE = 0.2  # seconds; each costs the database some statements
MANY = 2000  # lines in one reading after which the next follows at once
SURE = 20  # looks after which a file is read though its size and time say that nothing is new
TAIL = 8_388_608  # bytes at the journal's end, or ids of a table, to begin with where there is no store
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0  # seconds between tries while the journal cannot be read

Wait = Callable[[float], Awaitable[object]]

logger = logging.getLogger(__name__)


class Source(JournalSource, Protocol):
    """A journal whose end can be found without reading all of it."""

    def end(self) -> Position | None:
        """Give the position after the last whole line; None if there is no journal yet."""


class Told(Protocol):
    """Who is told: a `ivr.supervision.live.view.View`."""

    def apply(self, changes: Sequence[Change]) -> object:
        """Take what has changed."""

    def seen(self, written: datetime) -> object:
        """Hear when the oldest line was written of those whose changes have just been told."""

    def trouble(self, text: str, *, over: bool) -> object:
        """Hear that the journal cannot be read, or that it can be again."""


class Follower:
    """Keeps `LiveCalls` up to date with a journal.

    `store` is the record store to begin with, if there is one. `wait` is given the seconds to pause.
    """

    def __init__(self, source: Source, store: Path | str | None = None, *, wait: Wait = asyncio.sleep) -> None:
        self._source = source
        self._store = store
        self._wait = wait
        self._file = None if "://" in source.name else Path(source.name)
        self._stat: tuple[int, int, int] | None = None
        self._looks = 0
        self._position: Position | None = None
        self._since: float | None = None
        self._before: dict[str, LiveCall] = {}
        self.live = LiveCalls()
        self.shown: Mapping[str, str] = {}
        self.ready = False
        self.trouble = ""

    def record(self, name: str) -> CallRecord | None:
        """Give the record so far of a call that is shown."""
        return self.live.record(name)

    def number_of(self, name: str) -> str | None:
        """Give the whole number of a caller; None if no such call is shown."""
        return self.live.number_of(name)

    def lag(self) -> float | None:
        """Give for how many seconds the journal's end has not been seen; None before the first time."""
        return None if self._since is None else asyncio.get_running_loop().time() - self._since

    async def run(self, told: Told) -> NoReturn:
        """Begin, tell all calls under way, then each change, until cancelled."""
        pause = FIRST_PAUSE
        begun = self.ready = False
        while True:
            try:
                if not begun:
                    await self._begin()
                    begun = True
                await self._follow(told)
            except OperatorFault as error:
                self._say(told, error)
                await self._wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            if self.trouble:
                self.trouble = ""
                logger.info("The journal is read again", extra={"action": "live_resumed"})
                told.trouble("the journal is read again", over=True)
            pause = FIRST_PAUSE
            await self._wait(LOOK if self._file else LOOK_AT_TABLE)

    def tell(self, told: Told) -> None:
        """Tell what has changed without a new line, as when a call was taken out."""
        if self.ready:
            told.apply(self._changes())

    async def _begin(self) -> None:
        start = Start()
        if self._store is not None:
            try:
                start = await start_of(self._store, self._source.name)
            except OperatorFault as error:
                logger.warning(
                    "Calls under way are looked for in the end of the journal: %s",
                    error,
                    extra={"action": "live_no_store"},
                )
        self._before |= {call.call: call for call in self.live.calls()}
        self.live = LiveCalls()
        self.shown = start.shown
        for name, node, lines in start.calls:
            self.live.restore(name, node, lines)
        self.live.restore_marks(start.marks)
        if start.last is not None:
            self.live.read_to(start.last)
        self._position = start.position or await asyncio.to_thread(self._tail)

    def _tail(self) -> Position | None:
        """Give a position not far before the end. It may lie within a line: that one is found to be bad, and left out."""
        end = self._source.end()
        return None if end is None else replace(end, offset=max(0, end.offset - TAIL))

    async def _follow(self, told: Told) -> None:
        """Read to the end, and tell. While it catches up for the first time nothing is told."""
        stat = self._changed()
        if stat is None:  # nothing new
            self._since = asyncio.get_running_loop().time()
            if self.live.pending:
                told.apply(self._changes())
            return
        while (batch := await asyncio.to_thread(self._source.read_once, self._position)) is not None:
            self._position = batch.position
            self.live.take(batch.events, batch.node)
            changes = self._changes()
            if self.ready:
                told.apply(changes)
                _measure(told, batch, changes)
                if (
                    len(batch.events) < MANY
                ):  # what was written meanwhile is for the next look: each call is folded once in it
                    stat = None
                    break
        self._stat = stat
        self._since = asyncio.get_running_loop().time()
        if not self.ready:
            await self._tell_all(told)

    async def _tell_all(self, told: Told) -> None:
        looks = 0
        while self.live.pending and looks < SURE:
            self._changes()
            looks += 1
            await self._wait(0)
        self.ready = True
        calls = self.live.calls()
        lost = self._before.keys() - {call.call for call in calls}  # of a run before this one
        over = [Gone(self._before[name], "journal_gap", self._before[name].since) for name in sorted(lost)]
        self._before.clear()
        told.apply([*over, *map(Shown, calls)])

    def _changes(self) -> list[Change]:
        found = self.live.changes()
        for name, error in self.live.strange:
            logger.error(
                "Call %s cannot be shown: report its journal lines",
                name,
                exc_info=error,
                extra={"action": "fold_failed", "linkedid": name},
            )
        self.live.strange.clear()
        return found

    def _changed(self) -> tuple[int, int, int] | None:
        """Give what the file's directory entry says, if it is worth reading; a table is always."""
        self._looks += 1
        if self._file is None:
            return 0, 0, 0
        found = (0, 0, 0)
        with suppress(OSError):
            seen = os.stat(self._file)  # noqa: PTH116 - some 20 a second, and Path costs more than the call
            found = (seen.st_ino, seen.st_size, seen.st_mtime_ns)
        return None if found == self._stat and self._looks % SURE else found

    def _say(self, told: Told, error: OperatorFault) -> None:
        self._stat = None
        if not self.trouble:
            logger.error("The journal cannot be read now: %s", error, extra={"action": "live_stopped"})
            told.trouble(str(error), over=False)
        self.trouble = str(error)


def _measure(told: Told, batch: Batch, changes: Sequence[Change]) -> None:
    if changes and batch.events:
        told.seen(to_datetime(min(event.at for event in batch.events)))
