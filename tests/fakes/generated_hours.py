"""Strategies for office hours with everything that the rules can say, around the days on which clocks and years change."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from ivr.routing.office_hours import DatedSchedule, OfficeHours, Span, SpecialDay
from ivr.vocabulary import HoursId

ZONES = tuple(map(ZoneInfo, ("Europe/Riga", "Europe/Kyiv", "Europe/Sofia")))
CLOCK_CHANGES = (
    date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31), date(2028, 3, 26), date(2028, 10, 29),
)  # fmt: skip
DAY = timedelta(days=1)

quarters = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
spans = st.builds(Span, quarters, quarters)
some_spans = st.lists(spans, max_size=3).map(tuple)
weeklies = st.dictionaries(st.integers(0, 6), some_spans, min_size=3, max_size=7)
special_days = st.one_of(
    st.just(SpecialDay()),
    st.builds(SpecialDay, like=st.integers(0, 6)),
    st.builds(SpecialDay, some_spans),
)
days = st.one_of(
    st.sampled_from(CLOCK_CHANGES),
    st.sampled_from((date(2026, 12, 31), date(2028, 2, 29))),
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
)


@st.composite
def offices(draw: st.DrawFn, day: date) -> OfficeHours:
    """Hours with everything in the days around one day: holidays, special days, up to two dated schedules."""
    near = st.integers(-1, 2).map(lambda shift: day + timedelta(days=shift))
    first = draw(near)
    second = first + timedelta(days=draw(st.integers(1, 2)))
    dated = [
        DatedSchedule("one", first, second - DAY, draw(weeklies), draw(st.booleans())),
        DatedSchedule("two", second, second + timedelta(days=draw(st.integers(0, 2))), draw(weeklies), draw(st.booleans())),
    ]  # fmt: skip
    return OfficeHours(
        id=HoursId("desk"),
        zone=draw(st.sampled_from(ZONES)),
        weekly=draw(weeklies),
        country="LV",
        holidays=draw(st.dictionaries(near, st.just("holiday"), max_size=3)),
        before_holidays=draw(st.sampled_from((0, 60, 240))),
        days=draw(st.dictionaries(near, special_days, max_size=3)),
        dated=tuple(dated[: draw(st.integers(0, 2))]),
    )
