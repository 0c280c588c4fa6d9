"""What a call was about: topics that people set during the call, after it, and from outside."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cdr.errors import EmptyCall
from cdr.fold.fold import fold
from cdr.journal.line import JournalEvent, parse_line
from cdr.journal.marks import call_of_line, is_from_outside
from cdr.record.journey import journey
from cdr.record.record import CallRecord, Disposition, StepKind
from cdr.record.words import TopicResult
from cdr.store.packed import events_of as kept_in
from cdr.store.packed import pack
from tests.fakes.call_pieces import IN, TALKS, ends
from tests.fakes.call_table import events_of, linkedid_of
from tests.fakes.journal_marks import around, folded, mark

TALKED = IN + TALKS + ends(20, "info-1")
SET = "9.0 info-1 IVR_TOPIC topic=heating result=registered case=A-12 by=info-1\n"


def outside(after: str, call: str = linkedid_of(), **values: str) -> JournalEvent:
    """Give a topic that a supervisor set: the line of a Local channel in `ivr-mark`."""
    (event,) = parse_line(mark("IVR_TOPIC", after, linkedid=call, **values))
    assert isinstance(event, JournalEvent)
    return event


def about(record: CallRecord) -> tuple[str, TopicResult, str]:
    return record.topic, record.result, record.case_reference


def without_topics(record: CallRecord) -> CallRecord:
    return replace(record, steps=tuple(step for step in record.steps if step.kind is not StepKind.TOPIC))


def test_a_call_without_a_topic() -> None:
    assert about(fold(events_of(TALKED))) == ("", TopicResult.NOT_TOLD, "")


def test_a_topic_that_was_set_in_the_call() -> None:
    record = fold(events_of(IN + TALKS + SET + ends(20, "info-1")))
    assert about(record) == ("heating", TopicResult.REGISTERED, "A-12")
    assert record.as_dict()["topic"] == "heating"
    assert record.as_dict()["result"] == "registered"
    assert record.as_dict()["case_reference"] == "A-12"
    assert without_topics(record) == fold(events_of(TALKED))
    assert "topic heating, registered, case A-12 by info-1" in [line.text for line in journey(record, "x")]


def test_the_topic_that_was_set_last_counts_whoever_set_it() -> None:
    events = events_of(IN + TALKS + SET + ends(20, "info-1"))
    record = fold([*events, outside("90.0", topic="water", result="consulted", by="supervisor")])
    assert about(record) == ("water", TopicResult.CONSULTED, "")
    assert [step.name for step in record.steps if step.kind is StepKind.TOPIC] == ["heating", "water"]
    taken_back = fold([*events, outside("91.0", topic="", by="supervisor")])
    assert about(taken_back) == ("", TopicResult.NOT_TOLD, "")
    assert "the topic is taken back by supervisor" in [line.text for line in journey(taken_back, "x")]


def test_a_result_that_is_not_known_is_none() -> None:
    record = fold(events_of(IN + TALKS + SET.replace("registered", "burnt") + ends(20)))
    assert about(record) == ("heating", TopicResult.NOT_TOLD, "A-12")


@pytest.mark.parametrize("table", [TALKED, IN + TALKS, IN, IN + ends(7), "0.0 caller CHAN_START"])
def test_a_topic_from_outside_changes_nothing_else_of_a_call(table: str) -> None:
    events = events_of(table)
    plain = fold(events)
    for after in ("3.0", "300.0"):
        told = fold([outside(after, topic="water"), *events])
        assert without_topics(told) == plain
        assert told.topic == "water"
        assert [leg.uniqueid for leg in told.legs] == [leg.uniqueid for leg in plain.legs]


def test_a_topic_alone_is_no_call() -> None:
    with pytest.raises(EmptyCall):
        fold([outside("5.0", topic="water")])


def test_a_topic_after_a_boot_does_not_bring_a_lost_call_back() -> None:
    boot = around("IVR_BOOT", "100.0", "pbx-1795000100.0")
    late = mark("IVR_TOPIC", "150.0", linkedid=linkedid_of(), topic="water")
    before = [event.line + b"\n" for event in events_of(IN + TALKS)]
    (record,) = folded([*before, *boot, late]).values()
    assert (record.disposition, record.topic) == (Disposition.PBX_LOST, "water")
    assert record.ended == record.seen_until == record.started + timedelta(seconds=8.2)


def test_a_topic_that_was_set_after_a_step_of_the_clock() -> None:
    step = around("IVR_CLOCK", "3612.0", "pbx-1795000012.900", seconds="3600")
    late = mark("IVR_TOPIC", "3630.0", linkedid=linkedid_of(), topic="water")
    lines = [event.line + b"\n" for event in events_of(TALKED.replace("20.000", "3620.000"))]
    (record,) = folded([*lines[:-3], *step, *lines[-3:], late]).values()
    assert record.stepped == timedelta(hours=1)
    assert [step.at - record.started for step in record.steps][-1] == timedelta(seconds=30)
    assert record.total == timedelta(seconds=20)


def test_which_call_a_line_belongs_to() -> None:
    line = outside("1.0", topic="water")
    (own,) = events_of("1.0 info-1 IVR_TOPIC topic=water")
    (named,) = events_of(f"1.0 info-1 IVR_TOPIC topic=water linkedid={linkedid_of()}")
    (other,) = events_of(f"1.0 info-1 IVR_TOPIC topic=water linkedid={linkedid_of(7)}")
    boot = parse_line(mark("IVR_BOOT", "1.0", linkedid=linkedid_of()))[0]
    strange = outside("1.0", "no linkedid", topic="water")
    assert isinstance(boot, JournalEvent)
    assert [call_of_line(one) for one in (line, own, named, other)] == [linkedid_of()] * 3 + [linkedid_of(7)]
    assert (call_of_line(boot), call_of_line(strange)) == (None, None)
    assert [is_from_outside(one) for one in (line, own, named, other)] == [True, False, False, True]


def test_a_topic_from_outside_is_kept_with_the_lines_of_its_call() -> None:
    events = [*events_of(TALKED), outside("90.0", topic="water")]
    for compressed in (False, True):
        assert fold(kept_in(pack(events, compressed=compressed))) == fold(events)
