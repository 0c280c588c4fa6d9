"""A supervisor's telephone that hears a call, and a call that a supervisor ends: what the record says, and what it does not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cdr.fold.fold import fold
from cdr.journal.line import JournalEvent, parse_line
from cdr.journal.marks import OURS, call_of_line, is_from_outside
from cdr.record.journey import journey
from cdr.record.parts import Listened
from cdr.record.record import CallRecord, Disposition, StepKind
from cdr.record.rows import record_from, rows_of
from tests.fakes.call_pieces import IN, MENU, TALKS, ends
from tests.fakes.call_table import COLUMNS, events_of, linkedid_of, micros, quoted
from tests.fakes.call_table import START as BEGIN

TALKED = IN + TALKS + ends(20, "info-1")
HEARS = OURS + "1795000010.77"
assert COLUMNS  # the columns of the line below are those of docs/journal.md


def hears(after: str, **values: str) -> JournalEvent:
    """Give a line that the channel of the supervisor's telephone wrote."""
    told = {"linkedid": linkedid_of(), "phone": "chief-1", "mode": "listen", "by": "anna", "ended": "", **values}
    text = "{" + ",".join(f'"{key}":"{value}"' for key, value in told.items()) + "}"
    extra = '{"extra":"' + text.replace('"', '\\"') + '"}'
    at = BEGIN + micros(after)
    seconds = f"{at // 1_000_000}.{at % 1_000_000:06}"
    own = ["PJSIP/chief-1-0000000a", "CELGenUserEvent", "", HEARS, HEARS, "", "", "IVR_LISTEN", extra]
    (event,) = parse_line(quoted(["IVR_LISTEN", seconds, "", "start", "ivr-listen", *own]))
    assert isinstance(event, JournalEvent)
    return event


def without_ears(record: CallRecord) -> CallRecord:
    return replace(record, steps=tuple(step for step in record.steps if step.kind is not StepKind.LISTEN))


def test_a_line_of_a_telephone_that_listens_belongs_to_the_call_that_it_names() -> None:
    event = hears("9.0")
    assert call_of_line(event) == linkedid_of()
    assert is_from_outside(event)


def test_no_other_line_of_it_belongs_to_any_call() -> None:
    assert call_of_line(replace(hears("9.0"), type="CHAN_START")) is None
    assert call_of_line(replace(hears("9.0"), type="LINKEDID_END")) is None
    assert call_of_line(hears("9.0", linkedid="nonsense")) is None


def test_it_changes_nothing_else_of_the_call() -> None:
    record = fold([*events_of(TALKED), hears("9.0"), hears("12.5", ended="hung_up")])
    assert without_ears(record) == fold(events_of(TALKED))
    assert record_from(rows_of(record)) == record


def test_who_listened_when_and_how() -> None:
    record = fold([*events_of(TALKED), hears("9.0", mode="whisper"), hears("12.5", mode="whisper", ended="hung_up")])
    began = record.started + timedelta(seconds=9)
    ended = record.started + timedelta(seconds=12.5)
    assert record.listened == (Listened("chief-1", "whisper", "anna", began, ended, "hung_up"),)
    assert record.as_dict()["listened"] == [
        {
            "phone": "chief-1",
            "mode": "whisper",
            "by": "anna",
            "began": began.isoformat(timespec="microseconds"),
            "ended": ended.isoformat(timespec="microseconds"),
            "reason": "hung_up",
        }
    ]


def test_several_at_once_are_told_apart() -> None:
    others = [hears("9.0"), hears("10.0", phone="chief-2", by="bruno"), hears("11.0", ended="ended")]
    record = fold(
        [*events_of(TALKED), *others, hears("13.0"), hears("99.0", phone="chief-2", by="bruno", ended="call_over")]
    )
    assert [(one.phone, one.reason) for one in record.listened] == [
        ("chief-1", "ended"),
        ("chief-2", "call_over"),
        ("chief-1", ""),
    ]
    assert record.listened[2].ended is None


def test_an_end_without_a_beginning_is_a_step_and_nothing_more() -> None:
    record = fold([*events_of(TALKED), hears("9.0", ended="hung_up")])
    assert record.listened == ()
    assert [step.reason for step in record.steps if step.kind is StepKind.LISTEN] == ["hung_up"]


def test_the_journey_tells_it() -> None:
    record = fold([*events_of(TALKED), hears("9.0"), hears("12.5", ended="call_over"), hears("13.0", by="")])
    told = [line.text for line in journey(record, "x")]
    assert "chief-1 begins to listen (listen) for anna" in told
    assert "chief-1 listens no longer for anna: call over" in told
    assert "chief-1 begins to listen (listen)" in told


def test_a_recording_that_a_supervisor_had_played_is_a_step_and_nothing_more() -> None:
    named = hears("7.5", prompt="kekava/all-busy")
    said = replace(named, type="IVR_SAYS", channel="Local/announce@ivr-mark-00000001;1", linkedid="pbx-1795000010.90")
    assert (call_of_line(said), is_from_outside(said)) == (linkedid_of(), True)
    record, plain = fold([*events_of(TALKED), said]), fold(events_of(TALKED))
    (step,) = [step for step in record.steps if step.kind is StepKind.SAID]
    assert (step.name, step.rule, step.at - record.started) == ("kekava/all-busy", "anna", timedelta(seconds=7.5))
    assert replace(record, steps=tuple(one for one in record.steps if one is not step)) == plain
    assert record_from(rows_of(record)) == record
    told = [line.text for line in journey(record, "x")]
    assert "hears kekava/all-busy while waiting, played by anna" in told
    nobody = fold([*events_of(TALKED), replace(said, extra={**said.extra, "by": ""})])
    assert "hears kekava/all-busy while waiting, played by somebody" in [line.text for line in journey(nobody, "x")]


ORDERED = "caller IVR_HANGUP by=supervisor who=anna\n"


@pytest.mark.parametrize(
    ("table", "disposition"),
    [
        (IN + MENU + "9.0 " + ORDERED, Disposition.FAILED),
        (IN + TALKS + "9.0 " + ORDERED, Disposition.ANSWERED),
    ],
)
@pytest.mark.parametrize("source", ["dialplan/builtin", ""])
def test_a_supervisor_ended_the_call(table: str, disposition: Disposition, source: str) -> None:
    end = f"9.1 caller HANGUP hangupcause=16 hangupsource={source}\n9.1 caller CHAN_END\n9.2 caller LINKEDID_END"
    record = fold(events_of(table + end))
    assert (record.hung_up_by, record.disposition) == ("supervisor", disposition)
    assert journey(record, "x")[-1].text == "a supervisor ends the call (cause 16)"


def test_who_hangs_up_in_the_moment_of_the_order_did_so() -> None:
    end = "9.1 caller HANGUP hangupcause=16 hangupsource=chan:caller\n9.1 caller CHAN_END\n9.2 caller LINKEDID_END"
    assert fold(events_of(IN + TALKS + "9.0 " + ORDERED + end)).hung_up_by == "caller"
