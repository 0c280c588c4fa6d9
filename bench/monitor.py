"""`python -m bench.monitor`: what one `ivr monitor` costs: processor time, and bytes to its terminal.

A made-up supervision on a real socket tells 500 calls and then changes, four times a second; the monitor runs in a real
pseudo-terminal and is read all the time. Prints a table of docs/monitor.md.
"""

import argparse
import asyncio
import fcntl
import os
import pty
import random
import struct
import sys
import termios
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from ivr.supervision.models import Call, Calls, Change, DestinationNow, Ended, Stage

INSTANCE = "bench"
UPDATES = 4  # a second
LINES_EVERY = 8  # changes
WARM = 2.0  # seconds after the monitor has been filled
LONGEST = 60.0  # seconds until then
TICKS = os.sysconf("SC_CLK_TCK")
SERVICES = ("kekava", "jelgava", "kryvyi-rih", "plovdiv")
HEADER = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: how many calls changed each time, the terminal, part of a core, bytes a second."""

    calls: int
    changes: int
    size: tuple[int, int]
    processor: float
    written: float


class Town:
    """Calls that come, move on and end at random."""

    def __init__(self, calls: int) -> None:
        self._random = random.Random(1)
        self._next = 0
        self.calls = {call.call: call for call in (self._new() for _ in range(calls))}
        self.sequence = 0

    def whole(self) -> Change:
        """Give all calls."""
        calls = Calls(at=_now(), sequence=self.sequence, calls=tuple(self.calls.values()))
        return Change(sequence=self.sequence, kind="calls", calls=calls)

    def lines(self) -> Change:
        """Give the lines."""
        lines = tuple(
            DestinationNow(
                destination=f"{service}-{name}",
                title=f"{service} {name}",
                services=(service,),
                safety=name == "police",
                open=True,
                why="day and night",
                until=None,
                waiting=self._random.randrange(3),
                talking=self._random.randrange(9),
                answered_today=212,
                lost_today=3,
            )
            for service in SERVICES
            for name in ("information", "utility", "police", "duty")
        )
        return self._numbered("destinations", destinations=lines)

    def moved(self, count: int) -> Iterator[Change]:
        """Let so many calls change; one in ten of them ends and another one comes."""
        for name in self._random.sample(sorted(self.calls), count):
            if self._random.random() < 0.1:
                old = self.calls.pop(name)
                end = Ended(
                    call=name, service=old.service, destination=old.destination, disposition="answered", at=_now()
                )
                yield self._numbered("ended", ended=end)
                call = self._new()
            else:
                call = self.calls[name].model_copy(update=self._stage(self.calls[name].service))
            self.calls[call.call] = call
            yield self._numbered("call", call=call)

    def _numbered(self, kind: str, **value: object) -> Change:
        self.sequence += 1
        return Change.model_validate({"sequence": self.sequence, "kind": kind} | value)

    def _new(self) -> Call:
        self._next += 1
        service = self._random.choice(SERVICES)
        given = {
            "call": f"pbx-1795507200.{self._next}",
            "service": service,
            "number": "8488",
            "caller": f"+371 {self._random.randrange(20, 30)}…{self._random.randrange(10, 100)}",
            "language": self._random.choice(("lv", "ru", "en", "uk")),
            "started": _now(),
            "led_by": "engine",
            "engine": "main-1",
        }
        return Call.model_validate(given | self._stage(service))

    def _stage(self, service: str) -> dict[str, object]:
        stage = self._random.choice(list(Stage))
        since = _now() - timedelta(seconds=self._random.randrange(90))
        destination = f"{service}-{self._random.choice(('information', 'utility', 'police', 'duty'))}"
        at_line = stage in {Stage.CONNECTING, Stage.RINGING, Stage.TALKING}
        waits = stage in {Stage.CONNECTING, Stage.RINGING}
        return {
            "stage": stage,
            "since": since,
            "waiting_since": since if waits else None,
            "destination": destination if at_line else "",
            "phone": f"{destination}-1" if at_line else "",
            "rule": f"destinations.{destination}.hours.office.weekly.tuesday" if at_line else "",
        }


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - what is measured goes by the clock


@asynccontextmanager
async def supervision(socket: Path, town: Town, changes: int) -> AsyncIterator[None]:
    """Tell whoever asks the whole town, and then what changes."""

    def data(*told: Change) -> bytes:
        return b"".join(f"id: {one.sequence}\ndata: {one.model_dump_json()}\n\n".encode() for one in told)

    told: set[asyncio.Task[None] | None] = set()

    async def served(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.add(asyncio.current_task())
        with suppress(asyncio.CancelledError, ConnectionError):  # who listens goes, or the server ends
            writer.write(HEADER + data(town.whole(), town.lines()))
            due = time.monotonic()
            while True:
                await writer.drain()
                due += 1 / UPDATES
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                writer.write(data(*town.moved(changes)))
                if town.sequence % LINES_EVERY == 0:
                    writer.write(data(town.lines()))
        writer.close()

    server = await asyncio.start_unix_server(served, str(socket))
    async with server:
        yield
        for task in told:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in told if task is not None))


@contextmanager
def monitor(state: Path, size: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Run the monitor in a terminal of its own; give its process and the terminal's end."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(IVR_STATE=str(state), IVR_INSTANCE=INSTANCE, TERM="xterm-256color")
        os.execv(sys.executable, [sys.executable, "-m", "bench.monitor", "--shown"])  # noqa: S606 - this very program
    columns, rows = size
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    try:
        yield process, terminal
    finally:
        os.write(terminal, b"q")
        os.waitpid(process, 0)
        os.close(terminal)


async def measured(
    calls: int, changes: int, size: tuple[int, int], seconds: float, screens: list[list[bytes]]
) -> Measured:
    """Run one monitor and measure it."""
    written = 0
    screen: list[bytes] = []
    screens.append(screen)
    filled = asyncio.Event()

    def read(terminal: int) -> None:
        nonlocal written
        piece = os.read(terminal, 65536)
        written += len(piece)
        screen.append(piece)
        if f"{calls} calls".encode() in b"".join(screen[-2:]):
            filled.set()

    with TemporaryDirectory() as folder:
        state = Path(folder)
        async with supervision(state / f"supervision-{INSTANCE}.sock", Town(calls), changes):
            with monitor(state, size) as (process, terminal):
                loop = asyncio.get_running_loop()
                loop.add_reader(terminal, read, terminal)
                await asyncio.wait_for(filled.wait(), LONGEST)
                await asyncio.sleep(WARM)
                before, bytes_before, began = used(process), written, time.monotonic()
                await asyncio.sleep(seconds)
                took = time.monotonic() - began
                found = Measured(calls, changes, size, (used(process) - before) / took, (written - bytes_before) / took)
                loop.remove_reader(terminal)
    return found


def used(process: int) -> float:
    """Give the seconds of processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def table(found: list[Measured]) -> str:
    """Write what was measured as Markdown."""
    lines = [
        "| calls | calls that change in a second | terminal | of a core | bytes a second |",
        "|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {one.calls} | {one.changes * UPDATES} | {one.size[0]} x {one.size[1]} | {one.processor:.1%} | {one.written:,.0f} |"
        for one in found
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--changes", type=int, nargs="+", default=[0, 5, 25, 125])
    parser.add_argument("--sizes", nargs="+", default=["80x24", "200x60"])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--screen", type=Path, help="keep what was written to the last terminal")
    parser.add_argument("--shown", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.shown:
        _shown()
        return
    sizes = [(int(columns), int(rows)) for columns, rows in (size.split("x") for size in given.sizes)]
    screens: list[list[bytes]] = []
    found = [
        asyncio.run(measured(given.calls, changes, size, given.seconds, screens))
        for size in sizes
        for changes in given.changes
    ]
    print(table(found))
    if given.screen is not None:
        given.screen.write_bytes(b"".join(screens[-1]))


def _shown() -> None:
    from ivr.cli.monitor import monitor as shown  # noqa: PLC0415 - only the child needs it

    shown()


if __name__ == "__main__":
    main()
