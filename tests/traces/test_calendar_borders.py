"""A call that lasts over midnight, a month's end, or a change between summer and winter time.

Records are in UTC, where none of these is anything special: the times of a real journal are moved, and its record moves
with them. What is local (days, hours, months) belongs to the statistics: a call counts for the moment at which it began.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cdr.record.record import CallRecord
from cdr.record.rows import record_from, rows_of
from cdr.times import to_micros
from tests.fakes.journal_marks import folded

HERE = Path(__file__).parent
RIGA = ZoneInfo("Europe/Riga")
WHEN = re.compile(rb'^("[A-Z_]+",")(\d+)\.(\d{6})"', re.MULTILINE)
BEFORE = timedelta(seconds=3.25)
BORDERS = {
    "midnight": datetime(2026, 11, 25, tzinfo=RIGA),
    "a month's end": datetime(2026, 11, 1, tzinfo=RIGA),
    "a year's end": datetime(2027, 1, 1, tzinfo=RIGA),
    "midnight of UTC": datetime(2026, 12, 1, tzinfo=UTC),
    "summer time begins": datetime(2026, 3, 29, 1, tzinfo=UTC),
    "summer time ends": datetime(2026, 10, 25, 1, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 29, tzinfo=RIGA),
}
TRACES = ["blind_transfer_to_destination", "attended_transfer_to_destination", "topics_in_and_after_the_call"]


def moved(data: bytes, by: timedelta) -> Iterator[bytes]:
    """Give the lines of a journal with other times."""

    def later(found: re.Match[bytes]) -> bytes:
        at = int(found[2] + found[3]) + by // timedelta(microseconds=1)
        return b'%s%d.%06d"' % (found[1], at // 1_000_000, at % 1_000_000)

    yield from WHEN.sub(later, data).splitlines(keepends=True)


def shifted(value: Any, by: timedelta) -> Any:
    """Move every instant of a record."""
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, tuple):
        return tuple(shifted(one, by) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: shifted(getattr(value, field.name), by) for field in fields(value)})
    return value


def only(lines: Iterator[bytes]) -> CallRecord:
    (record,) = folded(lines).values()
    return record


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("border", BORDERS.values(), ids=BORDERS)
def test_a_call_over_a_border_is_the_same_call(trace: str, border: datetime) -> None:
    data = (HERE / f"{trace}.csv").read_bytes()
    plain = only(iter(data.splitlines(keepends=True)))
    by = border.astimezone(UTC) - BEFORE - plain.started
    record = only(moved(data, by))
    assert record.started < border
    assert record.ended is not None
    assert record.ended > border
    assert record == shifted(plain, by)
    assert record_from(rows_of(record)) == record
    assert rows_of(record).call["started_us"] == to_micros(border) - BEFORE // timedelta(microseconds=1)


def test_a_clock_on_the_wall_would_be_wrong_by_an_hour() -> None:
    data = (HERE / "blind_transfer_to_destination.csv").read_bytes()
    plain = only(iter(data.splitlines(keepends=True)))
    for border, jump in (("summer time begins", 1), ("summer time ends", -1)):
        record = only(moved(data, BORDERS[border].astimezone(UTC) - BEFORE - plain.started))
        assert record.ended is not None
        wall = [at.astimezone(RIGA).replace(tzinfo=None) for at in (record.started, record.ended)]
        assert wall[1] - wall[0] - record.total == timedelta(hours=jump)
        assert record.total == plain.total
