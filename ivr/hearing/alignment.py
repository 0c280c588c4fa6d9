"""Follows a prompt through a recording, wave by wave. Pure.

A voice says the same words alike, but never with the same wave. So a prompt is heard only where its wave itself
correlates, window after window, at one and the same delay. A lost packet may move the delay once in a while.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
import numpy.typing as npt

from ivr.hearing.wav import Audio

WINDOW = 1280  # samples compared at once, 160 ms
HOP = 640  # samples from one window to the next, 80 ms
REACH = 240  # samples the delay is searched to each side: 30 ms, one and a half packets
STEADY = 2  # samples two windows may differ and still have one delay
ALIKE = 0.7  # least correlation of a window
PIECE = 3200  # samples of the first check, 400 ms
PIECE_ALIKE = 0.5  # least correlation there; a shifted packet inside it may cost half
MOVED = 0.8  # least likeness from which another delay is believed; a voice is like itself one pitch period later
AS_GOOD = 0.02  # the delay is kept if no other is better by more than this
QUIET = 0.1  # windows below this part of the prompt's level say nothing
PATIENCE = 4  # windows that may fail in a row, for a burst of lost packets
BLOCK = 160  # samples, 20 ms: the grain of the edges
MISSED = 4  # audible blocks that fail in a row beyond the edge
BLOCK_REST = 0.5  # largest part of a block's power that the prompt leaves unexplained, beside a like block
LONE_REST = 0.2  # the same for a block on its own


@dataclass(frozen=True, slots=True)
class Window:
    """The window at sample `piece` of the prompt is at sample `at` of the recording.

    `alike` is the part of the recording's energy there that is the prompt's wave, `explained` that energy in
    full-scale samples squared, and `gain` the factor between the two.
    """

    piece: int
    at: int
    alike: float = 0.0
    explained: float = 0.0
    gain: float = 0.0


@dataclass(frozen=True, slots=True)
class Alignment:
    """The windows of a prompt that were found one after the other, in order."""

    prompt: str
    windows: tuple[Window, ...]

    @property
    def score(self) -> float:
        """The energy of the recording that the prompt explains: the longer and the more alike, the more."""
        return sum(window.explained for window in self.windows)

    @property
    def likeness(self) -> float:
        """The part of the recording that is the prompt's wave, typically: holes and the windows at a cut do not count."""
        return median(window.alike for window in self.windows[:-2] or self.windows)

    def outside(self, start: int, end: int) -> "Alignment":
        """Keep the windows whose middle is outside [start, end) of the recording."""
        kept = tuple(w for w in self.windows if not start <= w.at + WINDOW // 2 < end)
        return replace(self, windows=kept)

    def meets(self, other: "Alignment") -> bool:
        """Tell if both are at one place of the recording."""
        return self.windows[0].at < other.windows[-1].at + WINDOW and other.windows[0].at < self.windows[-1].at + WINDOW

    def knows(self, piece: int, at: int) -> bool:
        """Tell if the alignment already has this sample of the prompt at this place, within `REACH`."""
        if not self.windows[0].piece - HOP <= piece < self.windows[-1].piece + WINDOW:
            return False
        nearest = min(self.windows, key=lambda window: abs(window.piece - piece))
        return abs(nearest.at - nearest.piece - (at - piece)) <= REACH


def follow(name: str, prompt: Audio, audio: Audio, piece: int, at: int) -> Alignment:
    """Follow a prompt to both sides of a place where it may sound; few windows mean that it does not."""
    level = QUIET * float(np.sqrt(np.mean(prompt**2)))
    seed = _first(prompt, audio, piece, at, level)
    if seed is None:
        return Alignment(name, ())
    later = tuple(_walk(prompt, audio, seed, HOP, level))
    earlier = tuple(_walk(prompt, audio, seed, -HOP, level))
    return Alignment(name, (*reversed(earlier), seed, *later) if earlier or later else ())


def first_sound(prompt: Audio) -> int:
    """Find the first sample that is not quiet."""
    loud = np.flatnonzero(np.abs(prompt) > QUIET * np.sqrt(np.mean(prompt**2)))
    return int(loud[0]) if loud.size else 0


def last_sound(prompt: Audio) -> int:
    """Find the sample after the last one that is not quiet."""
    return int(prompt.size - first_sound(prompt[::-1]))


def edges(prompt: Audio, audio: Audio, alignment: Alignment) -> tuple[int, int]:
    """Tell the first sample of the prompt that was heard, and the one after the last, to 20 ms."""
    first, last = alignment.windows[0], alignment.windows[-1]
    scaled = prompt * np.float32(max(window.gain for window in alignment.windows))
    start = _edge(scaled, audio, first, first.piece + WINDOW, -BLOCK)
    end = _edge(scaled, audio, last, last.piece, BLOCK) + BLOCK
    return start, min(end, prompt.size)


def _first(prompt: Audio, audio: Audio, piece: int, at: int, level: float) -> Window | None:
    """Check a whole piece at once, which tells most strangers, then find its first window that is alike."""
    pattern = prompt[piece : piece + PIECE]
    low = at - REACH
    scores = _correlation(pattern, _cut(audio, low, low + pattern.size + 2 * REACH))
    best = int(np.argmax(scores))
    if scores[best] < PIECE_ALIKE:
        return None
    guesses = (Window(piece + offset, low + best + offset) for offset in range(0, PIECE, HOP))
    return next(filter(None, (_find(prompt, audio, guess, level) for guess in guesses)), None)


def _walk(prompt: Audio, audio: Audio, seed: Window, step: int, level: float) -> Iterator[Window]:
    """Go on from a window that is alike; only windows that agree with their neighbour count as evidence."""
    known, failed = seed, 0
    piece = seed.piece + step
    while 0 <= piece <= prompt.size - WINDOW // 2 and failed < PATIENCE:
        delay = known.at - known.piece
        if _is_quiet(prompt, piece, level):
            piece += step
            continue
        window = _find(prompt, audio, Window(piece, piece + delay), level)
        agrees = window is not None and abs(window.at - window.piece - delay) <= STEADY
        failed = 0 if agrees else failed + 1
        if window is not None and (agrees or window.alike >= MOVED):
            known = window
            if agrees:
                yield window
        piece += step


def _find(prompt: Audio, audio: Audio, guess: Window, level: float) -> Window | None:
    """Search for one window of the prompt around a guess; None if it is quiet or not alike anywhere."""
    pattern = prompt[guess.piece : guess.piece + WINDOW]
    if guess.piece < 0 or pattern.size < WINDOW // 2 or _is_quiet(prompt, guess.piece, level):
        return None
    low = guess.at - REACH
    stretch = _cut(audio, low, low + pattern.size + 2 * REACH)
    scores = _correlation(pattern, stretch)
    best = int(np.argmax(scores))
    if scores[REACH] >= scores[best] - AS_GOOD:
        best = REACH
    alike = float(scores[best])
    if alike < ALIKE:
        return None
    sounding = float(np.sum(stretch[best : best + pattern.size] ** 2))
    gain = alike * (sounding / float(np.sum(pattern**2))) ** 0.5
    return Window(guess.piece, low + best, alike**2, alike**2 * sounding, gain)


def _correlation(pattern: Audio, stretch: Audio) -> npt.NDArray[np.float64]:
    """Correlate a pattern with each place of a stretch; 1 is the same wave at any gain."""
    size = 1 << (stretch.size - 1).bit_length()
    product = np.fft.rfft(stretch, size) * np.conj(np.fft.rfft(pattern, size))
    places = stretch.size - pattern.size + 1
    sums = np.concatenate(([0.0], np.cumsum(stretch.astype(np.float64) ** 2)))
    energy = (sums[pattern.size :] - sums[: -pattern.size]) * float(np.sum(pattern.astype(np.float64) ** 2))
    return np.fft.irfft(product, size)[:places] / np.sqrt(np.maximum(energy, 1e-6))


def _edge(prompt: Audio, audio: Audio, near: Window, start: int, step: int) -> int:
    """Go outward from a window, at its delay, to the last block that sounds: clearly, or beside one that does."""
    level = QUIET * float(np.sqrt(np.mean(prompt**2)))
    edge, before, failed = start, False, 0
    for block in range(start, prompt.size if step > 0 else -1, step):
        pattern = _cut(prompt, block, block + BLOCK)
        if float(np.sqrt(np.mean(pattern**2))) <= level / 2:
            continue
        rest = _rest(pattern, _cut(audio, block + near.at - near.piece, block + near.at - near.piece + BLOCK))
        sounds = rest <= BLOCK_REST
        failed = 0 if sounds else failed + 1
        if rest <= LONE_REST or (sounds and before):
            edge = block
        if failed == MISSED:
            break
        before = sounds
    return edge


def _rest(pattern: Audio, stretch: Audio) -> float:
    return float(np.mean((stretch - pattern) ** 2)) / float(np.mean(pattern**2))


def _is_quiet(prompt: Audio, piece: int, level: float) -> bool:
    pattern = prompt[max(piece, 0) : piece + WINDOW]
    return pattern.size == 0 or float(np.sqrt(np.mean(pattern**2))) < level


def _cut(sound: Audio, start: int, end: int) -> Audio:
    """Cut a stretch; silence stands where the sound does not reach."""
    inside = sound[max(start, 0) : max(end, 0)]
    before = min(max(-start, 0), end - start)
    if inside.size == end - start:
        return inside
    return np.pad(inside, (before, end - start - before - inside.size))
