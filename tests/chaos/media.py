"""The sound of the load: speaks for citizens and phones, presses the keys, and listens. A thread of its own.

Rule 1: each citizen has a UDP port for the time of the call (used again later); all phones share one, where the PBX's
port tells the calls apart. Speech goes back to where sound comes from, so nothing has to be known of SIP.
Rule 2: keys are events of RFC 4733, pressed so many seconds after the first packet from the PBX, which comes with the answer.
Rule 3: nobody speaks to a port of the PBX whose call is over. It may belong to another call by then, and the PBX would take
the voice for that call's citizen. So a phone answers each packet with one of its own, and citizens fall silent in time.
"""

import math
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tests.chaos.ear import Ear
from tests.chaos.plans import Plan

FRAME = 0.02  # seconds in one packet
TICKS = 160
PCMA, EVENT = 8, 101
KEYS = "0123456789*#"
KEY_FRAMES, KEY_ENDS = 5, 3
IDLE = 1.0  # seconds without a packet after which a citizen falls silent
SILENT_BEFORE = 0.7  # seconds before the BYE from which on a citizen is silent: see Rule 3
AFTER = 0.5  # seconds after the plan's end from which on what comes is of another call
QUIET_BETWEEN = 1.5  # seconds without a packet after which the next one on a port is of another call
LATEST = 0.2  # seconds behind which speech is skipped, not hurried
PRIORITY = -10


def tone(hertz: int) -> bytes:
    """Give 20 ms of a tone in A-law, loud enough to count (`hertz` is a multiple of 50)."""
    return bytes(_alaw(round(9000 * math.sin(2 * math.pi * hertz * i / 8000))) for i in range(TICKS))


def _alaw(sample: int) -> int:
    """Code one sample of 16 bits (ITU-T G.711)."""
    sign, size = (0x80 if sample >= 0 else 0x00), min(abs(sample) >> 3, 4095)
    segment = max(0, size.bit_length() - 5)
    low = (size >> max(1, segment)) & 0x0F
    return (sign | segment << 4 | low) ^ 0x55


SPEECH = {"citizen": tone(400), "phone": tone(650)}


@dataclass(slots=True)
class Voice:
    """One side of one call: what it hears, and what it says to whom. `keys` are (second, key), in order."""

    remote: tuple[str, int]
    ear: Ear
    speech: bytes
    keys: list[tuple[float, str]] = field(default_factory=list)
    sequence: int = 0
    pressed: list[tuple[float, str]] = field(default_factory=list)
    pending: "Iterator[bytes] | None" = None
    until: float = math.inf
    frames: int = 0

    def packets(self, now: float) -> list[bytes]:
        """Give what is to be sent in this frame."""
        self.frames += 1
        if self.pending is None and self.keys and now - self.ear.first >= self.keys[0][0]:
            _, key = self.keys.pop(0)
            if self.ear.talked is not None:
                return [self._header(PCMA, self.frames * TICKS) + self.speech]
            self.pressed.append((now - self.ear.first, key))
            self.pending = self._press(key)
        if self.pending is not None:
            if (packet := next(self.pending, None)) is not None:
                return [packet]
            self.pending = None
        return [self._header(PCMA, self.frames * TICKS) + self.speech]

    def _press(self, key: str) -> Iterator[bytes]:
        began, number = self.frames * TICKS, KEYS.index(key)
        for frame in range(KEY_FRAMES):
            yield self._header(EVENT, began, marker=frame == 0) + struct.pack("!BBH", number, 10, (frame + 1) * TICKS)
        for _ in range(KEY_ENDS):
            yield self._header(EVENT, began) + struct.pack("!BBH", number, 10 | 0x80, (KEY_FRAMES + 1) * TICKS)

    def _header(self, kind: int, timestamp: int, *, marker: bool = False) -> bytes:
        self.sequence = (self.sequence + 1) & 0xFFFF
        return struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0), self.sequence, timestamp, 0x1CE0B0A7)


class Media:
    """Speaks and listens from `start` to `stop`. `heard` has each citizen's voice by the plan's index."""

    def __init__(self, citizens: str, ports: Sequence[int], phone: tuple[str, int], plans: Sequence[Plan]) -> None:
        self._plans, self._ports = plans, ports
        self.heard: dict[int, Voice] = {}
        self.phones: list[Voice] = []
        self.late = 0.0
        self._sockets = [_bound(citizens, port) for port in ports]
        self._phone = _bound(*phone)
        self._by_number = {item.fileno(): (slot, item) for slot, item in enumerate(self._sockets)}
        self._turn: dict[int, int] = {}
        self._speaking: dict[tuple[int, tuple[str, int]], tuple[socket.socket, Voice]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="media", daemon=True)
        self.rate, self.began = 1.0, 0.0
        self._base = math.inf

    def start(self, rate: float) -> None:
        """Begin; citizen i dials about i / `rate` seconds from now."""
        self.rate, self.began = rate, time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """End the thread and let go of the ports."""
        self._stop.set()
        self._thread.join()
        for item in (*self._sockets, self._phone):
            item.close()

    def _run(self) -> None:
        with suppress(PermissionError):  # speech must be in time whatever else this machine does
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), PRIORITY)
        poll = select.epoll()
        for number in (*self._by_number, self._phone.fileno()):
            poll.register(number, select.EPOLLIN)
        due = time.monotonic()
        while not self._stop.is_set():
            for number, _ in poll.poll(max(0.0, due - time.monotonic())):
                self._listen(number)
            now = time.monotonic()
            if now >= due:
                self._speak(now)
                self.late = max(self.late, now - due)
                due = due + FRAME if now - due < LATEST else now + FRAME
        poll.close()

    def _listen(self, number: int) -> None:
        slot, source = self._by_number.get(number, (-1, self._phone))
        now = time.monotonic()
        while True:
            try:
                data, remote = source.recvfrom(512)
            except (BlockingIOError, ConnectionError):
                return
            if len(data) > 12 and data[1] & 0x7F == PCMA:
                ear = (voice := self._voice(slot, source, remote, now)).ear
                if now - ear.first < voice.until + AFTER:
                    ear.hear(now, data[12:])
                if slot < 0:
                    self._say(source, voice, now)

    def _voice(self, slot: int, source: socket.socket, remote: tuple[str, int], now: float) -> Voice:
        key = (slot, remote)
        found = self._speaking.get(key)
        if found is not None and now - found[1].ear.last < QUIET_BETWEEN:
            return found[1]
        if slot < 0:
            voice = Voice(remote, Ear.opened(now, SPEECH["citizen"]), SPEECH["phone"])
            self.phones.append(voice)
        else:
            voice = self._citizen(slot, remote, now)
        self._speaking[key] = (source, voice)
        return voice

    def _citizen(self, slot: int, remote: tuple[str, int], now: float) -> Voice:
        """Find whose call this is: of the plans with this port the latest that can have dialled by now."""
        index = slot
        while index + len(self._ports) <= (now - self.began + 1.0) * self.rate:
            index += len(self._ports)
        if (known := self.heard.get(index)) is not None:
            known.remote = remote  # the same call from another port of the PBX, or after a long pause
            return known
        plan = self._plans[index] if index < len(self._plans) else None
        ear = Ear.opened(now, SPEECH["phone"])
        voice = self.heard[index] = Voice(remote, ear, SPEECH["citizen"], list(plan.keys) if plan else [])
        # The first packet may come late, the BYE does not: SIPp dials at a steady rate, the quickest call tells since when.
        self._base = min(self._base, now - index / self.rate)
        if plan is not None:
            voice.until = plan.seconds + min(0.0, self._base + index / self.rate - now)
        return voice

    def _speak(self, now: float) -> None:
        over = []
        for key, (source, voice) in self._speaking.items():
            if now - voice.ear.last > QUIET_BETWEEN:
                over.append(key)
            elif key[0] >= 0 and now - voice.ear.last < IDLE and now - voice.ear.first < voice.until - SILENT_BEFORE:
                self._say(source, voice, now)
        for key in over:
            del self._speaking[key]

    def _say(self, source: socket.socket, voice: Voice, now: float) -> None:
        for packet in voice.packets(now):
            with suppress(OSError):
                source.sendto(packet, voice.remote)


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    made.bind((host, port))
    return made


def ports(first: int, count: int) -> tuple[int, ...]:
    """Give so many even ports."""
    return tuple(range(first, first + 2 * count, 2))
