"""What holds for the fold of any set of lines: order, pieces and repetitions do not matter, and time is conserved."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdr.errors import EmptyCall
from cdr.fold.call import dialled
from cdr.fold.fold import fold
from cdr.fold.legs import endpoint_of, to_cause
from cdr.journal.line import JournalEvent, parse_line, split_lines
from cdr.record.journey import journey, summary
from cdr.record.record import Disposition
from cdr.record.rows import record_from, rows_of
from cdr.record.words import Role
from cdr.store.packed import events_of as kept_in
from cdr.store.packed import pack, unpack
from tests.fakes.call_table import events_of, linkedid_of
from tests.fakes.random_calls import TABLES

TRACES = sorted((Path(__file__).parents[1] / "traces").glob("*.csv"))


@settings(max_examples=60, deadline=None)
@given(TABLES, st.randoms(use_true_random=False), st.booleans())
def test_any_order_and_repetition_gives_the_same_record(table: str, chance: random.Random, again: bool) -> None:
    events = events_of(table)
    mixed = events + (chance.choices(events, k=5) if again else [])
    chance.shuffle(mixed)
    assert fold(mixed) == fold(events)


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_time_is_conserved_and_nothing_is_negative(table: str) -> None:
    record = fold(events_of(table))
    spans = (record.menu, record.waiting, record.talking)
    assert sum(spans, timedelta()) == record.total
    assert min(spans) >= timedelta()
    assert (record.disposition is Disposition.OPEN) is not record.complete
    assert (record.talking > timedelta()) <= (record.connected is not None)
    left = record.disposition is Disposition.ABANDONED_ANNOUNCEMENT
    assert left is (record.left_announcement is not None)
    assert left <= (record.hung_up_by == "caller")


def events_in(text: bytes) -> list[JournalEvent]:
    """Read lines whose places are not known."""
    found = (one for _, line in split_lines(text, final=True) for one in parse_line(line))
    return [one for one in found if isinstance(one, JournalEvent)]


@settings(max_examples=50, deadline=None)
@given(TABLES)
def test_a_record_survives_the_store_and_can_be_told(table: str) -> None:
    events = events_of(table)
    record = fold(events)
    assert record_from(rows_of(record)) == record
    assert len(journey(record, "x")) > 0
    assert summary(record)[0] == f"outcome: {record.disposition.value}"
    for compressed in (False, True):
        assert fold(kept_in(pack(events, compressed=compressed))) == record
        assert fold(events_in(unpack(pack(events, compressed=compressed)))) == record


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_every_prefix_of_a_trace_folds_and_the_whole_does_not_remember_it(path: Path) -> None:
    events = events_in(path.read_bytes())
    whole = fold(events)
    for size in range(1, len(events)):
        part = fold(events[:size])
        assert part.menu + part.waiting + part.talking == part.total
        assert part.complete is any(event.type == "LINKEDID_END" for event in events[:size])
        assert part.started == whole.started
    assert fold(events[7:] + events) == whole


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_neighbours_out_of_order_by_some_microseconds_give_the_same_record(path: Path) -> None:
    lines = [line for _, line in split_lines(path.read_bytes())]
    swapped = [line for pair in zip(lines[1::2], lines[::2], strict=False) for line in pair]
    swapped += lines[len(swapped) :]
    assert swapped != lines
    assert fold(events_in(b"".join(swapped))) == fold(events_in(b"".join(lines)))


def test_no_line_is_no_call() -> None:
    with pytest.raises(EmptyCall):
        fold([])


def test_a_journal_that_begins_in_the_middle_of_a_call() -> None:
    table = """
5.0 info-1 BRIDGE_EXIT bridge_id=b1
5.1 info-1 CHAN_END
5.2 info-1 HANGUP hangupcause=16
"""
    record = fold(events_of(table))
    assert record.linkedid == linkedid_of()
    assert [leg.role for leg in record.legs] == [Role.CALLER]
    assert record.caller == ""
    only_end = fold(events_of("5.1 caller CHAN_END\n5.1 caller LINKEDID_END"))
    assert (only_end.ended, only_end.hangup_cause, only_end.hung_up_by) == (only_end.started, None, "pbx")


def test_a_conference_keeps_the_first_partner_until_they_leave() -> None:
    table = """
0.0 caller CHAN_START
0.5 announcer;1 CHAN_START
1.0 caller BRIDGE_ENTER bridge_id=b1
1.1 announcer;1 BRIDGE_ENTER bridge_id=b1
2.0 info-1 BRIDGE_ENTER bridge_id=b1
3.0 police-1 BRIDGE_ENTER bridge_id=b1
4.0 info-1 BRIDGE_EXIT bridge_id=b1
4.1 info-1 BRIDGE_EXIT bridge_id=b1
5.0 police-1 BRIDGE_EXIT bridge_id=b1
5.5 police-1 BRIDGE_ENTER bridge_id=b1
6.0 police-1 HANGUP hangupcause=16
9.0 police-1 BRIDGE_ENTER bridge_id=b1
"""
    record = fold(events_of(table))
    assert [(step.name, step.at - record.started) for step in record.steps] == [
        ("info-1", timedelta(seconds=2)),
        ("police-1", timedelta(seconds=4)),
        ("police-1", timedelta(seconds=9)),
    ]
    assert record.talking == timedelta(seconds=3.5)
    assert record.connected == record.started + timedelta(seconds=2)


def test_a_partner_behind_a_local_pair_stays_the_partner_when_another_joins() -> None:
    table = """
0.0 caller CHAN_START
1.0 104@transfers;1 BRIDGE_ENTER bridge_id=b1
1.0 104@transfers;2 BRIDGE_ENTER bridge_id=b2
1.0 police-1 BRIDGE_ENTER bridge_id=b2
2.0 caller BRIDGE_ENTER bridge_id=b1
3.0 info-1 BRIDGE_ENTER bridge_id=b1
4.0 police-1 BRIDGE_EXIT bridge_id=b2
5.0 info-1 BRIDGE_EXIT bridge_id=b1
"""
    record = fold(events_of(table))
    assert [(step.name, step.at - record.started) for step in record.steps] == [
        ("police-1", timedelta(seconds=2)),
        ("info-1", timedelta(seconds=4)),
    ]
    assert record.talking == timedelta(seconds=3)


def test_phones_that_ring_together_are_told_by_their_names() -> None:
    table = """
0.0 caller CHAN_START
1.0 caller IVR_RING destination=info phone=info-1
1.1 caller IVR_RING destination=police phone=police-1
1.2 caller APP_START app=Dial data=PJSIP/info-1&PJSIP/police-1
1.3 info-1 CHAN_START
1.4 police-1 CHAN_START
"""
    legs = fold(events_of(table)).legs
    assert [(leg.phone, leg.destination) for leg in legs] == [("", ""), ("info-1", "info"), ("police-1", "police")]


def test_holding_alone_is_waiting_not_talking() -> None:
    table = """
0.0 caller CHAN_START
1.0 caller APP_START app=Dial data=PJSIP/info-1,15
1.1 info-1 CHAN_START
2.0 caller BRIDGE_ENTER bridge_id=b1
2.0 info-1 BRIDGE_ENTER bridge_id=b1
5.0 info-1 BRIDGE_EXIT bridge_id=b1
9.0 info-1 BRIDGE_ENTER bridge_id=b1
9.5 caller STREAM_BEGIN app=Playback sound=beep
"""
    record = fold(events_of(table))
    spans = (record.menu, record.waiting, record.talking)
    assert spans == (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=3.5))


def test_a_queue_is_waited_in() -> None:
    record = fold(
        events_of(
            "0.0 caller CHAN_START\n1.0 caller APP_START app=Queue\n4.0 caller APP_START app=AGI\n5.0 caller HANGUP"
        )
    )
    assert (record.menu, record.waiting) == (timedelta(seconds=2), timedelta(seconds=3))


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("PJSIP/trunk/sip:102@127.0.0.1:5070,5,tTg", "102"),
        ("PJSIP/info-1,15", "info-1"),
        ("PJSIP/info-1@trunk,15", "info-1"),
        ("Local/104@transfers/n", "104"),
        ("", ""),
    ],
)
def test_dialled(text: str, phone: str) -> None:
    assert dialled(text) == phone


def test_names_and_causes() -> None:
    assert endpoint_of("PJSIP/police-1-0000002a") == "police-1"
    assert endpoint_of("strange") == "strange"
    assert [to_cause(text) for text in ("16", "0", "", "-1", "1000", "²")] == [16, 0, None, None, None, None]
