"""The stepped clock of the chaos suite: what it takes for a call's length, and for the clock of Asterisk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.chaos.clock import LAST, ahead
from tests.chaos.faults_clock import lengths
from tests.chaos.sipp import Call
from tests.fakes.call_pieces import ARRIVES
from tests.fakes.call_table import START, lines_of

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_call_ends_between_the_goodbye_and_the_answer_to_it() -> None:
    whole = Call(NOON, after(0.1), after(8.1), after(10.5))
    assert lengths(whole) == (8.0, 10.5)
    for name in ("dialled", "answered", "leaves", "ended"):
        broken = Call(NOON, after(0.1), after(8.1), after(10.5))
        setattr(broken, name, None)
        assert lengths(broken) is None
    assert lengths(None) is None


def test_the_clock_of_asterisk_is_that_of_the_last_line_of_its_journal(tmp_path: Path) -> None:
    journal = tmp_path / "journal.csv"
    lines = lines_of(ARRIVES)
    journal.write_bytes(b"x" * LAST + b"\n" + b"".join(lines) + lines[0][:20])
    assert ahead(journal, START / 1e6 - 3600) == pytest.approx(3600.03)
    journal.write_bytes(b"")
    assert ahead(journal, START / 1e6) == 0.0
