"""The destinations that a caller was sent to, and what came of each."""

from datetime import timedelta

import pytest

from cdr.fold.fold import fold
from cdr.fold.seconds import shares
from cdr.record.record import CallRecord
from tests.fakes.call_pieces import CLOSED_MENU, EXIT, IN, RINGS, TALKS, dial_fails, ends
from tests.fakes.call_table import events_of
from tests.fakes.transfer_pieces import ASKED, ATTENDED, BACK, BLIND, DUTY, JOINS, TAKES

NEXT_PHONE = """
9.1   caller IVR_DECISION  destination=info rule=destinations.info.phones.1 reason=busy
9.2   caller IVR_RING      destination=info phone=info-2
9.3   caller APP_START     app=Dial data=PJSIP/info-2,15
9.31  info-2 CHAN_START
"""
ELSEWHERE = "10.0 caller IVR_DECISION destination=police rule=destinations.info.exits.busy reason={reason}\n"
MESSAGE = "6.2 caller IVR_DECISION destination=news rule=r reason=open\n" + EXIT.format(reason="key")
CLOSED_AWAY = (
    CLOSED_MENU
    + "7.0 caller IVR_KEY menu=kekava-closed key=2 result=valid\n"
    + "7.1 caller IVR_DECISION destination=police rule=r2 reason=open\n"
)


def seconds(span: timedelta) -> float:
    return span / timedelta(seconds=1)


def visits(record: CallRecord) -> list[tuple[str, str, str]]:
    return [(visit.destination, visit.reason, visit.result.value) for visit in record.visits]


CASES = [
    ("answered", TALKS + ends(20), [("info", "open", "answered")]),
    ("while it rings", RINGS + ends(9), [("info", "open", "abandoned")]),
    ("the PBX ends it", RINGS + ends(9, ""), [("info", "open", "")]),
    ("open", RINGS, [("info", "open", "")]),
    ("busy, and the PBX ends it", RINGS + dial_fails(9, "info-1", "BUSY") + ends(9.5, ""), [("info", "open", "busy")]),
    (
        "busy, and the caller leaves",
        RINGS + dial_fails(9, "info-1", "BUSY") + ends(9.05),
        [("info", "open", "abandoned")],
    ),
    (
        "the second phone of a destination is the same visit",
        RINGS + dial_fails(9, "info-1", "BUSY") + NEXT_PHONE + ends(12),
        [("info", "open", "abandoned")],
    ),
    (
        "what the rules made of all phones counts",
        RINGS + dial_fails(9, "info-1", "BUSY") + ELSEWHERE.format(reason="no_answer") + ends(11),
        [("info", "open", "no_answer"), ("police", "no_answer", "abandoned")],
    ),
    (
        "a reason that says nothing of phones",
        RINGS + dial_fails(9, "info-1", "CHANUNAVAIL") + ELSEWHERE.format(reason="operator") + ends(11),
        [("info", "open", "unreachable"), ("police", "operator", "abandoned")],
    ),
    (
        "full",
        RINGS.split("6.3 ")[0]
        + "6.31 caller IVR_DIALSTATUS dialstatus=FULL\n"
        + EXIT.format(reason="full")
        + ends(9.1, "x"),
        [("info", "open", "full")],
    ),
    ("closed", CLOSED_MENU + ends(9.2), [("info", "closed", "closed")]),
    (
        "closed, then another line",
        CLOSED_AWAY + ends(9.2),
        [("info", "closed", "closed"), ("police", "open", "abandoned")],
    ),
    (
        "the exit of a closed one rings",
        "6.2 caller IVR_DECISION destination=police rule=destinations.info.exits.closed reason=closed\n"
        "6.3 caller IVR_RING destination=police phone=police-1\n" + ends(9),
        [("police", "closed", "abandoned")],
    ),
    ("a message", MESSAGE + ends(9.2), [("news", "open", "message")]),
    ("a message cut off", MESSAGE + ends(8), [("news", "open", "abandoned")]),
    (
        "a menu behind a destination",
        "6.2 caller IVR_DECISION destination=more rule=r reason=open\n" + ELSEWHERE.format(reason="open") + ends(11),
        [("more", "open", "left"), ("police", "open", "abandoned")],
    ),
    (
        "blind",
        TALKS + BLIND + DUTY + TAKES + ends(20),
        [("info", "open", "answered"), ("duty", "transfer", "answered")],
    ),
    (
        "blind, busy, and back",
        TALKS + BLIND + DUTY + dial_fails(12, "duty-1", "BUSY") + BACK + ends(20),
        [("info", "open", "answered"), ("duty", "transfer", "busy"), ("info", "returned", "abandoned")],
    ),
    (
        "blind, busy, and back in vain",
        TALKS
        + BLIND
        + DUTY
        + dial_fails(12, "duty-1", "NOANSWER")
        + BACK.replace("busy", "no_answer")
        + dial_fails(13, "info-1", "BUSY")
        + ELSEWHERE.replace("10.0", "13.5").format(reason="no_answer")
        + ends(20),
        [
            ("info", "open", "answered"),
            ("duty", "transfer", "no_answer"),
            ("info", "returned", "busy"),
            ("police", "no_answer", "abandoned"),
        ],
    ),
    (
        "back without a reason of a phone",
        TALKS + BLIND + "12.2 caller IVR_RETURN phone=info-9 reason=unknown\n" + ends(20),
        [("info", "open", "answered"), ("", "transfer", "left"), ("", "returned", "abandoned")],
    ),
    (
        "back from a closed one",
        TALKS + BLIND + "12.2 caller IVR_RETURN phone=info-1 reason=closed\n" + ends(20),
        [("info", "open", "answered"), ("", "transfer", "closed"), ("info", "returned", "abandoned")],
    ),
    (
        "a supervisor takes a caller who waits",
        RINGS + "8.0 caller IVR_TRANSFER to=24 by=supervisor kind=supervisor\n" + DUTY + TAKES + ends(20),
        [("info", "open", "transferred"), ("duty", "transfer", "answered")],
    ),
    (
        "attended",
        TALKS + ASKED + ATTENDED + JOINS + ends(20),
        [("info", "open", "answered"), ("duty", "transfer", "answered")],
    ),
    (
        "attended by a colleague whom the caller never heard",
        RINGS + ASKED + JOINS + ATTENDED + ends(20),
        [("info", "open", "transferred"), ("duty", "transfer", "answered")],
    ),
    (
        "attended, and nobody comes",
        TALKS + ASKED + ATTENDED + ends(20),
        [("info", "open", "answered"), ("duty", "transfer", "abandoned")],
    ),
    ("lost", TALKS + "9.0 caller BRIDGE_EXIT bridge_id=b1\n" + ELSEWHERE.format(reason="busy"), None),
]


@pytest.mark.parametrize(("table", "found"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_visits(table: str, found: list[tuple[str, str, str]] | None) -> None:
    record = fold(events_of(IN + table))
    if found is not None:
        assert visits(record) == found
    assert sum((visit.talking for visit in record.visits), timedelta()) == record.talking
    assert sum((visit.waiting for visit in record.visits), timedelta()) == record.waiting


def test_a_visit_tells_when_phones_were_asked_and_somebody_answered() -> None:
    record = fold(events_of(IN + TALKS + BLIND + DUTY + TAKES + ends(20)))
    first, second = record.visits
    start = record.started
    assert first.asked is not None
    assert second.asked is not None
    assert record.asked == first.asked
    assert [seconds(at - start) for at in (first.at, first.asked, second.at, second.asked)] == [6.2, 6.3, 9.0, 9.3]
    assert (first.connected, second.connected) == (record.connected, start + timedelta(seconds=11))
    assert (first.rule, second.rule) == ("menus.kekava-main.keys.1", "destinations.duty")
    assert [seconds(span) for span in (first.talking, second.talking)] == [0.801, 9.0]
    assert [seconds(span) for span in (first.waiting, second.waiting)] == [1.9, 1.701]
    assert (record.first_destination, record.last_destination) == ("info", "duty")


def test_the_talk_that_a_transfer_ends_belongs_to_the_visit_before_unless_it_goes_on() -> None:
    slow = BLIND.replace("9.001", "10.5").replace("9.002", "10.51").replace("9.003", "10.52")
    quick, slowly = (fold(events_of(IN + TALKS + one + ends(20))) for one in (BLIND, slow))
    assert [seconds(visit.talking) for visit in quick.visits] == [0.801, 0]
    assert [seconds(visit.talking) for visit in slowly.visits] == [0.8, 1.5, 0]


def test_a_foreign_dialplan_without_decisions() -> None:
    table = """
0.0 caller CHAN_START
1.0 caller IVR_RING destination=a phone=a-1
2.0 caller IVR_RING destination=b phone=b-1
2.1 b-1 CHAN_START
3.0 caller BRIDGE_ENTER bridge_id=b1
3.0 b-1 BRIDGE_ENTER bridge_id=b1
"""
    assert visits(fold(events_of(table + ends(5)))) == [("a", "", "left"), ("b", "", "answered")]
    no_ring = (
        "0.0 caller CHAN_START\n0.1 x CHAN_START\n1.0 caller BRIDGE_ENTER bridge_id=b\n1.0 x BRIDGE_ENTER bridge_id=b\n"
    )
    assert visits(fold(events_of(no_ring + ends(5)))) == [("", "", "answered")]
    assert visits(fold(events_of("0.0 caller CHAN_START\n1.0 caller IVR_EXIT reason=busy" + ends(5)))) == []
    queue = fold(events_of("0.0 caller CHAN_START\n1.0 caller APP_START app=Queue" + ends(5)))
    assert (queue.visits, seconds(queue.waiting)) == ((), 4.0)


def test_a_caller_whom_the_rules_lead_into_a_menu() -> None:
    table = "0.1 caller IVR_DECISION rule=services.kekava.callers.0 reason=caller\n" + TALKS
    record = fold(events_of(IN + table + ends(20)))
    assert visits(record) == [("", "caller", "left"), ("info", "open", "answered")]
    assert record.first_destination == "info"


def test_shares_of_windows() -> None:
    assert shares([(0, 10), (20, 30)], [5, 8, 25]) == [3, 7, 5]
    assert shares([(0, 10)], []) == []
    assert shares([(0, 10), (12, 14)], [3]) == [9]
    assert shares([], [1, 2]) == [0, 0]
