"""The benchmark of supervision runs: it measures what it says, with one subscriber and for a second."""

import re

import pytest

from bench import told_calls
from bench.subscribers import _delays, _measured
from bench.supervision import main

BEGIN = 1_000.0


def test_one_subscriber_for_a_second(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_calls, "LONGEST", 1)
    assert main(["--no-calls", "--subscribers", "1", "--events", "200", "--event-seconds", "1"]) == 0
    out, err = capsys.readouterr()
    changes, p50 = re.search(r"1 subscribers: (\d+) changes, p50 (\d+)", err).groups()  # type: ignore[union-attr]
    assert int(changes) > 5
    assert 0 < int(p50) < 2000
    assert "times that a subscriber had to begin anew | 0 |" in out


def test_lines_come_at_the_rate_that_was_asked_for() -> None:
    lines = told_calls.rising(500, 10, BEGIN)
    measured = [at for at, _ in lines if at >= BEGIN + told_calls.LONGEST]
    assert 4500 < len(measured) < 5500
    assert [at for at, _ in lines] == sorted(at for at, _ in lines)


def test_a_change_that_was_replaced_is_had_with_the_one_after_it() -> None:
    came = [(10.0, 3), (10.2, 7), (10.5, 9)]
    assert list(_delays(came, [(3, 9.9), (5, 10.0), (9, 10.0)])) == [1000, 2000, 5000]


def test_only_changes_with_a_new_time_are_measured() -> None:
    def call(number: int, since: str) -> str:
        return f'id: {number}\ndata: {{"kind":"call","call":{{"call":"a","since":"{since}"}}}}\n\n'

    noon, later = "2026-11-22T12:00:00Z", "2026-11-22T12:00:05Z"
    end = f'id: 9\ndata: {{"kind":"ended","ended":{{"call":"a","at":"{later}"}}}}\n\n'
    told = "\r\n5f\r\n".join([call(6, noon), call(7, noon), call(8, later), end])
    assert [number for number, _ in _measured(told.encode())] == [6, 8, 9]
