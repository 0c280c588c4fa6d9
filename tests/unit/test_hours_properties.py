"""Office hours against a plain reference that looks at the wall clock minute by minute and knows no shortcuts."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr.routing.days import MIDNIGHT
from ivr.routing.hours import Open, changes, open_minutes, ruling_at, state_at
from ivr.routing.office_hours import OfficeHours, Span
from ivr.vocabulary import HoursId
from tests.fakes.examples import some
from tests.fakes.generated_hours import ZONES, days, offices

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
WATCHED = timedelta(hours=40)  # how far the reference walks on


@st.composite
def situations(draw: st.DrawFn) -> tuple[OfficeHours, datetime]:
    day = draw(days)
    seconds = draw(st.integers(-3600, 100_000))
    return draw(offices(day)), datetime.combine(day, time(0), UTC) + timedelta(seconds=seconds)


def resolved(office: OfficeHours, day: date) -> tuple[list[tuple[datetime, datetime]], bool]:
    """Say by hand which spans of local time begin on a day, and whether the day is shut as a whole."""
    dated = [one for one in office.dated if one.first <= day <= one.last]
    spans_ = list((dated[0].weekly if dated else office.weekly).get(day.weekday(), ()))
    if dated and not dated[0].keep_holidays:
        return [_ends(day, one) for one in spans_], False
    if day in office.days:
        special = office.days[day]
        like = () if special.like is None else office.weekly.get(special.like, ())
        shut = special.like is None and not special.spans
        return [_ends(day, one) for one in (*special.spans, *like)], shut
    if day in office.holidays:
        return [], True
    tomorrow = day + DAY
    found = [_ends(day, one) for one in spans_]
    if office.before_holidays and spans_ and tomorrow in office.holidays and tomorrow not in office.days:
        last = max(found, key=lambda pair: pair[0])
        if last[1] <= datetime.combine(tomorrow, MIDNIGHT):
            found.remove(last)
            end = last[1] - timedelta(minutes=office.before_holidays)
            found += [(last[0], end)] if end > last[0] else []
    return found, False


def _ends(day: date, one: Span) -> tuple[datetime, datetime]:
    return datetime.combine(day, one.start), datetime.combine(day + DAY * (one.end <= one.start), one.end)


def wall_open(office: OfficeHours, wall: datetime) -> bool:
    """Is a minute of the wall clock (naive) covered by a span of its day, or by the tail of one of the day before?"""
    today, shut = resolved(office, wall.date())
    before, _ = resolved(office, wall.date() - DAY)
    return any(start <= wall < end for start, end in [*today, *([] if shut else before)])


def reference(office: OfficeHours, at: datetime) -> bool:
    return wall_open(office, at.astimezone(office.zone).replace(tzinfo=None))


@settings(max_examples=some(80), deadline=None)
@given(situations())
@example((OfficeHours(HoursId("desk"), ZONES[0], {}), datetime(2026, 1, 1, tzinfo=UTC)))
def test_state_and_next_change_agree_with_the_wall_clock(situation: tuple[OfficeHours, datetime]) -> None:
    office, at = situation
    state = state_at(office, at)
    is_open = reference(office, at)
    assert isinstance(state, Open) is is_open
    assert ruling_at(office, at).open is is_open
    change = state.until if isinstance(state, Open) else state.opens_at
    minute = at.replace(second=0) + MINUTE
    while minute < at + WATCHED and reference(office, minute) is is_open:
        minute += MINUTE
    if minute < at + WATCHED:
        assert change == minute
    else:
        assert change is None or change >= minute


@settings(max_examples=some(80), deadline=None)
@given(situations())
def test_the_open_minutes_are_those_of_the_wall_clock(situation: tuple[OfficeHours, datetime]) -> None:
    office, at = situation
    day = at.date()
    midnight = datetime.combine(day, MIDNIGHT)
    by_hand = {minute for minute in range(1440) if wall_open(office, midnight + minute * MINUTE)}
    ranges = open_minutes(office, day)
    assert {minute for first, last in ranges for minute in range(first, last)} == by_hand
    assert all(first < last for first, last in ranges)
    assert all(before[1] < after[0] for before, after in pairwise(ranges))


@settings(max_examples=some(60), deadline=None)
@given(situations())
def test_nothing_changes_but_at_a_change(situation: tuple[OfficeHours, datetime]) -> None:
    """Look at every minute of 40 hours: what is said differs from the minute before exactly at the changes."""
    office, at = situation
    start = at.replace(second=0)
    found = list(changes(office, start, start + WATCHED))
    differing = []
    before = ruling_at(office, start)
    for number in range(1, WATCHED // MINUTE):
        now = ruling_at(office, start + number * MINUTE)
        if (now.open, now.rule) != (before.open, before.rule):
            differing.append(start + number * MINUTE)
        before = now
    assert found == differing
    assert all(instant.tzinfo is UTC for instant in found)
