"""Stretches of time as weekdays, times of day and dates: told exactly, and in few words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.proof.when import MOST_DATES, WHOLE, Stretch, When, text, when
from tests.fakes.ruleset_pairs import FIRST, LAST, RIGA

MONDAY = date(2026, 11, 2)  # four weeks without a change of clocks begin here
SUNDAY = MONDAY + timedelta(days=27)


def local(day: date, minute: int) -> datetime:
    return (datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)).replace(tzinfo=RIGA).astimezone(UTC)


def on(day: int, low: int, high: int) -> Stretch:
    """Return hours of a day of the four weeks."""
    return local(MONDAY + timedelta(days=day), low * 60), local(MONDAY + timedelta(days=day), high * 60)


def every(weekdays: tuple[int, ...], low: int, high: int, without: tuple[int, ...] = ()) -> list[Stretch]:
    return [on(day, low, high) for day in range(28) if day % 7 in weekdays and day not in without]


@pytest.mark.parametrize(
    ("stretches", "expected"),
    [
        (every((5,), 9, 12), "Saturdays 09:00-12:00"),
        (every((0, 1, 2, 3, 4), 8, 17), "Mondays to Fridays 08:00-17:00"),
        (every((0, 2), 8, 17), "Mondays and Wednesdays 08:00-17:00"),
        (every((0, 2, 4), 8, 17), "Mondays, Wednesdays and Fridays 08:00-17:00"),
        (every((5,), 9, 12, (12,)), "Saturdays 09:00-12:00 (but not on Sat 2026-11-14)"),
        ([*every((5,), 9, 12), on(10, 8, 9)], "Saturdays 09:00-12:00 (but on Thu 2026-11-12 08:00-09:00)"),
        (
            [*every((5,), 9, 12, (12,)), on(10, 8, 9), on(11, 8, 9)],
            "Saturdays 09:00-12:00 (but on Thu 2026-11-12 to Fri 2026-11-13 08:00-09:00; not on Sat 2026-11-14)",
        ),
        ([on(3, 8, 9)], "on Thu 2026-11-05 08:00-09:00"),
        (
            [(on(3, 8, 9)[0], on(5, 8, 9)[0])],
            "on Thu 2026-11-05 08:00-24:00, Fri 2026-11-06 all day, Sat 2026-11-07 00:00-08:00",
        ),
        ([(local(MONDAY, 0), local(SUNDAY, 1440))], "at all times"),
        (every(tuple(range(7)), 8, 9), "every day 08:00-09:00"),
    ],
)
def test_in_words(stretches: list[Stretch], expected: str) -> None:
    assert text(when(stretches, RIGA, MONDAY, SUNDAY)) == expected


def test_many_dates_are_cut_short() -> None:
    dates = {MONDAY + timedelta(days=2 * count): WHOLE for count in range(MOST_DATES + 3)}
    assert text(When(MONDAY, SUNDAY, {}, dates)).endswith(" and 3 more")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 20 * 24 * 4 - 1), max_size=12, unique=True).map(sorted))
def test_nothing_is_rounded(quarters: list[int]) -> None:
    """The minutes that are told are those of the stretches, on each wall clock minute, also when clocks go back."""
    start = local(FIRST, 0)
    edges = [start + timedelta(minutes=15 * quarter) for quarter in quarters]
    stretches = list(zip(edges[::2], edges[1::2], strict=False))
    told = when(stretches, RIGA, FIRST, LAST)
    for quarter in range(20 * 24 * 4):
        at = start + timedelta(minutes=15 * quarter)
        wall = at.astimezone(RIGA)
        inside = any(low <= at < high for low, high in stretches)
        minute = wall.hour * 60 + wall.minute
        said = any(low <= minute < high for low, high in told.on(wall.date()))
        assert said or not inside
        assert inside or not said or wall.date() == date(2026, 10, 25)  # an hour that comes twice is told once
