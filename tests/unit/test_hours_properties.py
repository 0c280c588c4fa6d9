"""Office hours against a plain reference that looks at the wall clock minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr.routing.hours import Open, state_at
from ivr.routing.office_hours import OfficeHours, Span
from ivr.vocabulary import HoursId

ZONES = tuple(map(ZoneInfo, ("Europe/Riga", "Europe/Kyiv", "Europe/Sofia")))
CLOCK_CHANGES = (date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31), date(2028, 3, 26))
WATCHED = timedelta(hours=40)  # how far the reference walks on

quarters = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
spans = st.builds(Span, quarters, quarters)
weeklies = st.dictionaries(st.integers(0, 6), st.lists(spans, max_size=3).map(tuple), max_size=7)
days = st.one_of(
    st.sampled_from(CLOCK_CHANGES),
    st.sampled_from((date(2026, 12, 31), date(2028, 2, 29))),
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[OfficeHours, datetime]:
    day = draw(days)
    near = st.integers(-2, 2).map(lambda shift: day + timedelta(days=shift))
    holidays = draw(st.dictionaries(near, st.just("holiday"), max_size=2))
    office = OfficeHours(HoursId("desk"), draw(st.sampled_from(ZONES)), draw(weeklies), "LV", holidays)
    seconds = draw(st.integers(-3600, 100_000))
    return office, datetime.combine(day, time(0), UTC) + timedelta(seconds=seconds)


def reference(office: OfficeHours, at: datetime) -> bool:
    """Is a minute of the wall clock covered by a span of its day, or by the tail of one of the day before?"""
    wall = at.astimezone(office.zone).replace(tzinfo=None)
    if wall.date() in office.holidays:
        return False
    for back in (0, 1):
        day = wall.date() - timedelta(days=back)
        if day in office.holidays:
            continue
        for span in office.weekly.get(day.weekday(), ()):
            start = datetime.combine(day, span.start)
            end = datetime.combine(day + timedelta(days=span.end <= span.start), span.end)
            if start <= wall < end:
                return True
    return False


@settings(max_examples=150, deadline=None)
@given(situations())
@example((OfficeHours(HoursId("desk"), ZONES[0], {}), datetime(2026, 1, 1, tzinfo=UTC)))
def test_state_and_next_change_agree_with_the_wall_clock(situation: tuple[OfficeHours, datetime]) -> None:
    office, at = situation
    state = state_at(office, at)
    is_open = reference(office, at)
    assert isinstance(state, Open) is is_open
    change = state.until if isinstance(state, Open) else state.opens_at
    minute = at.replace(second=0) + timedelta(minutes=1)
    while minute < at + WATCHED and reference(office, minute) is is_open:
        minute += timedelta(minutes=1)
    if minute < at + WATCHED:
        assert change == minute
    else:
        assert change is None or change >= minute
