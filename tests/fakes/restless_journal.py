"""A journal in which Asterisk is restarted, the host's clock is stepped, leaders change, and calls lose their ends."""

import random
import re

from tests.fakes.call_pieces import IN, RINGS, TALKS, TOLD, dial_fails, ends
from tests.fakes.call_table import START, lines_of
from tests.fakes.journal_marks import mark_line

CALLS = (
    IN + TALKS + ends(20, "info-1"),
    IN + RINGS + dial_fails(9, "info-1", "BUSY") + ends(9.1),
    TOLD + ends(12),
    IN + ends(7),
)
_TIME = re.compile(rb'^("[^"]+",")(\d+)\.(\d{6})"')


def at_of(line: bytes) -> int:
    """Give a line's time in microseconds since 1970."""
    found = _TIME.match(line)
    assert found
    return int(found[2]) * 1_000_000 + int(found[3])


def moved(line: bytes, by: int) -> bytes:
    """Give a line with another time."""
    return _TIME.sub(rb"\g<1>%d.%06d" % divmod(at_of(line) + by, 1_000_000) + b'"', line, count=1)


def restless_journal(seed: int, calls: int = 12) -> list[bytes]:
    """Give the lines of such a journal as Asterisk would write them; the same for the same seed."""
    chance = random.Random(seed)
    lines = _mixed(chance, calls)
    for step in (3_600_000_000, -3_600_000_000, -5_000_000):
        lines = _stepped(lines, chance.randrange(len(lines)), step)
    cut = chance.randrange(len(lines) // 2, len(lines))
    at = at_of(lines[cut])
    leader = mark_line("IVR_LEADER", at_of(lines[3]), f"pbx-{START // 1_000_000}.99001", '{"extra":"{}"}')
    return [*lines[:3], leader, *_without_ends(lines[3:cut], chance), *_boot(at + 2_000_000), *_after(lines[cut:])]


def _mixed(chance: random.Random, calls: int) -> list[bytes]:
    some = [(number + 1, chance.randrange(15_000_000)) for number in range(calls)]
    found = [moved(line, by) for n, by in some for line in lines_of(CALLS[n % len(CALLS)], n)]
    return sorted(found, key=at_of)


def _stepped(lines: list[bytes], place: int, step: int) -> list[bytes]:
    told = min(len(lines), place + 3)
    after = [moved(line, step) for line in lines[place:]]
    at = max(at_of(line) for line in after[: told - place]) + 1000
    extra = '{"extra":"{\\"seconds\\":\\"' + f"{step / 1_000_000:.1f}" + '\\"}"}'
    mark = mark_line("IVR_CLOCK", at, f"pbx-{START // 1_000_000}.{99100 + abs(step) % 97}", extra)
    return [*lines[:place], *after[: told - place], mark, *after[told - place :]]


def _without_ends(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """Leave out some ends, as a full disk would, and then tell that the oldest call is a late one."""
    kept = [
        line
        for line in lines
        if not (line.startswith((b'"HANGUP', b'"CHAN_END', b'"LINKEDID')) and chance.random() < 0.3)
    ]
    extra = '{"extra":"{\\"linkedid\\":\\"pbx-1795000000.900\\"}"}'
    return [*kept, mark_line("IVR_OLDEST", at_of(kept[-1]), f"pbx-{START // 1_000_000}.99300", extra)]


def _boot(at: int) -> list[bytes]:
    uniqueid = f"pbx-{at // 1_000_000}.0"
    extra = '{"extra":"{}"}'
    return [mark_line("CHAN_START", at, uniqueid, ours=False), mark_line("IVR_BOOT", at + 900, uniqueid, extra)]


def _after(lines: list[bytes]) -> list[bytes]:
    """Let calls begin again, in the new life of Asterisk; those that were open go on nowhere."""
    if not lines:
        return []
    again = [moved(line, at_of(lines[0]) - START + 5_000_000) for line in lines_of(CALLS[0], 3)]
    second = str((at_of(lines[0]) + 5_000_000) // 1_000_000).encode()
    return [line.replace(b"pbx-1795000000.", b"pbx-" + second + b".") for line in again]
