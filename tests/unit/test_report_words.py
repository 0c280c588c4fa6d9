"""Numbers, dates and durations as people of each language write them."""

from datetime import UTC, date, datetime

import pytest

from cdr.report.errors import UnknownLanguage
from cdr.report.words import LANGUAGES, Words


@pytest.mark.parametrize(
    ("language", "number", "share", "month", "when", "day"),
    [
        ("en", "12,964", "35.0\u00a0%", "March 2024", "in March 2024", "31 March 2024"),
        ("lv", "12\u00a0964", "35,0\u00a0%", "2024. gada marts", "2024. gada martā", "31.03.2024."),
        ("uk", "12\u00a0964", "35,0\u00a0%", "Березень 2024", "у березні 2024 року", "31.03.2024"),
        ("bg", "12\u00a0964", "35,0\u00a0%", "Март 2024", "през март 2024 г.", "31.03.2024 г."),
        ("ru", "12\u00a0964", "35,0\u00a0%", "Март 2024", "в марте 2024 года", "31.03.2024"),
    ],
)
def test_forms_of_a_language(language: str, number: str, share: str, month: str, when: str, day: str) -> None:
    words = Words(language)
    assert words.number(12_964) == number
    assert words.percent(0.35) == share
    assert words.month(date(2024, 3, 1)) == month
    assert words.in_month(date(2024, 3, 1)) == when
    assert words.numeric_day(date(2024, 3, 31)) == day


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0.0 s"),
        (7.84, "7.8 s"),
        (9.99, "10.0 s"),
        (10, "10 s"),
        (119.4, "119 s"),
        (119.6, "2 min 0 s"),
        (754, "12 min 34 s"),
        (7200, "2 h 0 min"),
        (90_061, "25 h 1 min"),
    ],
)
def test_durations(seconds: float, expected: str) -> None:
    assert Words("en").duration(seconds) == expected


def test_changes_have_their_sign() -> None:
    words = Words("lv")
    assert [words.signed_percent(one) for one in (0.151, -0.5, 0)] == ["+15\u00a0%", "−50\u00a0%", "0\u00a0%"]


def test_the_names_of_days_and_moments() -> None:
    at = datetime(2024, 3, 31, 4, 5, tzinfo=UTC)
    assert [Words(one).weekday(0) for one in LANGUAGES] == ["Mon", "pirmd", "пн", "пн", "пн"]
    assert Words("uk").weekday(4, wide=True) == "пʼятниця"
    assert Words("uk").moment(at) == "31.03.2024 04:05"
    assert Words("en").together(["a", "b", "c"]) == "a, b, and c"


def test_a_language_without_a_report_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownLanguage, match="'de'; choose one with --language: en, lv, uk, bg, ru"):
        Words("de")
