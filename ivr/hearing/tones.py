"""Finds steady tones, ringing and silence in a recording. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ivr.hearing.wav import RATE, Audio

WINDOW = 400  # samples of one look, 50 ms
HOP = 80  # samples from one look to the next, 10 ms
PADDED = 4096  # points of the transform: a line every 2 Hz
NEIGHBOURS = 45  # lines to each side that belong to one tone seen through the window, about 90 Hz
PURE = 0.9  # part of the power that one tone must have
AUDIBLE = -45.0  # dBFS
SAME = 12.0  # Hz by which a tone may seem to waver
SHORTEST = 0.1  # seconds
SILENT = -50.0  # dBFS


@dataclass(frozen=True, slots=True)
class Tone:
    """A steady tone: seconds of its beginning and end, and its frequency in Hz (within about 3 Hz)."""

    start: float
    end: float
    frequency: float


@dataclass(frozen=True, slots=True)
class Cadence:
    """The rhythm of a ringing tone: Hz, and seconds on and off."""

    frequency: float = 425.0
    on: float = 1.0
    off: float = 1.5


@dataclass(frozen=True, slots=True)
class Ringing:
    """A stretch of ringing tone, from the first burst to the end of the last, and the number of bursts."""

    start: float
    end: float
    bursts: int


class Silence(NamedTuple):
    """A stretch without sound: its length and its beginning in seconds."""

    seconds: float
    start: float


def tones(audio: Audio) -> tuple[Tone, ...]:
    """List the steady tones in their order. Two tones at once, such as a DTMF digit, are not steady ones."""
    looks = [*_looks(audio), None]
    found: list[Tone] = []
    run: list[float] = []
    for number, frequency in enumerate(looks):
        if run and (frequency is None or abs(frequency - float(np.median(run))) > SAME):
            found.append(_tone(number - len(run), run))
            run = []
        if frequency is not None:
            run.append(frequency)
    return tuple(tone for tone in found if tone.end - tone.start >= SHORTEST)


def ringing(audio: Audio, cadence: Cadence | None = None) -> tuple[Ringing, ...]:
    """List the stretches of ringing. An answer or a new phone may cut a burst short; a busy tone is not ringing."""
    cadence = cadence or Cadence()
    bursts = [tone for tone in tones(audio) if abs(tone.frequency - cadence.frequency) <= SAME]
    stretches: list[list[Tone]] = []
    for burst in bursts:
        if stretches and burst.start - stretches[-1][-1].end <= cadence.off * 1.2:
            stretches[-1].append(burst)
        else:
            stretches.append([burst])
    return tuple(
        Ringing(stretch[0].start, stretch[-1].end, len(stretch))
        for stretch in stretches
        if _has_rhythm(stretch, cadence)
    )


def longest_silence(audio: Audio, threshold: float = SILENT) -> Silence:
    """Find the longest stretch below `threshold` (dBFS, RMS over 20 ms); the first of several equal ones."""
    span = 2 * HOP
    looks = np.lib.stride_tricks.sliding_window_view(audio, span)[::HOP] if audio.size >= span else audio[:0, None]
    quiet = np.mean(looks.astype(np.float64) ** 2, axis=1) < 10 ** (threshold / 10)
    changes = np.flatnonzero(np.diff(np.concatenate(([False], quiet, [False]))))
    starts, ends = changes[::2], changes[1::2]
    if starts.size == 0:
        return Silence(0.0, 0.0)
    best = int(np.argmax(ends - starts))
    return Silence(float(ends[best] - starts[best] + 1) * HOP / RATE, float(starts[best]) * HOP / RATE)


def _looks(audio: Audio) -> Iterable[float | None]:
    """Tell for each look the frequency of the one tone in it, or None."""
    if audio.size < WINDOW:
        return []
    frames = np.lib.stride_tricks.sliding_window_view(audio, WINDOW)[::HOP]
    levels = 10 * np.log10(np.mean(frames.astype(np.float64) ** 2, axis=1) + 1e-12)
    found: list[float | None] = [None] * len(frames)
    for number in np.flatnonzero(levels > AUDIBLE):
        found[number] = _frequency(frames[number] * np.hanning(WINDOW))
    return found


def _frequency(frame: npt.NDArray[np.float64]) -> float | None:
    power = np.abs(np.fft.rfft(frame, PADDED)) ** 2
    line = int(np.argmax(power))
    share = power[max(line - NEIGHBOURS, 0) : line + NEIGHBOURS + 1].sum() / power.sum()
    return line * RATE / PADDED if share >= PURE else None


def _tone(first: int, run: Sequence[float]) -> Tone:
    """Make a tone of looks; one counts as tone when at least about half of its window is, hence the half windows."""
    start = (first * HOP + WINDOW / 2) / RATE
    end = ((first + len(run) - 1) * HOP + WINDOW / 2) / RATE
    return Tone(start, end, float(np.median(run)))


def _has_rhythm(bursts: Sequence[Tone], cadence: Cadence) -> bool:
    lengths = [burst.end - burst.start for burst in bursts]
    full = sum(length >= cadence.on * 0.8 for length in lengths)
    return max(lengths) <= cadence.on * 1.2 and (full > 0 or len(lengths) == 1)
