"""Watches files by looking at them again and again: tells when what is there has changed and has come to rest.

Looking is cheap (one stat a file, in a thread) and misses nothing: an editor's rename, a file that is removed and comes
back, a folder on a network drive.

Rule 1: a change is told once it has stood still for one look, so a file that is being written is not read.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

EVERY = 0.2  # seconds between two looks

Stand: TypeAlias = tuple[int, int, int] | None
"""What stands in a place: time of change in ns, size, inode; None if nothing is there."""


def look(paths: Iterable[Path]) -> dict[Path, Stand]:
    """Look at files."""
    return {path: _stand(path) for path in paths}


def _stand(path: Path) -> Stand:
    try:
        found = path.stat()
    except (OSError, ValueError):  # ValueError: a name that is none is not there either
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


async def changes(
    paths: Callable[[], Iterable[Path]], read_at: Callable[[], datetime], every: float = EVERY
) -> AsyncIterator[None]:
    """Yield each time that files have changed and come to rest.

    `paths` is asked before each look. A file that is looked at for the first time has changed if that was after
    `read_at`, when the files were read last.
    """
    told: dict[Path, Stand] = {}
    before: dict[Path, Stand] = {}
    while True:
        now = await asyncio.to_thread(look, tuple(paths()))
        told = _with_new(told, now, read_at())
        if now == before and now != told:
            told = now
            yield
        before = now
        await asyncio.sleep(every)


def _with_new(told: Mapping[Path, Stand], now: Mapping[Path, Stand], read_at: datetime) -> dict[Path, Stand]:
    """Give what was told of the files that are watched now; a new one counts as told unless it changed since."""
    since = int(read_at.timestamp() * 1e9)
    new = {path: stand if stand is None or stand[0] < since else None for path, stand in now.items()}
    return {path: told[path] if path in told else new[path] for path in now}
