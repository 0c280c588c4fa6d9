"""Finds where in a recording a piece of a prompt may sound, by the shape of its spectrum over time. Pure.

A piece is `FRAMES` spectra, 10 ms apart. Each band loses its mean over the piece, so neither gain nor the
line's tone colour matters, and what stays is how the speech moves. All pieces are compared with all places of
the recording by one matrix product.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ivr.hearing.wav import RATE, Audio

Matrix = npt.NDArray[np.float32]

WINDOW = 256  # samples of one spectrum, 32 ms
HOP = 80  # samples from one spectrum to the next, 10 ms
FRAMES = 40  # spectra of a piece, 0.4 s
PIECE_HOP = 20  # spectra from one piece to the next, 0.2 s
BANDS = 20
LOWEST, HIGHEST = 150.0, 3500.0  # Hz
FLOOR = 1e-5  # power added to each band: what is quieter than about -50 dBFS does not count
LIVELY = 2.0  # least norm of a piece; silence and steady tones stay below
LIKELY = 0.65  # correlation from which a place is worth a closer look
BLOCK = 2000  # places compared at once, to bound memory
KNOWN = 128  # prompts whose pieces are remembered


@dataclass(frozen=True, slots=True)
class Place:
    """The sample `piece` of a prompt seems to sound at the sample `at` of the recording (both within 10 ms)."""

    prompt: str
    piece: int
    at: int
    score: float


def likely_places(audio: Audio, prompts: Mapping[str, Audio]) -> tuple[Place, ...]:
    """List the places that deserve a closer look, the most alike first."""
    names, offsets, pieces = _bank(prompts)
    found = [
        Place(names[piece], offsets[piece] * HOP, at * HOP, score)
        for at, piece, score in _alike(_spectra(audio), pieces)
    ]
    return tuple(sorted(found, key=lambda place: (-place.score, place.at, place.prompt, place.piece)))


def _bank(prompts: Mapping[str, Audio]) -> tuple[list[str], list[int], Matrix]:
    """Cut all prompts into pieces: their prompts, their offsets in spectra, and their shapes as rows."""
    names: list[str] = []
    offsets: list[int] = []
    shapes = [np.empty((0, FRAMES // 2 * BANDS), dtype=np.float32)]
    for name, sound in prompts.items():
        every = _pieces(np.asarray(sound, dtype=np.float32).tobytes())
        shapes.append(every)
        names += [name] * len(every)
        offsets += [number * PIECE_HOP for number in range(len(every))]
    return names, offsets, np.concatenate(shapes)


@lru_cache(maxsize=KNOWN)
def _pieces(sound: bytes) -> Matrix:
    """Give the shapes of a prompt's pieces; the same prompts are looked for in one recording after the other."""
    return _shapes(_spectra(_at_least_a_piece(np.frombuffer(sound, dtype=np.float32))), PIECE_HOP)


def _alike(spectra: Matrix, pieces: Matrix) -> Iterator[tuple[int, int, float]]:
    """Yield (place, piece, correlation) of each local maximum over the places of a block."""
    count = len(spectra) - FRAMES + 1
    for start in range(0, max(count, 0), BLOCK):
        scores = _shapes(spectra[start : start + BLOCK + FRAMES - 1]) @ pieces.T
        padded = np.pad(scores, ((1, 1), (0, 0)), constant_values=-1)
        peaks = (scores >= LIKELY) & (scores >= padded[:-2]) & (scores > padded[2:])
        for row, piece in np.argwhere(peaks):
            yield start + int(row), int(piece), float(scores[row, piece])


def _spectra(audio: Audio) -> Matrix:
    """Turn sound into rows of `BANDS` logarithms of power, one per `HOP`."""
    if audio.size < WINDOW:
        return np.empty((0, BANDS), dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(audio, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW).astype(np.float32), axis=1)) ** 2
    bands = power @ _band_weights() / WINDOW**2
    return np.asarray(np.log10(bands + FLOOR), dtype=np.float32)


def _band_weights() -> Matrix:
    """Share the spectrum's lines among bands that widen with the frequency, as an ear does."""
    warp = np.arcsinh(np.fft.rfftfreq(WINDOW, 1 / RATE) / 600)
    centres, width = np.linspace(np.arcsinh(LOWEST / 600), np.arcsinh(HIGHEST / 600), BANDS, retstep=True)
    return np.maximum(0, 1 - np.abs(warp[:, None] - centres[None, :]) / width).astype(np.float32)


def _shapes(spectra: Matrix, hop: int = 1) -> Matrix:
    """Turn each run of `FRAMES` spectra (every second one) into a row of norm 1, or 0 if nothing moves in it.

    `hop` is how many spectra lie between the beginnings of two runs.
    """
    if len(spectra) < FRAMES:
        return np.empty((0, FRAMES // 2 * BANDS), dtype=np.float32)
    runs = np.lib.stride_tricks.sliding_window_view(spectra, FRAMES, axis=0)[::hop, :, ::2]
    moved = (runs - runs.mean(axis=2, keepdims=True)).reshape(len(runs), -1)
    norms = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.where(norms >= LIVELY, moved / np.maximum(norms, LIVELY), 0).astype(np.float32)


def _at_least_a_piece(sound: Audio) -> Audio:
    return np.pad(sound, (0, max(0, WINDOW + HOP * FRAMES - sound.size)))
