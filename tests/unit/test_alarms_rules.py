"""When something is an alarm, and when it no longer is: tables of facts with their times."""

import pytest

from ivr.alarms.facts import (
    Fact,
    JournalSeen,
    Lead,
    LeaseLapsed,
    PromptFound,
    PromptMissing,
    RecordsResumed,
    RecordsStopped,
    RulesRefused,
)
from tests.fakes.alarm_facts import (
    ACCEPTED,
    BUSY,
    FULL,
    GONE,
    GREETING,
    LV,
    SILENT,
    TICK,
    lead,
    link,
    seen,
    tried,
    visited,
    words,
)

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
