"""Sounds that nobody has to speak: music for callers who wait, and tones for colleagues who pass callers on or tell a topic.

They are computed, so they are free of anybody's rights. 8 kHz, 16 bit, mono, as Asterisk plays them.

Rule 1: no stretch of the music is quiet for long: a caller who hears nothing thinks that the call is gone.
"""

import io
import math
import wave
from array import array
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

RATE = 8000  # Hz
LEVEL = 3000.0  # peak of one note, of 32,767
BEAT = 0.45  # seconds from one note to the next
RINGS_ON = 2.2  # seconds until a note has faded to nothing
FADE = 1.6  # how fast it fades, 1/seconds
MELODY = (262, 330, 392, 523, 392, 330, 294, 349, 440, 587, 440, 349, 247, 294, 392, 494, 392, 294, 262, 330, 392, 330)
"""Hz, one note for each beat; after the last one it begins again."""
DONE = ((660.0, 0.12), (880.0, 0.18))
READY = ((880.0, 0.12),)
WRONG = ((400.0, 0.25), (300.0, 0.35))
"""Hz and seconds, one after the other."""


@cache
def sounds() -> Mapping[Path, bytes]:
    """Give each sound as a WAV file: its place below Asterisk's data directory, and its content."""
    return {
        Path("moh/waiting.wav"): _file(_melody(MELODY)),
        Path("sounds/ivr-tones/done.wav"): _file(_tones(DONE)),
        Path("sounds/ivr-tones/ready.wav"): _file(_tones(READY)),
        Path("sounds/ivr-tones/wrong.wav"): _file(_tones(WRONG)),
    }


def _melody(notes: Sequence[float]) -> "array[int]":
    """Play notes that ring on over the next ones; the last ones ring on over the beginning, so it can be repeated."""
    length = round(len(notes) * BEAT * RATE)
    mixed = [0.0] * length
    for beat, pitch in enumerate(notes):
        first = round(beat * BEAT * RATE)
        for step in range(round(RINGS_ON * RATE)):
            mixed[(first + step) % length] += _note(pitch, step / RATE)
    return array("h", map(round, mixed))


def _note(pitch: float, at: float) -> float:
    """Give a note's sample `at` seconds after it was struck: it swells within 10 ms and fades."""
    swell = min(1.0, at / 0.01)
    return LEVEL * swell * math.exp(-FADE * at) * math.sin(2 * math.pi * pitch * at)


def _tones(parts: Sequence[tuple[float, float]]) -> "array[int]":
    samples = array("h")
    for pitch, seconds in parts:
        count = round(seconds * RATE)
        turns = (2 * math.pi * pitch * step / RATE for step in range(count))
        samples.extend(round(2 * LEVEL * math.sin(turn)) for turn in turns)
    return samples


def _file(samples: "array[int]") -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(samples.tobytes())
    return content.getvalue()
