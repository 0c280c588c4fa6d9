"""Where a caller is, as a supervisor would say it, line by line: in tables and in the journals of real calls."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from cdr.fold.fold import fold
from cdr.live.call import LiveCall, live_call
from cdr.live.calls import LiveCalls
from cdr.live.lines import QUIET
from cdr.record.words import StepKind
from ivr.supervision.models import Stage
from tests.fakes.call_pieces import (
    ANNOUNCES,
    ARRIVES,
    CLOSED_MENU,
    EXIT,
    EXTERNAL,
    IN,
    MENU,
    RINGS,
    TALKS,
    TOGETHER,
    dial_fails,
    until,
)
from tests.fakes.call_table import events_of
from tests.fakes.live_lines import by_the_fold, placed, seen, told
from tests.fakes.random_calls import TABLES

TRACES = Path(__file__).parents[1] / "traces"
BUSY = dial_fails(9, "info-1", "BUSY")
TALKS_ON = "talking info info-1"
CONSULTS = (
    TALKS
    + """
9.0     caller STREAM_BEGIN app=Dial class=default
9.1     info-1 BRIDGE_EXIT  bridge_id=b1
9.2     info-1 BRIDGE_ENTER bridge_id=b2
"""
)


def at(table: str, welcomes: tuple[str, ...] = ("kekava/welcome",)) -> LiveCall:
    return live_call(fold(events_of(table)), welcomes)


@pytest.mark.parametrize(
    ("table", "expected", "since"),
    [
        ("0.0 caller CHAN_START", "welcome", 0.0),
        (ARRIVES, "welcome", 0.0),
        (until(1, IN), "welcome", 0.0),
        (IN, "menu kekava-main", 2.21),
        (until(1.0), "welcome", 0.0),
        (until(3.0), "announcement", 2.01),
        (until(4.5), "announcement", 2.01),
        (ARRIVES + ANNOUNCES, "menu kekava-main", 5.1),
        (IN + CLOSED_MENU, "menu kekava-closed info", 6.3),
        (IN + RINGS, "ringing info info-1", 6.3),
        (IN + TALKS, TALKS_ON, 8.2),
        (IN + TOGETHER, "talking info info-2", 8.2),
        (IN + until(7, TOGETHER), "ringing info info-1&info-2", 6.3),
        (IN + EXTERNAL, "talking info +35932656000", 8.2),
        (IN + RINGS + BUSY, "connecting info", 9.001),
        (IN + RINGS + BUSY + "9.05 caller IVR_RING destination=info phone=info-2", "ringing info info-2", 9.05),
        (IN + EXIT.format(reason="no_input"), "message", 7.0),
        (IN + "7.0 caller IVR_FALLBACK reason=lease_over", "menu kekava-main", 2.21),
        (IN + "7.0 caller IVR_ADOPTED stage=menu", "menu kekava-main", 2.21),
        (IN + CONSULTS, TALKS_ON, 8.2),
        (IN + CONSULTS + "12.0 info-1 BRIDGE_EXIT bridge_id=b2\n12.1 info-1 BRIDGE_ENTER bridge_id=b1", TALKS_ON, 8.2),
        (IN + TALKS + "9.0 caller IVR_TRANSFER to=24 by=info-1 kind=blind", "connecting", 9.0),
        (
            IN + TOGETHER + "12.1 info-1 BRIDGE_ENTER bridge_id=b1\n12.2 info-2 BRIDGE_EXIT bridge_id=b1",
            TALKS_ON,
            12.2,
        ),
        (until(1.0) + "1.5 caller IVR_MENU menu=kekava-main language=lv", "menu kekava-main", 1.5),
        (
            until(3.0)
            + "3.0 caller IVR_KEY menu=kekava-main key=9 result=invalid\n3.1 caller IVR_MENU menu=kekava-main language=lv\n"
            + "3.2 caller STREAM_BEGIN app=Read sound=ivr/kekava/roads language=lv",
            "menu kekava-main",
            3.0,
        ),
        (
            IN + TALKS + "9.0 caller IVR_TRANSFER to=24 by=info-1 kind=blind\n9.1 caller IVR_RETURN phone=info-1 reason=closed",
            "connecting info info-1",
            9.0,
        ),
    ],
)  # fmt: skip
def test_the_stage_is_what_a_supervisor_would_say(table: str, expected: str, since: float) -> None:
    call = at(table)
    assert (told(call), call.since - call.started) == (expected, timedelta(seconds=since))
    assert Stage(call.stage)


def test_a_caller_waits_from_the_decision_until_somebody_talks() -> None:
    ringing = at(IN + RINGS + BUSY + "9.05 caller IVR_RING destination=info phone=info-2")
    assert ringing.waiting_since is not None
    assert ringing.waiting_since - ringing.started == timedelta(seconds=6.2)
    for table in (IN, IN + TALKS, IN + CLOSED_MENU, IN + EXIT.format(reason="no_input")):
        assert at(table).waiting_since is None


def test_a_key_leads_away_from_a_closed_place_and_none_does_not() -> None:
    nothing = "8.0 caller IVR_KEY menu=kekava-closed key= result=no_input"
    back = "8.0 caller IVR_KEY menu=kekava-closed key=0 result=valid\n8.1 caller IVR_MENU menu=kekava-main language=lv"
    assert told(at(IN + CLOSED_MENU + nothing)) == "menu kekava-closed info"
    call = at(IN + CLOSED_MENU + back)
    assert (told(call), call.rule, call.reason) == ("menu kekava-main", "", "")


def test_a_menu_without_a_welcome_is_a_menu_at_once() -> None:
    menu = MENU.replace(" welcome=kekava/welcome", "").split("0.2 ", maxsplit=1)[0]
    assert told(at(ARRIVES + menu, ())) == "menu kekava-main"


def test_instants_are_by_the_clock_as_it_is_now() -> None:
    record = fold(events_of(IN + TALKS))
    plain = live_call(record)
    later = live_call(replace(record, stepped=timedelta(hours=1)))
    assert later.since - plain.since == later.started - plain.started == timedelta(hours=1)


TOLD = {
    "adopted_by_another_engine": ["welcome", "menu kekava-main", "connecting UT", "ringing UT UT-1", "talking UT UT-1"],
    "attended_transfer_no_answer_returned": [
        "welcome", "connecting IN", "ringing IN IN-1", "talking IN IN-1", "ringing DU DU-1", "ringing DU",
        "connecting IN IN-1", "ringing IN IN-1", "talking IN IN-1",
    ],
    "attended_transfer_to_destination": [
        "welcome", "connecting IN", "ringing IN IN-1", "talking IN IN-1", "talking IN DU-1", "talking DU DU-1",
    ],
    "blind_transfer_busy_returned": [
        "welcome", "connecting IN", "ringing IN IN-1", "talking IN IN-1", "connecting", "connecting DU", "ringing DU DU-1",
        "connecting DU", "connecting IN IN-1", "ringing IN IN-1", "talking IN IN-1",
    ],
    "blind_transfer_to_destination": [
        "welcome", "connecting IN", "ringing IN IN-1", "talking IN IN-1", "connecting", "connecting DU", "ringing DU DU-1",
        "talking DU DU-1",
    ],
    "engine_then_fallback": [
        "welcome", "connecting UT", "ringing UT UT-1", "connecting UT", "ringing UT UT-2", "connecting UT",
        "ringing UT UT-3", "talking UT UT-3",
    ],
    "fallback_alone": [
        "welcome", "menu kekava-main", "connecting IN", "menu kekava-closed IN", "connecting DU", "ringing DU DU-1",
        "talking DU DU-1",
    ],
    "joined_and_nobody_came": [
        "welcome", "connecting IN", "ringing IN IN-1", "talking IN IN-1", "ringing DU", "connecting DU",
        "connecting IN IN-1", "ringing IN IN-1", "talking IN IN-1",
    ],
    "joined_by_the_telephone": [
        "welcome", "connecting IN", "ringing IN IN-1", "talking IN IN-1", "talking DU DU-1",
    ],
    "parked_and_retrieved": ["welcome", "connecting IN", "ringing IN IN-1", "talking IN IN-1", "connecting", "talking DU-1"],
    "phones_ring_together": [
        "welcome", "announcement", "menu kryvyi-rih-main", "connecting KR", "ringing KR KR-1&KR-2&KR-3&KR-4", "talking KR KR-3",
    ],
    "picked_up_by_a_colleague": ["welcome", "connecting IN", "ringing IN IN-1", "talking IN DU-1"],
    "refer_with_replaces": ["welcome", "connecting IN", "ringing IN IN-1", "talking IN IN-1", "talking DU-1"],
}  # fmt: skip
SHORT = {
    "kekava-information": "IN",
    "kekava-duty": "DU",
    "kekava-utility": "UT",
    "kryvyi-rih-consultation": "KR",
}


def shortened(text: str) -> str:
    for name, short in SHORT.items():
        text = text.replace(name, short)
    return text


@pytest.mark.parametrize("stem", sorted(TOLD))
def test_a_real_call_line_by_line(stem: str) -> None:
    found = [shortened(text) for text in seen(placed((TRACES / f"{stem}.csv").read_bytes()))]
    assert found == [*TOLD[stem], "over answered"]


@pytest.mark.parametrize("path", sorted(TRACES.rglob("*.csv")), ids=lambda path: path.stem)
def test_after_every_line_the_view_is_what_the_fold_says(path: Path) -> None:
    events = placed(path.read_bytes())
    live = LiveCalls()
    for number, event in enumerate(events, start=1):
        live.take([event])
        live.changes()
        if number % 7 == 0 or event.type in QUIET:
            assert {call.call: call for call in live.calls()} == by_the_fold(events[:number])


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_any_lines_in_any_order_give_what_the_fold_says(table: str) -> None:
    events = events_of(ARRIVES + "\n" + table)
    live = LiveCalls()
    over = False
    for number, event in enumerate(events, start=1):
        live.take([event])
        live.changes()
        expected = by_the_fold(events[:number])
        over = over or (number > 2 and not expected)
        assert {call.call: call for call in live.calls()} == ({} if over else expected)


def test_each_kind_of_step_is_followed_or_means_nothing_here() -> None:
    """A new kind must be thought of: extend this list when the stage does not depend on it."""
    means_nothing = {"engine", "adopted", "fallback", "language", "topic", "listen", "said"}
    followed = {
        "announcement", "sound", "menu", "key", "decision", "ring", "dial_failed", "talk", "transfer", "return", "exit",
    }  # fmt: skip
    assert {kind.value for kind in StepKind} <= means_nothing | followed
