import os
import shutil
import struct
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest

from ivr.errors import PromptError
from ivr.prompts import build as build_module
from ivr.prompts.build import Outcome, State, build, state_of
from ivr.prompts.texts import Line, Place, languages, places, read_text
from ivr.vocabulary import Language, PromptId

LV, EN = Language("lv"), Language("en")
OURS = struct.pack("<2h", 100, -100)


class FakeVoice:
    """Speaks nothing and remembers what it was asked to say."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self, lines: Sequence[Line]) -> bytes:
        self.said.append(" | ".join(f"{line.language}:{line.words}" for line in lines))
        return OURS


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, words in {"lv/town/menu": "Spiediet 1.\n[en] Press 9.\n", "en/town/menu": "Press 1."}.items():
        text = tmp_path / f"{name}.txt"
        text.parent.mkdir(parents=True)
        text.write_text(words)
    return tmp_path


def place(root: Path, language: Language = LV) -> Place:
    return Place(root, language, PromptId("town/menu"))


def record(path: Path) -> bytes:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(struct.pack("<3h", 7, 8, 9))
    return path.read_bytes()


def outcomes(root: Path, voice: FakeVoice) -> list[Outcome]:
    return [one.outcome for one in build(root, speaker=voice)]


def test_texts_are_found_by_language(root: Path) -> None:
    assert languages(root) == (EN, LV)
    assert places(root, LV) == (place(root),)
    assert place(root).recording == root / "lv/town/menu.wav"


def test_a_text_is_read_line_by_line_with_its_languages(root: Path) -> None:
    assert read_text(place(root)) == (Line(LV, "Spiediet 1."), Line(EN, "Press 9."))


@pytest.mark.parametrize("content", [b"", b" \n\n", b"...\n", b"[en] ", b"\xff\xfeP"])
def test_a_text_without_words_or_not_in_utf_8_is_refused(root: Path, content: bytes) -> None:
    place(root).text.write_bytes(content)
    with pytest.raises(PromptError, match=r"lv/town/menu\.txt: (has no words|cannot be read)"):
        read_text(place(root))


def test_a_byte_order_mark_is_not_spoken(root: Path) -> None:
    place(root).text.write_bytes(b"\xef\xbb\xbfLabdien!")
    assert read_text(place(root)) == (Line(LV, "Labdien!"),)


def test_everything_is_built_once(root: Path) -> None:
    voice = FakeVoice()
    assert outcomes(root, voice) == [Outcome.BUILT, Outcome.BUILT]
    assert outcomes(root, voice) == [Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert voice.said == ["en:Press 1.", "lv:Spiediet 1. | en:Press 9."]
    assert state_of(place(root)) is State.SYNTHESISED


def test_only_one_language_is_built(root: Path) -> None:
    assert [one.place for one in build(root, LV, FakeVoice())] == [place(root)]


def test_changed_words_are_built_again_and_new_spaces_are_not(root: Path) -> None:
    build(root, speaker=FakeVoice())
    place(root).text.write_text("Spiediet 2.")
    place(root, EN).text.write_text("  Press 1.  \n\n")
    assert state_of(place(root)) is State.STALE
    assert outcomes(root, FakeVoice()) == [Outcome.UNCHANGED, Outcome.BUILT]


def test_another_voice_or_builder_builds_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(root, speaker=FakeVoice())
    monkeypatch.setitem(build_module.voice_of.__globals__["VOICES"], "lv", "another")
    assert outcomes(root, FakeVoice()) == [Outcome.UNCHANGED, Outcome.BUILT]
    monkeypatch.setattr(build_module, "BUILDER", "next")
    assert outcomes(root, FakeVoice()) == [Outcome.BUILT, Outcome.BUILT]


@pytest.mark.parametrize("before", ["nothing", "synthesised", "stale"])
def test_a_recording_is_never_overwritten(root: Path, before: str) -> None:
    if before != "nothing":
        build(root, speaker=FakeVoice())
    if before == "stale":
        place(root).text.write_text("Spiediet 3.")
    content = record(place(root).recording)
    voice = FakeVoice()
    assert outcomes(root, voice)[1] is Outcome.RECORDED
    assert place(root).recording.read_bytes() == content
    assert not any("Spiediet" in said for said in voice.said)


@pytest.mark.parametrize("content", [b"", b"an mp3 by mistake"])
def test_a_file_that_is_no_wav_is_left_alone_too(root: Path, content: bytes) -> None:
    place(root).recording.write_bytes(content)
    assert outcomes(root, FakeVoice()) == [Outcome.BUILT, Outcome.RECORDED]
    assert place(root).recording.read_bytes() == content


def test_a_recording_put_there_while_we_speak_is_kept(root: Path) -> None:
    def slow(_: Sequence[Line]) -> bytes:
        record(place(root).recording)
        return OURS

    (result,) = build(root, LV, slow)
    assert result.outcome is Outcome.RECORDED
    assert state_of(place(root)) is State.RECORDED


def test_a_copied_prompt_is_still_ours(root: Path, tmp_path: Path) -> None:
    build(root, speaker=FakeVoice())
    other = tmp_path / "copy"
    shutil.copytree(root / "lv", other / "lv")
    assert [one.outcome for one in build(other, speaker=FakeVoice())] == [Outcome.UNCHANGED]


def test_each_result_is_told_as_it_comes(root: Path) -> None:
    told: list[str] = []
    build(root, speaker=FakeVoice(), done=lambda built: told.append(f"{built.place.language} {built.outcome.value}"))
    assert told == ["en built", "lv built"]


def test_a_failing_voice_leaves_no_file_and_names_the_text(root: Path) -> None:
    def broken(_: Sequence[Line]) -> bytes:
        raise PromptError("espeak-ng is not installed")

    with pytest.raises(PromptError, match=r"lv/town/menu\.txt: espeak-ng is not installed"):
        build(root, LV, broken)
    assert [path.name for path in (root / "lv/town").iterdir()] == ["menu.txt"]


def test_a_full_disk_leaves_the_old_file_and_no_half_one(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(root, LV, FakeVoice())
    before = place(root).recording.read_bytes()
    place(root).text.write_text("Spiediet 4.")

    def full(*_: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PromptError, match=r"menu\.wav: cannot be written \(No space left on device\); check"):
        build(root, LV, FakeVoice())
    assert place(root).recording.read_bytes() == before
    assert sorted(path.name for path in (root / "lv/town").iterdir()) == ["menu.txt", "menu.wav"]


def test_asterisk_may_read_what_was_built(root: Path) -> None:
    build(root, LV, FakeVoice())
    assert place(root).recording.stat().st_mode & 0o777 == 0o644


def test_unknown_languages_and_missing_directories_are_named(root: Path) -> None:
    with pytest.raises(PromptError, match="no prompts in language 'bg'; languages found: en, lv"):
        build(root, Language("bg"), FakeVoice())
    with pytest.raises(PromptError, match=r"nowhere: no such directory"):
        build(root / "nowhere", speaker=FakeVoice())
    os.rename(root / "lv", root / "xx")  # noqa: PTH104 - a directory, and Path.rename reads the same
    with pytest.raises(PromptError, match="language 'xx': no voice"):
        build(root, Language("xx"), FakeVoice())
