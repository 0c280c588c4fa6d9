"""Announcements whose words stand in the rules become prompts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from ivr.errors import PromptError
from ivr.prompts.build import State, state_of
from ivr.prompts.spoken import speak_announcements
from ivr.prompts.texts import Line, Place, prompt_exists_in
from ivr.routing.rules import Announcement, Ruleset
from ivr.vocabulary import AnnouncementId, Language, PromptId, ServiceId
from tests.fakes.ruleset import EN, LV, small

WATER = PromptId("spoken/water-0badcafe")


def announcing(*announcements: Announcement) -> Ruleset:
    rules = small()
    town = replace(rules.services[ServiceId("town")], announcements=announcements)
    other = replace(town, id=ServiceId("other"))
    return replace(rules, services={town.id: town, other.id: other})


def water(texts: dict[Language, str]) -> Announcement:
    day = datetime(2026, 11, 20), datetime(2026, 11, 22)  # noqa: DTZ001 - local times of the service
    return Announcement(AnnouncementId("water"), WATER, *day, texts=texts)


class Voice:
    """Speaks a tone and notes what it was given."""

    def __init__(self) -> None:
        self.spoken: list[str] = []

    def __call__(self, lines: Sequence[Line]) -> bytes:
        self.spoken += [f"{line.language}: {line.words}" for line in lines]
        return b"\x10\x20" * 800


def test_each_text_is_spoken_once_and_never_again(tmp_path: Path) -> None:
    root, voice = tmp_path / "prompts", Voice()
    root.mkdir()
    rules = announcing(water({LV: "Ūdens nav.", EN: "No water."}))
    new = speak_announcements(rules, root, voice)
    assert new == (Place(root, LV, WATER), Place(root, EN, WATER))
    assert sorted(voice.spoken) == ["en: No water.", "lv: Ūdens nav."]
    assert all(state_of(place) is State.SYNTHESISED for place in new)
    assert new[0].text.read_text() == "Ūdens nav.\n"
    assert prompt_exists_in(root)(WATER, LV)
    assert speak_announcements(rules, root, voice) == ()
    assert len(voice.spoken) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["prompts"], "nothing is left beside them"


def test_a_recorded_voice_is_kept(tmp_path: Path) -> None:
    place = Place(tmp_path, LV, WATER)
    place.recording.parent.mkdir(parents=True)
    place.recording.write_bytes(b"a voice")
    assert speak_announcements(announcing(water({LV: "Ūdens nav."})), tmp_path, Voice()) == ()
    assert place.recording.read_bytes() == b"a voice"


def test_what_cannot_be_spoken_leaves_nothing(tmp_path: Path) -> None:
    root = tmp_path / "prompts"
    root.mkdir()

    def broken(_lines: Sequence[Line]) -> bytes:
        raise PromptError("espeak-ng is not installed")

    with pytest.raises(PromptError, match="espeak-ng is not installed"):
        speak_announcements(announcing(water({LV: "Ūdens nav."})), root, broken)
    assert list(root.iterdir()) == []
    assert not prompt_exists_in(root)(WATER, LV)


def test_announcements_that_are_recordings_need_nothing(tmp_path: Path) -> None:
    assert speak_announcements(announcing(water({})), tmp_path / "none", Voice()) == ()
