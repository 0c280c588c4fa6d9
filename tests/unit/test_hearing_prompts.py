import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.hearing.recognise import Heard, read_wav, recognise
from ivr.hearing.wav import Audio
from ivr.prompts.build import build
from ivr.prompts.speech import speak
from ivr.prompts.texts import Line
from ivr.vocabulary import Language
from tests.fakes.examples import seldom

TEXTS = Path(__file__).parents[2] / "recordings" / "prompts"
NAMES = sorted(  # of two languages: enough to be mistaken for each other
    path.relative_to(TEXTS).with_suffix("").as_posix()
    for name in ("lv", "en")
    for path in TEXTS.glob(f"{name}/kekava/*.txt")
)
RATE = 8000
NEAR = 0.05  # seconds


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Audio]:
    root = tmp_path_factory.mktemp("voices")
    for name in NAMES:
        text = root / f"{name}.txt"
        text.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TEXTS / f"{name}.txt", text)
    build(root)
    return {name: read_wav(root / f"{name}.wav") for name in NAMES}


def silence(seconds: float) -> Audio:
    return np.zeros(round(seconds * RATE), dtype=np.float32)


def cut(sound: Audio, seconds: float) -> Audio:
    return sound[: round(seconds * RATE)]


def noise(size: int, level: float, seed: int = 1) -> Audio:
    return (10 ** (level / 20) * np.random.default_rng(seed).standard_normal(size)).astype(np.float32)


def tone(frequency: float, seconds: float, level: float = 0.2) -> Audio:
    return (level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def over_the_line(sound: Audio) -> Audio:
    """Code as A-law and back (ITU-T G.711): 13 segments, steps that double."""
    size = np.clip(np.abs(sound) * 2048, 0, 2047).astype(int)
    step = 2.0 ** np.maximum(np.floor(np.log2(np.maximum(size, 1))) - 4, 1)
    return (np.where(sound < 0, -1, 1) * (np.floor(size / step) + 0.5) * step / 2048).astype(np.float32)


def spoken(words: str, language: str = "en") -> Audio:
    samples = speak([Line(Language(language), words)])
    return np.frombuffer(samples, dtype="<i2").astype(np.float32) / np.float32(32768)


def joined(*parts: Audio) -> Audio:
    return over_the_line(np.concatenate(parts))


def last_audible(sound: Audio) -> float:
    """Seconds up to the last sample that an ear would notice."""
    return (np.flatnonzero(np.abs(sound) > 0.02)[-1] + 1) / RATE


def assert_is(heard: Heard, name: str, start: float, end: float, fraction: float) -> None:
    assert name in (heard.name, *heard.alike)
    assert heard.start == pytest.approx(start, abs=NEAR)
    assert heard.end == pytest.approx(end, abs=NEAR)
    assert heard.fraction == pytest.approx(fraction, abs=0.04)


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_prompt_is_heard_and_no_other(voices: Mapping[str, Audio], name: str) -> None:
    length = voices[name].size / RATE
    (heard,) = recognise(joined(silence(0.33), voices[name], silence(0.5)), voices)
    assert heard.name == name
    assert heard.alike == ()
    assert_is(heard, name, 0.33, 0.33 + length, 1.0)


@pytest.mark.parametrize("seconds", [0.5, 0.8, 1.9, 3.1])
@pytest.mark.parametrize("name", [*NAMES[::5], *seldom(*(name for name in NAMES if name not in NAMES[::5]))])
def test_a_prompt_that_was_cut_is_heard_up_to_its_last_sound(
    voices: Mapping[str, Audio], name: str, seconds: float
) -> None:
    part = cut(voices[name], seconds)
    if part.size >= voices[name].size - 0.3 * RATE:
        part = voices[name][: voices[name].size // 2]
    (heard,) = recognise(joined(silence(1.234), part, silence(0.8)), voices)
    end = last_audible(part)
    assert_is(heard, name, 1.234, 1.234 + end, end * RATE / voices[heard.name].size)


def test_barge_in_on_six_seconds_after_1_3_seconds(voices: Mapping[str, Audio]) -> None:
    welcome = voices["lv/kekava/welcome"]
    (heard,) = recognise(joined(cut(welcome, 1.3), silence(2)), voices)
    assert_is(heard, "lv/kekava/welcome", 0.0, 1.3, 1.3 * RATE / welcome.size)


@pytest.mark.parametrize("decibels", [-12, -6, -3, 3])
def test_gain_does_not_matter(voices: Mapping[str, Audio], decibels: float) -> None:
    sound = voices["en/kekava/closed"] * np.float32(10 ** (decibels / 20))
    (heard,) = recognise(joined(silence(0.2), sound), voices)
    assert_is(heard, "en/kekava/closed", 0.2, 0.2 + sound.size / RATE, 1.0)


@pytest.mark.parametrize("name", ["lv/kekava/menu", "en/kekava/to-operator", "lv/kekava/goodbye"])
def test_noise_on_the_line_does_not_matter(voices: Mapping[str, Audio], name: str) -> None:
    sound = np.concatenate((silence(0.4), voices[name], silence(0.4)))
    (heard,) = recognise(over_the_line(sound + noise(sound.size, -35)), voices)
    assert_is(heard, name, 0.4, 0.4 + voices[name].size / RATE, 1.0)


@pytest.mark.parametrize("name", ["lv/kekava/menu", "en/kekava/all-busy", "lv/kekava/connecting"])
def test_lost_packets_leave_holes(voices: Mapping[str, Audio], name: str) -> None:
    sound = voices[name].copy()
    for start in range(3000, sound.size, 160 * 17):
        sound[start : start + 160] = 0
    (heard,) = recognise(joined(silence(0.5), sound, silence(0.5)), voices)
    assert_is(heard, name, 0.5, 0.5 + sound.size / RATE, 1.0)


@pytest.mark.parametrize("name", ["lv/kekava/menu", "en/kekava/all-busy", "lv/kekava/connecting"])
def test_lost_packets_make_a_recording_shorter(voices: Mapping[str, Audio], name: str) -> None:
    lost = np.zeros(voices[name].size, dtype=bool)
    for start in range(7000, lost.size - 4000, 160 * 60):
        lost[start : start + 160] = True
    sound = voices[name][~lost]
    (heard,) = recognise(joined(silence(0.5), sound, silence(0.5)), voices)
    assert_is(heard, name, 0.5, 0.5 + sound.size / RATE, 1.0)


def test_a_call_is_heard_in_order(voices: Mapping[str, Audio]) -> None:
    parts = [
        ("lv/kekava/welcome", None),
        ("lv/kekava/menu", 4.0),
        ("en/kekava/menu", None),
        ("en/kekava/no-input", None),
        ("en/kekava/menu", 2.5),
        ("en/kekava/connecting", None),
    ]
    sounds = [voices[name] if end is None else cut(voices[name], end) for name, end in parts]
    ring = np.concatenate((tone(425, 1.0), silence(1.5), tone(425, 0.6)))
    recording = joined(silence(0.6), *sounds, ring, spoken("Hello, this is the information desk."))
    heard = recognise(recording, voices)
    assert [one.name for one in heard] == [name for name, _ in parts]
    start = 0.6
    for one, (name, end), sound in zip(heard, parts, sounds, strict=True):
        sounded = sound.size / RATE if end is None else last_audible(sound)
        assert_is(one, name, start, start + sounded, sounded * RATE / voices[name].size)
        start += sound.size / RATE


def test_a_prompt_played_twice_is_heard_twice(voices: Mapping[str, Audio]) -> None:
    sound = voices["lv/kekava/invalid"]
    first, second = recognise(joined(sound, silence(0.05), sound), voices)
    assert_is(first, "lv/kekava/invalid", 0, sound.size / RATE, 1.0)
    assert_is(second, "lv/kekava/invalid", sound.size / RATE + 0.05, 2 * sound.size / RATE + 0.05, 1.0)


def test_a_prompt_whose_beginning_is_missing(voices: Mapping[str, Audio]) -> None:
    sound = voices["lv/kekava/all-busy"]
    (heard,) = recognise(joined(sound[2 * RATE :], silence(0.5)), voices)
    assert_is(heard, "lv/kekava/all-busy", 0, sound.size / RATE - 2, 1 - 2 * RATE / sound.size)


def test_the_same_clause_within_a_longer_prompt(voices: Mapping[str, Audio]) -> None:
    clause = spoken("For the municipal police, press 3.")
    longer = np.concatenate((spoken("Good morning. This is the town hall."), clause, spoken("Thank you.")))
    known = voices | {"clause": clause, "longer": longer}
    assert [one.name for one in recognise(joined(silence(0.3), longer), known)] == ["longer"]
    assert [one.name for one in recognise(joined(silence(0.3), clause, silence(1)), known)] == ["clause"]
    late = joined(longer[longer.size // 3 :])
    assert [one.name for one in recognise(late, {"clause": clause, "longer": longer})] == ["longer"]


def test_prompts_that_begin_alike_name_each_other(voices: Mapping[str, Audio]) -> None:
    begin, ends = cut(voices["en/kekava/closed"], 1.5), ("en/kekava/menu", "en/kekava/goodbye")
    known = {end: np.concatenate((begin, voices[end])) for end in ends}
    (heard,) = recognise(joined(silence(0.3), begin, silence(1)), known)
    assert (heard.name, heard.alike) == (ends[0], (ends[1],))
    (heard,) = recognise(joined(silence(0.3), known[ends[1]], silence(1)), known)
    assert (heard.name, heard.alike) == (ends[1], ())


@pytest.mark.parametrize(
    "sound",
    [
        silence(3),
        silence(0.01),
        noise(3 * RATE, -20),
        tone(425, 3),
        spoken("Press 2 for the police. Utility emergencies, for municipal information."),
        spoken("Nobody is in the menu. To speak, press the key on Mondays, the operator is closed."),
        spoken("Spiediet vienu, policijai un operatoram. Lūdzu, informācijas dienests strādā.", "lv"),
    ],
    ids=["silence", "nothing", "noise", "tone", "same words", "more same words", "same words in Latvian"],
)
def test_nothing_is_heard_in_what_is_no_prompt(voices: Mapping[str, Audio], sound: Audio) -> None:
    assert recognise(joined(sound), voices) == ()


@pytest.mark.parametrize("name", NAMES)
def test_speech_backwards_is_no_prompt(voices: Mapping[str, Audio], name: str) -> None:
    assert recognise(joined(voices[name][::-1]), voices) == ()


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_prompt_is_not_taken_for_another(voices: Mapping[str, Audio], name: str) -> None:
    """Only a first clause that the voice speaks with the same wave in both may be taken for another prompt."""
    others = {other: sound for other, sound in voices.items() if other != name}
    for heard in recognise(joined(voices[name]), others):
        assert heard.fraction < 0.4
        assert heard.end - heard.start < 1.5


def test_no_prompts_and_no_audio(voices: Mapping[str, Audio]) -> None:
    assert recognise(joined(voices["lv/kekava/goodbye"]), {}) == ()
    assert recognise(np.empty(0, dtype=np.float32), voices) == ()
    assert recognise(silence(2), {"empty": np.empty(0, dtype=np.float32), "silent": silence(1)}) == ()


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    lead=st.floats(0, 2),
    part=st.floats(0.3, 1),
    decibels=st.floats(-10, 3),
    seed=st.integers(0, 1000),
)
def test_any_prompt_at_any_place(
    voices: Mapping[str, Audio], name: str, lead: float, part: float, decibels: float, seed: int
) -> None:
    sound = voices[name][: round(voices[name].size * part)]
    line = np.concatenate((silence(lead), sound * np.float32(10 ** (decibels / 20)), silence(0.4)))
    (heard,) = recognise(over_the_line(line + noise(line.size, -55, seed)), voices)
    start = round(lead * RATE) / RATE
    assert name in (heard.name, *heard.alike)
    assert heard.start == pytest.approx(start, abs=NEAR)
    full = voices[name].size / RATE
    nearly_whole = last_audible(sound) > last_audible(voices[name]) - 0.1  # then its last silence may count as heard
    latest = full if nearly_whole else max(last_audible(sound), sound.size / RATE)
    # A cut may leave a breath of sound shorter than two blocks of 20 ms after a pause: 0.1 s for the end.
    assert last_audible(sound) - 2 * NEAR <= heard.end - start <= latest + NEAR


def test_a_minute_against_forty_prompts_is_quick(voices: Mapping[str, Audio]) -> None:
    known = voices | {f"{name} backwards": sound[::-1].copy() for name, sound in voices.items()}
    recording = joined(*[voices[name] for name in NAMES])[: 60 * RATE]
    begin = time.process_time()
    heard = recognise(recording, known)
    assert time.process_time() - begin < 4  # about 1 s on one core; the margin is for slow and busy machines
    assert [one.name for one in heard] == NAMES[: len(heard)]
    assert len(heard) > 5


def test_heard_is_a_value() -> None:
    assert Heard("welcome", 0.0, 1.0, 0.5) == Heard("welcome", 0.0, 1.0, 0.5, ())


@pytest.mark.parametrize(("lost", "repeated"), [(0.06, 0.0), (0.4, 0.0), (0.0, 0.08)])
def test_a_slip_of_the_line_does_not_cut_a_prompt_in_two(
    voices: Mapping[str, Audio], lost: float, repeated: float
) -> None:
    voice = voices["lv/kekava/closed"]
    middle = voice.size // 2
    again = voice[middle - round(repeated * RATE) : middle]
    heard = recognise(joined(silence(0.5), voice[:middle], again, voice[middle + round(lost * RATE) :]), voices)
    assert [one.name for one in heard] == ["lv/kekava/closed"]
    assert heard[0].fraction > 0.97


def test_a_prompt_that_begins_again_is_heard_twice(voices: Mapping[str, Audio]) -> None:
    voice = voices["lv/kekava/menu"]
    heard = recognise(joined(cut(voice, 3.0), cut(voice, 4.0)), voices)
    assert [one.name for one in heard] == ["lv/kekava/menu"] * 2
