"""Extensions that colleagues dial: read, checked, and locked out of the dialplan if they could be mixed up."""

from dataclasses import replace
from datetime import date

import pytest

from ivr.asterisk.render import dialplan
from ivr.asterisk.tones import sounds
from ivr.errors import RulesError
from ivr.routing.extensions import dialled
from ivr.vocabulary import DestinationId
from tests.fakes.rules_text import FULL, problems_of, read_text
from tests.fakes.ruleset import small

WRITTEN = 'extension: "21"'


def test_an_extension_arrives() -> None:
    found = dialled("21", read_text(FULL))
    assert found is not None
    assert found.id == "moved"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('"2"', "2 to 6 digits"),
        ('"1234567"', "2 to 6 digits"),
        ('"2a"', "2 to 6 digits"),
        ("21", "2 to 6 digits"),
        ('"8488"', "is a number that citizens dial"),
    ],
)
def test_an_extension_that_cannot_be_dialled_is_refused(written: str, told: str) -> None:
    found = problems_of(FULL.replace(WRITTEN, f"extension: {written}"))
    assert any(told in one for one in found), found


def test_two_destinations_with_one_extension_are_refused() -> None:
    text = FULL.replace("    safety: true\n", '    safety: true\n    extension: "21"\n', 1)
    assert any("belongs to police already" in one for one in problems_of(text))


@pytest.mark.parametrize("extension", ["2", "21x", "desk-1", "1234567", "21)"])
def test_the_dialplan_takes_no_extension_that_is_not_digits(extension: str) -> None:
    rules = small()
    name = DestinationId("desk")
    changed = replace(
        rules, destinations={**rules.destinations, name: replace(rules.destinations[name], extension=extension)}
    )
    with pytest.raises(RulesError):
        dialplan(changed, today=date(2026, 11, 21))


def test_the_dialplan_takes_no_extension_twice() -> None:
    rules = small()
    twice = {name: replace(item, extension="21") for name, item in rules.destinations.items()}
    with pytest.raises(RulesError, match="extensions differ"):
        dialplan(replace(rules, destinations=twice), today=date(2026, 11, 21))


def test_the_music_is_never_quiet_for_long_and_can_be_repeated() -> None:
    """Half a second without any sample above a hundredth of full scale would be a pause."""
    for place, content in sounds().items():
        samples = memoryview(content[44:]).cast("h")
        quiet = longest = 0
        for sample in [*samples, *samples]:
            quiet = 0 if abs(sample) > 320 else quiet + 1
            longest = max(longest, quiet)
        assert longest < 4000, place
        assert max(map(abs, samples)) < 32000, place
