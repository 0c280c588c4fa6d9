"""Somebody who looks at calls under way, told by a follower."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cdr.live.call import LiveCall
from cdr.live.calls import Change, Gone, Shown
from cdr.live.follow import Follower, Source

LONGEST = 30.0  # seconds until something has happened that must happen


@dataclass
class Screen:
    """What somebody sees who is told of all changes."""

    calls: dict[str, LiveCall] = field(default_factory=dict)
    over: list[Gone] = field(default_factory=list)
    troubles: list[tuple[str, bool]] = field(default_factory=list)
    written: list[datetime] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def apply(self, changes: Sequence[Change]) -> None:
        for change in changes:
            match change:
                case Shown():
                    self.calls[change.call.call] = change.call
                case Gone():
                    del self.calls[change.call.call]  # who was not shown must not be taken back
                    self.over.append(change)
        self.changed.set()

    def seen(self, written: datetime) -> None:
        self.written.append(written)

    def trouble(self, text: str, *, over: bool) -> None:
        self.troubles.append((text, over))
        self.changed.set()


@asynccontextmanager
async def following(source: Source, store: Path | None = None) -> AsyncIterator[tuple[Follower, Screen]]:
    """Follow in the background; the screen has all calls when the block begins."""
    follower, screen = Follower(source, store), Screen()
    task = asyncio.ensure_future(follower.run(screen))
    try:
        await until(task, screen, lambda: follower.ready or bool(screen.troubles))
        yield follower, screen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(task: "asyncio.Future[object] | None", screen: Screen, true: Callable[[], object]) -> None:
    async with asyncio.timeout(LONGEST):
        while not true():
            if task is not None and task.done():
                task.result()
            screen.changed.clear()
            await screen.changed.wait()


def grow(path: Path, lines: Sequence[bytes]) -> None:
    with path.open("ab") as file:
        file.write(b"".join(lines))
