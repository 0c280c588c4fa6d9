"""Reads recordings for the ear: the only place of `ivr.hearing` that opens sound files."""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ivr.errors import PromptError

Audio = npt.NDArray[np.float32]
"""One channel of sound at 8 kHz; full scale is 1.0."""

RATE = 8000  # Hz
TELEPHONE = (1, 1, RATE, RATE * 2, 2, 16)  # PCM, mono, rate, bytes per second, bytes per sample, bits


def read_wav(path: Path) -> Audio:
    """Read an 8 kHz, 16 bit, mono WAV file; one that is still being written is read as far as it goes.

    Raises:
        PromptError: it cannot be read or has another format.

    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PromptError(f"{path}: cannot be read ({error.strerror}).") from error
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise PromptError(f"{path}: not a WAV file.")
    samples = _samples(path, content)
    return np.frombuffer(samples[: len(samples) // 2 * 2], dtype="<i2").astype(np.float32) / np.float32(32768)


def _samples(path: Path, content: bytes) -> bytes:
    at = 12
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        body = content[at + 8 : at + 8 + size]
        if name == b"fmt " and (size < 16 or struct.unpack_from("<HHIIHH", body) != TELEPHONE):
            raise PromptError(f"{path}: not uncompressed 8 kHz, 16 bit, mono.")
        if name == b"data":
            return body or content[at + 8 :]  # Asterisk writes the size when it closes the file
        at += 8 + size + size % 2
    raise PromptError(f"{path}: has no samples.")
