"""Which calls the monitor shows, and in which order."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.monitor.order import FIELDS, Sort, arranged, shown, wanted
from ivr.supervision.models import Call, Stage
from tests.fakes.supervised_town import AT, CALLS, a_call, ago, talking, waiting

LONG, SHORT = waiting("long", 90), waiting("short", 5, "kekava-police")
TALKS, MENU = talking("talks", 300), a_call("menu", service="jelgava", since=ago(10), started=ago(1))
FOUR = (MENU, SHORT, TALKS, LONG)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (Sort.WAIT, ["long", "short", "talks", "menu"]),
        (Sort.THERE, ["talks", "long", "menu", "short"]),
        (Sort.NEWEST, ["menu", "short", "long", "talks"]),
        (Sort.SERVICE, ["menu", "talks", "long", "short"]),
        (Sort.STAGE, ["menu", "long", "short", "talks"]),
        (Sort.DESTINATION, ["talks", "short", "long", "menu"]),
    ],
)
def test_orders(sort: Sort, order: list[str]) -> None:
    assert [call.call for call in arranged(FOUR, sort)] == order
    assert [call.call for call in arranged(FOUR, sort, backwards=True)] == order[::-1]


def test_every_sort_comes_round_again() -> None:
    sort, seen = Sort.WAIT, []
    for _ in Sort:
        seen.append(sort)
        sort = sort.next()
    assert seen == list(Sort)
    assert sort is Sort.WAIT


@given(st.permutations(CALLS), st.sampled_from(Sort), st.booleans())
def test_the_order_does_not_depend_on_how_calls_came(calls: list[Call], sort: Sort, backwards: bool) -> None:
    assert arranged(calls, sort, backwards) == arranged(CALLS, sort, backwards)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["menu", "short", "talks", "long"]),
        ("jelgava", ["menu"]),
        ("JELGAVA", ["menu"]),
        ("ringing police", ["short"]),
        ("police ringing", ["short"]),
        ("stage:ringing", ["short", "long"]),
        ("stage:menu", ["menu"]),
        ("destination:kekava", ["short", "talks", "long"]),
        ("colour:red", []),
        ("hours:", []),
        ("29…56 tuesday", ["talks"]),
        ("!", ["long"]),
        ("! police", []),
        ("nobody", []),
    ],
)
def test_filters(text: str, found: list[str]) -> None:
    assert [call.call for call in shown(FOUR, wanted(text), AT, lambda _: 20)] == found


def test_a_filter_for_trouble_goes_by_the_service_s_own_limit() -> None:
    assert not list(shown([LONG], wanted("!"), AT, lambda _: 120))
    assert list(shown([LONG], wanted("!"), AT + timedelta(seconds=31), lambda _: 120)) == [LONG]


def test_every_field_finds_its_own_text() -> None:
    call = a_call("c-1", phone="p-1", menu="m-1", reason="open", topic="t-1", rule="r-1", destination="d-1", node="n-1")
    for name, text in FIELDS.items():
        for word in text(call).split():
            assert wanted(f"{name}:{word}").takes(call), name


def test_words_of_one_field_are_not_found_across_two() -> None:
    call = a_call("c-1", stage=Stage.TALKING, destination="d")
    assert not wanted("talkingd").takes(call)
