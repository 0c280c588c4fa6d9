import numpy as np
import pytest

from ivr.hearing.recognise import Cadence, longest_silence, ringing, tones
from ivr.hearing.wav import Audio

RATE = 8000


def tone(seconds: float, *frequencies: float, level: float = 0.2) -> Audio:
    at = np.arange(round(seconds * RATE)) / RATE
    waves = [level * np.sin(2 * np.pi * one * at) for one in frequencies]
    return np.sum(waves, axis=0).astype(np.float32)


def rest(seconds: float) -> Audio:
    return np.zeros(round(seconds * RATE), dtype=np.float32)


def noise(seconds: float, level: float) -> Audio:
    return (level * np.random.default_rng(3).standard_normal(round(seconds * RATE))).astype(np.float32)


def near(value: float) -> object:
    return pytest.approx(value, abs=0.03)


@pytest.mark.parametrize("frequency", [300, 425, 440, 600, 1004, 1700, 3000])
@pytest.mark.parametrize("level", [0.01, 0.2, 0.9])
def test_a_steady_tone_is_found_with_its_frequency(frequency: float, level: float) -> None:
    (found,) = tones(np.concatenate((rest(0.5), tone(0.7, frequency, level=level), rest(0.4))))
    assert (found.start, found.end) == (near(0.5), near(1.2))
    assert found.frequency == pytest.approx(frequency, abs=3)


def test_marker_tones_of_two_phones_one_after_the_other() -> None:
    found = tones(np.concatenate((tone(1, 700), tone(0.5, 900), rest(0.3), tone(0.4, 900))) + noise(2.2, 0.005))
    assert [round(one.frequency / 10) * 10 for one in found] == [700, 900, 900]
    assert [one.start for one in found] == [near(0), near(1), near(1.8)]
    assert [one.end for one in found] == [near(1), near(1.5), near(2.2)]


@pytest.mark.parametrize(
    "sound",
    [rest(2), rest(0), rest(0.01), noise(2, 0.1), tone(1, 697, 1209), tone(0.06, 425), tone(1, 425, level=0.001)],
    ids=["silence", "empty", "a moment", "noise", "DTMF", "click", "inaudible"],
)
def test_no_tone(sound: Audio) -> None:
    assert tones(sound) == ()


def test_ringing_until_the_answer() -> None:
    sound = np.concatenate((rest(0.3), tone(1, 425), rest(1.5), tone(1, 425), rest(1.5), tone(0.4, 425), tone(2, 700)))
    (found,) = ringing(sound)
    assert (found.start, found.end, found.bursts) == (near(0.3), near(5.7), 3)


def test_ringing_goes_on_over_a_change_of_phone() -> None:
    sound = np.concatenate((tone(1, 425), rest(1.5), tone(0.5, 425), rest(0.1), tone(1, 425), rest(1.5), tone(1, 425)))
    (found,) = ringing(sound)
    assert (found.start, found.end, found.bursts) == (near(0), near(6.6), 4)


def test_two_stretches_of_ringing() -> None:
    sound = np.concatenate((tone(1, 425), rest(5), tone(1, 425)))
    assert [one.start for one in ringing(sound)] == [near(0), near(6)]


def test_one_burst_cut_short_by_a_quick_answer() -> None:
    (found,) = ringing(np.concatenate((tone(0.4, 425), rest(3))))
    assert (found.end, found.bursts) == (near(0.4), 1)


def test_busy_tone_and_dial_tone_are_not_ringing() -> None:
    busy = np.concatenate([part for _ in range(6) for part in (tone(0.5, 425), rest(0.5))])
    assert ringing(busy) == ()
    assert ringing(tone(4, 425)) == ()
    assert ringing(tone(1, 600)) == ()


def test_ringing_of_another_country() -> None:
    slow = np.concatenate((tone(1, 440), rest(4), tone(1, 440)))
    assert len(ringing(slow, Cadence(440, 1.0, 4.0))) == 1
    assert ringing(slow) == ()


def test_the_longest_silence() -> None:
    sound = np.concatenate((rest(0.5), tone(1, 500), rest(1.7), tone(0.3, 500), rest(0.9)))
    found = longest_silence(sound)
    assert (found.seconds, found.start) == (near(1.7), near(1.5))
    seconds, start = found
    assert (seconds, start) == (found.seconds, found.start)


def test_the_threshold_of_silence() -> None:
    sound = np.concatenate((tone(1, 500), tone(1, 500, level=0.005), rest(0.5), tone(1, 500)))
    assert longest_silence(sound).seconds == near(0.5)
    assert longest_silence(sound, threshold=-40).seconds == near(1.5)


@pytest.mark.parametrize("sound", [rest(0), rest(0.01), tone(2, 500)], ids=["empty", "a moment", "never quiet"])
def test_no_silence(sound: Audio) -> None:
    assert longest_silence(sound) == (0.0, 0.0)


def test_silence_throughout() -> None:
    assert longest_silence(rest(2)) == (near(2), 0.0)
