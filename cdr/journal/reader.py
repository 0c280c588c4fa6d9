"""The journal on disk: reads on from a position, through rotation. EDGE.

Rule 1: a file is recognised by the digest of its first bytes, not by its name or inode: Asterisk opens and closes the
file for each line, so it can be renamed at any time, inodes are used again, and a copy has another one.
Rule 2: a position moves only over whole lines. Half a line at the end of the file is left until it is whole.
Rule 3: a file that is no longer the current one is read to its end before the next; half a line at its end is bad.
Rule 4: reading too much is harmless (the store knows each line), reading too little is not.
"""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cdr.errors import JournalUnreadable
from cdr.journal.line import BadLine, JournalEvent, parse_lines
from cdr.journal.places import BEGINNING, file_name

READ_SIZE = 4_194_304  # bytes in one batch; more than the longest line
HEAD_SIZE = 256  # bytes that tell one file from another: the first line holds a time to the microsecond

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a journal has been read: `offset` bytes of the file whose first `head_size` bytes have this digest."""

    journal: str
    head: str
    head_size: int
    offset: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What one reading found. `file` is where it stood then; `position` is where to read on.

    `node` is the PBX of calls whose uniqueids name none, `""` if there is only one.
    """

    file: str
    events: tuple[JournalEvent, ...]
    bad_lines: tuple[BadLine, ...]
    position: Position
    node: str = ""


@dataclass(frozen=True, slots=True)
class _Source:
    """A file to read from an offset; `final` if nothing will be added to it."""

    path: Path
    offset: int
    final: bool


class Journal:
    """Asterisk's CEL file at a path, and the files that it was rotated to, beside it. A `cdr.journal.sources.JournalSource`.

    `read_size` is how many bytes one batch holds at most; `node` is the PBX, see `Batch`.
    """

    def __init__(self, path: Path, read_size: int = READ_SIZE, node: str = "") -> None:
        self.path = path.absolute()
        self.node = node
        self._read_size = read_size

    @property
    def name(self) -> str:
        """Give the name under which the store keeps the position."""
        return str(self.path)

    def read_once(self, since: Position | None = None) -> Batch | None:
        """Read the next whole lines after a position, or None if there are none yet.

        A journal that does not exist yet has none. Raises `JournalUnreadable` if it cannot be read.
        """
        try:
            for source in self._sources(since):
                batch = self._read(source)
                if batch is not None:
                    return batch
        except OSError as error:
            raise JournalUnreadable.at(self.name, str(error)) from error
        return None

    def end(self) -> Position | None:
        """Give the position after the last whole line of the current file, without reading it; None if there is no file.

        For who follows what comes from now on. Raises `JournalUnreadable` if it cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                head = file.read(HEAD_SIZE)
                size = file.seek(0, os.SEEK_END)
                start = file.seek(max(0, size - self._read_size))
                last = file.read(size - start).rfind(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise JournalUnreadable.at(self.name, str(error)) from error
        return Position(self.name, sha256(head).hexdigest(), len(head), start + last + 1)

    def unfinished(self, since: Position | None) -> int:
        """Give how many bytes after a position make no whole line yet."""
        if not self.path.exists():
            return 0
        offset = since.offset if since is not None and _is_file_of(self.path, since) else 0
        return self.path.stat().st_size - offset

    def behind(self, since: Position | None) -> int:
        """Give how many bytes have not been read yet, in the journal and in the files that it was rotated to; 0 if unknown."""
        try:
            size = self.path.stat().st_size
            if since is None:
                return size
            if _is_file_of(self.path, since):
                return size - since.offset
            old = next((path for path in self._siblings() if _is_file_of(path, since)), None)
            if old is None:
                return size
            newer = (path for path in self._siblings() if _age(path) > _age(old))
            return size + old.stat().st_size - since.offset + sum(path.stat().st_size for path in newer)
        except OSError:
            return 0

    def free_space(self) -> int | None:
        """Give how many bytes the disk under the journal has left for it; None if that cannot be told."""
        try:
            found = os.statvfs(self.path.parent)
        except OSError:
            return None
        return found.f_bavail * found.f_frsize

    def _sources(self, since: Position | None) -> Iterator[_Source]:
        """Give the files to try, in the order in which they were written."""
        there = self.path.exists()
        if since is not None and not (there and _is_file_of(self.path, since)):
            yield from self._rotated(since, final=there)
        if there:
            same = since is not None and _is_file_of(self.path, since)
            yield _Source(self.path, since.offset if since is not None and same else 0, final=False)

    def _rotated(self, since: Position, *, final: bool) -> Iterator[_Source]:
        """Give the rest of the file that was being read, and the files rotated after it."""
        old = [path for path in self._siblings() if _is_file_of(path, since)]
        if not old:
            logger.warning(
                "The journal file read so far is gone; lines after byte %s of it may be missing. "
                "If you still have it, run: ivr records ingest FILE",
                since.offset,
                extra={"action": "journal_file_gone", "journal": self.name},
            )
            return
        yield _Source(old[0], since.offset, final)
        newer = [path for path in self._siblings() if _age(path) > _age(old[0]) and path not in old]
        for path in newer:
            yield _Source(path, 0, final)

    def _siblings(self) -> list[Path]:
        """Give the files named after the journal, the oldest first, without those that are no text."""
        found = [path for path in self.path.parent.glob(f"{self.path.name}?*") if path.is_file()]
        return sorted((path for path in found if _head(path, 1) == b'"'), key=_age)

    def _read(self, source: _Source) -> Batch | None:
        with source.path.open("rb") as file:
            beginning = file.read(BEGINNING)
            file.seek(source.offset)
            data = file.read(self._read_size)
            final = source.final and not file.read(1)
        head, name = beginning[:HEAD_SIZE], file_name(beginning)
        events, bad, end = parse_lines(data, source.offset, name, final=final)
        if end == 0:
            return None
        position = Position(self.name, sha256(head).hexdigest(), len(head), source.offset + end)
        return Batch(str(source.path), tuple(events), tuple(bad), position, self.node)


def _is_file_of(path: Path, position: Position) -> bool:
    """Tell whether a file is the one a position speaks of: it begins alike and is long enough."""
    if path.stat().st_size < position.offset:
        return False
    return sha256(_head(path, position.head_size)).hexdigest() == position.head


def _head(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def _age(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name
