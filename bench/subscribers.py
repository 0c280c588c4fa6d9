"""Many subscribers of the live view in one process of their own: `python -m bench.subscribers SOCKET NUMBER`.

Rule 1: only the first subscriber's messages are read as JSON; of all others only which message came when. So the process
costs little beside what it measures.
Rule 2: a change is measured from the time that its journal line tells until a subscriber has the whole message, or a later
one that replaced it. Only changes with a line's time in them count: a call came to another stage, or ended.
"""

import json
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.house import PATIENCE
from ivr.app import now
from ivr.children import ends_with_us

ASKED = b"GET /api/events HTTP/1.1\r\nHost: supervision\r\nAccept: text/event-stream\r\n\r\n"
PIECE = 1 << 17  # bytes read at once
AT_ONCE = 20  # connections opened before what came is read
DROPPED = b'"kind":"dropped"'
DATA = re.compile(rb"id: (\d+)\ndata: (\{.*\})\n\n")
PARTS = 10_000  # of a second, in which delays are counted


@dataclass(frozen=True, slots=True)
class Heard:
    """What the subscribers got: the `changes` measured, in ms how late all subscribers had them, and what came of the rest.

    `messages` and their `size` in bytes are those of one subscriber while it was measured, `dropped` how often any had to begin
    anew, `lost` how many were cut off; `cpu` is the seconds of a processor that this process took.
    """

    subscribers: int
    changes: int
    p50: float
    p95: float
    longest: float
    messages: int
    size: int
    dropped: int
    lost: int
    cpu: float


@dataclass(slots=True, eq=False)
class _Subscriber:
    """One connection; `came` has (time, last whole message) of each piece."""

    socket: socket.socket
    keeps: bool
    rest: bytes = b""
    came: list[tuple[float, int]] = field(default_factory=list)
    kept: list[tuple[float, bytes]] = field(default_factory=list)
    dropped: int = 0

    def read(self) -> bool:
        """Take what is there; False at the end."""
        try:
            piece = self.socket.recv(PIECE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        at = now().timestamp()
        data = self.rest + piece
        end = data.rfind(b"\n\n")
        if end >= 0:
            self._whole(data, end, at)
            data = data[end + 2 :]
        self.rest = data
        return bool(piece)

    def _whole(self, data: bytes, end: int, came: float) -> None:
        if self.keeps:
            self.kept.append((came, data[: end + 2]))
        if data.find(DROPPED, 0, end) >= 0:
            self.dropped += 1
        at = data.rfind(b"id: ", 0, end)
        while at > 0 and data[at - 1] != 10:  # within a message's words
            at = data.rfind(b"id: ", 0, at)
        if at >= 0:
            self.came.append((came, int(data[at + 4 : data.index(b"\n", at)])))


class Subscribers:
    """A process that subscribes many times. Close it by `heard`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.pid = process.pid

    def heard(self, since: float, until: float) -> Heard:
        """Let it end, and give what it got of the changes of that time, in seconds since 1970."""
        answer, _ = self._process.communicate(f"{since} {until}\n", timeout=120)
        return Heard(**json.loads(answer))


@contextmanager
def subscribers(place: Path, number: int) -> Iterator[Subscribers]:
    """Subscribe so many times at a socket, until the end of the block; each has everything when the block begins."""
    command = [sys.executable, "-m", "bench.subscribers", str(place), str(number)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=ends_with_us(signal.SIGKILL),  # noqa: PLW1509 - no other thread runs yet
    )
    try:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise SystemExit("bench: the subscribers could not subscribe; the reason is above")
        yield Subscribers(process)
    finally:
        process.kill()
        process.wait(PATIENCE)


def main(place: str, number: int) -> int:
    """Subscribe, say `ready`, read until a line with two instants comes, and print what was heard."""
    chosen = selectors.DefaultSelector()
    chosen.register(sys.stdin, selectors.EVENT_READ)
    everybody: list[_Subscriber] = []
    lost = 0
    while len(everybody) < number:
        some = range(len(everybody), min(number, len(everybody) + AT_ONCE))
        for each in some:
            made = _Subscriber(_connected(place), keeps=each == 0)
            everybody.append(made)
            chosen.register(made.socket, selectors.EVENT_READ, made)
        while any(not one.came for one in everybody[some.start :]):
            if _read(chosen)[1]:
                print(f"bench: a subscriber was refused: {everybody[-1].rest[:200]!r}", file=sys.stderr)
                return 2
    print("ready", flush=True)
    used, asked = time.process_time(), ""
    while not asked:
        asked, gone = _read(chosen)
        lost += gone
    used = time.process_time() - used
    since, until = map(float, asked.split())
    print(json.dumps(asdict(_heard(everybody, since, until, lost, used))), flush=True)
    return 0


def _connected(place: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.connect(place)
    made.sendall(ASKED)
    made.setblocking(False)
    return made


def _read(chosen: selectors.BaseSelector) -> tuple[str, int]:
    """Read what has come; give what we were told, and how many connections ended."""
    told, gone = "", 0
    for key, _ in chosen.select():
        if key.data is None:
            told = sys.stdin.readline()
        elif not key.data.read():
            chosen.unregister(key.fileobj)
            gone += 1
    return told, gone


def _heard(everybody: Sequence[_Subscriber], since: float, until: float, lost: int, used: float) -> Heard:
    first = everybody[0]
    changes = [
        (number, at) for number, at in _measured(b"".join(piece for _, piece in first.kept)) if since <= at < until
    ]
    counted: Counter[int] = Counter()
    for one in everybody:
        counted.update(_delays(one.came, changes))
    whole = counted.total()
    pieces = [piece for at, piece in first.kept if since <= at < until]
    return Heard(
        subscribers=len(everybody),
        changes=len(changes),
        p50=_quantile(counted, whole * 0.5),
        p95=_quantile(counted, whole * 0.95),
        longest=_quantile(counted, whole),
        messages=sum(piece.count(b"\ndata: ") for piece in pieces),
        size=sum(map(len, pieces)),
        dropped=sum(one.dropped for one in everybody),
        lost=lost,
        cpu=used,
    )


def _measured(data: bytes) -> Iterator[tuple[int, float]]:
    """Give (message, time of the line) of the changes that tell a line's time."""
    seen: dict[str, Any] = {}
    for found in DATA.finditer(data):
        change = json.loads(found[2])
        if change["kind"] == "calls":
            seen = {one["call"]: one["since"] for one in change["calls"]["calls"]}
        elif change["kind"] == "ended":
            seen.pop(change["ended"]["call"], None)
            yield int(found[1]), _seconds(change["ended"]["at"])
        elif change["kind"] == "call":
            call = change["call"]
            if seen.get(call["call"]) != call["since"]:
                yield int(found[1]), _seconds(call["since"])
            seen[call["call"]] = call["since"]


def _delays(came: Sequence[tuple[float, int]], changes: Sequence[tuple[int, float]]) -> Iterator[int]:
    """Give how late each change was, in parts of a second; a change that never came is as late as the end."""
    place = 0
    for number, at in changes:
        while place < len(came) - 1 and came[place][1] < number:
            place += 1
        yield max(0, round((came[place][0] - at) * PARTS))


def _quantile(counted: "Counter[int]", number: float) -> float:
    """Give the delay, in ms, that so many do not exceed; not a number if nothing came."""
    seen = 0
    for delay in sorted(counted):
        seen += counted[delay]
        if seen >= number:
            return delay * 1000 / PARTS
    return float("nan")


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
