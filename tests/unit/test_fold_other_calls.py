"""People who come from another call: two calls of a telephone joined, a call picked up, a caller parked and retrieved."""

from datetime import timedelta

import pytest

from cdr.fold.fold import fold
from cdr.record.record import CallRecord, StepKind
from cdr.record.words import Role
from tests.fakes.call_pieces import IN, RINGS, TALKS, ends
from tests.fakes.call_table import events_of

TARGET = "transfer_target_channel_name=chan:duty-1 transfer_target_channel_uniqueid=id:duty-1"
JOINED = f"""
10.0  caller BRIDGE_EXIT      bridge_id=b1
10.0  caller BRIDGE_ENTER     bridge_id=b2
10.0  info-1 ATTENDEDTRANSFER bridge2_id=b2 transferee_channel_uniqueid=id:caller {TARGET}
10.1  info-1 BRIDGE_EXIT      bridge_id=b1
"""
LEAVES = """
15.0  duty-1 BRIDGE_EXIT      bridge_id=b2
15.0  duty-1 HANGUP           hangupcause=16
"""
PICKED = """
7.9   info-1 PICKUP           pickup_channel=chan:duty-1 pickup_channel_uniqueid=id:duty-1
7.91  info-1 HANGUP           hangupcause=26
7.92  info-1 CHAN_END
10.0  caller BRIDGE_ENTER     bridge_id=b2
"""
PARKED = """
9.0   info-1 BLINDTRANSFER extension=700 transferee_channel_uniqueid=id:caller
9.0   caller BRIDGE_EXIT   bridge_id=b1
9.0   caller APP_END       app=Dial
9.1   caller PARK_START    parking_lot=default
9.1   caller BRIDGE_ENTER  bridge_id=hold
9.2   info-1 BRIDGE_EXIT   bridge_id=b1
"""
RETRIEVED = """
12.0  caller PARK_END      reason=ParkedCallUnparked
12.0  caller BRIDGE_EXIT   bridge_id=hold
12.0  caller BRIDGE_ENTER  bridge_id=b2
12.0  duty-1 BRIDGE_ENTER  bridge_id=b2
"""


def seconds(record: CallRecord) -> tuple[float, ...]:
    return tuple(span / timedelta(seconds=1) for span in (record.menu, record.waiting, record.talking))


def talks(record: CallRecord) -> list[tuple[str, float]]:
    return [
        (step.name, (step.at - record.started) / timedelta(seconds=1))
        for step in record.steps
        if step.kind is StepKind.TALK
    ]


@pytest.mark.parametrize("after", [LEAVES, ""], ids=["over", "still there"])
def test_the_phone_of_a_second_call_is_heard_from_the_joining_on(after: str) -> None:
    record = fold(events_of(IN + TALKS + JOINED + after + ends(20)))
    assert talks(record) == [("info-1", 8.2), ("duty-1", 10.0)]
    assert record.talking == timedelta(seconds=11.8 if not after else 6.8)
    assert [leg.phone for leg in record.legs if leg.role is Role.PHONE] == ["info-1", "duty-1"]
    assert [(one.target, one.result.value) for one in record.passes] == [("duty-1", "answered")]
    assert [visit.result.value for visit in record.visits] == ["answered", "answered"]


@pytest.mark.parametrize("after", [LEAVES, ""], ids=["over", "still there"])
def test_the_colleague_who_picks_a_call_up_answered_it(after: str) -> None:
    record = fold(events_of(IN + RINGS + PICKED + after + ends(20)))
    assert talks(record) == [("duty-1", 10.0)]
    assert (record.answered_by, record.redirections) == ("duty-1", ())
    assert [(visit.destination, visit.result.value) for visit in record.visits] == [("info", "answered")]
    assert record.talking == timedelta(seconds=5 if after else 10)


def test_a_pickup_that_failed_tells_nothing() -> None:
    record = fold(events_of(IN + RINGS + PICKED.split("10.0 ", maxsplit=1)[0] + ends(20)))
    assert (talks(record), record.disposition.value) == ([], "abandoned_ringing")
    own = IN + TALKS + "9.0 info-1 PICKUP pickup_channel=chan:info-1 pickup_channel_uniqueid=id:info-1\n"
    assert talks(fold(events_of(own + ends(20)))) == [("info-1", 8.2)]


def test_being_parked_is_waiting_and_who_retrieves_talks() -> None:
    given_up = fold(events_of(IN + TALKS + PARKED + ends(20)))
    assert seconds(given_up) == (6.4, 12.8, 0.8)
    assert [(one.target, one.result.value) for one in given_up.passes] == [("700", "abandoned")]
    record = fold(events_of(IN + TALKS + PARKED + RETRIEVED + ends(20)))
    assert talks(record) == [("info-1", 8.2), ("duty-1", 12.0)]
    assert seconds(record) == (6.4, 4.8, 8.8)
    assert [one.result.value for one in record.passes] == ["answered"]


def test_a_channel_of_the_trunk_is_still_the_number_that_was_dialled() -> None:
    table = IN + "6.3 caller IVR_RING destination=info phone=+35932656000\n6.4 caller APP_START app=Dial data=x\n"
    record = fold(
        events_of(
            table + "6.5 trunk CHAN_START\n7.0 trunk BRIDGE_ENTER bridge_id=b\n7.0 caller BRIDGE_ENTER bridge_id=b"
        )
    )
    assert record.talked_with == ("+35932656000",)
