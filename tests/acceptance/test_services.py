"""The four reference services, dialled by citizens on the real PBX on a Tuesday in January: numbers, languages, kinds.

All calls are made at the same time. It is also a day on which Kryvyi Rih announces repairs.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivr.trial.plan import HangUp, Outcome, Plan, Press
from tests.acceptance.conftest import House, at_once, caller, record

REPAIRS = datetime(2027, 1, 19, 10, 0, tzinfo=ZoneInfo("Europe/Kyiv"))
EARLY = 1.0  # seconds after the menu began
ANNOUNCED = "uk/spoken/kryvyi-rih-heating-january"


def plan(number: str, *presses: Press, **more: Any) -> Plan:
    return Plan(number, more.pop("caller", None) or caller(), presses, talk=more.pop("talk", 5.0), **more)


PLANS = {
    "kekava ru": plan("8488", Press("7", EARLY), Press("1", EARLY)),
    "jelgava": plan("63005522", Press("1"), Press("2", EARLY)),
    "jelgava alias ru": plan("63005537", Press("7", EARLY), Press("4", EARLY)),
    "kryvyi rih": plan("1520", Press("2")),
    "kryvyi rih alias en": plan("4991520", Press("9", EARLY), Press("41", EARLY)),
    "told and gone": plan("1520", hang_up=HangUp.IN_ANNOUNCEMENT, talk=1.0),
    "skipped by the key": plan("1520", Press("2", 2.0, announcement=True)),
    "all at once": plan("1520", Press("1", EARLY), phones=("none", "none", "ok", "none")),
    "plovdiv": plan("080011032", Press("1")),
    "plovdiv external en": plan("35980011032", Press("9", EARLY), Press("2", EARLY)),
    "external busy": plan("080011032", Press("2", EARLY), phones=("busy", "ok")),
    "plovdiv message": plan("080011032", Press("3", EARLY), Press("4", EARLY)),
    "an institution calls": plan("080011032", caller="35932000100"),
    "a foreigner calls": plan("080011032", Press("1", EARLY), caller="447700900123"),
}


@pytest.fixture(scope="module")
def day(house: House) -> dict[str, Outcome]:
    return at_once(house, REPAIRS, PLANS)


def heard(outcome: Outcome) -> list[str]:
    """Give the prompts of the service that were heard for more than a moment; of a spoken text without its digest."""
    names = [item.name for item in outcome.heard if "trial" not in item.name and item.fraction > 0.1]
    return [name.rpartition("-")[0] if "/spoken/" in name else name for name in names]


@pytest.mark.parametrize(
    ("name", "service", "number", "path", "first", "answered_by"),
    [
        ("kekava ru", "kekava", "8488", "7,1", "ru/kekava/menu", "kekava-information-1"),
        ("jelgava", "jelgava", "63005522", "1,2", "lv/jelgava/menu", "jelgava-gardens-1"),
        ("jelgava alias ru", "jelgava", "63005537", "7,4", "ru/jelgava/menu", "jelgava-dispatcher-1"),
        ("kryvyi rih", "kryvyi-rih", "1520", "2", "uk/kryvyi-rih/menu", "kryvyi-rih-dispatch-1"),
        ("kryvyi rih alias en", "kryvyi-rih", "4991520", "9,4,1", "en/kryvyi-rih/menu", "kryvyi-rih-utilities-1"),
        ("plovdiv", "plovdiv", "080011032", "1", "bg/plovdiv/menu", "plovdiv-emergency-1"),
        ("plovdiv external en", "plovdiv", "35980011032", "9,2", "en/plovdiv/menu", "+35932000102"),
    ],
)
def test_each_number_leads_to_its_departments_in_its_languages(
    day: dict[str, Outcome], name: str, service: str, number: str, path: str, first: str, answered_by: str
) -> None:
    outcome = day[name]
    found = record(outcome)
    assert (found["service"], found["number"], found["path"]) == (service, number, path)
    assert (found["disposition"], found["answered_by"], found["led_by"]) == ("answered", answered_by, "engine")
    assert first in outcome.prompts()
    assert "en/trial/phone" in outcome.prompts()


def test_what_is_announced_is_heard_between_welcome_and_menu(day: dict[str, Outcome]) -> None:
    whole = day["kryvyi rih"]
    assert heard(whole)[:3] == ["uk/kryvyi-rih/welcome", ANNOUNCED, "uk/kryvyi-rih/menu"]
    (told,) = record(whole)["announcements"]
    assert (told["announcement"], told["heard"]) == ("kryvyi-rih-heating-january", "whole")


def test_who_hangs_up_during_an_announcement_is_counted(day: dict[str, Outcome]) -> None:
    found = record(day["told and gone"])
    assert found["disposition"] == "abandoned_announcement"
    assert [told["heard"] for told in found["announcements"]] == ["part"]


def test_a_key_skips_the_announcement_and_is_the_answer(day: dict[str, Outcome]) -> None:
    found = record(day["skipped by the key"])
    assert (found["path"], found["answered_by"]) == ("2", "kryvyi-rih-dispatch-1")
    assert "uk/kryvyi-rih/menu" not in day["skipped by the key"].prompts()


def test_phones_that_ring_together_are_one_ring(day: dict[str, Outcome]) -> None:
    outcome = day["all at once"]
    found = record(outcome)
    phones = {f"kryvyi-rih-consultation-{number}" for number in range(1, 5)}
    assert {phone for kind, phone in outcome.phones if kind == "rings"} == phones
    assert (found["disposition"], found["redirections"]) == ("answered", [])
    assert found["answered_by"] in phones
    assert len([leg for leg in found["legs"] if leg["role"] == "phone"]) == 4


def test_an_institution_that_is_busy_gives_the_caller_back(day: dict[str, Outcome]) -> None:
    outcome = day["external busy"]
    found = record(outcome)
    assert ("rings", "+35932000102") in outcome.phones
    assert (found["disposition"], found["answered_by"]) == ("answered", "plovdiv-duty-1")
    assert [one["reason"] for one in found["redirections"]] == ["busy"]
    assert "bg/plovdiv/to-operator" in outcome.prompts()


def test_a_destination_can_be_a_message(day: dict[str, Outcome]) -> None:
    outcome = day["plovdiv message"]
    assert record(outcome)["disposition"] == "informed"
    assert outcome.prompts()[-1] == "bg/plovdiv/deliveries-ended"


def test_rules_about_the_caller(day: dict[str, Outcome]) -> None:
    duty = day["an institution calls"]
    assert record(duty)["answered_by"] == "plovdiv-duty-1"
    assert record(duty)["destinations"][0]["rule"] == "destinations.plovdiv-duty"
    assert heard(duty)[:1] == ["bg/plovdiv/welcome"]
    assert heard(day["a foreigner calls"])[0].startswith("en/plovdiv/")
