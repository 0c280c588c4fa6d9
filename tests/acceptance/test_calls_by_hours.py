"""Outside office hours: the closed message offers the lines that are always open."""

import asyncio
from datetime import datetime

import pytest

from ivr.trial.plan import Outcome, Plan, Press
from tests.acceptance.conftest import NIGHT_3, SUNDAY_12, House, caller, calls, heard_of, heard_out, on_network

SUNDAY = {
    "closed, then utility": (Press("1", 1.0), Press("2")),
    "closed, then police": (Press("1", 1.0), Press("3", 1.0)),
}


async def _calls(house: House, at: datetime, presses: dict[str, tuple[Press, ...]]) -> dict[str, Outcome]:
    async with house.engine(at), on_network(house) as trials:
        return await calls(trials, {name: Plan("8488", caller(), keys) for name, keys in presses.items()})


@pytest.fixture(scope="module")
def sunday(house: House) -> dict[str, Outcome]:
    return asyncio.run(_calls(house, SUNDAY_12, SUNDAY))


def test_on_sunday_the_closed_message_is_heard_and_two_leads_to_utility(sunday: dict[str, Outcome]) -> None:
    outcome = sunday["closed, then utility"]
    assert heard_out(outcome, "lv/kekava/closed")
    assert heard_of(outcome, "lv/kekava/closed") < 1.5
    assert outcome.record is not None
    assert (outcome.record["path"], outcome.record["answered_by"]) == ("1,2", "kekava-utility-1")
    decisions = [(item["reason"], item["rule"]) for item in outcome.record["destinations"]]
    assert decisions[0][0] == "closed"
    assert "kekava-information" in decisions[0][1]


def test_on_sunday_three_leads_to_the_police(sunday: dict[str, Outcome]) -> None:
    outcome = sunday["closed, then police"]
    assert outcome.record is not None
    assert outcome.record["answered_by"] == "kekava-police-1"


def test_at_three_in_the_night_utility_emergencies_answers(house: House) -> None:
    outcome = asyncio.run(_calls(house, NIGHT_3, {"night": (Press("2", 1.0),)}))["night"]
    assert outcome.record is not None
    assert (outcome.record["disposition"], outcome.record["answered_by"]) == ("answered", "kekava-utility-1")
    assert "en/trial/phone" in outcome.prompts()
