"""Transfers that come through our own dialplan, the caller given back, and calls that another engine went on with."""

from datetime import timedelta

import pytest

from cdr.fold.fold import fold
from cdr.record.journey import journey
from cdr.record.record import CallRecord
from tests.fakes.call_pieces import IN, RINGS, TALKS, ends
from tests.fakes.call_table import events_of

HANDED = """
9.0   caller BRIDGE_EXIT   bridge_id=b1
9.1   info-1 BLINDTRANSFER extension=21 transferee_channel_uniqueid=id:caller
9.101 caller IVR_TRANSFER  to=21 by=info-1
"""
RINGS_AT_POLICE = """
9.2   caller IVR_DECISION  destination=police rule=r reason=transfer
9.3   caller IVR_RING      destination=police phone=police-1
9.4   caller APP_START     app=Dial data=PJSIP/police-1,20
9.41  police-1 CHAN_START
"""
BUSY = """
10.0  caller APP_END       app=Dial
10.1  caller IVR_DIALSTATUS dialstatus=BUSY hangupcause=17
"""
BACK = """
10.2  caller IVR_RETURN    phone=info-1 reason=busy
10.3  caller IVR_RING      destination=info phone=info-1
10.4  caller APP_START     app=Dial data=PJSIP/info-1,20
12.0  info-1 BRIDGE_ENTER  bridge_id=b2
12.0  caller BRIDGE_ENTER  bridge_id=b2
"""
BY_SUPERVISOR = HANDED.replace("by=info-1", "by=supervisor").replace("9.1 ", "9.1  police-1 STREAM_END\n# ")
AT_21, AT_POLICE = ("info", "info-1", "", "21"), ("info", "info-1", "police", "police-1")


def folded(table: str) -> CallRecord:
    rows = [row for row in table.splitlines() if not row.startswith("#")]
    return fold(events_of("\n".join(rows) + ends(60)))


def ways(record: CallRecord) -> list[tuple[str, ...]]:
    return [
        (one.from_destination, one.from_phone, one.to_destination, one.to_phone, one.reason)
        for one in record.redirections
    ]


CASES = [
    ("by an agent", TALKS + HANDED + RINGS_AT_POLICE, [(*AT_POLICE, "blind_transfer")], 1, 0),
    ("by a supervisor", TALKS + BY_SUPERVISOR + RINGS_AT_POLICE, [(*AT_POLICE, "supervisor_transfer")], 1, 0),
    (
        "told by our line alone",
        TALKS + "9.1 caller IVR_TRANSFER to=21 by=info-1",
        [(*AT_21, "blind_transfer")],
        1,
        0,
    ),
    (
        "told by both, far apart",
        TALKS + HANDED.replace("9.101", "12.0"),
        [(*AT_21, "blind_transfer"), ("", "info-1", "", "21", "blind_transfer")],
        2,
        0,
    ),
    (
        "busy, and back",
        TALKS + HANDED + RINGS_AT_POLICE + BUSY + BACK,
        [(*AT_POLICE, "blind_transfer"), ("police", "police-1", "info", "info-1", "returned")],
        1,
        1,
    ),
    (
        "closed, and back",
        TALKS
        + HANDED
        + "9.2 caller IVR_DECISION destination=police rule=r reason=closed\n9.21 caller IVR_RETURN phone=info-1 reason=closed",
        [("info", "info-1", "police", "", "blind_transfer"), ("police", "", "", "info-1", "returned")],
        1,
        1,
    ),
    (
        "unknown, and back",
        TALKS + HANDED + "9.2 caller IVR_RETURN phone=info-1 reason=unknown",
        [(*AT_21, "blind_transfer"), ("", "21", "", "info-1", "returned")],
        1,
        1,
    ),
    (
        "a supervisor takes a caller who waits",
        RINGS + "8.0 caller IVR_TRANSFER to=21 by=supervisor",
        [(*AT_21, "supervisor_transfer")],
        1,
        0,
    ),
    ("lines of other channels", TALKS + "9.1 info-1 IVR_TRANSFER to=21\n9.2 info-1 IVR_RETURN phone=x", [], 0, 0),
]


@pytest.mark.parametrize(
    ("table", "found", "transfers", "returns"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_transfers(table: str, found: list[tuple[str, ...]], transfers: int, returns: int) -> None:
    record = folded(IN + table)
    assert ways(record) == found
    assert (record.transfers, record.returns) == (transfers, returns)
    whole = record.as_dict()
    assert (whole["transfers"], whole["returns"]) == (transfers, returns)
    assert record.menu + record.waiting + record.talking == record.total


ASKED = """
9.0   caller BRIDGE_EXIT      bridge_id=b1
9.1   info-1 ATTENDEDTRANSFER transferee_channel_uniqueid=id:caller transfer_target_channel_name=N/A
"""
LATE = (
    "29.1  caller IVR_TRANSFER to=24 by=info-1 kind=attended\n29.2  caller IVR_RETURN phone=info-1 reason=no_answer\n"
)
TALKED = "12.0 caller BRIDGE_ENTER bridge_id=b1\n13.0 caller BRIDGE_EXIT bridge_id=b1\n"


def test_an_attended_transfer_that_nobody_took_is_told_late_and_counts_once() -> None:
    record = folded(IN + TALKS + ASKED + LATE)
    assert ways(record) == [("info", "info-1", "", "24", "attended_transfer"), ("", "24", "", "info-1", "returned")]
    assert (record.transfers, record.returns) == (1, 1)
    told_alone = folded(IN + TALKS + LATE)
    assert [one.reason for one in told_alone.redirections] == ["attended_transfer", "returned"]
    two = folded(IN + TALKS + ASKED + TALKED + LATE)
    assert two.transfers == 2
    assert ways(folded(IN + TALKS + ASKED))[0] == ("info", "info-1", "", "", "attended_transfer")


def test_music_is_a_sound_with_the_name_of_its_class() -> None:
    record = folded(IN + TALKS + "9.0 caller STREAM_BEGIN app=Dial class=default")
    assert [step.name for step in record.steps if step.kind.value == "sound"][-1] == "music/default"


def test_the_journey_of_a_caller_who_is_given_back() -> None:
    record = folded(IN + TALKS + HANDED + RINGS_AT_POLICE + BUSY + BACK)
    texts = [line.text for line in journey(record, "x")]
    start = texts.index("info-1 hands the caller on to 21 (blind transfer)")
    assert texts[start + 1 : start + 7] == [
        "goes to police: transfer, rule r",
        "rings police-1 of police",
        "police-1 does not take the call: busy",
        "the caller goes back to info-1: busy",
        "rings info-1 of info",
        "talks with info-1 of info",
    ]
    assert record.talked_with == ("info-1", "info-1")
    waiting = RINGS + "8.0 caller IVR_TRANSFER to=21 by=supervisor"
    assert "somebody hands the caller on to 21 (supervisor transfer)" in [
        line.text for line in journey(folded(IN + waiting), "x")
    ]


def test_a_transfer_by_the_dialplan_ends_the_wait_for_the_phone() -> None:
    plain = folded(IN + RINGS)
    handed = folded(IN + RINGS + "8.0 caller IVR_TRANSFER to=21 by=supervisor")
    assert plain.waiting == timedelta(seconds=53.7)
    assert handed.waiting == timedelta(seconds=1.7)


def test_a_call_that_another_engine_goes_on_with() -> None:
    adopted = "7.0 caller IVR_ENGINE engine=e2 rules=abc\n7.0 caller IVR_ADOPTED stage=menu\n"
    record = folded(IN + adopted)
    assert (record.engine, record.led_by.value) == ("e2", "engine")
    texts = [line.text for line in journey(record, "x")]
    assert "goes on where another engine had stopped (menu)" in texts
    assert "the engine leads (e2, rules abc)" in texts
