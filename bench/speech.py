"""Speaks for the citizens: their RTP, sent from here, because SIPp uses more processor for it than the PBX.

Rule 1: one source and one sequence for each call, as from a telephone: 20 ms of A-law in each packet. A key is an event
of RFC 4733 whose packets take the place of the speech; its end is sent three times at once, as Asterisk does.
Rule 2: no thread of its own. Who reads the wire calls `speak` again and again, at the latest after the seconds it gave.
"""

import heapq
import itertools
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from ivr.hearing.rtp import Address

FRAME = 0.02  # seconds of speech in one packet
TICKS = 160  # of the RTP time stamp in one packet
PCMA, EVENT = 8, 101  # RTP payload types
QUIET = b"\xd5" * TICKS  # A-law for zero
VOLUME = 10  # -dBm0 of the key
SSRC = 0x1CE0B0A7
END_PACKETS = 3
IDLE = 0.05  # seconds between two looks when nobody speaks

Script = Sequence[tuple[float, bytes]]
"""RTP packets, each with the second at which it is sent."""


@dataclass(slots=True)
class Speaker:
    """Sends scripts from one address. `late` holds by how many seconds each packet was late."""

    address: Address
    late: list[float] = field(default_factory=list)
    _socket: socket.socket = field(init=False)
    _queue: list[tuple[float, int, float, Script, int, Address]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # what comes in is not read
        self._socket.bind(self.address)

    def start(self, script: Script, target: Address) -> None:
        """Begin to send a script to an address of the PBX."""
        now = time.monotonic()
        heapq.heappush(self._queue, (now, next(self._numbers), now, script, 0, target))

    def speak(self) -> float:
        """Send what is due; give the seconds until the next packet."""
        now = time.monotonic()
        while self._queue and self._queue[0][0] <= now:
            due, number, began, script, place, target = self._queue[0]
            with suppress(OSError):  # the PBX has closed that port: the call is over
                self._socket.sendto(script[place][1], target)
            self.late.append(now - due)
            if place + 1 < len(script):
                item = (began + script[place + 1][0], number, began, script, place + 1, target)
                heapq.heapreplace(self._queue, item)
            else:
                heapq.heappop(self._queue)
        return max(0.0, self._queue[0][0] - now) if self._queue else IDLE

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()


def speech_with_key(key: str, key_at: float, key_seconds: float, seconds: float) -> Script:
    """Give speech; `key` (a digit) is pressed at `key_at` for `key_seconds`."""
    return tuple(_packets(int(key), key_at, key_seconds, seconds))


def _packets(key: int, key_at: float, key_seconds: float, seconds: float) -> Iterator[tuple[float, bytes]]:
    sequence = 0
    first, last = round(key_at / FRAME), round((key_at + key_seconds) / FRAME)
    for tick in range(round(seconds / FRAME)):
        for _ in range(END_PACKETS if tick == last else 1):
            if first <= tick <= last:
                held = (tick - first + (tick < last)) * TICKS
                header = _header(EVENT, sequence, first * TICKS, marker=tick == first)
                body = struct.pack("!BBH", key, VOLUME | (0x80 if tick == last else 0), held)
            else:
                header, body = _header(PCMA, sequence, tick * TICKS, marker=tick == 0), QUIET
            yield tick * FRAME, header + body
            sequence += 1


def _header(kind: int, sequence: int, timestamp: int, *, marker: bool) -> bytes:
    return struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0), sequence, timestamp, SSRC)
