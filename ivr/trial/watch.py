"""Follows one call in the journal while it goes on, so that a trial's citizen acts at the right moment."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from cdr.journal.line import JournalEvent, unpacked
from cdr.journal.reader import Journal, Position

LOOK_SECONDS = 0.02  # seconds between looks at the file


class CallWatch:
    """The journal of one caller's next call. Made before the citizen dials.

    `lines` and `events` grow while it looks: what stands in the journal, and the same with each of our notes by itself.
    `lost` tells that Asterisk has started anew in the middle of the call.
    """

    def __init__(self, path: Path, caller: str) -> None:
        self._journal = Journal(path)
        self._position: Position | None = self._journal.end()  # what is there already belongs to earlier calls
        self._caller = caller
        self.lost = False
        self.linkedid: str | None = None
        self.lines: list[JournalEvent] = []
        self.events: list[JournalEvent] = []

    @property
    def over(self) -> bool:
        """Tell whether the call has ended, or was lost."""
        return self.lost or any(event.type == "LINKEDID_END" for event in self.events)

    async def look(self) -> None:
        """Read what is new; let others work for a moment if there is nothing."""
        fresh = list(self._read())
        if not fresh:
            await asyncio.sleep(LOOK_SECONDS)
        for event in fresh:
            if self.linkedid is None and event.type == "CHAN_START" and event.caller_number == self._caller:
                self.linkedid = event.linkedid
            if event.type == "IVR_BOOT" and self.linkedid is not None:
                self.lost = True
            if event.linkedid == self.linkedid:
                self.lines.append(event)
                self.events.extend(unpacked(event))

    def menus(self) -> list[JournalEvent]:
        """Give the menus that began."""
        return [event for event in self.events if event.type == "IVR_MENU"]

    def announcements(self) -> list[JournalEvent]:
        """Give the steps in which something was announced before the menu."""
        return [event for event in self.events if event.type == "IVR_ANNOUNCEMENT"]

    def heard_out(self, menu: JournalEvent) -> bool:
        """Tell whether the last prompt of a menu has been played to its end."""
        after = self.events[self.events.index(menu) :]
        last = ""
        for event in after:
            if event.type == "STREAM_BEGIN":
                sounds = event.app_data.split(",")[1].split("&") if event.app == "Read" else [event.get("sound")]
                last = event.get("sound") if event.get("sound") == sounds[-1] else ""
            elif event.type == "STREAM_END" and last:
                return True
        return False

    def has(self, kind: str, **extra: str) -> bool:
        """Tell whether an event of a type with these values has come."""
        return any(
            event.type == kind and all(event.get(name) == value for name, value in extra.items())
            for event in self.events
        )

    def _read(self) -> Iterator[JournalEvent]:
        while (batch := self._journal.read_once(self._position)) is not None:
            self._position = batch.position
            yield from batch.events
