import io
import struct
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import PromptError
from ivr.prompts.riff import pack, synthesised_from, unpack

SAMPLES = struct.pack("<4h", 0, 1000, -1000, 5)


def stored(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "sound.wav"
    path.write_bytes(content)
    return path


def test_a_packed_file_is_a_wav_file_for_everybody() -> None:
    with wave.open(io.BytesIO(pack(SAMPLES, "1-abc"))) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
        assert file.readframes(100) == SAMPLES


def test_the_mark_comes_back(tmp_path: Path) -> None:
    found = unpack(stored(tmp_path, pack(SAMPLES, "1-abc")))
    assert found.samples == SAMPLES
    assert found.is_telephone_format
    assert synthesised_from(found) == "1-abc"


def test_a_voice_recorded_over_ours_is_not_ours_though_the_editor_kept_the_chunk(tmp_path: Path) -> None:
    content = pack(SAMPLES, "1-abc").replace(SAMPLES, SAMPLES[::-1])
    assert synthesised_from(unpack(stored(tmp_path, content))) is None


@pytest.mark.parametrize(
    "software", [b"Lavf60.3.100", b"municipal-ivr-prompts", b"municipal-ivr-prompts 1-abc", b"\xff\xfe", b""]
)
def test_other_software_is_not_ours(tmp_path: Path, software: bytes) -> None:
    content = pack(SAMPLES, "1-abc")
    at = content.index(b"ISFT") + 8
    size = struct.unpack_from("<I", content, at - 4)[0]
    changed = content[:at] + software.ljust(size, b"\0") + content[at + size :]
    assert synthesised_from(unpack(stored(tmp_path, changed))) is None


def test_a_plain_recording_is_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "plain.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
        file.writeframes(SAMPLES)
    found = unpack(path)
    assert (found.channels, found.rate, found.bits, found.software) == (2, 44100, 16, None)
    assert not found.is_telephone_format
    assert synthesised_from(found) is None


@pytest.mark.parametrize("content", [b"", b"hello", b"RIFF\0\0\0\0WAVE", b"ID3 an mp3 file", pack(b"", "x")[:40]])
def test_another_file_is_refused_with_its_place(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PromptError, match=r"sound\.wav: not a WAV file"):
        unpack(stored(tmp_path, content))


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="cannot be read"):
        unpack(tmp_path)


@given(samples=st.binary(max_size=300), source=st.from_regex(r"[0-9a-f-]{1,20}", fullmatch=True))
def test_anything_packed_can_be_unpacked(tmp_path_factory: pytest.TempPathFactory, samples: bytes, source: str) -> None:
    found = unpack(stored(tmp_path_factory.mktemp("riff"), pack(samples, source)))
    assert found.samples == samples
    assert synthesised_from(found) == source
