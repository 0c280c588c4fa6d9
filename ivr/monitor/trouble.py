"""Which call and which line is in trouble, and why. PURE."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.monitor.cells import Cell, Tone, span
from ivr.supervision.models import Call, DestinationNow

USUAL_WITHIN = 20  # seconds, of a service whose own figure is not known
FAR_TOO_LONG = 3  # times as long as the service allows
FALLBACK = {"fallback", "engine_then_fallback"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """How bad it is (0 nothing, 1 `!`, 2 `!!`) and why in words."""

    level: int
    why: str = ""

    @property
    def sign(self) -> str:
        """The sign that stands in front."""
        return "!" * self.level

    @property
    def tone(self) -> Tone:
        """The colour that goes with the sign."""
        return (Tone.PLAIN, Tone.WARN, Tone.BAD)[self.level]


NONE = Trouble(0)


def waited(call: Call, at: datetime) -> timedelta | None:
    """Tell how long a caller has waited for a person up to now; None if nobody is waited for."""
    return None if call.waiting_since is None else max(timedelta(0), at - call.waiting_since)


def of_call(call: Call, at: datetime, within: int | None) -> Trouble:
    """Judge a call. `within` are the seconds in which its service answers; None is the usual."""
    wait = waited(call, at)
    allowed = timedelta(seconds=within or USUAL_WITHIN)
    if wait is None or wait <= allowed:
        return NONE
    level = 2 if wait > FAR_TOO_LONG * allowed else 1
    return Trouble(level, f"waits {span(wait.total_seconds())}, more than {int(allowed.total_seconds())} s")


def of_line(line: DestinationNow) -> Trouble:
    """Judge a line: a safety line that is closed is the worst there can be."""
    if line.safety and not line.open:
        return Trouble(2, line.trouble or "a safety line is closed")
    if line.trouble:
        return Trouble(2 if line.safety else 1, line.trouble)
    if line.full_at is not None and line.waiting + line.talking >= line.full_at:
        return Trouble(1, "full")
    return NONE


def call_sign(call: Call, at: datetime, within: int | None) -> Cell:
    """Give what stands in front of a call: its trouble and one letter."""
    trouble = of_call(call, at, within)
    letter = "L" if call.listened else "P" if call.private else "F" if call.led_by in FALLBACK else ""
    return Cell(f"{trouble.sign}{letter}", trouble.tone)


def line_sign(line: DestinationNow) -> Cell:
    """Give what stands in front of a line."""
    trouble = of_line(line)
    letter = "O" if line.override else "S" if line.safety else "P" if line.private else ""
    return Cell(f"{trouble.sign}{letter}", trouble.tone)
