"""Days that differ from the week, as tables: moved, special and short days, dated schedules, and which comes first."""

from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest

from ivr.routing import days
from ivr.routing.days import considered, day_of
from ivr.routing.hours import changes, open_minutes, ruling_at
from ivr.routing.office_hours import DatedSchedule, OfficeHours, Span, SpecialDay
from tests.fakes.office_table import RIGA, hours, local, span

OFFICE = hours(tue="08:00-17:00")


def week(**days_: str) -> dict[int, tuple[Span, ...]]:
    return dict(hours(**days_).weekly)


def special(text: str = "", like: int | None = None, reason: str = "") -> SpecialDay:
    return SpecialDay(tuple(map(span, text.split())), like, reason)


SHORT = "2026-12-23 is 60 minutes shorter: the day before a public holiday (Eve)"
THAW = "thaw, 2027-03-01 to 2027-03-05, which keeps holidays and special days"
USUAL = {"mon": "08:00-18:00", "tue": "08:00-17:00", "wed": "08:00-17:00", "thu": "08:00-17:00", "fri": "08:00-15:00"}
XMAS = {date(2026, 12, 24): "Eve", date(2026, 12, 25): "Day", date(2027, 1, 1): "New Year"}
# A town hall with all that there is: a short day before holidays, moved and special days, two dated schedules.
HALL = replace(
    hours(holidays=XMAS, **USUAL),
    before_holidays=60,
    days={
        date(2026, 11, 20): special(reason="moved to Saturday"),
        date(2026, 11, 21): special(like=4, reason="moved from Friday"),
        date(2026, 11, 22): special(like=5),
        date(2026, 11, 23): special("10:00-12:00 22:00-02:00"),
        date(2026, 12, 25): special("09:00-10:00", reason="duty"),
        date(2027, 2, 2): special("06:00-07:00"),
        date(2027, 3, 2): special("06:00-07:00"),
        date(2028, 2, 29): special("11:00-11:30", reason="leap day"),
    },
    dated=(
        DatedSchedule("repairs", date(2027, 2, 1), date(2027, 2, 12), week(tue="12:00-14:00"), reason="repairs"),
        DatedSchedule("thaw", date(2027, 3, 1), date(2027, 3, 5), week(tue="09:00-10:00", wed="09:00-24:00"), True),
        DatedSchedule("festive", date(2026, 12, 28), date(2027, 1, 2), week(thu="08:00-12:00"), True, "short"),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("at", "is_open", "rule", "reason"),
    [
        # a moved day: the Friday is closed, the Saturday is worked like it, to the second
        ("2026-11-20 10:00", False, "days.2026-11-20", "2026-11-20 is a day off (moved to Saturday)"),
        ("2026-11-21 07:59:59", False, "days.2026-11-21",
            "saturday 07:59 is outside 08:00-15:00; 2026-11-21 is worked like a friday (moved from Friday)"),
        ("2026-11-21 08:00", True, "days.2026-11-21",
            "2026-11-21 is worked like a friday (moved from Friday), open 08:00-15:00"),
        ("2026-11-21 15:00:00", False, "days.2026-11-21",
            "saturday 15:00 is outside 08:00-15:00; 2026-11-21 is worked like a friday (moved from Friday)"),
        ("2026-11-22 10:00", False, "days.2026-11-22",
            "sunday has no open hours; 2026-11-22 is worked like a saturday"),
        # a special day with spans of its own, the last one across midnight
        ("2026-11-23 09:59", False, "days.2026-11-23",
            "monday 09:59 is outside 10:00-12:00, 22:00-02:00; 2026-11-23 is a special day"),
        ("2026-11-24 01:59:59", True, "days.2026-11-23", "2026-11-23 is a special day, open 22:00-02:00"),
        ("2026-11-24 02:00", False, "weekly.tuesday", "tuesday 02:00 is outside 08:00-17:00"),
        # the day before a holiday is an hour shorter; a holiday that is worked counts as none
        ("2026-12-23 15:59:59", True, "before_holidays.2026-12-23",
            f"{SHORT}, open 08:00-16:00"),
        ("2026-12-23 16:00", False, "before_holidays.2026-12-23", f"wednesday 16:00 is outside 08:00-16:00; {SHORT}"),
        ("2026-12-24 10:00", False, "holidays.2026-12-24", "2026-12-24 is a public holiday (Eve)"),
        ("2026-12-25 09:30", True, "days.2026-12-25", "2026-12-25 is a special day (duty), open 09:00-10:00"),
        # a dated schedule replaces weekly hours, holidays and special days, from its first to its last day
        ("2027-01-31 12:00", False, "weekly.sunday", "sunday has no open hours"),
        ("2027-02-01 10:00", False, "dated.repairs.monday", "monday has no open hours; repairs (repairs)"),
        ("2027-02-02 06:30", False, "dated.repairs.tuesday", "tuesday 06:30 is outside 12:00-14:00; repairs (repairs)"),
        ("2027-02-02 13:59:59", True, "dated.repairs.tuesday", "repairs (repairs), open 12:00-14:00"),
        ("2027-02-12 14:59", False, "dated.repairs.friday", "friday has no open hours; repairs (repairs)"),
        ("2027-02-15 17:59", True, "weekly.monday", "monday is open 08:00-18:00"),
        # unless it keeps holidays and special days; then the short day is one of its own
        ("2027-03-02 06:30", True, "days.2027-03-02", "2027-03-02 is a special day, open 06:00-07:00"),
        ("2027-03-02 09:30", False, "days.2027-03-02",
            "tuesday 09:30 is outside 06:00-07:00; 2027-03-02 is a special day"),
        ("2027-03-03 23:59:59", True, "dated.thaw.wednesday", "thaw, open 09:00-24:00"),
        ("2026-12-31 10:59:59", True, "before_holidays.2026-12-31",
            "2026-12-31 is 60 minutes shorter: the day before a public holiday (New Year), open 08:00-11:00"),
        ("2027-01-01 09:30", False, "holidays.2027-01-01", "2027-01-01 is a public holiday (New Year)"),
        # the leap day, and the same weekday in a year without one
        ("2028-02-29 11:29:59", True, "days.2028-02-29", "2028-02-29 is a special day (leap day), open 11:00-11:30"),
        ("2028-02-29 16:00", False, "days.2028-02-29",
            "tuesday 16:00 is outside 11:00-11:30; 2028-02-29 is a special day (leap day)"),
        ("2028-03-01 16:59:59", True, "weekly.wednesday", "wednesday is open 08:00-17:00"),
    ],
)  # fmt: skip
def test_days_that_differ_from_the_week(at: str, is_open: bool, rule: str, reason: str) -> None:
    ruling = ruling_at(HALL, local(at))
    assert (ruling.open, ruling.rule, ruling.reason) == (is_open, f"hours.desk.{rule}", reason)


def shortened(minutes: int, text: str) -> OfficeHours:
    return replace(hours(holidays={date(2026, 3, 4): "Day"}, tue=text), before_holidays=minutes)


@pytest.mark.parametrize(
    ("office", "expected"),
    [
        (shortened(60, "08:00-17:00"), [(480, 960)]),
        (shortened(90, "08:00-12:00 13:00-17:00"), [(480, 720), (780, 930)]),
        (shortened(90, "13:00-17:00 08:00-12:00"), [(480, 720), (780, 930)]),
        # the last span falls away if nothing of it is left; the one before stays
        (shortened(240, "08:00-12:00 13:00-17:00"), [(480, 720)]),
        (shortened(239, "08:00-12:00 13:00-17:00"), [(480, 720), (780, 781)]),
        (shortened(60, "08:00-09:00"), []),
        # an end at midnight is a day's end; what goes on after it stays
        (shortened(60, "16:00-24:00"), [(960, 1380)]),
        (shortened(60, "16:00-01:00"), [(960, 1440)]),
        (shortened(60, ""), []),
        (shortened(0, "08:00-17:00"), [(480, 1020)]),
        # a holiday that is worked is none for the day before it
        (replace(shortened(60, "08:00-17:00"), days={date(2026, 3, 4): special("09:00-10:00")}), [(480, 1020)]),
    ],
)
def test_the_day_before_a_holiday(office: OfficeHours, expected: list[tuple[int, int]]) -> None:
    assert list(open_minutes(office, date(2026, 3, 3))) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-24", [(0, 120), (480, 1020)]),  # the tail of a special day
        ("2026-12-24", []),
        ("2026-12-25", [(540, 600)]),
        ("2027-02-02", [(720, 840)]),
        ("2027-03-03", [(540, 1440)]),
        ("2027-03-04", []),
    ],
)
def test_the_open_minutes_of_a_day(day: str, expected: list[tuple[int, int]]) -> None:
    assert list(open_minutes(HALL, date.fromisoformat(day))) == expected


def test_open_minutes_join_what_touches_and_overlaps() -> None:
    office = hours(mon="20:00-03:00", tue="02:00-05:00 05:00-06:00 08:00-09:00")
    assert open_minutes(office, date(2026, 3, 3)) == ((0, 360), (480, 540))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-20 00:00", "2026-11-22 00:00", ["21 00:00", "21 08:00", "21 15:00"]),
        # the start itself and the end are no changes
        ("2026-11-21 08:00", "2026-11-21 15:00", []),
        ("2026-11-21 08:00", "2026-11-21 15:01", ["21 15:00"]),
        ("2026-12-23 12:00", "2026-12-25 12:00", ["23 16:00", "24 00:00", "25 00:00", "25 09:00", "25 10:00"]),
        ("2027-01-31 12:00", "2027-02-02 13:00", ["01 00:00", "02 00:00", "02 12:00"]),
    ],
)
def test_changes_between_two_instants(start: str, end: str, expected: list[str]) -> None:
    found = list(changes(HALL, local(start), local(end)))
    assert [at.astimezone(RIGA).strftime("%d %H:%M") for at in found] == expected
    assert all(at.tzinfo is UTC for at in found)


NOT_DATED = "is in no dated schedule (repairs, thaw, festive)"
NO_HOLIDAY = "is no public holiday of LV"


@pytest.mark.parametrize(
    ("office", "day", "expected"),
    [
        (OFFICE, "2026-03-03", ["+ weekly.tuesday: 2026-03-03 is a tuesday"]),
        (HALL, "2026-11-24", [f"- dated: 2026-11-24 {NOT_DATED}", "- days: 2026-11-24 is not a special day",
            f"- holidays: 2026-11-24 {NO_HOLIDAY}", "- before_holidays: 2026-11-25 is no public holiday",
            "+ weekly.tuesday: 2026-11-24 is a tuesday"]),
        (HALL, "2026-11-20", [f"- dated: 2026-11-20 {NOT_DATED}",
            "+ days.2026-11-20: 2026-11-20 is a day off (moved to Saturday)"]),
        (HALL, "2026-12-24", [f"- dated: 2026-12-24 {NOT_DATED}", "- days: 2026-12-24 is not a special day",
            "+ holidays.2026-12-24: 2026-12-24 is a public holiday (Eve)"]),
        (HALL, "2026-12-23", [f"- dated: 2026-12-23 {NOT_DATED}", "- days: 2026-12-23 is not a special day",
            f"- holidays: 2026-12-23 {NO_HOLIDAY}",
            f"+ before_holidays.2026-12-23: {SHORT}"]),
        (HALL, "2027-02-02", ["+ dated.repairs: 2027-02-02 is in repairs, 2027-02-01 to 2027-02-12"]),
        (HALL, "2027-03-03", [f"- dated.thaw: 2027-03-03 is in {THAW}", "- days: 2027-03-03 is not a special day",
            f"- holidays: 2027-03-03 {NO_HOLIDAY}", "- before_holidays: 2027-03-04 is no public holiday",
            "+ dated.thaw.wednesday: 2027-03-03 is a wednesday"]),
    ],
)  # fmt: skip
def test_each_rule_that_was_looked_at_is_told(office: OfficeHours, day: str, expected: list[str]) -> None:
    told_ = [
        f"{'+' if one.applies else '-'} {one.rule}: {one.reason}" for one in considered(office, date.fromisoformat(day))
    ]
    assert told_ == expected


def test_the_memory_of_days_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "MOST_REMEMBERED", 10)
    office = replace(OFFICE)
    for shift in range(25):
        day = date(2026, 3, 2) + timedelta(days=shift)
        assert day_of(office, day) == day_of(office, day)
        assert len(office.memo) <= 10
