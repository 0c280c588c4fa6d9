"""What one person heard: gaps between packets and silence in the sound. Pure.

Rule 1: times are seconds on one steady clock, given by the caller.
Rule 2: a packet counts as loud if a tenth of its A-law samples are above -42 dBFS; the shipped prompts, the ringing tone
and the speech of the load all do, save for pauses between words.
"""

from dataclasses import dataclass, field

SHORTEST = 0.3  # seconds; shorter silences are pauses between words
LOUD = bytes(1 if (value ^ 0x55) & 0x7F >= 0x10 else 0 for value in range(256))
"""For each A-law byte, whether its segment is not the lowest (ITU-T G.711)."""


def loud(payload: bytes) -> bool:
    """Tell whether 20 ms of A-law hold sound."""
    return payload.translate(LOUD).count(1) * 10 >= len(payload)


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch without sound, in seconds after the first packet of the call."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end - self.start


@dataclass(slots=True)
class Ear:
    """One person's ear from the first packet on. `gap` is the longest time between two packets, `gap_at` where it began.

    `partner` is the sound of the other person; `hole` the longest time without it between its first and last packet.
    """

    first: float
    last: float
    packets: int = 0
    gap: float = 0.0
    gap_at: float = 0.0
    sounded: float = 0.0
    silences: list[Silence] = field(default_factory=list)
    partner: bytes = b""
    talked: float | None = None
    hole: float = 0.0
    hole_at: float = 0.0

    @classmethod
    def opened(cls, at: float, partner: bytes = b"") -> "Ear":
        """Begin to hear."""
        return cls(at, at, sounded=at, partner=partner)

    def hear(self, at: float, payload: bytes) -> None:
        """Take one packet."""
        if at - self.last > self.gap:
            self.gap, self.gap_at = at - self.last, self.last - self.first
        self.last = at
        self.packets += 1
        if loud(payload):
            self._silence(at)
            self.sounded = at
        if payload == self.partner:
            if self.talked is not None and at - self.talked > self.hole:
                self.hole, self.hole_at = at - self.talked, self.talked - self.first
            self.talked = at

    def close(self, at: float) -> None:
        """End at an instant: what was silent until then counts."""
        if at - self.last > self.gap:
            self.gap, self.gap_at = at - self.last, self.last - self.first
        self._silence(at)

    def _silence(self, at: float) -> None:
        if at - self.sounded >= SHORTEST:
            self.silences.append(Silence(self.sounded - self.first, at - self.first))
