import json
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from ivr.cli.prompts import app
from ivr.errors import OperatorError, PromptError
from ivr.prompts.build import Outcome, build
from ivr.prompts.check import measure
from ivr.prompts.riff import unpack
from ivr.prompts.speech import LEAD_IN, LEAD_OUT, VOICES, speak
from ivr.prompts.texts import Line
from ivr.vocabulary import Language

TEXTS = Path(__file__).parents[2] / "recordings" / "prompts"
IDS = [
    "all-busy",
    "closed",
    "connecting",
    "emergency-failed",
    "goodbye",
    "invalid",
    "menu",
    "no-input",
    "police-failed",
    "to-operator",
    "welcome",
]
LONGEST = {"menu": 15.0, "closed": 20.0}  # seconds; any other prompt 8.5
RATE = 8000


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the real texts, built with the real voice."""
    copy = tmp_path_factory.mktemp("prompts")
    for text in TEXTS.glob("*/kekava/*.txt"):
        target = copy / text.relative_to(TEXTS)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(text, target)
    assert {one.outcome for one in build(copy)} == {Outcome.BUILT}
    return copy


def samples(path: Path) -> np.ndarray:
    return np.frombuffer(unpack(path).samples, dtype="<i2").astype(float) / 32768


def loud(sound: np.ndarray) -> np.ndarray:
    """Numbers of the 10 ms blocks above -50 dBFS."""
    blocks = sound[: sound.size // 80 * 80].reshape(-1, 80)
    return np.flatnonzero(np.mean(blocks**2, axis=1) > 1e-5)


@pytest.mark.parametrize("language", ["lv", "en"])
@pytest.mark.parametrize("prompt", IDS)
def test_each_prompt_is_levelled_trimmed_and_short(root: Path, language: str, prompt: str) -> None:
    path = root / language / "kekava" / f"{prompt}.wav"
    sound = samples(path)
    measured = measure(path)
    assert measured.level == pytest.approx(-20, abs=1)
    assert 1.0 < measured.seconds <= LONGEST.get(prompt, 8.5)
    assert np.abs(sound).max() < 0.95
    blocks = loud(sound)
    assert blocks[0] * 10 == pytest.approx(LEAD_IN, abs=20)
    assert (sound.size // 80 - 1 - blocks[-1]) * 10 == pytest.approx(LEAD_OUT, abs=20)


def test_nothing_of_the_texts_is_forgotten(root: Path) -> None:
    for language in ("lv", "en"):
        assert sorted(path.stem for path in (root / language / "kekava").glob("*.wav")) == IDS


def test_a_second_build_speaks_nothing(root: Path) -> None:
    assert {one.outcome for one in build(root)} == {Outcome.UNCHANGED}


def test_what_was_built_passes_its_own_check(root: Path) -> None:
    result = CliRunner().invoke(app, ["check", "--root", str(root)])
    assert (result.exit_code, result.stdout) == (0, "every prompt can be played\n")


@pytest.mark.parametrize("language", sorted(VOICES))
def test_every_voice_speaks(language: str) -> None:
    assert len(speak([Line(Language(language), "1 2 3")])) > RATE


def test_words_are_never_options() -> None:
    assert len(speak([Line(Language("en"), "--version")])) > RATE // 2


def test_lines_follow_each_other_after_a_pause() -> None:
    one = speak([Line(Language("en"), "Hello.")])
    two = speak([Line(Language("en"), "Hello."), Line(Language("lv"), "Labdien.")])
    assert len(two) > len(one) + RATE


def test_missing_espeak_says_what_where_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tmp_path / "lv" / "town" / "hello.txt"
    text.parent.mkdir(parents=True)
    text.write_text("Labdien!")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OperatorError, match=r"hello\.txt: espeak-ng is not installed .*apt-get install espeak-ng"):
        build(tmp_path)
    assert not text.with_suffix(".wav").exists()


def test_a_failing_espeak_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "espeak-ng"
    program.write_text("#!/bin/sh\necho 'no such voice' >&2\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(PromptError, match="-v lv failed: no such voice"):
        speak([Line(Language("lv"), "Labdien!")])


def test_words_that_nobody_can_speak() -> None:
    with pytest.raises(PromptError, match=r"only silence|no sound came out"):
        speak([Line(Language("en"), " ")])


def small(tmp_path: Path) -> Path:
    for name, words in {"lv/town/hello": "Labdien!", "en/town/hello": "Hello!", "en/town/bye": "Goodbye!"}.items():
        text = tmp_path / f"{name}.txt"
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text(words)
    return tmp_path


def test_the_command_builds_and_counts(tmp_path: Path) -> None:
    root = str(small(tmp_path))
    result = CliRunner().invoke(app, ["build", "--root", root, "--language", "en"])
    assert (result.exit_code, result.stdout) == (0, "2 built, 0 unchanged, 0 recorded\n")
    assert "bye.wav" in result.stderr
    result = CliRunner().invoke(app, ["build", "--root", root, "--output", "json"])
    answer = json.loads(result.stdout)
    assert answer["counts"] == {"built": 1, "unchanged": 2, "recorded": 0}
    assert answer["prompts"][2] == {"language": "lv", "prompt": "town/hello", "outcome": "built"}


def test_the_command_reports_a_bad_recording_and_leaves_it(tmp_path: Path) -> None:
    recording = small(tmp_path) / "lv/town/hello.wav"
    recording.write_bytes(b"an mp3 by mistake")
    result = CliRunner().invoke(app, ["build", "--root", str(tmp_path)])
    assert result.exit_code == 0
    assert result.stdout == "2 built, 0 unchanged, 1 recorded\n"
    assert "problem: lv town/hello" in result.stderr
    assert "not a WAV file" in result.stderr
    assert recording.read_bytes() == b"an mp3 by mistake"


def test_the_command_checks_all_languages_of_a_service(tmp_path: Path) -> None:
    root = str(small(tmp_path))
    CliRunner().invoke(app, ["build", "--root", root])
    result = CliRunner().invoke(app, ["check", "--root", root, "--output", "json"])
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)
    assert (problem["severity"], problem["language"], problem["prompt"]) == ("problem", "lv", "town/bye")


def test_the_command_lists_states_and_words(tmp_path: Path) -> None:
    root = str(small(tmp_path))
    CliRunner().invoke(app, ["build", "--root", root, "--language", "en"])
    result = CliRunner().invoke(app, ["list", "--root", root, "--output", "json"])
    rows = {(row["language"], row["prompt"]): row for row in json.loads(result.stdout)}
    assert rows["en", "town/hello"]["state"] == "synthesised"
    assert rows["en", "town/hello"]["dBFS"] == "-20.0"
    assert rows["lv", "town/hello"] == {
        "language": "lv",
        "prompt": "town/hello",
        "state": "missing",
        "seconds": "",
        "dBFS": "",
        "words": "Labdien!",
    }
    assert rows["lv", "town/bye"]["state"] == "unusable"
    table = CliRunner().invoke(app, ["list", "--root", root])
    assert "town/hello" in table.stdout


@pytest.mark.parametrize("command", ["build", "check", "list"])
def test_an_unknown_language_or_place_is_an_error(tmp_path: Path, command: str) -> None:
    for options in (["--root", str(small(tmp_path)), "--language", "bg"], ["--root", str(tmp_path / "nowhere")]):
        result = CliRunner().invoke(app, [command, *options])
        assert isinstance(result.exception, PromptError)
