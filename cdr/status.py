"""How the recorder is: a small file that others read, whatever the store does. EDGE.

Rule 1: the file is replaced as a whole, so a reader never sees half of it. It is written when something changed and at
least every `HEARTBEAT` seconds; an old `written` means that no recorder runs.
Rule 2: not being able to write it stops nothing: it is said once.
"""

import json
import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cdr.journal.reader import Position
from cdr.journal.sources import JournalSource

HEARTBEAT = 5.0  # seconds
SPACE_LOW = 1_048_576  # bytes; with less the journal is about to lose lines
NO_SPACE = "journal_space_low"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands in the way: a word such as `store_full`, since when, and what to do."""

    kind: str
    since: datetime
    message: str


class Status:
    """Collects what the recorder knows of itself and writes it to a file, if there is one to write to."""

    def __init__(self, path: Path | None, journal: JournalSource, store: str, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._journal = journal
        self._store = store
        self._clock = clock
        self._position: Position | None = None
        self._troubles: dict[str, Trouble] = {}
        self._written: tuple[dict[str, object], datetime] | None = None
        self._unwritable = False
        self.lines = 0
        self.quarantined = 0

    def read_to(self, position: Position | None) -> None:
        """Note how far the journal has been read."""
        self._position = position

    def failed(self, error: Exception) -> None:
        """Note what keeps records from being written; another trouble of this kind is over."""
        kind = _word(type(error).__name__)
        before = self._troubles.get(kind)
        self.works()
        self._troubles[kind] = Trouble(kind, before.since if before else self._clock(), str(error))

    def works(self) -> None:
        """Note that records are written."""
        self._troubles = {kind: one for kind, one in self._troubles.items() if kind == NO_SPACE}

    def look_at_space(self) -> None:
        """See whether the disk under the journal has room; say so when that changes."""
        free = self._journal.free_space()
        if free is None or (free < SPACE_LOW) is (NO_SPACE in self._troubles):
            return
        if free < SPACE_LOW:
            message = (
                f"{self._journal.name}: its disk has {free} bytes left. Asterisk drops the lines that it cannot write: "
                "free some space now, or records are lost"
            )
            self._troubles[NO_SPACE] = Trouble(NO_SPACE, self._clock(), message)
            logger.error(message, extra={"action": NO_SPACE, "free": free})
            return
        since = self._troubles.pop(NO_SPACE).since
        logger.warning(
            "The disk under the journal has room again. Lines that Asterisk could not write since %s are lost",
            since.isoformat(timespec="seconds"),
            extra={"action": "journal_space_back", "free": free},
        )

    def write(self) -> None:
        """Write the file if anything changed or it is getting old."""
        if self._path is None:
            return
        now, content = self._clock(), self._content()
        if self._written is not None:
            before, at = self._written
            if before == content and 0 <= (now - at).total_seconds() < HEARTBEAT:
                return
        self._written = content, now
        self._replace(self._path, json.dumps({"written": now.isoformat(), **content}, ensure_ascii=False, indent=1))

    def _content(self) -> dict[str, object]:
        return {
            "pid": os.getpid(),
            "journal": self._journal.name,
            "store": self._store,
            "read_to": self._position.offset if self._position else 0,
            "behind_bytes": self._journal.behind(self._position),
            "lines": self.lines,
            "quarantined": self.quarantined,
            "troubles": [
                {"kind": one.kind, "since": one.since.isoformat(), "message": one.message}
                for one in self._troubles.values()
            ],
        }

    def _replace(self, path: Path, text: str) -> None:
        partial = path.with_name(f"{path.name}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(text + "\n", encoding="utf-8")
            partial.replace(path)
        except OSError as error:
            if not self._unwritable:
                logger.warning(
                    "The recorder's status cannot be written: %s", error, extra={"action": "status_unwritable"}
                )
            self._unwritable = True
        else:
            self._unwritable = False


def _word(name: str) -> str:
    """Write a class's name as one of our words: `StoreFull` is `store_full`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
