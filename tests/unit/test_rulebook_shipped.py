"""The rules that are shipped: proved, with every prompt in every language, and the facts of the reference services."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.errors import RulesError
from ivr.prompts.texts import prompt_exists_in
from ivr.routing.reach import prompts_of
from ivr.routing.rules import Ruleset
from ivr.rulebook.prove import Proved, proved
from ivr.vocabulary import Language, PromptId

ROOT = Path(__file__).parents[2]
RULES = ROOT / "routing_rules.yaml"
YEARS = range(2025, 2030)
START = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def shipped() -> Proved:
    return proved(RULES, years=YEARS, at=START, prompt_exists=prompt_exists_in(ROOT / "recordings" / "prompts"))


def spoken(rules: Ruleset) -> set[tuple[str, str]]:
    """Give every prompt in every language that a citizen can hear and that is not spoken from a text in the rules."""
    texts = {one.prompt for service in rules.services.values() for one in service.announcements if one.texts}
    return {
        (prompt, language)
        for service in rules.services.values()
        for prompt in prompts_of(service, rules)
        for language in service.languages
        if prompt not in texts
    }


def test_they_are_proved_for_thirteen_months_without_a_gap(shipped: Proved) -> None:
    assert shipped.coverage.gaps == ()
    assert (shipped.coverage.end - shipped.coverage.start).days >= 396


def test_the_reference_services_have_their_numbers_languages_and_topics(shipped: Proved) -> None:
    services = shipped.rules.services
    assert {name: (one.numbers, one.languages) for name, one in services.items()} == {
        "kekava": (("8488",), ("lv", "ru", "en")),
        "jelgava": (("63005522", "63005537"), ("lv", "ru")),
        "kryvyi-rih": (("1520", "499-1520"), ("uk", "ru", "en")),
        "plovdiv": (("080011032", "+35980011032"), ("bg", "en")),
    }
    assert all(len(one.topics) > 3 for one in services.values())
    assert any(item.safety for item in shipped.rules.destinations.values())


def test_a_prompt_that_is_missing_in_any_language_is_named() -> None:
    missing: set[tuple[str, str]] = set()

    def none(prompt: PromptId, language: Language) -> bool:
        missing.add((prompt, language))
        return False

    with pytest.raises(RulesError) as error:
        proved(RULES, years=YEARS, at=START, prompt_exists=none)
    told = str(error.value)
    assert missing
    assert all(f'the prompt "{prompt}" does not exist in "{language}"' in told for prompt, language in missing)


def test_every_prompt_that_can_be_heard_is_asked_for(shipped: Proved) -> None:
    asked: set[tuple[str, str]] = set()

    def all_there(prompt: PromptId, language: Language) -> bool:
        asked.add((prompt, language))
        return True

    proved(RULES, years=YEARS, at=START, prompt_exists=all_there)
    assert spoken(shipped.rules) <= asked
