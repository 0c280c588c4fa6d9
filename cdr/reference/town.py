"""What both made-up municipalities share: the marks of a PBX's start and the merging of calls into one journal. PURE."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cdr.reference.lines import SECOND, Numbering, Pen

Telling = Callable[[Numbering], list[tuple[int, bytes]]]


@dataclass(frozen=True, slots=True)
class Call:
    """One call to be told: when it begins (microseconds since 1970) and how its lines are made."""

    at: int
    tell: Telling


def journal(calls: Iterable[Call], system: str = "pbx") -> Iterator[bytes]:
    """Give the lines of a journal: Asterisk starts a minute before the first call, then the calls, mixed by time.

    Holds only the calls that last at the moment in memory, beside what `calls` holds itself.
    """
    numbering = Numbering(system)
    waiting: list[tuple[int, int, bytes]] = []
    count = 0
    for call in sorted(calls, key=lambda one: one.at):
        if count == 0:
            for at, line in _boot(call.at - 60 * SECOND, numbering):
                heapq.heappush(waiting, (at, count := count + 1, line))
        while waiting and waiting[0][0] < call.at:
            yield heapq.heappop(waiting)[2]
        for at, line in call.tell(numbering):
            heapq.heappush(waiting, (at, count := count + 1, line))
    while waiting:
        yield heapq.heappop(waiting)[2]


def _boot(at: int, numbering: Numbering) -> list[tuple[int, bytes]]:
    """Give the lines of the Local channel that tells of Asterisk's start."""
    first, second = (numbering.channel(at, "Local/boot@ivr-mark") for _ in range(2))
    pen = Pen(first.uniqueid)
    for channel in (first, second):
        pen.write(at, "CHAN_START", channel, "boot", "ivr-mark")
    pen.tell(at + 40, "IVR_BOOT", {}, second, "boot", "ivr-mark")
    for channel in (second, first):
        pen.write(at + 60, "HANGUP", channel, "h", "ivr-mark", extra='{"hangupcause": 16}')
        pen.write(at + 60, "CHAN_END", channel, "h", "ivr-mark")
    pen.write(at + 60, "LINKEDID_END", first, "boot", "ivr-mark")
    return pen.lines
