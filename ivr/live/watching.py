"""Watches files by looking at them again and again: tells when what is there has changed and has come to rest.

Looking is cheap (one stat a file, in a thread) and misses nothing: an editor's rename, a file that is removed and comes
back, a folder on a network drive.

Rule 1: a change is told once it has stood still for one look, so a file that is being written is not read.
Rule 2: what changed before the files were read last is known and not told. A file's own word for that is its time of
status change (stat(2), ctime): a rename sets it too, and nobody can set it back.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

EVERY = 0.2  # seconds between two looks

Stand: TypeAlias = tuple[int, int, int] | None
"""What stands in a place: time of status change in ns, size, inode; None if nothing is there."""


def look(paths: Iterable[Path]) -> dict[Path, Stand]:
    """Look at files."""
    return {path: _stand(path) for path in paths}


def _stand(path: Path) -> Stand:
    try:
        found = path.stat()
    except (OSError, ValueError):  # ValueError: a name that is none is not there either
        return None
    return found.st_ctime_ns, found.st_size, found.st_ino


async def changes(
    paths: Callable[[], Iterable[Path]], read_at: Callable[[], datetime], every: float = EVERY
) -> AsyncIterator[None]:
    """Yield each time that files have changed and come to rest. `paths` is asked before each look.

    `read_at` says when the files were read last; what changed before is not told.
    """
    told: dict[Path, Stand] = {}
    before: dict[Path, Stand] = {}
    while True:
        now = await asyncio.to_thread(look, tuple(paths()))
        since = int(read_at().timestamp() * 1e9)
        fresh = [path for path, stand in now.items() if _is_news(stand, told.get(path), since)]
        if now == before:
            told = now
            if fresh:
                yield
        before = now
        await asyncio.sleep(every)


def _is_news(stand: Stand, told: Stand, since: int) -> bool:
    """Tell whether a place has changed: nothing stands there any more, or what does came after the last reading."""
    return stand != told and (stand is None or stand[0] >= since)
