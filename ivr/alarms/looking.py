"""What has to be looked at: how far the journal goes, and whether the sounds that are played are there. Always in a thread.

Rule 1: a disk that does not answer holds up one thread, never the event loop; the journal then counts as not growing.
Rule 2: a journal that is a table in a database is looked at by the recorder, which reads it. What the recorder cannot see
either is not known, and no fault of the journal: that no records are written is an alarm of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from ivr.alarms.derive import Sound, sounds_of
from ivr.alarms.facts import PromptFound, PromptMissing
from ivr.alarms.prompts_present import PromptsPresent
from ivr.calls.actions import Action

MOST_SOUNDS = 10_000
"""Sounds that may wait to be looked for; further ones are looked for when they are played again."""
LOOK_SECONDS = 4.0  # seconds for the disk to answer

Position = tuple[int, int]
"""Inode and bytes of a file; 0 and the highest id of a table."""


class TableLook:
    """Looks at a journal that is a table, by what the recorder tells of it."""

    def __init__(self, status: Callable[[], Mapping[str, object]]) -> None:
        self._status = status
        self._told: object = None

    async def position(self) -> Position | None:
        """Give where the journal ends; None if that is not known, or was told before."""
        status = await asyncio.to_thread(self._status)
        told, self._told = self._told, status.get("written")
        read, behind = status.get("read_to"), status.get("behind_bytes")
        if (
            self._told in (None, told)
            or status.get("troubles")
            or not (isinstance(read, int) and isinstance(behind, int))
        ):
            return None
        return 0, read + behind


class JournalLook:
    """Looks at the journal at `path`."""

    def __init__(self, path: Path, seconds: float = LOOK_SECONDS) -> None:
        self._path = path
        self._seconds = seconds
        self._look: asyncio.Task[Position | None] | None = None

    async def position(self) -> Position | None:
        """Give where the journal ends; None if there is none, or the disk does not answer."""
        if self._look is None:
            self._look = asyncio.get_running_loop().create_task(asyncio.to_thread(_position, self._path))
        done, _ = await asyncio.wait([self._look], timeout=self._seconds)
        if not done:
            return None
        found, self._look = self._look.result(), None
        return found


def _position(path: Path) -> Position | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size


class Sounds:
    """Looks for what was played since the last look, and again for what was missing."""

    def __init__(self, folder: Path, monotonic: Callable[[], float]) -> None:
        self._present = PromptsPresent(folder, monotonic)
        self._played: set[Sound] = set()
        self._missing: set[Sound] = set()

    def played(self, actions: Iterable[Action]) -> None:
        """Note what actions play."""
        for action in actions:
            if len(self._played) < MOST_SOUNDS:
                self._played.update(sounds_of(action))

    def forget(self) -> None:
        """Look anew for everything: the rules have changed, and with them what has to be there."""
        self._missing.clear()

    async def look(self) -> tuple[PromptMissing | PromptFound, ...]:
        """Give what is missing, and what no longer is."""
        asked, self._played = self._played | self._missing, set()
        if not asked:
            return ()
        missing, self._missing = self._missing, set(await asyncio.to_thread(self._present.missing, asked))
        gone, there = self._missing, sorted(missing - self._missing)
        return (*(PromptMissing(*sound) for sound in sorted(gone)), *(PromptFound(*sound) for sound in there))


async def every(seconds: float, look: Callable[[], Awaitable[None]]) -> None:
    """Look again and again, until cancelled."""
    while True:
        await look()
        await asyncio.sleep(seconds)
