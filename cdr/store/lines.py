"""The lines of calls as the record store keeps them, read again when more lines of a call come. EDGE.

Rule 1: lines that were stored before numbers were sealed are sealed when they are read: the same line is the same again.
Rule 2: the lines of calls that are open are remembered: most of them are wanted again with the next batch.
"""

from collections.abc import Callable

from cdr.fold.call import as_written
from cdr.journal.line import JournalEvent
from cdr.store.packed import events_of

KEPT = 2000  # calls whose lines are remembered

Seal = Callable[[JournalEvent], JournalEvent]


class Lines:
    """Reads what `cdr.store.packed` packed. `seal` puts tokens in the place of numbers."""

    def __init__(self, seal: Seal | None = None) -> None:
        self._seal = seal
        self._recent: dict[bytes, list[JournalEvent]] = {}

    def read(self, packed: bytes) -> list[JournalEvent]:
        """Give the lines of a call in the order of the journal."""
        found = self._recent.pop(packed, None)
        if found is not None:
            return found
        events = events_of(packed)
        return as_written(events if self._seal is None else map(self._seal, events))

    def remember(self, packed: bytes, written: list[JournalEvent]) -> None:
        """Keep what packed lines say for the next time; of many the oldest is forgotten."""
        if len(self._recent) >= KEPT:
            self._recent.pop(next(iter(self._recent)))
        self._recent[packed] = written
