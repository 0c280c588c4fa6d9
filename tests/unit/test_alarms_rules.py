"""When something is an alarm, and when it no longer is: tables of facts with their times, and properties."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.alarms.alarm import SEVERITY, Alarm, AlarmId, Change, payload
from ivr.alarms.facts import (
    Fact,
    JournalSeen,
    Lead,
    LeadChanged,
    LeaseLapsed,
    LineTried,
    LinkChanged,
    Moment,
    PromptFound,
    PromptMissing,
    RecordsResumed,
    RecordsStopped,
    RulesAccepted,
    RulesRefused,
    SafetyVisited,
    Ticked,
)
from ivr.alarms.rules import watch
from ivr.alarms.watched import Limits, Watched
from ivr.routing.destinations import ExitReason
from ivr.vocabulary import DestinationId, Language, PhoneId, PromptId

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
POLICE, DESK = DestinationId("police"), DestinationId("desk")
TICK = Ticked()
NOTHING = Watched()
GONE, BUSY, SILENT, FULL = ExitReason.UNREACHABLE, ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.FULL


def tried(failed: ExitReason | None, phone: str = "desk-1", *, outside: bool = False) -> LineTried:
    return LineTried(DESK, PhoneId(phone), outside, failed)


def visited(missed: str) -> SafetyVisited:
    return SafetyVisited(POLICE, missed)


def lead(word: Lead) -> LeadChanged:
    return LeadChanged(word, f"now {word.value}")


def link(attached: bool) -> LinkChanged:
    return LinkChanged(attached, "reset by peer")


def seen(size: int | None, moves: int) -> JournalSeen:
    return JournalSeen(None if size is None else (7, size), moves)


def run(facts: Iterable[tuple[float, Fact]], state: Watched = NOTHING) -> tuple[Watched, list[Alarm]]:
    told: list[Alarm] = []
    for seconds, fact in facts:
        state, alarms = watch(state, fact, Moment(START + timedelta(seconds=seconds), seconds))
        told += alarms
    return state, told


def words(facts: Iterable[tuple[float, Fact]], state: Watched = NOTHING) -> list[str]:
    """What is told, as `raised safety_unanswered police`."""
    return [f"{one.change.value} {one.id.value} {one.subject}" for one in run(facts, state)[1]]


LINES: dict[str, tuple[list[Fact], list[str]]] = {
    "once is no alarm": ([tried(GONE)], []),
    "twice in a row is": ([tried(GONE), tried(GONE)], ["raised phone_unreachable desk-1"]),
    "a third time is not told again": ([tried(GONE)] * 3, ["raised phone_unreachable desk-1"]),
    "an answer between": ([tried(GONE), tried(None), tried(GONE)], []),
    "busy and silence show that it is there": ([tried(GONE), tried(BUSY), tried(GONE), tried(SILENT), tried(GONE)], []),
    "a full destination shows nothing": ([tried(GONE), tried(FULL), tried(GONE)], ["raised phone_unreachable desk-1"]),
    "phones are counted apart": ([tried(GONE), tried(GONE, "desk-2")], []),
    "over with the first success": (
        [tried(GONE), tried(GONE), tried(BUSY), tried(None)],
        ["raised phone_unreachable desk-1", "cleared phone_unreachable desk-1"],
    ),
    "counted anew after a success": (
        [tried(GONE), tried(GONE), tried(None), tried(GONE)],
        ["raised phone_unreachable desk-1", "cleared phone_unreachable desk-1"],
    ),
    "outside numbers": (
        [tried(GONE, "+371", outside=True)] * 2 + [tried(SILENT, "+371", outside=True)],
        ["raised trunk_unreachable +371", "cleared trunk_unreachable +371"],
    ),
    "a safety line missed once": ([visited("busy")], []),
    "a safety line missed twice": ([visited("busy"), visited("gave_up")], ["raised safety_unanswered police"]),
    "a safety line that answers between": ([visited("busy"), visited(""), visited("busy")], []),
    "a safety line that answers again": (
        [visited("busy"), visited("full"), visited("busy"), visited("")],
        ["raised safety_unanswered police", "cleared safety_unanswered police"],
    ),
    "a safety line that always answers": ([visited("")] * 3, []),
}


@pytest.mark.parametrize(("facts", "told"), LINES.values(), ids=LINES.keys())
def test_lines(facts: list[Fact], told: list[str]) -> None:
    assert words(enumerate(facts)) == told


LEADS: dict[str, tuple[list[tuple[float, Fact]], list[str]]] = {
    "never led": ([(0, lead(Lead.DETACHED)), (1, lead(Lead.STANDBY)), (90, TICK)], []),
    "another took it": ([(0, lead(Lead.LEADING)), (9, lead(Lead.STANDBY))], ["raised lease_lost engine"]),
    "and got it back": (
        [(0, lead(Lead.LEADING)), (9, lead(Lead.STANDBY)), (60, lead(Lead.LEADING))],
        ["raised lease_lost engine", "cleared lease_lost engine"],
    ),
    "another leads well": (
        [(0, lead(Lead.LEADING)), (9, lead(Lead.STANDBY)), (308, TICK), (309, TICK), (400, TICK)],
        ["raised lease_lost engine", "cleared lease_lost engine"],
    ),
    "a short gap": ([(0, lead(Lead.LEADING)), (9, lead(Lead.DETACHED)), (11, TICK), (11.5, lead(Lead.LEADING))], []),
    "a long gap": (
        [(0, lead(Lead.LEADING)), (9, lead(Lead.DETACHED)), (12, TICK), (13, TICK), (14, lead(Lead.LEADING))],
        ["raised lease_lost engine", "cleared lease_lost engine"],
    ),
    "another leads after a gap": (
        [(0, lead(Lead.LEADING)), (9, lead(Lead.DETACHED)), (10, lead(Lead.STANDBY))],
        ["raised lease_lost engine"],
    ),
    "a standby that loses its link": ([(0, lead(Lead.STANDBY)), (9, lead(Lead.DETACHED)), (99, TICK)], []),
    "stopped by a signal and woken": (
        [(0, lead(Lead.LEADING)), (40, lead(Lead.DETACHED)), (40, LeaseLapsed()), (40.1, lead(Lead.LEADING))],
        ["raised lease_lost engine", "cleared lease_lost engine"],
    ),
    "told to stop": ([(0, lead(Lead.LEADING)), (9, lead(Lead.DRAINING)), (10, lead(Lead.DETACHED)), (99, TICK)], []),
    "told to stop when it was lost": (
        [(0, lead(Lead.LEADING)), (9, lead(Lead.STANDBY)), (10, lead(Lead.DRAINING))],
        ["raised lease_lost engine", "cleared lease_lost engine"],
    ),
    "a link away for less than ten seconds": ([(0, link(False)), (9.9, TICK), (10, link(True)), (30, TICK)], []),
    "a link away for ten seconds": (
        [(0, link(False)), (6, link(False)), (10, TICK), (11, TICK), (20, link(True))],
        ["raised link_lost engine", "cleared link_lost engine"],
    ),
    "a link that ends because we end": ([(0, lead(Lead.DRAINING)), (1, link(False)), (60, TICK)], []),
    "a link of a leader": (
        [(0, lead(Lead.LEADING)), (1, lead(Lead.DETACHED)), (1, link(False)), (11, TICK)],
        ["raised link_lost engine", "raised lease_lost engine"],
    ),
}


@pytest.mark.parametrize(("facts", "told"), LEADS.values(), ids=LEADS.keys())
def test_lead_and_link(facts: list[tuple[float, Fact]], told: list[str]) -> None:
    assert words(facts) == told


RAISED, CLEARED = "raised journal_stuck journal", "cleared journal_stuck journal"
JOURNALS: dict[str, tuple[list[tuple[float, Fact]], list[str]]] = {
    "nobody calls": ([(t, seen(100, 0)) for t in range(0, 600, 5)], []),
    "people talk for ten minutes": (
        [(0, seen(100, 5)), (5, seen(900, 6)), *[(t, seen(900, 6)) for t in range(10, 600, 5)]],
        [],
    ),
    "a call came just after the look": (
        [(0, seen(100, 0)), (5, seen(300, 0)), (10, seen(300, 1)), (90, seen(300, 1))],
        [],
    ),
    "a call comes and nothing is written": (
        [(0, seen(100, 0)), (30, seen(100, 1)), (45, seen(100, 1)), (50, seen(100, 1)), (55, seen(100, 2))],
        [RAISED],
    ),
    "the line was late": ([(0, seen(100, 0)), (30, seen(100, 1)), (49, seen(150, 1)), (90, seen(150, 1))], []),
    "it grows again": (
        [(0, seen(100, 0)), (30, seen(100, 1)), (50, seen(100, 1)), (55, seen(120, 1))],
        [RAISED, CLEARED],
    ),
    "the file is away": ([(0, seen(100, 0)), (30, seen(None, 1)), (50, seen(None, 1))], [RAISED]),
    "there never was a file": ([(0, seen(None, 0)), (30, seen(None, 1)), (50, seen(None, 1))], [RAISED]),
    "a new file by rotation": ([(0, seen(900, 0)), (30, JournalSeen((8, 50), 1)), (90, JournalSeen((8, 50), 1))], []),
    "after a gap of the link nothing is owed": (
        [(0, link(True)), (0, seen(100, 0)), (30, link(True)), (31, seen(100, 7)), (90, seen(100, 7))],
        [],
    ),
}


@pytest.mark.parametrize(("facts", "told"), JOURNALS.values(), ids=JOURNALS.keys())
def test_journal(facts: list[tuple[float, Fact]], told: list[str]) -> None:
    assert words(facts) == told


LV = Language("lv")
GREETING = PromptId("town/welcome")
ACCEPTED = RulesAccepted(frozenset({POLICE}), frozenset({PhoneId("desk-1"), PhoneId("+371")}))
OTHERS: dict[str, tuple[list[tuple[float, Fact]], list[str]]] = {
    "a prompt, each once": (
        [(0, PromptMissing(LV, GREETING)), (1, PromptMissing(LV, GREETING)), (9, PromptFound(LV, GREETING))],
        ["raised prompt_missing lv/town/welcome", "cleared prompt_missing lv/town/welcome"],
    ),
    "a prompt in another language": ([(0, PromptFound(LV, GREETING))], []),
    "records": (
        [(0, RecordsStopped("ended with 1")), (1, RecordsResumed()), (60, TICK), (61, TICK), (62, TICK)],
        ["raised records_stopped records", "cleared records_stopped records"],
    ),
    "records that stop again soon": (
        [(0, RecordsStopped("ended")), (1, RecordsResumed()), (30, RecordsStopped("ended")), (90, TICK)],
        ["raised records_stopped records"],
    ),
    "rules": (
        [(0, RulesRefused("line 3")), (1, RulesRefused("line 4")), (9, ACCEPTED), (10, ACCEPTED)],
        ["raised rules_refused rules", "cleared rules_refused rules"],
    ),
    "lines that the new rules have stay": (
        [(0, tried(GONE)), (1, tried(GONE)), (2, ACCEPTED)],
        ["raised phone_unreachable desk-1"],
    ),
    "lines that they do not have are forgotten": (
        [(0, tried(GONE, "old")), (1, tried(GONE, "old")), (2, ACCEPTED), (3, tried(GONE, "old"))],
        ["raised phone_unreachable old", "cleared phone_unreachable old"],
    ),
    "prompts are looked at anew": (
        [(0, PromptMissing(LV, GREETING)), (2, ACCEPTED)],
        ["raised prompt_missing lv/town/welcome", "cleared prompt_missing lv/town/welcome"],
    ),
    "what is not about the rules stays": (
        [(0, link(False)), (10, TICK), (11, ACCEPTED)],
        ["raised link_lost engine"],
    ),
}


@pytest.mark.parametrize(("facts", "told"), OTHERS.values(), ids=OTHERS.keys())
def test_prompts_records_rules(facts: list[tuple[float, Fact]], told: list[str]) -> None:
    assert words(facts) == told


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
