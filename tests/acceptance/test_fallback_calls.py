"""The fallback leads calls as the engine does: same decisions, rules, phones, messages, on the real PBX."""

import asyncio
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.acceptance.conftest import House
from tests.fakes.dialled import Dialled
from tests.fakes.everything import TUESDAY, everything
from tests.fakes.two_leaders import both, installed

RIGA = ZoneInfo("Europe/Riga")
INSTANTS = ("2026-11-29 03:00", "2026-12-23 16:30", "2027-01-19 12:45")
BUSY = ("busy",) * 8
SHIPPED = (
    Dialled("8488", "1", BUSY),
    Dialled("8488", "7*12", ("reject", "busy")),
    Dialled("8488", "55*"),
    Dialled("63005522", "11", ("busy", "reject")),
    Dialled("63005537", "*72"),
    Dialled("1520", "2", ("reject",)),
    Dialled("499-1520", "942", BUSY),
    Dialled("1520", "41", BUSY),
    Dialled("080011032", "2", ("busy",)),
    Dialled("080011032", "34"),
    Dialled("+35980011032", "95"),
    Dialled("080011032", "33", caller="447700900123"),
    Dialled("080011032", "", ("busy",), caller="35932000100"),
)
NIGHT = {"caller": "37129000002"}
EVERYTHING = (
    Dialled("7001", "1", ("busy",)),
    Dialled("7001", "2"),
    Dialled("7001", "2", ("busy", "busy")),
    Dialled("7001", "3", ("busy",)),
    Dialled("+3717002", "4"),
    Dialled("003717002", "5"),
    Dialled("7001", "6"),
    Dialled("7001", "71"),
    Dialled("7001", "#"),
    Dialled("7001", "90"),
    Dialled("7001", "*****"),
    Dialled("7001", "AB"),
    Dialled("7001", "12", ("unreachable", "unreachable")),
    Dialled("7001", "77#7#71"),
    Dialled("7001", "", caller="380441234567"),
    Dialled("7001", "", caller="+37129000001"),
    Dialled("7001", "", caller="3712900001999"),
    Dialled("7001", "1", caller="0037129000004"),
    Dialled("7001", "2", **NIGHT),
)
CIRCLING = "8***********"
ORDERED = (
    *(Dialled("7001", key, caller=f"3801{key}") for key in ("73", "74", "75", "71")),
    Dialled("7001", CIRCLING),
    Dialled("7003", "*1"),
    Dialled("7003", "B"),
    Dialled("7003", "******"),
)
SAME_PLACE = (
    Dialled("7001", "6", stays=True, caller="37129000002"),
    Dialled("7001", "6", stays=True, caller="37129000004"),
)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=RIGA)


def _differences(calls: tuple[Dialled, ...], pairs: list[tuple[list[str], list[str]]]) -> list[str]:
    """Tell which calls differ; how often a menu was repeated until its time was over is left to the clock."""
    return [
        f"{call}\n  engine:   {led}\n  fallback: {fell}"
        for call, (led, fell) in zip(calls, pairs, strict=True)
        if (set(led) != set(fell) if call.keys == CIRCLING else led != fell)
    ]


@pytest.mark.parametrize("at", INSTANTS)
def test_the_shipped_rules_lead_to_the_same_places(house: House, at: str) -> None:
    pairs = asyncio.run(both(house.pair, [house.rules.current], _instant(at), SHIPPED))
    assert _differences(SHIPPED, pairs) == []
    assert all(len(led) >= 2 and "NOT OVER" not in led[-1] for led, _ in pairs)


def test_everything_that_rules_can_say_leads_to_the_same_places(house: House) -> None:
    rules = everything()
    calls = (*EVERYTHING, *ORDERED)
    with installed(house.pair, rules, date(2026, 11, 24)):
        pairs = asyncio.run(both(house.pair, [rules], TUESDAY + timedelta(minutes=1), calls))
    assert _differences(calls, pairs) == []
    assert all(len(led) >= 2 and "NOT OVER" not in led[-1] for led, _ in pairs)
    ends = {line for led, _ in pairs for line in led}
    for reason in ("too_long", "too_many_menus", "rejected", "override", "caller", "closed", "invalid"):
        assert any(f"reason={reason}" in line for line in ends), reason


def test_of_two_callers_for_one_place_one_gets_it_and_it_is_free_again_afterwards(house: House) -> None:
    """The fallback's calls come after the engine's, so the place that these had was given back."""
    rules = everything()
    with installed(house.pair, rules, date(2026, 11, 24)):
        pairs = asyncio.run(both(house.pair, [rules], TUESDAY, SAME_PLACE))
    for leader in zip(*pairs, strict=True):
        lines = [line for call in leader for line in call]
        assert lines.count("DIALSTATUS dialstatus=FULL") == 1
        assert lines.count("RING destination=all-few phone=kekava-utility-1 seconds=20") == 1
        assert lines.count("DECISION destination=all-desk rule=destinations.all-few.exits.full reason=full") == 1
