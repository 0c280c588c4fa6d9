"""A journal that grows at a steady rate: made-up calls of real shape, each line written at the time that stands in it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from cdr.reference.lines import SECOND, Numbering
from cdr.reference.scribe import Scribe
from cdr.reference.town import Call, journal
from ivr.app import now

TICK = 0.002  # seconds between two writings
LONGEST = 15  # seconds that a call lasts at most
SERVICE, NUMBER, MENU = "kekava", "8488", "kekava-main"
LINES = (("kekava-information", "1"), ("kekava-utility", "2"), ("kekava-police", "3"))
SAMPLE = 400  # calls that tell how many lines one has


@dataclass(frozen=True, slots=True)
class Written:
    """What was written while it was measured, `since` to `until` in seconds since 1970; the latest was `late` ms late."""

    since: float
    until: float
    lines: int
    late: float


def rising(rate: int, seconds: float, begin: float, seed: int = 1) -> list[tuple[float, bytes]]:
    """Give (time, line) of calls that make so many lines a second from `LONGEST` seconds after `begin` on.

    Calls begin in even steps. All are shorter than real ones, so that as many begin and end as the rate asks.
    """
    chance = Random(seed)
    size = sum(len(_told(0, one, Numbering("pbx"))) for one in range(SAMPLE)) / SAMPLE
    step = size / rate
    number = int((seconds + LONGEST) / step)
    starts = (round((begin + each * step) * SECOND) for each in range(number))
    calls = [Call(at, partial(_told, at, chance.getrandbits(32))) for at in starts]
    found = [(float(line.split(b'","', 2)[1]), line) for line in journal(calls)]
    return [one for one in found if one[0] < begin + LONGEST + seconds]


def write(place: Path, lines: Sequence[tuple[float, bytes]], measured_from: float) -> Written:
    """Write each line to a file when its time has come."""
    next_, late, count = 0, 0.0, 0
    with place.open("ab", buffering=0) as file:
        while next_ < len(lines):
            came, first = now().timestamp(), next_
            while next_ < len(lines) and lines[next_][0] <= came:
                next_ += 1
            if first < next_:
                file.write(b"".join(line for _, line in lines[first:next_]))
                if lines[first][0] >= measured_from:
                    late = max(late, came - lines[first][0])
            time.sleep(TICK)
    count = sum(at >= measured_from for at, _ in lines)
    return Written(measured_from, lines[-1][0], count, late * 1000)


def _told(at: int, seed: int, numbering: Numbering) -> list[tuple[int, bytes]]:
    """Tell one call: menu, perhaps a wrong key, a busy phone, a talk, perhaps passed on, perhaps given up."""
    chance = Random(seed)
    call = Scribe(numbering, SERVICE, NUMBER, f"3712{chance.randrange(10**7):07}", "lv", at)
    destination, key = chance.choice(LINES)
    call.arrives()
    call.menu(MENU, "kekava/menu", chance.uniform(0.5, 3), welcome="kekava/welcome")
    if chance.random() < 0.1:
        call.presses(MENU, "8", "invalid")
        call.menu(MENU, "kekava/menu", chance.uniform(0.5, 1))
    call.presses(MENU, key)
    call.decides(destination, f"destinations.{destination}")
    if chance.random() < 0.2:
        call.rings(destination, f"{destination}-1", 0.4, "BUSY")
    if chance.random() < 0.1:
        call.rings(destination, f"{destination}-2", 1.5, "CANCEL")
    else:
        call.rings(destination, f"{destination}-2", chance.uniform(0.5, 2), "ANSWER")
        call.talks(chance.uniform(1, 3))
        if chance.random() < 0.15:
            other = chance.choice(LINES)[0]
            call.passes_on("103", other)
            call.rings(other, f"{other}-1", chance.uniform(0.5, 1), "ANSWER")
            call.talks(1)
    call.ends(chance.choice(("caller", "phone")))
    return call.lines
