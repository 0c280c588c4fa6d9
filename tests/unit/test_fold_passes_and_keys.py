"""How a caller was handed on and what came of it, and the answers to menus with the time that they took."""

from datetime import timedelta

import pytest

from cdr.fold.fold import fold
from cdr.record.derived import key_presses, passes
from cdr.record.parts import Step
from cdr.record.words import PassResult, StepKind
from cdr.times import to_datetime
from tests.fakes.call_pieces import EXIT, IN, RINGS, TALKS, ends
from tests.fakes.call_table import events_of
from tests.fakes.transfer_pieces import ASKED, ATTENDED, BACK, BLIND, DUTY, JOINS, TAKES

PASSES = [
    ("blind", TALKS + BLIND + DUTY + TAKES + ends(20), [("blind", "info-1", "24", "answered", "")]),
    ("back", TALKS + BLIND + DUTY + BACK + ends(20), [("blind", "info-1", "24", "returned", "busy")]),
    ("given up", TALKS + BLIND + DUTY + ends(20), [("blind", "info-1", "24", "abandoned", "")]),
    ("the PBX ends it", TALKS + BLIND + DUTY + ends(20, ""), [("blind", "info-1", "24", "failed", "")]),
    ("open", TALKS + BLIND + DUTY, [("blind", "info-1", "24", "", "")]),
    (
        "a message instead",
        TALKS + BLIND + "12.0 caller IVR_EXIT reason=busy prompt=p" + ends(20),
        [("blind", "info-1", "24", "failed", "")],
    ),
    (
        "handed on again at once",
        TALKS + BLIND + DUTY + "11.0 caller IVR_TRANSFER to=31 by=supervisor kind=supervisor" + ends(20),
        [("blind", "info-1", "24", "failed", ""), ("supervisor", "info-1", "31", "abandoned", "")],
    ),
    ("attended", TALKS + ASKED + ATTENDED + JOINS + ends(20), [("attended", "info-1", "duty-1", "answered", "")]),
    ("nobody", TALKS + ends(20), []),
]


@pytest.mark.parametrize(("table", "found"), [case[1:] for case in PASSES], ids=[case[0] for case in PASSES])
def test_what_came_of_handing_the_caller_on(table: str, found: list[tuple[str, ...]]) -> None:
    record = fold(events_of(IN + table))
    assert [(one.kind, one.from_phone, one.target, one.result.value, one.reason) for one in record.passes] == found
    assert len(record.passes) == record.transfers


def test_a_pass_of_a_lost_call_has_no_result() -> None:
    steps = (Step(to_datetime(0), StepKind.TRANSFER, "a", "b", "blind_transfer"),)
    assert [one.result for one in passes(steps, hung_up_by="pbx", lost=True)] == [PassResult.NOT_KNOWN]


def seconds(span: timedelta) -> float:
    return span / timedelta(seconds=1)


KEYS = [
    ("answered", IN + RINGS + ends(9), [("kekava-main", "1", "valid", 6.0)]),
    ("left by hanging up", IN + ends(7), [("kekava-main", "", "left", 6.9)]),
    ("not left yet", IN, []),
    (
        "played again by another engine",
        IN + "7.0 caller IVR_MENU menu=kekava-main\n8.0 caller IVR_KEY menu=kekava-main key=1 result=valid" + ends(9),
        [("kekava-main", "1", "valid", 7.9)],
    ),
    (
        "a second menu, and one that was never played",
        IN
        + "7.0 caller IVR_MENU menu=other\n8.0 caller IVR_KEY menu=third key=1 result=valid\n"
        + "8.1 caller IVR_KEY menu=third key= result=no_input"
        + ends(9),
        [
            ("kekava-main", "", "left", 6.9),
            ("other", "", "left", 1.0),
            ("third", "1", "valid", None),
            ("third", "", "no_input", None),
        ],
    ),
    (
        "left by a last message",
        IN + EXIT.format(reason="no_input") + ends(9.2),
        [("kekava-main", "", "left", 6.9)],
    ),
]


@pytest.mark.parametrize(("table", "found"), [case[1:] for case in KEYS], ids=[case[0] for case in KEYS])
def test_the_answers_to_menus(table: str, found: list[tuple[str, str, str, float | None]]) -> None:
    record = fold(events_of(table))
    told = [(one.menu, one.key, one.result, None if one.waited is None else seconds(one.waited)) for one in record.keys]
    assert told == found


def test_a_menu_that_was_left_before_it_began_by_a_clock_is_not_negative() -> None:
    steps = [Step(to_datetime(10), StepKind.MENU, "a")]
    assert key_presses(steps, to_datetime(5))[0].waited == timedelta()


@pytest.mark.parametrize(
    ("table", "key"),
    [
        (IN + RINGS, "1"),
        (IN, ""),
        (
            IN
            + "6.1 caller IVR_KEY menu=kekava-main key=5 result=invalid\n6.15 caller IVR_KEY menu=a key=3 result=valid",
            "3",
        ),
        (
            IN
            + "6.1 caller IVR_KEY menu=kekava-main key=9 result=valid\n6.2 caller IVR_LANGUAGE language=en\n"
            + "6.3 caller IVR_MENU menu=kekava-main\n6.4 caller IVR_KEY menu=kekava-main key=2 result=valid",
            "2",
        ),
    ],
)
def test_the_first_key_does_not_choose_a_language(table: str, key: str) -> None:
    assert fold(events_of(table)).first_key == key
