"""Whose channel is whose: phones that ring together, numbers behind a trunk, destinations that are full."""

from datetime import timedelta

from cdr.fold.fold import fold
from cdr.record.record import CallRecord, Disposition, StepKind
from tests.fakes.call_pieces import EXTERNAL, IN, RINGS, TOGETHER, dial_fails, ends
from tests.fakes.call_table import events_of


def legs(record: CallRecord) -> list[tuple[str, str, int | None]]:
    return [(leg.phone, leg.destination, leg.hangup_cause) for leg in record.legs]


def rings(record: CallRecord) -> list[tuple[str, str]]:
    return [(step.name, step.value) for step in record.steps if step.kind is StepKind.RING]


def test_of_phones_that_ring_together_each_has_its_leg_and_one_talked() -> None:
    record = fold(events_of(IN + TOGETHER + ends(20, "info-2")))
    assert legs(record) == [("", "", 16), ("info-1", "info", 26), ("info-2", "info", None)]
    assert (record.answered_by, record.talked_with, record.hung_up_by) == ("info-2", ("info-2",), "info-2")
    assert rings(record) == [("info-1&info-2", "info")]
    assert record.redirections == ()
    assert (record.waiting, record.talking) == (timedelta(seconds=1.9), timedelta(seconds=11.8))


def test_phones_that_ring_together_fail_as_one() -> None:
    record = fold(events_of(IN + TOGETHER.split("8.0 ")[0] + dial_fails(9, "info-1", "NOANSWER") + ends(9.2, "")))
    assert [(step.name, step.reason) for step in record.steps if step.kind is StepKind.DIAL_FAILED] == [
        ("info-1&info-2", "no_answer")
    ]
    assert record.disposition is Disposition.NO_ANSWER


def test_a_strange_channel_is_no_phone_of_those_that_ring_together() -> None:
    record = fold(events_of(IN + TOGETHER + "8.5 guest CHAN_START" + ends(20)))
    assert legs(record)[-1] == ("guest", "", None)


def test_an_institution_behind_the_trunk_is_known_by_its_number() -> None:
    record = fold(events_of(IN + EXTERNAL + ends(20, "trunk")))
    assert legs(record) == [("", "", 16), ("+35932656000", "info", None)]
    assert (record.answered_by, record.hung_up_by) == ("+35932656000", "+35932656000")
    assert rings(record) == [("+35932656000", "info")]
    assert [leg.channel.partition("-")[0] for leg in record.legs] == ["PJSIP/trunk", "PJSIP/trunk"]


def test_a_full_destination_rings_nowhere_and_is_not_waited_for() -> None:
    table = """
7.0 caller IVR_DECISION   destination=fire rule=destinations.info.exits.busy reason=busy
7.1 caller IVR_DIALSTATUS dialstatus=FULL hangupcause=0
7.2 caller IVR_EXIT       reason=full prompt=kekava/all-busy
7.3 caller STREAM_BEGIN   app=Playback sound=ivr/kekava/all-busy
9.0 caller STREAM_END     app=Playback
"""
    record = fold(events_of(IN + RINGS + dial_fails(6.9, "info-1", "BUSY") + table + ends(9.1, "dialplan/builtin")))
    assert record.disposition is Disposition.FULL
    failed = [(step.name, step.reason) for step in record.steps if step.kind is StepKind.DIAL_FAILED]
    assert failed == [("info-1", "busy"), ("", "full")]
    assert record.waiting == timedelta(seconds=0.6)


def test_an_announcement_after_a_ring_is_menu_again() -> None:
    table = "6.3 caller IVR_RING destination=info phone=info-1\n7.3 caller IVR_ANNOUNCEMENT announcements=a prompts=a"
    record = fold(events_of(IN + table + ends(10)))
    assert (record.menu, record.waiting) == (timedelta(seconds=9), timedelta(seconds=1))
