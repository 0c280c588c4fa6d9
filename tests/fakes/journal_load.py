"""Journals of many calls, interleaved as a busy PBX writes them."""

import random

from tests.fakes.call_pieces import CLOSED_MENU, IN, RINGS, TALKS, dial_fails, ends
from tests.fakes.call_table import lines_of

CALLS = (
    IN + TALKS + ends(20, "info-1"),
    IN + RINGS + dial_fails(9, "info-1", "BUSY") + "9.05 caller IVR_RING destination=info phone=info-2" + ends(9.1),
    IN + CLOSED_MENU + ends(9.2),
    IN + ends(7),
    IN,
)
"""Tables of calls that end in different ways; the last one stays open."""


def busy_journal(calls: int, seed: int = 1) -> bytes:
    """Give the journal of so many calls at once; each call's lines are in order, the calls are mixed."""
    queues = [lines_of(CALLS[number % len(CALLS)], number + 1) for number in range(calls)]
    chance = random.Random(seed)
    lines: list[bytes] = []
    while queues:
        queue = chance.choice(queues)
        lines.append(queue.pop(0))
        queues = [one for one in queues if one]
    return b"".join(lines)
