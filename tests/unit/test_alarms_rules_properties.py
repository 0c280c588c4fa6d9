"""Alarms over time: when they are told, reminders, clocks that are stepped, what every alarm has, and properties."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.alarms.alarm import SEVERITY, AlarmId, Change, payload
from ivr.alarms.facts import (
    Fact,
    Lead,
    LeaseLapsed,
    Moment,
    PromptFound,
    PromptMissing,
    RecordsResumed,
    RecordsStopped,
    RulesRefused,
)
from ivr.alarms.rules import watch
from ivr.alarms.watched import Limits, Watched
from tests.fakes.alarm_facts import (
    ACCEPTED,
    BUSY,
    FULL,
    GONE,
    GREETING,
    LV,
    START,
    TICK,
    lead,
    link,
    run,
    seen,
    tried,
    visited,
    words,
)

TIMES: dict[str, tuple[list[tuple[float, Fact]], list[float]]] = {
    "another leads well for 300 s": (
        [(0, lead(Lead.LEADING)), (9, lead(Lead.STANDBY)), (308.9, TICK), (309, TICK)],
        [9, 309],
    ),
    "records for 60 s": ([(0, RecordsStopped("x")), (1, RecordsResumed()), (60.9, TICK), (61, TICK)], [0, 61]),
    "a journal that owes since the first call": (
        [(0, seen(1, 0)), *[(float(time), seen(1, time)) for time in range(30, 60, 5)]],
        [50],
    ),
    "a link that ends after we were told to stop": (
        [(0, lead(Lead.LEADING)), (5, lead(Lead.DRAINING)), (6, lead(Lead.DETACHED)), (6, link(False)), (60, TICK)],
        [],
    ),
}


@pytest.mark.parametrize(("facts", "times"), TIMES.values(), ids=TIMES.keys())
def test_when_it_is_told(facts: list[tuple[float, Fact]], times: list[float]) -> None:
    assert [(one.at - START).total_seconds() for one in run(facts)[1]] == times


def test_a_lasting_alarm_is_told_again_with_its_newest_text() -> None:
    facts: list[tuple[float, Fact]] = [(0, visited("busy")), (1, visited("busy")), (50, visited("gave_up"))]
    state, told = run([*facts, (60, TICK), (61, TICK), (120, TICK), (121, TICK)], Watched(Limits(reminder_seconds=60)))
    assert [one.change for one in told] == [Change.RAISED, Change.REMINDED, Change.REMINDED]
    assert "2 callers" in told[0].text
    assert "3 callers" in told[1].text
    assert {one.raised_at for one in told} == {START + timedelta(seconds=1)}
    assert told[1].at == START + timedelta(seconds=61)
    assert len(state.active) == 1


def test_reminders_can_be_off() -> None:
    silent = Watched(Limits(reminder_seconds=0, unreachable=1))
    assert words([(0, tried(GONE)), (90_000, TICK)], silent) == ["raised phone_unreachable desk-1"]


def test_the_limits_are_the_settings() -> None:
    facts: list[tuple[float, Fact]] = [(second, visited("busy")) for second in range(5)]
    assert words(facts[:4], Watched(Limits(unanswered=5))) == []
    assert words(facts, Watched(Limits(unanswered=5))) == ["raised safety_unanswered police"]


def test_a_clock_that_is_stepped_changes_no_span() -> None:
    state = Watched()
    state, _ = watch(state, link(False), Moment(START, 0))
    state, told = watch(state, TICK, Moment(START + timedelta(hours=1), 1))
    assert told == ()
    _, told = watch(state, TICK, Moment(START - timedelta(hours=1), 10))
    assert [one.id for one in told] == [AlarmId.LINK_LOST]


def test_every_alarm_says_what_to_do_and_holds_no_more_than_a_line() -> None:
    every: list[tuple[float, Fact]] = [
        (0, tried(GONE)),
        (1, tried(GONE)),
        (2, tried(GONE, "+371", outside=True)),
        (3, tried(GONE, "+371", outside=True)),
        (4, visited("busy")),
        (5, visited("busy")),
        (6, lead(Lead.LEADING)),
        (7, lead(Lead.STANDBY)),
        (8, link(False)),
        (20, TICK),
        (21, seen(1, 0)),
        (60, seen(1, 1)),
        (90, seen(1, 1)),
        (91, PromptMissing(LV, GREETING)),
        (92, RecordsStopped("x")),
        (93, RulesRefused("x")),
    ]
    _, told = run(every)
    assert {one.id for one in told} == set(AlarmId) - {AlarmId.ENGINE_DIED}
    assert set(SEVERITY) == set(AlarmId)
    for alarm in told:
        assert 30 < len(alarm.text) < 300
        assert "\n" not in alarm.text
        assert any(word in alarm.text for word in ("; look", "; check", "; see", "; call", "; run", "; mend", ": see"))


def test_a_payload_is_flat_text() -> None:
    _, (alarm,) = run([(0, visited("busy")), (1, visited("busy"))])
    assert payload(replace(alarm, text="t"), "pbx-1") == {
        "alarm": "safety_unanswered",
        "severity": "critical",
        "change": "raised",
        "subject": "police",
        "text": "t",
        "raised_at": "2026-11-22T03:00:01+00:00",
        "at": "2026-11-22T03:00:01+00:00",
        "engine": "pbx-1",
    }


FACTS: st.SearchStrategy[Fact] = st.one_of(
    st.builds(tried, st.sampled_from([None, GONE, BUSY, FULL]), st.sampled_from(["a", "b"]), outside=st.booleans()),
    st.builds(visited, st.sampled_from(["", "busy"])),
    st.builds(lead, st.sampled_from(Lead)),
    st.builds(link, st.booleans()),
    st.builds(seen, st.sampled_from([None, 1, 2, 3]), st.integers(0, 3)),
    st.sampled_from([PromptMissing(LV, GREETING), PromptFound(LV, GREETING), RecordsStopped("x"), RecordsResumed()]),
    st.sampled_from([RulesRefused("x"), ACCEPTED, LeaseLapsed(), TICK]),
)


@given(st.lists(st.tuples(st.floats(0, 100), FACTS), max_size=40))
def test_each_alarm_begins_and_ends_in_turn(steps: list[tuple[float, Fact]]) -> None:
    now, facts = 0.0, []
    for pause, fact in steps:
        now += pause
        facts.append((now, fact))
    state, told = run(facts, Watched(Limits(reminder_seconds=50)))
    lasting: set[tuple[AlarmId, str]] = set()
    for alarm in told:
        key = (alarm.id, alarm.subject)
        assert (key in lasting) is (alarm.change is not Change.RAISED)
        if alarm.change is Change.CLEARED:
            lasting.remove(key)
        else:
            lasting.add(key)
        assert alarm.raised_at <= alarm.at
    assert lasting == set(state.active)
