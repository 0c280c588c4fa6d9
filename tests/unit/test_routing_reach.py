"""Which prompts a caller can hear."""

from ivr.routing.reach import prompts_of
from ivr.vocabulary import ServiceId
from tests.fakes.ruleset import small


def test_every_prompt_that_a_path_leads_to_is_listed_once() -> None:
    rules = small()
    found = prompts_of(rules.services[ServiceId("town")], rules)
    assert len(found) == len(set(found))
    assert set(found) == {
        "s/welcome", "s/menu", "s/invalid", "s/no-input", "s/to-operator", "s/bye", "s/busy", "s/night", "s/sorry", "s/failed",
    }  # fmt: skip
