"""Office hours as a table: instants on the edges, in other zones, at clock changes, on holidays."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from ivr.routing.hours import Closed, OfficeState, Open, ruling_at, state_at
from ivr.routing.office_hours import OfficeHours
from tests.fakes.office_table import KYIV, RIGA, SOFIA, hours, local


def told(state: OfficeState, zone: ZoneInfo = RIGA) -> str:
    """Return the state as short text with local time and offset, such as `open until 17:00+02:00 Tue`."""
    change = state.until if isinstance(state, Open) else state.opens_at
    when = "never" if change is None else change.astimezone(zone).strftime("%Y-%m-%d %H:%M%z")
    return f"{'open' if isinstance(state, Open) else 'closed'} until {when}"


OFFICE = hours(mon="08:00-18:00", tue="08:00-17:00", wed="08:00-17:00", thu="08:00-17:00", fri="08:00-15:00")
SPLIT = hours(tue="08:00-12:00 13:00-17:00")
NIGHT = hours(fri="22:00-06:00")
NEVER = hours()
ALL_DAY = "00:00-24:00"
ALWAYS = hours(mon=ALL_DAY, tue=ALL_DAY, wed=ALL_DAY, thu=ALL_DAY, fri=ALL_DAY, sat=ALL_DAY, sun=ALL_DAY)
CHRISTMAS = hours(
    holidays={date(2026, 12, 24): "Eve", date(2026, 12, 25): "Day", date(2026, 12, 26): "Second"},
    wed="22:00-06:00", thu="22:00-06:00", fri="08:00-15:00", sat="22:00-06:00", sun="10:00-11:00",
)  # fmt: skip


@pytest.mark.parametrize(
    ("office", "at", "expected"),
    [
        # half-open, to the second and below
        (OFFICE, "2026-03-03 07:59:59.999999", "closed until 2026-03-03 08:00+0200"),
        (OFFICE, "2026-03-03 08:00:00", "open until 2026-03-03 17:00+0200"),
        (OFFICE, "2026-03-03 16:59:59.999999", "open until 2026-03-03 17:00+0200"),
        (OFFICE, "2026-03-03 17:00:00", "closed until 2026-03-04 08:00+0200"),
        (OFFICE, "2026-03-06 15:00:00", "closed until 2026-03-09 08:00+0200"),
        (OFFICE, "2026-03-08 12:00:00", "closed until 2026-03-09 08:00+0200"),
        # several spans a day
        (SPLIT, "2026-03-03 12:00:00", "closed until 2026-03-03 13:00+0200"),
        (SPLIT, "2026-03-03 13:00:00", "open until 2026-03-03 17:00+0200"),
        (SPLIT, "2026-03-03 17:00:00", "closed until 2026-03-10 08:00+0200"),
        # across midnight
        (NIGHT, "2026-03-06 21:59:59", "closed until 2026-03-06 22:00+0200"),
        (NIGHT, "2026-03-06 22:00:00", "open until 2026-03-07 06:00+0200"),
        (NIGHT, "2026-03-07 05:59:59", "open until 2026-03-07 06:00+0200"),
        (NIGHT, "2026-03-07 06:00:00", "closed until 2026-03-13 22:00+0200"),
        (NIGHT, "2026-03-06 05:59:59", "closed until 2026-03-06 22:00+0200"),
        # spans that touch are one opening
        (hours(sat="20:00-24:00", sun="00:00-02:00"), "2026-03-07 21:00", "open until 2026-03-08 02:00+0200"),
        # never, always
        (NEVER, "2026-03-03 12:00", "closed until never"),
        (ALWAYS, "2026-03-03 12:00", "open until never"),
        # year's end and leap day
        (hours(thu="22:00-06:00"), "2026-12-31 23:59:59", "open until 2027-01-01 06:00+0200"),
        (hours(tue="08:00-17:00"), "2028-02-29 08:00", "open until 2028-02-29 17:00+0200"),
        # clocks go forward in Riga on 29 March 2026: 03:00 becomes 04:00
        (hours(sat="22:00-06:00"), "2026-03-28 23:00", "open until 2026-03-29 06:00+0300"),
        (hours(sun="03:30-05:00"), "2026-03-29 02:59:59", "closed until 2026-03-29 04:00+0300"),
        (hours(sun="01:00-03:30"), "2026-03-29 02:59:59", "open until 2026-03-29 04:00+0300"),
        (hours(sun="03:10-03:50"), "2026-03-29 02:59:59", "closed until 2026-04-05 03:10+0300"),
        (hours(sun="08:00-09:00"), "2026-03-22 09:00", "closed until 2026-03-29 08:00+0300"),
        # clocks go back in Riga on 25 October 2026: 04:00 becomes 03:00
        (hours(sat="22:00-06:00"), "2026-10-24 23:00", "open until 2026-10-25 06:00+0200"),
        (hours(sun="03:30-05:00"), "2026-10-25 02:00", "closed until 2026-10-25 03:30+0300"),
        (hours(sun="03:30-05:00"), "2026-10-25 03:45", "open until 2026-10-25 03:00+0200"),
        (hours(sun="01:00-03:30"), "2026-10-25 02:00", "open until 2026-10-25 03:30+0300"),
        # holidays close the whole day, with the tail from the day before and that of their own evening
        (CHRISTMAS, "2026-12-23 23:00", "open until 2026-12-24 00:00+0200"),
        (CHRISTMAS, "2026-12-24 05:59", "closed until 2026-12-27 10:00+0200"),
        (CHRISTMAS, "2026-12-25 10:00", "closed until 2026-12-27 10:00+0200"),
        (CHRISTMAS, "2026-12-27 02:00", "closed until 2026-12-27 10:00+0200"),
        (CHRISTMAS, "2027-01-01 10:00", "open until 2027-01-01 15:00+0200"),
    ],
)  # fmt: skip
def test_state(office: OfficeHours, at: str, expected: str) -> None:
    assert told(state_at(office, local(at))) == expected


@pytest.mark.parametrize(
    ("span", "clock", "fold", "expected"),
    [
        ("01:00-03:30", "03:45", 0, "closed until 2026-10-25 03:00+0200"),
        ("01:00-03:30", "03:15", 1, "open until 2026-10-25 03:30+0200"),
        ("01:00-03:30", "03:45", 1, "closed until 2026-11-01 01:00+0200"),
        ("03:30-05:00", "03:15", 1, "closed until 2026-10-25 03:30+0200"),
    ],
)
def test_the_hour_that_is_shown_twice_counts_twice(span: str, clock: str, fold: int, expected: str) -> None:
    assert told(state_at(hours(sun=span), local(f"2026-10-25 {clock}", fold=fold))) == expected


@pytest.mark.parametrize("zone", [RIGA, KYIV, SOFIA], ids=str)
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31", "2028-03-26", "2028-10-29"])
def test_office_days_around_both_clock_changes(zone: ZoneInfo, day: str) -> None:
    office = hours(zone, sun="08:00-17:00", mon="08:00-17:00")
    sunday = datetime.fromisoformat(day)
    for clock, expected in ((time(7, 59, 59), False), (time(8), True), (time(16, 59, 59), True), (time(17), False)):
        for shift in (0, 1):
            at = datetime.combine(sunday.date() + timedelta(days=shift), clock, zone)
            assert ruling_at(office, at).open is expected
            assert ruling_at(office, at.astimezone(UTC)).open is expected


def test_a_change_at_local_midnight_is_found() -> None:
    cairo = ZoneInfo("Africa/Cairo")  # clocks go forward at 00:00 on 24 April 2026, so that day begins at 01:00
    office = hours(cairo, fri="00:30-02:00")
    state = state_at(office, local("2026-04-23 23:59", cairo))
    assert told(state, cairo) == "closed until 2026-04-24 01:00+0300"


def test_the_zone_of_the_instant_does_not_matter() -> None:
    at = local("2026-03-03 16:59:59")
    zones = (UTC, KYIV, ZoneInfo("America/New_York"), timezone(timedelta(hours=14)))
    assert {state_at(OFFICE, at.astimezone(zone)) for zone in zones} == {state_at(OFFICE, at)}


def test_changes_are_given_in_utc() -> None:
    state = state_at(OFFICE, local("2026-03-03 12:00"))
    assert isinstance(state, Open)
    assert state.until == datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
    assert state.until.tzinfo is UTC


@pytest.mark.parametrize("ask", [state_at, ruling_at])
def test_an_instant_without_a_zone_is_refused(ask: object) -> None:
    with pytest.raises(ValueError, match="no time zone; pass an aware datetime"):
        ask(OFFICE, datetime(2026, 3, 3, 12, 0))  # type: ignore[operator] # noqa: DTZ001


@pytest.mark.parametrize(
    ("office", "at", "rule", "reason"),
    [
        (OFFICE, "2026-03-03 12:00", "hours.desk.weekly.tuesday", "tuesday is open 08:00-17:00"),
        (OFFICE, "2026-03-03 17:30", "hours.desk.weekly.tuesday", "tuesday 17:30 is outside 08:00-17:00"),
        (SPLIT, "2026-03-03 12:00", "hours.desk.weekly.tuesday", "tuesday 12:00 is outside 08:00-12:00, 13:00-17:00"),
        (OFFICE, "2026-03-08 12:00", "hours.desk.weekly.sunday", "sunday has no open hours"),
        (NIGHT, "2026-03-07 05:00", "hours.desk.weekly.friday", "friday is open 22:00-06:00"),
        (ALWAYS, "2026-03-07 05:00", "hours.desk.weekly.saturday", "saturday is open 00:00-24:00"),
        (CHRISTMAS, "2026-12-24 12:00", "hours.desk.holidays.2026-12-24", "2026-12-24 is a public holiday (Eve)"),
    ],
)
def test_the_rule_and_the_reason(office: OfficeHours, at: str, rule: str, reason: str) -> None:
    ruling = ruling_at(office, local(at))
    assert (ruling.rule, ruling.reason) == (rule, reason)
    state = state_at(office, local(at))
    assert state.rule == rule
    assert not isinstance(state, Closed) or state.reason == reason


def test_the_search_for_an_opening_is_bounded() -> None:
    every_tuesday = {date(2026, 3, 3) + timedelta(days=7 * week): "closed for repairs" for week in range(60)}
    state = state_at(hours(holidays=every_tuesday, tue="08:00-17:00"), local("2026-03-03 12:00"))
    assert state == Closed("2026-03-03 is a public holiday (closed for repairs)", None, state.rule)


@pytest.mark.parametrize("zone", [RIGA, KYIV, SOFIA], ids=str)
@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_the_hours_of_both_clock_changes(zone: ZoneInfo, year: int) -> None:
    """In all three zones 03:00 becomes 04:00 in March and 04:00 becomes 03:00 in October, on the last Sunday."""
    spring, autumn = (
        date(year, month, 31) - timedelta(days=date(year, month, 31).isoweekday() % 7) for month in (3, 10)
    )
    office = hours(zone, sun="02:30-03:30 05:00-06:00")
    for day, minutes in ((spring, 30 + 60), (autumn, 30 + 30 + 30 + 60)):
        midnight = datetime.combine(day, time(0), zone).astimezone(UTC)
        open_ = [n for n in range(25 * 60) if ruling_at(office, midnight + timedelta(minutes=n)).open]
        assert len(open_) == minutes
        state = state_at(office, midnight)
        assert isinstance(state, Closed)
        assert state.opens_at == midnight + timedelta(hours=2, minutes=30)
