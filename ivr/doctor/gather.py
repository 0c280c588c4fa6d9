"""Looks at an installation: Asterisk's console, files, disks, the clock. What cannot be seen is left out.

Rule 1: looking changes nothing: no setting, no file, no call.
Rule 2: no secret is read: of a secret's file only its rights are looked at.
"""

import csv
import ctypes
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from cdr.errors import JournalUnreadable
from ivr.doctor import console_text
from ivr.doctor.facts import Console, Disk, JournalFile, JournalTable
from ivr.secret_files import complaint

TIME_ERROR = 5
"""adjtimex(2): no time server disciplines the clock."""
TIMEX_BYTES = 256
"""At least as long as the kernel's structure (208 bytes on 64 bit)."""
LAST_LINES = 8192  # bytes at the end of a journal that are looked at
EVENT_TIME = 1  # column

Cli = Callable[[str], str | None]


def console(cli: Cli, user: str, supervision: str) -> Console | None:
    """Ask Asterisk's console; None if it does not answer. `user` and `supervision` are our names at the manager."""
    shown = cli("core show version")
    if shown is None:
        return None

    def say(command: str) -> str:
        return cli(command) or ""

    return Console(
        version=console_text.version(shown),
        modules=console_text.modules(say("module show")),
        user=console_text.manager_user(say(f"manager show user {user}")),
        supervision=console_text.manager_user(say(f"manager show user {supervision}")),
        manager=console_text.manager(say("manager show settings")),
        cel=console_text.cel(say("cel show status")),
        globals=console_text.dialplan_globals(say("dialplan show globals")),
        contexts=console_text.contexts(say("dialplan show")),
        channels=console_text.channels(say("core show channels count")),
        prefix=console_text.language_prefix(say("core show settings")),
    )


def journal(path: Path, now: float) -> JournalFile:
    """Look at the end of the CEL file. `now` is seconds since 1970."""
    try:
        with path.open("rb") as handle:
            size = handle.seek(0, os.SEEK_END)
            handle.seek(max(0, size - LAST_LINES))
            lines = handle.read().decode("utf-8", "replace").rstrip("\n").split("\n")
    except OSError:
        return JournalFile(path, exists=False)
    if not size:
        return JournalFile(path, exists=True)
    columns = next(csv.reader([lines[-1]]), [])
    try:
        age = max(0.0, now - float(columns[EVENT_TIME]))
    except (IndexError, ValueError):
        age = max(0.0, now - path.stat().st_mtime)
    return JournalFile(path, exists=True, size=size, age=age, columns=len(columns))


def table(url: str, now: float) -> JournalTable:
    """Look at the newest row of a journal that is a table. `now` is seconds since 1970."""
    from cdr.journal.table import JournalTable as Table  # noqa: PLC0415 - a driver is loaded only where it is used

    try:
        read = Table(url)
        try:
            end = read.end()
            batch = end and read.read_once(replace(end, offset=end.offset - 1))
        finally:
            read.close()
    except JournalUnreadable as error:
        return JournalTable(url, problem=str(error))
    newest = batch.events[-1].at / 1_000_000 if batch and batch.events else None
    return JournalTable(url, age=None if newest is None else max(0.0, now - newest))


def disks(places: Iterable[tuple[str, Path]]) -> Iterator[Disk]:
    """Look at the space where something is written: what it is, and the path, or the folder that will hold it."""
    for what, path in places:
        there = next((one for one in (path, *path.absolute().parents) if one.exists()), Path("/"))
        usage = shutil.disk_usage(there)
        yield Disk(what, there, usage.free, usage.total)


def secrets(paths: Iterable[Path]) -> Iterator[str]:
    """Say what is wrong with files that hold secrets, and with the folders that they are in."""
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            continue
        said = complaint(path, found.st_mode, found.st_uid, os.geteuid())
        if said:
            yield said


def listening(kind: str, host: str, port: int) -> bool | None:
    """Tell whether something on this machine listens there (proc(5), net); None if that cannot be seen. IPv4."""
    try:
        table = Path(f"/proc/net/{kind}").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return None
    wanted = {_hexadecimal(host), "00000000"}
    for line in table:
        fields = line.split()
        address, _, number = fields[1].partition(":")
        if address in wanted and int(number, 16) == port and (kind == "udp" or fields[3] == "0A"):
            return True
    return False


def _hexadecimal(host: str) -> str:
    """Give an IPv4 address as the kernel's tables show it: its bytes from the last to the first."""
    parts = host.split(".")
    return "".join(f"{int(part):02X}" for part in reversed(parts)) if all(part.isdigit() for part in parts) else ""


def synchronised() -> bool | None:
    """Tell whether the kernel says that a time server disciplines its clock (adjtimex(2)); None if it does not say."""
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != TIME_ERROR


def epoch() -> float:
    """Give the machine's time in seconds since 1970."""
    return time.time()  # noqa: TID251 - it is compared with Asterisk's
