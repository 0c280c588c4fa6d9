"""The report's catalogues hold every text of the code and the template, with the same names in braces."""

import re

import pytest
from babel.messages.pofile import read_po

from cdr.report.words import LANGUAGES, Words, catalogue_of
from tests.fakes.report_texts import texts

OTHERS = [one for one in LANGUAGES if one != "en"]
_NAMES = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_there_and_no_other(language: str) -> None:
    with catalogue_of(language).open("rb") as file:
        found = read_po(file, locale=language, abort_invalid=True)
    held = {message.id for message in found if message.id}
    assert held == set(texts())
    assert not [message.id for message in found if message.fuzzy]


@pytest.mark.parametrize("language", OTHERS)
def test_every_form_has_the_names_of_its_text(language: str) -> None:
    with catalogue_of(language).open("rb") as file:
        found = read_po(file, locale=language)
    for message in found:
        if not message.id:
            continue
        asked = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        assert len(said) == (found.num_plurals if isinstance(message.id, tuple) else 1)
        for form in said:
            assert form.strip() == form != "", message.id
            assert set(_NAMES.findall(form)) == set(_NAMES.findall(asked[-1])), message.id


@pytest.mark.parametrize(
    ("language", "number", "expected"),
    [
        ("en", 1, "1 call is not over yet."),
        ("en", 2, "2 calls are not over yet."),
        ("lv", 1, "1 zvans vēl nav beidzies."),
        ("lv", 21, "21 zvans vēl nav beidzies."),
        ("lv", 11, "11 zvani vēl nav beigušies."),
        ("lv", 0, "0 zvanu vēl nav beigušies."),
        ("uk", 1, "1 дзвінок ще не закінчився."),
        ("uk", 3, "3 дзвінки ще не закінчилися."),
        ("uk", 12, "12 дзвінків ще не закінчилися."),
        ("ru", 22, "22 звонка ещё не закончились."),
        ("ru", 5, "5 звонков ещё не закончились."),
        ("bg", 1, "1 обаждане още не е приключило."),
        ("bg", 7, "7 обаждания още не са приключили."),
    ],
)
def test_plural_forms(language: str, number: int, expected: str) -> None:
    said = Words(language).count("{n} call is not over yet.", "{n} calls are not over yet.", number)
    assert said == expected
