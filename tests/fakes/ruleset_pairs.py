"""Small rulesets for property tests of `ivr.proof`, single and as pairs of which the second was changed in a few places."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from ivr.routing.destinations import Destination, ExitReason, External, Kind, Message, Phones, Reject, Ring, Submenu
from ivr.routing.numbers import normal
from ivr.routing.office_hours import DatedSchedule, OfficeHours, Span, SpecialDay
from ivr.routing.rules import Announcement, CallerRule, Limit, Menu, Retry, Ruleset, Service
from ivr.routing.targets import Announce, Onward, Repeat, Target, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.vocabulary import (
    AnnouncementId,
    DestinationId,
    Did,
    HoursId,
    Key,
    Language,
    MenuId,
    PhoneId,
    PromptId,
    RulesVersion,
    ServiceId,
)

RIGA = ZoneInfo("Europe/Riga")
FIRST, LAST = date(2026, 10, 19), date(2026, 11, 8)  # clocks go back on 25 October
KEYS = tuple(map(Key, "1239"))
MENUS = tuple(map(MenuId, ("main", "sub")))
NAMES = tuple(map(DestinationId, ("d0", "d1", "d2", "d3")))
HOURS = tuple(map(HoursId, ("h0", "h1")))
PROMPTS = tuple(map(PromptId, ("p0", "p1")))
NUMBERS = tuple(map(Did, ("8488", "8489")))
CALLERS = ("", "+37120000001", "+37120000002", "+380501", "+4912345")
FAILED = (ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.UNREACHABLE)

says = st.none() | st.sampled_from(PROMPTS)
onwards: st.SearchStrategy[Onward] = st.one_of(
    st.builds(ToDestination, st.sampled_from(NAMES), says),
    st.builds(ToDestination, st.sampled_from(NAMES), says),
    st.builds(ToMenu, st.sampled_from(MENUS), says),
    st.builds(ToOperator, says),
    st.builds(Announce, st.sampled_from(PROMPTS)),
)
targets: st.SearchStrategy[Target] = st.one_of(
    onwards, onwards, st.sampled_from((ToLanguage(Language("en")), ToLanguage(Language("lv")), Repeat()))
)
hour_times = st.integers(0, 23).map(time)
weeks = st.dictionaries(st.integers(0, 6), st.tuples(st.builds(Span, hour_times, hour_times)), max_size=5)
days = st.dates(FIRST, LAST)
specials = st.sampled_from(
    (SpecialDay(reason="off"), SpecialDay(like=4), SpecialDay((Span(time(9), time(12)),), reason="short"))
)


@st.composite
def offices(draw: st.DrawFn, name: HoursId) -> OfficeHours:
    dated: tuple[DatedSchedule, ...] = ()
    if draw(st.integers(0, 3)) == 0:
        first, last = sorted((draw(days), draw(days)))
        dated = (DatedSchedule("strike", first, last, draw(weeks), draw(st.booleans())),)
    return OfficeHours(
        name,
        RIGA,
        draw(weeks),
        country="LV",
        holidays=draw(st.dictionaries(days, st.just("Diena"), max_size=2)),
        before_holidays=draw(st.sampled_from((0, 60))),
        days=draw(st.dictionaries(days, specials, max_size=2)),
        dated=dated,
    )


@st.composite
def destinations(draw: st.DrawFn, name: DestinationId) -> Destination:
    rings = tuple(Ring(PhoneId(f"{name}-{number}"), draw(st.sampled_from((10, 20)))) for number in range(2))
    kinds: st.SearchStrategy[Kind] = st.one_of(
        st.sampled_from((Phones(rings[:1]), Phones(rings), Phones(rings, together=True))),
        st.sampled_from((Phones(rings[:1]), External(Did("+371"), 20), Message(PROMPTS[0]), Reject(PROMPTS[1], 21))),
        st.builds(Submenu, st.sampled_from(MENUS)),
    )
    kind = draw(kinds)
    hours = draw(st.none() | st.sampled_from(HOURS))
    exits: dict[ExitReason, Onward] = {} if hours is None else {ExitReason.CLOSED: draw(onwards)}
    most: int | None = None
    if isinstance(kind, Phones | External):
        exits |= {reason: draw(onwards) for reason in FAILED}
        most = draw(st.none() | st.just(3))
        if most:
            exits[ExitReason.FULL] = draw(onwards)
    safety = isinstance(kind, Phones) and hours is None and most is None and draw(st.booleans())
    return Destination(name, {Language("lv"): name}, kind, exits, hours, safety, most)


@st.composite
def menus(draw: st.DrawFn, name: MenuId) -> Menu:
    keys = draw(st.dictionaries(st.sampled_from(KEYS), targets, min_size=1))
    wrong, silent = (
        Retry(draw(st.sampled_from(PROMPTS)), draw(st.sampled_from((0, 0, 1))), draw(onwards)) for _ in range(2)
    )
    return Menu(name, draw(st.sampled_from(PROMPTS)), keys, wrong, silent, limit=Limit(60, draw(onwards)))


caller_rules = st.builds(
    CallerRule,
    st.frozensets(st.sampled_from(tuple(str(normal(one)) for one in CALLERS[1:3])), max_size=1),
    st.sampled_from(((), ("371",), ("380",), ("3", "49"))),
    st.one_of(
        st.just(ToLanguage(Language("en"))),
        st.builds(ToMenu, st.sampled_from(MENUS)),
        st.builds(ToDestination, st.sampled_from(NAMES)),
    ),
)
announcements = st.builds(
    Announcement,
    st.just(AnnouncementId("water")),
    st.sampled_from(PROMPTS),
    st.just(datetime(2026, 10, 24, 8)),  # noqa: DTZ001 - local time of the service
    st.sampled_from((datetime(2026, 10, 25, 3, 30), datetime(2026, 10, 30, 8))),  # noqa: DTZ001
    st.booleans(),
)


@st.composite
def services(draw: st.DrawFn) -> Service:
    return Service(
        id=ServiceId("town"),
        title={},
        numbers=NUMBERS,
        zone=RIGA,
        languages=draw(st.permutations((Language("lv"), Language("en")))),
        welcome=draw(st.sampled_from(PROMPTS)),
        menu=draw(st.sampled_from(MENUS)),
        operator=draw(st.sampled_from(NAMES)),
        sorry=PromptId("sorry"),
        spoken=draw(st.dictionaries(st.sampled_from(NUMBERS), st.just(Language("en")), max_size=1)),
        callers=tuple(draw(st.lists(caller_rules, max_size=2))),
        announcements=tuple(draw(st.lists(announcements, max_size=1))),
    )


@st.composite
def rulesets(draw: st.DrawFn) -> Ruleset:
    service = draw(services())
    return Ruleset(
        version=RulesVersion("v"),
        services={service.id: service},
        menus={name: draw(menus(name)) for name in MENUS},
        destinations={name: draw(destinations(name)) for name in NAMES},
        hours={name: draw(offices(name)) for name in HOURS},
        numbers=dict.fromkeys(NUMBERS, service.id),
        max_hops=draw(st.integers(1, 4)),
    )


@dataclass(frozen=True)
class Pair:
    """Two rulesets; the second is the first with some changes."""

    old: Ruleset
    new: Ruleset


def _changed(draw: st.DrawFn, rules: Ruleset) -> Ruleset:
    section = draw(
        st.sampled_from(("menus", "menus", "destinations", "hours", "hours", "services", "numbers", "max_hops"))
    )
    if section == "max_hops":
        return replace(rules, max_hops=draw(st.integers(1, 4)))
    if section == "numbers":
        return replace(rules, numbers=dict.fromkeys(NUMBERS[:1], ServiceId("town")))
    makers: dict[str, Callable[[Any], st.SearchStrategy[Any]]] = {
        "menus": menus,
        "destinations": destinations,
        "hours": offices,
        "services": lambda _name: services(),
    }
    entries: dict[Any, Any] = dict(getattr(rules, section))
    name = draw(st.sampled_from(sorted(entries)))
    return replace(rules, **{section: {**entries, name: draw(makers[section](name))}})  # type: ignore[arg-type]


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    old = draw(rulesets())
    new = old
    for _ in range(draw(st.integers(0, 2))):
        new = _changed(draw, new)
    return Pair(old, new)
