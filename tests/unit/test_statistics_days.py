"""Local days, hours and months, also where the clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cdr.statistics.local_time import QUARTER, by_day, by_hour, local_of
from cdr.statistics.scope import Scope, midnight, month_before, month_of, month_scope, next_month
from cdr.times import EPOCH

RIGA, KYIV, SOFIA = (ZoneInfo(f"Europe/{name}") for name in ("Riga", "Kyiv", "Sofia"))
SUNDAY = 6


def quarters(day: date, zone: ZoneInfo) -> list[tuple[int, int]]:
    """Give one call for each quarter of an hour of a local day."""
    first, last = ((midnight(one, zone).astimezone(UTC) - EPOCH) // QUARTER for one in (day, day + timedelta(days=1)))
    return [(quarter, 1) for quarter in range(first, last)]


@pytest.mark.parametrize("zone", [RIGA, KYIV, SOFIA], ids=str)
@pytest.mark.parametrize(
    ("day", "hours", "third"),
    [(date(2026, 10, 25), 25, 8), (date(2027, 3, 28), 23, 0), (date(2026, 11, 1), 24, 4)],
    ids=["longer", "shorter", "plain"],
)
def test_a_day_has_the_hours_that_the_clock_shows(zone: ZoneInfo, day: date, hours: int, third: int) -> None:
    counts = quarters(day, zone)
    assert by_day(counts, zone) == {day: 4 * hours}
    grid = by_hour(counts, zone)
    assert grid[SUNDAY][3] == third, "the hour from three o'clock comes twice, or not at all"
    assert sum(map(sum, grid)) == 4 * hours
    assert all(grid[SUNDAY][hour] == 4 for hour in range(24) if hour != 3)


def test_a_zone_of_three_quarters() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    quarter = (datetime(2026, 10, 1, 18, 15, tzinfo=UTC) - EPOCH) // QUARTER
    assert local_of(quarter, kathmandu).replace(tzinfo=None) == datetime(2026, 10, 2, 0, 0)  # noqa: DTZ001 - the wall's
    assert local_of(quarter - 1, kathmandu).date() == date(2026, 10, 1)


def test_months() -> None:
    assert month_of("2026-10") == date(2026, 10, 1)
    assert next_month(date(2026, 12, 31)) == date(2027, 1, 1)
    assert month_before(date(2027, 1, 31)) == date(2026, 12, 1)
    scope = month_scope(("kekava",), "2026-10", RIGA)
    assert scope.since == datetime(2026, 9, 30, 21, tzinfo=UTC)
    assert scope.until == datetime(2026, 10, 31, 22, tzinfo=UTC)
    assert [*scope.days()] == [date(2026, 10, day) for day in range(1, 32)]


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "26-10", "2026-1", "2026_10", "2026-10-01", "٢٠٢٦-١٠"]
)
def test_what_is_no_month(text: str) -> None:
    with pytest.raises(ValueError, match=r"2026-10|month must be"):
        month_of(text)


def test_days_of_a_scope_end_before_its_end() -> None:
    begin, end = midnight(date(2026, 10, 5), RIGA), midnight(date(2026, 10, 6), RIGA)
    second = timedelta(microseconds=1)
    assert [*Scope(None, begin, end, RIGA).days()] == [date(2026, 10, 5)]
    assert [*Scope(None, begin - second, end + second, RIGA).days()] == [date(2026, 10, day) for day in (4, 5, 6)]
    assert [*Scope(None, end, end, RIGA).days()] == []
    assert [*Scope(None, end, begin, RIGA).days()] == []
