import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.errors import PromptError
from ivr.hearing.recognise import read_wav

SAMPLES = np.array([0, 16384, -32768, 32767], dtype="<i2")


def write(path: Path, rate: int = 8000, width: int = 2, channels: int = 1, content: bytes | None = None) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(SAMPLES.tobytes() if content is None else content)
    return path


def test_samples_are_read_as_parts_of_full_scale(tmp_path: Path) -> None:
    found = read_wav(write(tmp_path / "a.wav"))
    assert found.dtype == np.float32
    assert found.tolist() == [0.0, 0.5, -1.0, 32767 / 32768]


def test_a_recording_still_being_written_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav")
    content = bytearray(path.read_bytes())
    content[40:44] = struct.pack("<I", 0)
    path.write_bytes(content[:-1])
    assert read_wav(path).tolist() == [0.0, 0.5, -1.0]


def test_other_chunks_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav")
    content = path.read_bytes()
    path.write_bytes(content[:36] + b"LIST" + struct.pack("<I", 5) + b"data!\0" + content[36:])
    assert read_wav(path).size == SAMPLES.size


@pytest.mark.parametrize("wrong", [{"rate": 16000}, {"width": 1}, {"channels": 2}])
def test_another_format_is_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(PromptError, match=r"a\.wav: not uncompressed 8 kHz, 16 bit, mono"):
        read_wav(write(tmp_path / "a.wav", **wrong))


@pytest.mark.parametrize("content", [b"", b"no sound", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEfmt \x02\0\0\0ab"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(PromptError, match=r"a\.wav"):
        read_wav(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=r"none\.wav: cannot be read"):
        read_wav(tmp_path / "none.wav")
