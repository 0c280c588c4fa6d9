"""Files that change: renamed over, half written, removed and restored."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ivr.live.watching import changes

QUICK = 0.005  # seconds
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Watched:
    """Counts what is told about some files."""

    def __init__(self, *paths: Path) -> None:
        self.paths = list(paths)
        self.told = 0
        self.read_at = just_after(*paths)
        self._heard = asyncio.Event()
        self._looks = 0
        self._looked = asyncio.Condition()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator["Watched"]:
        task = asyncio.get_running_loop().create_task(self._watch())
        await self.looks(2)
        yield self
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def _asked(self) -> list[Path]:
        self._looks += 1
        self._telling = asyncio.ensure_future(self._tell())
        return self.paths

    async def _tell(self) -> None:
        async with self._looked:
            self._looked.notify_all()

    async def _watch(self) -> None:
        async for _ in changes(self._asked, lambda: self.read_at, QUICK):
            self.told += 1
            self._heard.set()

    async def looks(self, number: int) -> None:
        """Wait until the files were looked at so many times more."""
        until = self._looks + number
        async with asyncio.timeout(60), self._looked:
            await self._looked.wait_for(lambda: self._looks >= until)

    async def heard(self) -> None:
        """Wait until something is told, then see that it is told once."""
        async with asyncio.timeout(60):
            await self._heard.wait()
        self._heard.clear()
        told = self.told
        await self.looks(4)
        assert self.told == told


def just_after(*paths: Path) -> datetime:
    """Give the instant after the last change of files, so that they count as read."""
    changed = max((path.stat().st_ctime for path in paths if path.exists()), default=0.0)
    return datetime.fromtimestamp(changed, UTC) + timedelta(microseconds=2)


def old(path: Path, text: str = "one") -> Path:
    """Write a file that says it is old, as a restored copy does."""
    path.write_text(text)
    os.utime(path, (0, 0))
    return path


async def test_nothing_is_told_of_what_was_there(tmp_path: Path) -> None:
    async with Watched(old(tmp_path / "a"), tmp_path / "not there").watching() as watched:
        await watched.looks(5)
        assert watched.told == 0


async def test_a_change_a_rename_a_removal_and_a_return_are_told_once_each(tmp_path: Path) -> None:
    path = old(tmp_path / "a")
    async with Watched(path).watching() as watched:
        path.write_text("two")
        await watched.heard()
        old(tmp_path / "b", "one").replace(path)
        await watched.heard()
        path.unlink()
        await watched.heard()
        old(path)
        await watched.heard()
        assert watched.told == 4


async def test_a_file_that_is_being_written_is_not_told(tmp_path: Path) -> None:
    path = old(tmp_path / "a")
    sizes = iter(range(2, 20))

    def growing() -> list[Path]:
        if (size := next(sizes, 0)) > 0:
            path.write_text("x" * size)
        return [path]

    async with asyncio.timeout(60):
        async for _ in changes(growing, lambda: LONG_AGO, QUICK):
            break
    assert path.stat().st_size == 19, "told only when it had come to rest"


async def test_what_was_read_after_it_changed_is_not_told(tmp_path: Path) -> None:
    path = old(tmp_path / "a")
    async with Watched(path).watching() as watched:
        watched.read_at += timedelta(hours=1)
        path.write_text("two")
        await watched.looks(5)
        assert watched.told == 0
        watched.read_at = just_after(path)
        await watched.looks(3)
        path.write_text("three")
        await watched.heard()
        assert watched.told == 1


async def test_a_file_that_is_watched_later_is_told_if_it_changed_since_it_was_read(tmp_path: Path) -> None:
    first, second = old(tmp_path / "a"), old(tmp_path / "b")
    third = tmp_path / "c"
    async with Watched(first, second).watching() as watched:
        watched.paths = [first]
        await watched.looks(4)
        watched.paths = [first, second]
        await watched.looks(4)
        assert watched.told == 0
        third.write_text("new")
        watched.paths = [first, third]
        await watched.heard()
        watched.paths = [first]
        await watched.looks(4)
        assert watched.told == 1
