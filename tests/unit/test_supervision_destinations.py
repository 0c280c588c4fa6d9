"""What is shown of each destination: counts of the live calls, today's figures, and trouble in words."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdr.statistics.today import DestinationDay
from ivr.supervision.models import Call, DestinationNow, Stage
from ivr.supervision.now.destinations import Rooms, phones_of, rooms
from ivr.supervision.now.picture import Picture
from ivr.vocabulary import DestinationId
from tests.fakes.rules_text import FULL, read_text
from tests.fakes.supervised import OPEN, ORDER, call

RULES = read_text(FULL)
NIGHT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
NOTHING: dict[str, DestinationDay] = {}
NAMES = ("desk", "away", "police", "moved", "aside", "no", "")


def shown(
    calls: list[Call] | None = None,
    at: datetime = OPEN,
    days: dict[str, DestinationDay] = NOTHING,
    unreachable: frozenset[str] = frozenset(),
) -> dict[str, DestinationNow]:
    found = Picture().destinations(RULES, at, rooms(calls or []), days, unreachable)
    return {one.destination: one for one in found}


def test_all_destinations_of_the_rules_in_their_order_with_their_titles() -> None:
    found = shown()
    assert list(found) == list(RULES.destinations)
    desk = found["desk"]
    assert (desk.title, desk.services, desk.full_at, desk.phones) == ("Birojs", ("town",), 10, ("desk-1", "desk-2"))
    assert found["police"].safety
    assert found["away"].phones == ("+35932656000",)
    assert found["no"].phones == phones_of(RULES.destinations[DestinationId("moved")]) == ()


@pytest.mark.parametrize("stage", Stage)
def test_who_rings_waits_and_who_talks_talks(stage: Stage) -> None:
    desk = shown([call(stage)])["desk"]
    waits = stage in (Stage.CONNECTING, Stage.RINGING)
    assert (desk.waiting, desk.talking) == (int(waits), int(stage is Stage.TALKING))


@pytest.mark.parametrize(
    ("name", "at", "calls", "day", "unreachable", "trouble"),
    [
        ("desk", OPEN, 9, DestinationDay(5, 2, 2), (), ""),
        ("desk", OPEN, 0, DestinationDay(5, 3, 3), (), "3 callers in a row reached nobody"),
        ("police", OPEN, 0, DestinationDay(5, 2, 2), (), "2 callers in a row reached nobody"),
        ("police", OPEN, 0, DestinationDay(5, 1, 1), (), ""),
        ("desk", OPEN, 10, DestinationDay(), (), "full: it has all 10 calls that it may have"),
        ("desk", NIGHT, 10, DestinationDay(5, 3, 3), (), ""),  # closed: nobody comes there, and nobody is missed
        # its phones ring together: they are one line, and fail as one
        ("desk", OPEN, 0, DestinationDay(), ("desk-1&desk-2",), "desk-1&desk-2 unreachable"),
        ("desk", NIGHT, 0, DestinationDay(), ("desk-1&desk-2",), "desk-1&desk-2 unreachable"),
        ("away", OPEN, 0, DestinationDay(), ("+35932656000",), "+35932656000 unreachable"),
        ("moved", OPEN, 3, DestinationDay(), (), ""),
        (
            "desk",
            OPEN,
            10,
            DestinationDay(0, 9, 9),
            ("desk-1&desk-2",),
            "desk-1&desk-2 unreachable; full: it has all 10 calls that it may have; 9 callers in a row reached nobody",
        ),
    ],
)
def test_trouble_in_words(
    name: str, at: datetime, calls: int, day: DestinationDay, unreachable: tuple[str, ...], trouble: str
) -> None:
    talks = [call(Stage.TALKING, name, number) for number in range(calls)]
    assert shown(talks, at, {name: day}, frozenset(unreachable))[name].trouble == trouble


def test_phones_that_ring_one_after_the_other_are_counted() -> None:
    rules = read_text(FULL.replace("    strategy: all\n", ""))
    one, both = frozenset({"desk-2"}), frozenset({"desk-1", "desk-2"})
    found = [
        Picture().destinations(rules, OPEN, Rooms(), NOTHING, away)[0].trouble
        for away in (one, both, frozenset({"police-1"}))
    ]
    assert found == ["1 of 2 phones unreachable: desk-2", "all 2 phones unreachable", ""]


@given(st.lists(st.tuples(st.sampled_from(Stage), st.sampled_from(NAMES)), max_size=40))
def test_the_counts_sum_up_to_the_calls_that_are_at_a_destination(places: list[tuple[Stage, str]]) -> None:
    calls = [call(stage, name, number) for number, (stage, name) in enumerate(places)]
    found = shown(calls)
    stages = Counter(stage for stage, name in places if name)
    assert sum(one.waiting for one in found.values()) == stages[Stage.CONNECTING] + stages[Stage.RINGING]
    assert sum(one.talking for one in found.values()) == stages[Stage.TALKING]
    assert all(
        one.waiting + one.talking <= sum(name == one.destination for _, name in places) for one in found.values()
    )


def test_what_is_kept_is_what_would_be_worked_out_anew_at_every_second() -> None:
    picture, rules = Picture(), RULES.overridden({ORDER.destination: (ORDER,)})
    seconds = [*range(-65, 40), -30, 15, 36_000]  # the clock may be set back
    for second in seconds:
        at = OPEN + timedelta(seconds=second)
        kept = picture.destinations(rules, at, Rooms(), NOTHING, frozenset())
        assert kept == Picture().destinations(rules, at, Rooms(), NOTHING, frozenset())
        desk = kept[0]
        assert desk.open is (not 10 <= second < 20 and second < 36_000)
        assert desk.override == ("0000abcd" if 10 <= second < 20 else "")
    without = picture.destinations(RULES, OPEN + timedelta(seconds=15), Rooms(), NOTHING, frozenset())
    assert without[0].open


def test_a_destination_of_which_nothing_changed_is_the_same_value() -> None:
    picture = Picture()
    first = picture.destinations(RULES, OPEN, rooms([]), NOTHING, frozenset())
    again = picture.destinations(RULES, OPEN + timedelta(minutes=1), rooms([call(Stage.RINGING)]), NOTHING, frozenset())
    assert [one is other for one, other in zip(first, again, strict=True)] == [False, *[True] * 5]
    days = {"away": DestinationDay(1, 0, 0)}
    third = picture.destinations(RULES, OPEN, rooms([call(Stage.RINGING)]), days, frozenset({"police-1"}))
    assert [one == other for one, other in zip(again, third, strict=True)] == [True, False, False, True, True, True]
