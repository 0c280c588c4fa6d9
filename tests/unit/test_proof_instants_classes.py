"""Classes of instants: two instants of one class are answered alike, and nothing changes between two cuts."""

from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.calls.entry import announced
from ivr.proof.instants import Classes, Timetable
from ivr.proof.met import met
from ivr.routing.hours import ruling_at
from ivr.routing.office_hours import OfficeHours
from ivr.routing.overrides import override_at
from ivr.routing.rules import Announcement, Limit, Override, OverrideKind, Ruleset, Service
from ivr.routing.targets import ToDestination
from ivr.vocabulary import AnnouncementId, DestinationId, HoursId, MenuId, OverrideId, PromptId, ServiceId
from tests.fakes.generated_hours import ZONES, days, offices
from tests.fakes.many_services import many
from tests.fakes.office_table import RIGA, hours, local

MINUTE = timedelta(minutes=1)
SERVICE = ServiceId("t0-service")
DESTINATIONS = tuple(map(DestinationId, ("t0-desk", "t0-roads", "t0-duty", "t0-police")))
TWO_DAYS = 2 * 24 * 60


@st.composite
def situations(draw: st.DrawFn) -> tuple[Ruleset, datetime]:
    """A town with two generated offices, perhaps in different zones, orders and announcements around one day."""
    day = draw(days)
    rules = many(1)
    hours = {name: replace(draw(offices(day)), id=name) for name in rules.hours}
    start = datetime.combine(day, time(0), UTC) + draw(st.integers(-1440, 1440)) * MINUTE
    minutes = st.integers(-600, TWO_DAYS + 600)
    orders: dict[DestinationId, tuple[Override, ...]] = {}
    for number in range(draw(st.integers(0, 3))):
        name, kind = draw(st.sampled_from(DESTINATIONS)), draw(st.sampled_from(OverrideKind))
        since = start + draw(minutes) * MINUTE
        until = since + draw(st.integers(1, 3000)) * MINUTE
        other = draw(st.sampled_from(DESTINATIONS)) if kind is OverrideKind.REDIRECT else None
        one = Override(OverrideId(str(number)), name, kind, since, until, "why", "who", other)
        orders[name] = (*orders.get(name, ()), one)
    quarters = st.integers(-40, 300).map(lambda number: datetime.combine(day, time(0)) + number * 15 * MINUTE)
    heard = tuple(
        Announcement(AnnouncementId(f"a{number}"), PromptId("p"), draw(quarters), draw(quarters))
        for number in range(draw(st.integers(0, 2)))
    )
    service = replace(rules.services[SERVICE], announcements=heard, zone=draw(st.sampled_from(ZONES)))
    return replace(rules, hours=hours, services={SERVICE: service}, overrides=orders), start


def answers(rules: Ruleset, service: Service, at: datetime) -> Hashable:
    """Give everything that a call can ask of an instant."""
    offices_ = tuple(ruling_at(hours, at).open for hours in rules.hours.values())
    orders = tuple(override_at(rules.destinations[name], rules, at) for name in DESTINATIONS)
    return offices_, orders, tuple(one.id for one in announced(service, at))


def cut(rules: Ruleset, start: datetime, end: datetime) -> Classes:
    service = rules.services[SERVICE]
    return Timetable(rules, start, end).classes(service, met(service, rules))


@settings(max_examples=10, deadline=None)
@given(situations())
def test_every_minute_is_answered_like_the_first_of_its_class(situation: tuple[Ruleset, datetime]) -> None:
    rules, start = situation
    service = rules.services[SERVICE]
    classes = cut(rules, start, start + TWO_DAYS * MINUTE)
    firsts = [answers(rules, service, at) for at in classes.firsts]
    assert len(set(firsts)) == len(firsts)
    instants = [instant for instant, _ in classes.pieces]
    before: Hashable = None
    for number in range(TWO_DAYS):
        at = start + number * MINUTE
        now = answers(rules, service, at)
        position = bisect_right(instants, at) - 1
        assert now == firsts[classes.pieces[position][1]], at
        assert now == before or instants[position] == at
        before = now


@settings(max_examples=10, deadline=None)
@given(situations(), st.sampled_from(("t0-office", "t0-roads")))
def test_hours_are_open_when_they_say_so(situation: tuple[Ruleset, datetime], name: str) -> None:
    rules, start = situation
    hours: OfficeHours = rules.hours[HoursId(name)]
    track = Timetable(rules, start, start + TWO_DAYS * MINUTE).opening(hours.id)
    for number in range(TWO_DAYS):
        at = start + number * MINUTE
        assert track.at(at) is ruling_at(hours, at).open
    assert list(track.instants) == sorted(set(track.instants))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        # Monday: the office from 07:00, roads from 08:00, lunch at 12:00, roads to 16:00, the office to 17:00
        ("2026-11-23 00:00", "2026-11-24 00:00", ["00:00 0", "07:00 1", "08:00 2", "12:00 3", "13:00 2", "16:00 1", "17:00 0"]),
        ("2026-11-22 00:00", "2026-11-23 00:00", ["00:00 0"]),
        ("2026-11-23 12:30", "2026-11-23 13:30", ["12:30 0", "13:00 1"]),
        # the last instant is not looked at
        ("2026-11-23 06:00", "2026-11-23 07:00", ["06:00 0"]),
    ],
)  # fmt: skip
def test_the_pieces_of_a_day(start: str, end: str, expected: list[str]) -> None:
    classes = cut(many(1), local(start), local(end))
    assert [f"{at.astimezone(RIGA):%H:%M} {number}" for at, number in classes.pieces] == expected


def test_the_tail_of_a_night_is_on_the_right_day() -> None:
    """Saturday and Sunday look alike, but only Saturday has Friday's tail."""
    rules = replace(many(1), hours={HoursId("desk"): hours(fri="22:00-06:00")})
    start = local("2026-11-16 00:00")
    track = Timetable(rules, start, start + timedelta(days=14)).opening(HoursId("desk"))
    assert [f"{at.astimezone(RIGA):%a %d %H}" for at in track.instants] == [
        "Mon 16 00", "Fri 20 22", "Sat 21 06", "Fri 27 22", "Sat 28 06",
    ]  # fmt: skip


def test_what_only_silence_leads_to_is_watched() -> None:
    rules = many(1)
    main = rules.menus[MenuId("t0-main")]
    silent = replace(main.no_input, exit=ToDestination(DestinationId("t0-roads")))
    for changed in (replace(main, keys={}, no_input=silent), replace(main, keys={}, limit=Limit(60, silent.exit))):
        found = met(rules.services[SERVICE], replace(rules, menus={main.id: changed}))
        assert HoursId("t0-roads") in found.hours


def test_more_months_make_no_more_classes() -> None:
    start = local("2026-11-23 00:00")
    month, year = cut(many(1), start, start + timedelta(days=31)), cut(many(1), start, start + timedelta(days=396))
    assert year.firsts == month.firsts
    assert len(year.pieces) > 10 * len(month.pieces)


def test_a_window_that_ends_in_the_hour_shown_twice_is_met_twice() -> None:
    """03:30 comes twice on 25 October 2026: what ends then is heard again from the second 03:00 to the second 03:30."""
    rules = many(1)
    ends = datetime.combine(date(2026, 10, 25), time(3, 30))
    one = Announcement(AnnouncementId("a"), PromptId("p"), ends - timedelta(hours=10), ends)
    service = replace(rules.services[SERVICE], announcements=(one,))
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    classes = cut(replace(rules, services={SERVICE: service}), start, start + timedelta(hours=6))
    shown = [f"{at:%H:%M} {number}" for at, number in classes.pieces if at.hour < 3]
    heard = [told for before, told in zip(["", *shown], shown, strict=False) if told[-1:] != before[-1:]]
    assert heard == ["00:30 1", "01:00 0", "01:30 1"]
