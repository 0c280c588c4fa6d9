"""The month of a service: each day's open spans, and why a day differs from its week."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.proof.calendar import WIDTH, Calendar, as_dict, calendars, first_of, lines
from ivr.routing.destinations import ExitReason
from ivr.routing.hours import ruling_at
from ivr.routing.office_hours import OfficeHours, Span, SpecialDay
from ivr.routing.rules import Override, OverrideKind, Ruleset
from ivr.routing.targets import ToOperator
from ivr.vocabulary import DestinationId, HoursId, OverrideId, ServiceId
from tests.fakes.ruleset import LV, RIGA, small
from tests.fakes.ruleset_pairs import offices

TOWN, DESK = ServiceId("town"), DestinationId("desk")
DECEMBER = date(2026, 12, 1)
OFFICE = OfficeHours(
    HoursId("office"),
    RIGA,
    {0: (Span(time(8), time(12)), Span(time(13), time(17))), 4: (Span(time(22), time(2)),)},
    country="LV",
    holidays={date(2026, 12, 25): "Ziemassvētki"},
    days={date(2026, 12, 14): SpecialDay(reason="moved to Saturday"), date(2026, 12, 19): SpecialDay(like=0)},
)
RULES = replace(small(), hours={OFFICE.id: OFFICE})


def december(rules: Ruleset = RULES, only: DestinationId | None = None) -> list[Calendar]:
    return calendars(rules, TOWN, DECEMBER, only)


def row(day: int, rules: Ruleset = RULES) -> str:
    found = [one for one in lines(december(rules)[0], rules, LV) if one[6:8].strip() == str(day)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (1, "  Tue  1  closed"),
        (4, "  Fri  4  22:00-24:00"),
        (5, "  Sat  5  00:00-02:00"),
        (7, "  Mon  7  08:00-12:00, 13:00-17:00"),
        (14, "  Mon 14  closed                    a day off (moved to Saturday)"),
        (19, "  Sat 19  00:00-02:00, 08:00-12:00, 13:00-17:00"),
        (25, "  Fri 25  closed                    a public holiday (Ziemassvētki)"),
        (26, "  Sat 26  closed"),
    ],
)
def test_days(day: int, expected: str) -> None:
    assert " ".join(row(day).split()).startswith(" ".join(expected.split()))


def test_every_line_fits_a_narrow_terminal() -> None:
    long = SpecialDay(reason="a reason with many words " * 6)
    hours = replace(OFFICE, days={date(2026, 12, 14): long})
    rules = replace(RULES, hours={OFFICE.id: hours})
    for one in december(rules):
        assert all(len(line) <= WIDTH for line in lines(one, rules, LV))


def test_destinations_by_hours_and_those_that_never_close() -> None:
    office, always = december()
    assert (office.hours, office.destinations, len(office.days)) == ("office", ("desk",), 31)
    assert (always.hours, set(always.destinations)) == (None, {"help", "operator"})
    assert list(lines(always, RULES, LV)) == ["day and night: operator, help"]
    assert [one.destinations for one in december(only=DESK)] == [("desk",)]


def test_clock_changes_and_overrides_are_told() -> None:
    since = datetime(2026, 12, 7, 22, tzinfo=UTC)
    order = Override(OverrideId("o1"), DESK, OverrideKind.CLOSED, since, since + timedelta(hours=1), "flood", "me")
    rules = RULES.overridden({DESK: (order,)})
    told = [one for one in december(rules)[0].days if one.reasons and "o1" in one.reasons[0]]
    assert [one.day.day for one in told] == [8]  # it is after midnight in Riga
    autumn = calendars(RULES, TOWN, date(2026, 10, 3))[0].days
    assert (autumn[0].day, [one.day.day for one in autumn if one.reasons]) == (date(2026, 10, 1), [25])
    assert autumn[24].reasons == ("clocks go back",)
    assert calendars(RULES, TOWN, date(2027, 3, 1))[0].days[27].reasons == ("clocks go forward",)


def test_as_values() -> None:
    told = as_dict(december()[0])
    assert told["days"][6] == {
        "day": "2026-12-07",
        "open": [["08:00", "12:00"], ["13:00", "17:00"]],
        "rule": "hours.office.weekly.monday",
        "reasons": [],
    }


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "26-12", "december", ""])
def test_no_month(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        first_of(text)
    assert first_of("2026-12") == DECEMBER


@settings(max_examples=40, deadline=None)
@given(offices(HoursId("office")), st.integers(0, 30), st.integers(0, 1439))
def test_the_calendar_agrees_with_the_rules(hours: OfficeHours, day: int, minute: int) -> None:
    base = small()
    desk = replace(base.destinations[DESK], exits={**base.destinations[DESK].exits, ExitReason.CLOSED: ToOperator()})
    rules = replace(base, hours={hours.id: hours}, destinations={**base.destinations, DESK: desk})
    told = calendars(rules, TOWN, date(2026, 10, 1), DESK)[0].days[day]
    at = datetime.combine(told.day, time(minute // 60, minute % 60), RIGA)
    assert any(low <= minute < high for low, high in told.open) is ruling_at(hours, at).open
