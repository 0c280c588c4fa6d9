"""Nothing is lost and nothing counts twice: seconds, visits, keys, passes and outcomes, whatever the journal holds."""

import random
from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cdr.fold.fold import fold
from cdr.journal.line import split_lines
from cdr.record.record import CallRecord, Disposition, StepKind
from cdr.record.rows import rows_of
from cdr.record.words import PassResult, VisitResult
from tests.fakes.call_table import events_of, lines_of
from tests.fakes.examples import some
from tests.fakes.journal_load import busy_journal
from tests.fakes.journal_marks import folded
from tests.fakes.random_calls import TABLES

NOTHING = timedelta()


def count(record: CallRecord, kind: StepKind) -> int:
    return sum(step.kind is kind for step in record.steps)


@settings(max_examples=some(200), deadline=None)
@given(TABLES)
def test_the_seconds_of_the_visits_are_those_of_the_call(table: str) -> None:
    record = fold(events_of(table))
    assert sum((visit.talking for visit in record.visits), NOTHING) == record.talking
    outside = record.waiting - sum((visit.waiting for visit in record.visits), NOTHING)
    assert outside >= NOTHING
    if not record.visits:
        assert outside == record.waiting
    assert all(visit.waiting >= NOTHING and visit.talking >= NOTHING for visit in record.visits)
    assert [visit.at for visit in record.visits] == sorted(visit.at for visit in record.visits)


@settings(max_examples=some(200), deadline=None)
@given(TABLES)
def test_what_is_counted_is_there_once(table: str) -> None:
    record = fold(events_of(table))
    assert len(record.passes) == record.transfers == count(record, StepKind.TRANSFER)
    assert sum(one.result is PassResult.RETURNED for one in record.passes) <= record.returns
    answers = [one for one in record.keys if one.result != "left"]
    assert len(answers) == count(record, StepKind.KEY)
    shown = [one for one in record.keys if one.waited is not None]
    assert len(shown) <= count(record, StepKind.MENU)
    assert all(one.waited >= NOTHING for one in shown if one.waited is not None)
    talked = any(visit.connected for visit in record.visits)
    assert talked is (record.connected is not None)
    assert talked is any(visit.result is VisitResult.ANSWERED for visit in record.visits)
    assert record.topic in {"", *(step.name for step in record.steps if step.kind is StepKind.TOPIC)}


@settings(max_examples=some(100), deadline=None)
@given(TABLES)
def test_the_rows_say_the_record_again(table: str) -> None:
    record = fold(events_of(table))
    rows = rows_of(record)
    key = (rows.call["started_us"], record.node, record.linkedid)
    for row in (rows.call, rows.details, *rows.keys, *rows.visits, *rows.announcements, *rows.passes):
        assert (row["started_us"], row["node"], row["linkedid"]) == key
    for listed in (rows.keys, rows.visits, rows.announcements, rows.passes):
        assert [row["place"] for row in listed] == list(range(len(listed)))
    assert sum(row["talking_us"] for row in rows.visits) == rows.call["talking_us"]
    assert rows.call["redirections"] == len(record.redirections)
    assert rows.call["transfers"] == len(rows.passes)


@settings(max_examples=some(15), deadline=None)
@given(st.integers(1, 30), st.integers(0, 1000), st.randoms(use_true_random=False))
def test_the_outcomes_of_a_journal_are_its_calls(calls: int, seed: int, chance: random.Random) -> None:
    lines = [line for _, line in split_lines(busy_journal(calls, seed))]
    kept = lines[: chance.randint(1, len(lines))]  # the recorder has come so far
    found = folded(kept)
    outcomes = Counter(record.disposition for record in found.values())
    ended = sum(b'"LINKEDID_END"' in line for line in kept)
    assert sum(outcomes.values()) == len({line.split(b'","')[9] for line in kept})
    assert outcomes[Disposition.OPEN] == len(found) - ended
    assert all(record.menu + record.waiting + record.talking == record.total for record in found.values())


@settings(max_examples=some(50), deadline=None)
@given(TABLES, TABLES)
def test_calls_whose_lines_are_mixed_are_those_that_lie_apart(one: str, other: str) -> None:
    first, second = lines_of(one, 1), lines_of(other, 2)
    longer = max(len(first), len(second))
    mixed = [line for n in range(longer) for lines in (first, second) for line in lines[n : n + 1]]
    assert folded(mixed) == folded([*first]) | folded([*second])
