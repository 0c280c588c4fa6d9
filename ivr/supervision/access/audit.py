"""Who did what by way of supervision: one JSON object a line, only ever added to. EDGE.

    {"id": "9f2c...", "at": ..., "who": "anna", "role": "supervisor", "what": "hangup", "call": ..., "result": "begun"}
    {"id": "9f2c...", "end": "the call was ended"}

Rule 1: the first line is on the disk before anything is done, the second before the answer goes out. Without the first
nothing is done. An entry without a second line is one of which nobody knows what came of it.
Rule 2: nothing is deleted here. A file that is full gets a number and a new one begins; who may remove old ones is for the
municipality to say.
"""

import asyncio
import json
import logging
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from ivr.supervision.models import AuditEntry
from ivr.supervision.refusals import AuditUnwritable

MOST_BYTES = 10 * 1024 * 1024  # of a file
MOST_ENTRIES = 1000  # of an answer
BEGUN = "begun"
UNKNOWN_END = "begun; what came of it is not known: supervision ended meanwhile, or its disk was full"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; an empty text is any. `what` and `who` are whole words, `call` is a call's name."""

    who: str = ""
    what: str = ""
    call: str = ""
    limit: int = 100

    def fits(self, entry: AuditEntry) -> bool:
        """Tell whether an entry is asked for."""
        return (
            self.who in ("", entry.who) and self.what in ("", entry.what) and self.call in ("", entry.call)
        )  # fmt: skip


class Begun:
    """An entry that is on the disk without its end."""

    def __init__(self, audit: "Audit", name: str) -> None:
        self._audit = audit
        self._name = name

    async def end(self, result: str) -> None:
        """Write what came of it. If that fails it is logged: what was done was done, and its begin is kept."""
        try:
            await self._audit.add({"id": self._name, "end": result})
        except AuditUnwritable as error:
            logger.error(
                "what came of %s is not in the audit: %s", self._name, error, extra={"action": "audit_unwritable"}
            )


class Audit:
    """The audit in a file of mode 0600."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._alone = threading.Lock()

    async def begin(self, entry: AuditEntry) -> Begun:
        """Write that something begins; its `result` is not looked at. Raises AuditUnwritable: then it must not be done."""
        name = secrets.token_hex(8)
        await self.add({"id": name, **entry.model_dump(mode="json"), "result": BEGUN})
        return Begun(self, name)

    async def write(self, entry: AuditEntry) -> None:
        """Write something that has happened. Raises AuditUnwritable."""
        await self.add({"id": secrets.token_hex(8), **entry.model_dump(mode="json")})

    async def read(self, wanted: Wanted) -> tuple[AuditEntry, ...]:
        """Give entries, the newest first. Raises AuditUnwritable if the files cannot be read."""
        return await asyncio.to_thread(self._found, wanted)

    async def add(self, row: dict[str, Any]) -> None:
        """Add a line and wait until the disk has it. Raises AuditUnwritable; then the file is as before."""
        line = json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        try:
            await asyncio.to_thread(self._append, line)
        except OSError as error:
            text = (
                f"{self._path} cannot be written ({error.strerror}), so nothing was done; see to its disk and try again"
            )
            raise AuditUnwritable(text) from error

    def _append(self, line: bytes) -> None:
        with self._alone:
            self._rotate(len(line))
            is_new = not self._path.exists()
            handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                _added(handle, line)
            finally:
                os.close(handle)
            if is_new:
                _kept_in(self._path.parent)

    def _rotate(self, more: int) -> None:
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return
        if size and size + more > self._most_bytes:
            number = max((int(old.suffixes[-1][1:]) for old in self._older()), default=0) + 1
            self._path.rename(self._path.with_name(f"{self._path.name}.{number}"))
            _kept_in(self._path.parent)

    def _older(self) -> list[Path]:
        """Give the full files, the youngest first."""
        found = [one for one in self._path.parent.glob(f"{self._path.name}.*") if one.suffix[1:].isdecimal()]
        return sorted(found, key=lambda one: int(one.suffix[1:]), reverse=True)

    def _found(self, wanted: Wanted) -> tuple[AuditEntry, ...]:
        found: list[AuditEntry] = []
        try:
            for entry in self._entries():
                if wanted.fits(entry):
                    found.append(entry)
                    if len(found) >= min(wanted.limit, MOST_ENTRIES):
                        break
        except OSError as error:
            raise AuditUnwritable(f"{self._path} cannot be read ({error.strerror}); see to its disk") from error
        return tuple(found)

    def _entries(self) -> Iterator[AuditEntry]:
        ends: dict[str, str] = {}
        for row in self._rows():
            name = str(row.pop("id", ""))
            if "end" in row:
                ends[name] = str(row["end"])
                continue
            if row.get("result") == BEGUN:
                row["result"] = ends.pop(name, UNKNOWN_END)
            try:
                yield AuditEntry.model_validate(row)
            except ValidationError:
                logger.warning("an entry of the audit cannot be read", extra={"action": "audit_damaged"})

    def _files(self, stack: ExitStack) -> list[BinaryIO]:
        """Open all files, the youngest first: one that gets its number meanwhile is read all the same."""
        with self._alone:
            there = [path for path in (self._path, *self._older()) if path.exists()]
            return [stack.enter_context(path.open("rb")) for path in there]

    def _rows(self) -> Iterator[dict[str, Any]]:
        with ExitStack() as stack:
            for file in self._files(stack):
                for line in reversed(file.read().splitlines()):
                    try:
                        row = json.loads(line)
                    except ValueError:
                        continue  # torn when the power failed: nothing had been done yet
                    if isinstance(row, dict):
                        yield row


def _added(handle: int, line: bytes) -> None:
    """Add a line whole and on the disk, or leave the file as it was. Raises OSError."""
    before = os.fstat(handle).st_size
    torn = before > 0 and os.pread(handle, 1, before - 1) != b"\n"
    wanted = b"\n" + line if torn else line
    try:
        if os.write(handle, wanted) != len(wanted):
            raise OSError(28, "no space left on the device")
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, before)
        raise


def _kept_in(folder: Path) -> None:
    """Let the disk know of a name that is new in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
