import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.errors import PromptError
from ivr.prompts.build import build
from ivr.prompts.check import Severity, expected, findings, measure, missing
from ivr.prompts.texts import Place
from ivr.vocabulary import Language, PromptId

LV, EN = Language("lv"), Language("en")
HELLO = PromptId("town/hello")


def write_text(root: Path, language: str = "lv", prompt: str = "town/hello", words: str = "Labdien!") -> Place:
    place = Place(root, Language(language), PromptId(prompt))
    place.text.parent.mkdir(parents=True, exist_ok=True)
    place.text.write_text(words)
    return place


def record(place: Place, level: float = -20, rate: int = 8000, channels: int = 1, width: int = 2) -> None:
    place.recording.parent.mkdir(parents=True, exist_ok=True)
    amplitude = 32768 * 10 ** (level / 20) * 2**0.5
    samples = np.rint(amplitude * np.sin(2 * np.pi * 0.1 * np.arange(8000))).clip(-32768, 32767).astype("<i2")
    with wave.open(str(place.recording), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


def said(place: Place) -> list[tuple[Severity, str]]:
    return [(one.severity, one.message) for one in findings(place)]


def test_a_good_recording_has_no_findings(tmp_path: Path) -> None:
    place = write_text(tmp_path)
    record(place)
    assert findings(place) == []
    sound = measure(place.recording)
    assert sound.seconds == 1.0
    assert sound.level == pytest.approx(-20, abs=0.1)


def test_a_good_synthesised_prompt_has_no_findings(tmp_path: Path) -> None:
    place = write_text(tmp_path)
    build(tmp_path, speaker=lambda _: struct.pack("<h", 3000) * 100)
    assert findings(place) == []


@pytest.mark.parametrize(("level", "fault"), [(-50, "too quiet"), (-36, "too quiet"), (-9, "too loud")])
def test_a_level_that_sounds_bad_is_a_warning(tmp_path: Path, level: float, fault: str) -> None:
    place = write_text(tmp_path)
    record(place, level)
    ((severity, message),) = said(place)
    assert severity is Severity.WARNING
    assert fault in message


@pytest.mark.parametrize("wrong", [{"rate": 16000}, {"rate": 44100}, {"channels": 2}, {"width": 1}])
def test_a_wrong_format_is_a_problem_that_says_how_to_convert(tmp_path: Path, wrong: dict[str, int]) -> None:
    place = write_text(tmp_path)
    record(place, **wrong)
    ((severity, message),) = said(place)
    assert severity is Severity.PROBLEM
    assert "hello.wav" in message
    assert "sox" in message


def test_an_empty_and_a_silent_recording_are_problems(tmp_path: Path) -> None:
    place = write_text(tmp_path)
    record(place, -200)
    assert "empty or silent" in said(place)[0][1]
    with wave.open(str(place.recording), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
    assert "empty or silent" in said(place)[0][1]


def test_what_is_no_sound_at_all_is_a_problem(tmp_path: Path) -> None:
    place = write_text(tmp_path)
    place.recording.write_bytes(b"an mp3 by mistake")
    ((severity, message),) = said(place)
    assert severity is Severity.PROBLEM
    assert "not a WAV file" in message


def test_a_prompt_that_is_not_built_or_out_of_date(tmp_path: Path) -> None:
    place = write_text(tmp_path)
    assert "is not built; run `ivr prompts build`" in said(place)[0][1]
    build(tmp_path, speaker=lambda _: struct.pack("<h", 3000) * 100)
    place.text.write_text("Labvakar!")
    assert "older than its text" in said(place)[0][1]


def test_a_recording_without_a_text_is_a_warning(tmp_path: Path) -> None:
    place = Place(tmp_path, LV, HELLO)
    record(place)
    ((severity, message),) = said(place)
    assert severity is Severity.WARNING
    assert "write down what the recording says" in message


def test_missing_prompts_are_listed_in_every_language(tmp_path: Path) -> None:
    record(write_text(tmp_path))
    found = missing([HELLO, PromptId("town/bye")], [LV, EN], tmp_path)
    assert [(one.language, one.prompt) for one in found] == [(LV, "town/bye"), (EN, HELLO), (EN, "town/bye")]
    assert all(one.severity is Severity.PROBLEM for one in found)
    assert str(found[0]).startswith("lv town/bye: neither ")
    assert missing([HELLO], [LV], tmp_path) == []


def test_a_text_that_cannot_be_read_is_a_finding_not_a_crash(tmp_path: Path) -> None:
    place = write_text(tmp_path)
    build(tmp_path, speaker=lambda _: struct.pack("<h", 3000) * 100)
    place.text.write_bytes(b"\xff")
    assert "cannot be read" in said(place)[0][1]


def test_a_service_speaks_every_language_that_it_has_a_text_in(tmp_path: Path) -> None:
    write_text(tmp_path, "lv", "town/hello")
    write_text(tmp_path, "en", "town/bye")
    write_text(tmp_path, "lv", "village/hello")
    wanted = [(place.language, place.prompt) for place in expected(tmp_path)]
    assert wanted == [
        ("en", "town/bye"),
        ("en", "town/hello"),
        ("lv", "town/bye"),
        ("lv", "town/hello"),
        ("lv", "village/hello"),
    ]
    with pytest.raises(PromptError, match="no such directory"):
        expected(tmp_path / "nowhere")
