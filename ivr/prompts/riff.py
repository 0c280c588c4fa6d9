"""Reads and writes WAV files with our mark in them.

A synthesised file carries the mark in a RIFF `LIST`/`INFO` chunk (`ISFT`, software), so it survives copying,
renaming and archives, without a list to keep in step. The mark names the words it was made from and the samples
themselves: an editor that keeps the chunk while a person records over the sound does not make a recording ours.
"""

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import PromptError

RATE = 8000  # Hz
SOFTWARE = "municipal-ivr-prompts"
PCM = 1  # format tag of uncompressed samples


@dataclass(frozen=True, slots=True)
class Wave:
    """The content of a WAV file: its format, its samples as bytes and its `ISFT` text, if it has one."""

    encoding: int
    channels: int
    rate: int
    bits: int
    samples: bytes
    software: str | None = None

    @property
    def is_telephone_format(self) -> bool:
        """True for uncompressed 8 kHz, 16 bit, mono: what Asterisk plays as `.wav`."""
        return (self.encoding, self.channels, self.rate, self.bits) == (PCM, 1, RATE, 16)


def pack(samples: bytes, source: str) -> bytes:
    """Make a marked WAV file of 16-bit mono samples at 8 kHz; `source` is the fingerprint of what was spoken."""
    software = f"{SOFTWARE} {source} {_digest(samples)}".encode() + b"\0"
    info = b"INFO" + _chunk(b"ISFT", software)
    form = struct.pack("<HHIIHH", PCM, 1, RATE, RATE * 2, 2, 16)
    body = b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"LIST", info) + _chunk(b"data", samples)
    return _chunk(b"RIFF", body)


def synthesised_from(wave: Wave) -> str | None:
    """Tell the fingerprint that a file was synthesised from, or None for a recording made by people."""
    match (wave.software or "").split(" "):
        case [name, source, digest] if name == SOFTWARE and digest == _digest(wave.samples):
            return source
        case _:
            return None


def unpack(path: Path) -> Wave:
    """Read a WAV file.

    Raises:
        PromptError: it cannot be read or is not a WAV file.

    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PromptError(f"{path}: cannot be read ({error.strerror}); check the file and its rights.") from error
    chunks = _chunks(content[12:]) if content[:4] == b"RIFF" and content[8:12] == b"WAVE" else {}
    form = chunks.get(b"fmt ", b"")
    if len(form) < 16 or b"data" not in chunks:
        raise PromptError(f"{path}: not a WAV file; replace it by one of 8 kHz, 16 bit, mono, or remove it.")
    encoding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    return Wave(encoding, channels, rate, bits, chunks[b"data"], _software(chunks.get(b"LIST", b"")))


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _chunks(content: bytes) -> dict[bytes, bytes]:
    """Split into chunks by name; a chunk that is cut short is kept as far as it goes."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        found[name] = content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def _software(listing: bytes) -> str | None:
    if listing[:4] != b"INFO":
        return None
    text = _chunks(listing[4:]).get(b"ISFT")
    return None if text is None else text.rstrip(b"\0").decode("utf-8", "replace")


def _digest(samples: bytes) -> str:
    return hashlib.sha256(samples).hexdigest()[:16]
