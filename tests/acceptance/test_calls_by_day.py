"""A Tuesday at ten: what citizens hear and where they get, on the real PBX. All calls are made at the same time."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from cdr.journal.reader import Journal
from cdr.recorder import ingest_once
from ivr.cli.stores import sealed_store
from ivr.trial.plan import HangUp, Outcome, Plan, Press
from tests.acceptance.conftest import TUESDAY_10, House, as_stored, at_once, caller, heard_of, heard_out, record
from tests.fakes.lateness import Lateness

EARLY = 1.0  # seconds after the menu began: in the middle of the welcome
HOPS = 2  # turns of the engine in one silence, each as late as the machine is
WELCOME, MENU, ENGLISH = "lv/kekava/welcome", "lv/kekava/menu", "en/kekava/menu"
ALL_BUSY = "lv/kekava/all-busy"


def plan(*presses: Press, **more: Any) -> Plan:
    return Plan(number="8488", caller=caller(), presses=presses, **more)


PLANS = {
    "information": plan(Press("1")),
    "early": plan(Press("2", EARLY)),
    "two ahead": plan(Press("92", EARLY)),
    "english": plan(Press("9", EARLY), Press("2")),
    "repeat": plan(Press("*", EARLY), Press("2")),
    "hash": plan(Press("#", EARLY), Press("2", EARLY)),
    "wrong": plan(Press("4", EARLY), Press("6", EARLY), Press("5", EARLY)),
    "nothing": plan(),
    "all busy": plan(Press("1", EARLY), phones=("busy", "reject", "unreachable")),
    "utility fails": plan(Press("2", EARLY), phones=("busy", "unreachable", "reject", "ok")),
    "all fail": plan(Press("2", EARLY), phones=("busy",) * 12),
    "hang up in welcome": plan(hang_up=HangUp.IN_WELCOME, talk=0.5),
    "hang up in menu": plan(hang_up=HangUp.IN_MENU, talk=0.5),
    "hang up ringing": plan(Press("2", EARLY), phones=("none",) * 4, hang_up=HangUp.RINGING, talk=0.5),
    "hang up talking": plan(Press("2", EARLY), talk=2.0),
}


@pytest.fixture(scope="module")
def lateness() -> Lateness:
    return Lateness()


@pytest.fixture(scope="module")
def day(house: House, lateness: Lateness) -> dict[str, Outcome]:
    return at_once(house, TUESDAY_10, PLANS, lateness)


def talked(outcome: Outcome) -> bool:
    """Both sides heard the other's voice."""
    return "en/trial/phone" in outcome.prompts() and any(
        item.name == "en/trial/citizen" for item in outcome.heard_by_phone
    )


def test_the_information_desk_answers_after_welcome_and_menu(day: dict[str, Outcome]) -> None:
    outcome = day["information"]
    assert list(dict.fromkeys(outcome.prompts()))[:2] == [WELCOME, MENU]
    assert heard_out(outcome, WELCOME)
    assert heard_out(outcome, MENU)
    assert talked(outcome)
    found = record(outcome)
    assert (found["disposition"], found["path"], found["led_by"]) == ("answered", "1", "engine")
    assert found["answered_by"] == "kekava-information-1"
    assert found["destinations"][0]["rule"].startswith("destinations.kekava-information")


def test_a_key_stops_the_welcome_at_once(day: dict[str, Outcome], lateness: Lateness) -> None:
    first = day["early"].heard[0]
    assert first.name == WELCOME
    found = record(day["early"])
    pressed = datetime.fromisoformat(found["keys"][0]["at"]) - datetime.fromisoformat(found["answered"])
    # The journal tells the key when the menu has ended by it; nothing of the welcome may be heard after that.
    assert 0.3 < first.end <= pressed.total_seconds() + 0.15 + lateness.most
    assert first.fraction < 0.5
    assert MENU not in day["early"].prompts()
    assert talked(day["early"])


def test_two_keys_typed_ahead_both_count(day: dict[str, Outcome]) -> None:
    found = record(day["two ahead"])
    assert [key["key"] for key in found["keys"]] == ["9", "2"]
    assert (found["path"], found["language"], found["disposition"]) == ("9,2", "en", "answered")
    assert found["answered_by"] == "kekava-utility-1"


def test_nine_goes_on_in_english(day: dict[str, Outcome]) -> None:
    assert ENGLISH in day["english"].prompts()
    assert record(day["english"])["language"] == "en"
    assert talked(day["english"])


def test_star_repeats_the_menu(day: dict[str, Outcome]) -> None:
    assert MENU in day["repeat"].prompts()
    assert record(day["repeat"])["path"] == "*,2"


def test_hash_is_a_wrong_key_and_not_silence(day: dict[str, Outcome]) -> None:
    assert "lv/kekava/invalid" in day["hash"].prompts()
    assert [key["result"] for key in record(day["hash"])["keys"]] == ["invalid", "valid"]


def test_three_wrong_keys_lead_to_the_operator(day: dict[str, Outcome]) -> None:
    outcome = day["wrong"]
    assert "lv/kekava/invalid" in outcome.prompts()
    assert "lv/kekava/to-operator" in outcome.prompts()
    found = record(outcome)
    assert [key["result"] for key in found["keys"]] == ["invalid"] * 3
    assert found["answered_by"] == "kekava-duty-1"
    assert talked(outcome)


def test_silence_leads_to_the_operator(day: dict[str, Outcome]) -> None:
    outcome = day["nothing"]
    assert heard_of(outcome, "lv/kekava/no-input") > 1.5
    assert heard_of(outcome, MENU) > 2.5
    found = record(outcome)
    assert [key["result"] for key in found["keys"]] == ["no_input"] * 3
    assert found["answered_by"] == "kekava-duty-1"


def test_when_all_phones_fail_the_exit_is_heard_to_its_end(day: dict[str, Outcome]) -> None:
    outcome = day["all busy"]
    last = outcome.heard[-1]
    assert last.name == ALL_BUSY
    assert heard_out(outcome, ALL_BUSY)
    found = record(outcome)
    assert found["disposition"] in ("busy", "no_answer", "unreachable")
    assert (found["hung_up_by"], len(found["redirections"])) == ("ivr", 2)


def test_a_failed_emergency_line_leads_to_the_police(day: dict[str, Outcome]) -> None:
    outcome = day["utility fails"]
    assert "lv/kekava/emergency-failed" in outcome.prompts()
    assert record(outcome)["answered_by"] == "kekava-police-1"
    assert talked(outcome)


def test_nobody_is_hung_up_on_without_a_message(day: dict[str, Outcome]) -> None:
    outcome = day["all fail"]
    assert outcome.heard[-1].name == "lv/kekava/police-failed"
    assert heard_out(outcome, "lv/kekava/police-failed")


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("hang up in welcome", "abandoned_welcome"),
        ("hang up in menu", "abandoned_menu"),
        ("hang up ringing", "abandoned_ringing"),
        ("hang up talking", "answered"),
    ],
)
def test_a_hang_up_is_recorded_where_it_happened(day: dict[str, Outcome], name: str, disposition: str) -> None:
    outcome = day[name]
    found = record(outcome)
    assert (found["disposition"], found["hung_up_by"], found["complete"]) == (disposition, "caller", True)
    assert found["seconds"]["total"] == pytest.approx(outcome.ended - (outcome.answered or 0), abs=2.0)


@pytest.mark.parametrize("name", PLANS)
def test_no_caller_hears_more_than_two_seconds_of_silence(
    day: dict[str, Outcome], lateness: Lateness, name: str
) -> None:
    silence, start = day[name].silence
    # The wait for a key after the menu is the caller's turn, not ours.
    waiting = name == "nothing"
    longest = (5.6 if waiting else 2.0) + HOPS * lateness.most
    assert silence <= longest, f"{silence} s of silence at {start} s; the machine was {lateness.most:.2f} s late"


def test_all_records_are_in_the_store(day: dict[str, Outcome], house: House) -> None:
    async def stored() -> dict[str, Any]:
        async with sealed_store(house.settings) as store:
            await ingest_once(Journal(house.pair.journal).path, store)
            found = [await store.record(outcome.linkedid or "") for outcome in day.values()]
        return {item.linkedid: item.as_dict() for item in found if item}

    assert asyncio.run(stored()) == {outcome.linkedid: as_stored(house, outcome.record) for outcome in day.values()}
