"""The generator of reference journals: the same seed, the same bytes; lines as our PBX writes them."""

from collections import Counter, defaultdict
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdr.fold.fold import fold
from cdr.journal.line import JournalEvent, parse_line
from cdr.journal.marks import is_of_mark
from cdr.record.record import CallRecord
from cdr.record.words import Disposition, TopicResult
from cdr.reference import kekava, kryvyi_rih
from cdr.reference.__main__ import main
from cdr.reference.chance import spread

BEGINNING = 20_000  # lines of the larger journal that are folded here


def folded(lines: list[bytes]) -> list[CallRecord]:
    calls: dict[str, list[JournalEvent]] = defaultdict(list)
    for line in lines:
        (event,) = parse_line(line)
        assert isinstance(event, JournalEvent), event
        if not is_of_mark(event):
            calls[event.linkedid].append(event)
    return [fold(events) for events in calls.values()]


def test_the_same_seed_gives_the_same_journal_and_another_one_another() -> None:
    first, again, other = (list(islice(kekava.lines(seed), 500)) for seed in (1, 1, 2))
    assert first == again != other


def test_a_journal_is_in_the_order_of_time() -> None:
    times = [line.split(b'","', 2)[1] for line in kekava.lines()]
    assert times == sorted(times)


def test_every_call_of_kekava_is_over_and_goes_to_a_line() -> None:
    records = folded(list(kekava.lines()))
    assert len(records) == 1656
    assert all(one.complete and one.service == "kekava" and one.first_destination for one in records)
    assert Counter(one.first_destination for one in records)["kekava-police"] == 100
    found = Counter(one.disposition for one in records)
    assert set(found) == {
        Disposition.ANSWERED,
        Disposition.ABANDONED_RINGING,
        Disposition.CLOSED,
        Disposition.NO_ANSWER,
    }
    assert all(
        one.disposition is not Disposition.CLOSED or one.first_destination == "kekava-information" for one in records
    )
    assert sum(one.transfers for one in records) > 50
    assert {one.language for one in records} == {"lv", "ru", "en"}


def test_the_calls_of_kryvyi_rih_have_topics_and_references() -> None:
    lines = list(islice(kryvyi_rih.lines(), BEGINNING))
    records = [one for one in folded(lines) if one.complete]
    assert len(records) > 500
    answered = [one for one in records if one.disposition is Disposition.ANSWERED]
    assert all(one.topic in kryvyi_rih.TOPICS for one in answered)
    assert all((one.result is TopicResult.REGISTERED) == bool(one.case_reference) for one in records)
    assert {one.number for one in records} == {"1520", "499-1520"}


def test_the_cases_of_kryvyi_rih() -> None:
    cases = list(kryvyi_rih.cases())
    assert Counter(one.channel for one in cases) == {"phone": 3240, "web": 478, "reception": 14}
    assert len({one.reference for one in cases}) == len(cases) == 3732
    assert Counter(one.status for one in cases) == {"done": 2986, "in_progress": 746}
    since, until = kryvyi_rih.month()
    assert all(since <= one.at < until for one in cases)


@given(st.integers(0, 10_000), st.lists(st.floats(0.01, 100), min_size=1, max_size=20))
def test_shares_sum_to_the_whole_and_none_is_off_by_one(total: int, weights: list[float]) -> None:
    parts = spread(total, weights)
    assert sum(parts) == total
    assert all(abs(part - total * one / sum(weights)) < 1 for part, one in zip(parts, weights, strict=True))


def test_the_command_says_what_it_wants(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["riga", "x"]) == 2
    assert capsys.readouterr().err == "usage: python -m cdr.reference kekava|kryvyi-rih DIRECTORY\n"
    assert main(["kekava", "/proc/nowhere"]) == 2
    assert "give a directory that you may write to" in capsys.readouterr().err
