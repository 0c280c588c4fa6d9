"""Classic mistakes in the rules of a town that has none: each is found, with the right instant and keys."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from ivr.proof.coverage import Coverage, coverage
from ivr.proof.gaps import GapKind
from ivr.routing.destinations import Destination, ExitReason, Message, Phones, Ring
from ivr.routing.office_hours import DatedSchedule, OfficeHours, Span
from ivr.routing.rules import Announcement, CallerRule, Menu, Override, OverrideKind, Ruleset
from ivr.routing.targets import Announce, Onward, Target, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.vocabulary import (
    AnnouncementId,
    DestinationId,
    HoursId,
    Key,
    Language,
    MenuId,
    OverrideId,
    PhoneId,
    PromptId,
    ServiceId,
)
from tests.fakes.many_services import FAILED, many
from tests.fakes.office_table import RIGA, local

SERVICE = ServiceId("t0-service")
START = local("2026-11-23 00:00")
END = START + timedelta(days=60)
SORRY = Announce(PromptId("sorry"))
Change = Callable[[Ruleset], Ruleset]


def to(what: str) -> ToDestination:
    return ToDestination(DestinationId(f"t0-{what}"))


def to_menu(what: str) -> ToMenu:
    return ToMenu(MenuId(f"t0-{what}"))


def menu(what: str, keys: dict[str, Target | None] | None = None, no_input: Onward | None = None) -> Change:
    """Change keys of a menu (None takes one away), or the exit for silence."""

    def change(rules: Ruleset) -> Ruleset:
        old: Menu = rules.menus[MenuId(f"t0-{what}")]
        mixed = {**old.keys, **{Key(key): target for key, target in (keys or {}).items()}}
        silent = old.no_input if no_input is None else replace(old.no_input, exit=no_input)
        new = replace(old, keys={key: one for key, one in mixed.items() if one is not None}, no_input=silent)
        return replace(rules, menus={**rules.menus, old.id: new})

    return change


def place(what: str, exits: dict[ExitReason, Onward | None] | None = None, **fields: object) -> Change:
    """Change fields of a destination; an exit None is taken away."""

    def change(rules: Ruleset) -> Ruleset:
        old: Destination = rules.destinations[DestinationId(f"t0-{what}")]
        mixed = {**old.exits, **(exits or {})}
        new = replace(old, exits={reason: one for reason, one in mixed.items() if one is not None}, **fields)  # type: ignore[arg-type]
        return replace(rules, destinations={**rules.destinations, old.id: new})

    return change


def hours(what: str, **fields: object) -> Change:
    """Change fields of office hours, or make hours that are always open first."""

    def change(rules: Ruleset) -> Ruleset:
        always = OfficeHours(HoursId(f"t0-{what}"), RIGA, {day: (Span(time(0), time(0)),) for day in range(7)})
        old = rules.hours.get(HoursId(f"t0-{what}"), always)
        return replace(rules, hours={**rules.hours, old.id: replace(old, **fields)})  # type: ignore[arg-type]

    return change


def service(**fields: object) -> Change:
    return lambda rules: replace(rules, services={SERVICE: replace(rules.services[SERVICE], **fields)})  # type: ignore[arg-type]


def redirected(what: str, other: str) -> Change:
    def change(rules: Ruleset) -> Ruleset:
        name, since = DestinationId(f"t0-{what}"), local("2026-11-25 09:30")
        until = since + timedelta(hours=1)
        one = Override(
            OverrideId(what), name, OverrideKind.REDIRECT, since, until, "why", "who", DestinationId(f"t0-{other}")
        )
        return replace(rules, overrides={**rules.overrides, name: (one,)})

    return change


def dated(first: str, last: str) -> tuple[DatedSchedule, ...]:
    """Make a schedule in which nothing opens."""
    return (DatedSchedule("repairs", date.fromisoformat(first), date.fromisoformat(last), {}),)


def all_of(*changes: Change) -> Change:
    def change(rules: Ruleset) -> Ruleset:
        for one in changes:
            rules = one(rules)
        return rules

    return change


def failing(target: Onward) -> dict[ExitReason, Onward | None]:
    return dict.fromkeys(FAILED, target)


WATER = Announcement(AnnouncementId("water"), PromptId("p"), datetime(2026, 12, 1, 8), datetime(2026, 12, 2), False)  # noqa: DTZ001
NO_SAFETY = all_of(
    menu("main", {"2": None, "3": None}),
    menu("closed", {"2": None, "3": None}),
    place("duty", failing(SORRY), hours=HoursId("t0-office")),
    place("duty", {ExitReason.CLOSED: SORRY}),
)
MIDNIGHT, OPENING, ROADS = "2026-11-23 00:00", "2026-11-23 07:00", "2026-11-23 08:00"
OPERATOR_CLOSES = place("duty", {ExitReason.CLOSED: to_menu("closed")}, hours=HoursId("t0-duty"))
OUT_OF_REACH, NOT_RUNG, WAITS = GapKind.SAFETY_UNREACHABLE, GapKind.SAFETY_CLOSED, GapKind.SAFETY_WAITS
NOBODY, NOTHING, NO_EXIT, CIRCLE = GapKind.RINGS_NOBODY, GapKind.NOTHING_FOLLOWS, GapKind.NO_EXIT, GapKind.CIRCLE


@pytest.mark.parametrize(
    ("change", "kind", "where", "subject", "at", "keys"),
    [
        # safety lines out of reach
        (menu("closed", {"3": None}), OUT_OF_REACH, "menus.t0-closed.keys", "t0-police", MIDNIGHT, "1"),
        (menu("city", {"#": None}), OUT_OF_REACH, "menus.t0-city.keys", "t0-water", OPENING, "4"),
        (all_of(menu("main", {"2": None}), menu("closed", {"2": None}), place("duty", failing(to("water")))),
            OUT_OF_REACH, "menus.t0-main.keys", "t0-water", MIDNIGHT, ""),
        (all_of(menu("city", {"#": None}), service(callers=(CallerRule(frozenset(), ("380",), to_menu("city")),))),
            OUT_OF_REACH, "menus.t0-city.keys", "t0-police", OPENING, ""),
        (all_of(menu("city", {"#": to_menu("main")}), lambda rules: replace(rules, max_menus=1)),
            OUT_OF_REACH, "menus.t0-city.keys", "t0-police", OPENING, "4"),
        # safety lines that do not ring, or later than they could
        (place("police", kind=Message(PromptId("call 110"))), NOT_RUNG, "menus.t0-main.keys.3", "t0-police", MIDNIGHT, "3"),
        (service(announcements=(WATER,)),
            WAITS, "announcements.water.skippable", "water", "2026-12-01 08:00", ""),
        # circles: of failures, of closed doors, of silence, of a door and silence, of orders
        (place("police", failing(to("water"))), CIRCLE, "destinations.t0-water.exits.busy", "t0-police", MIDNIGHT, "2"),
        (place("desk", {ExitReason.CLOSED: to("roads")}), CIRCLE, "menus.t0-main.keys.1", "t0-roads", MIDNIGHT, "1"),
        # ... also if the bound is so low that the circle is never gone round
        (all_of(place("desk", failing(to("desk"))), lambda rules: replace(rules, max_hops=1)),
            CIRCLE, "destinations.t0-desk.exits.busy", "t0-desk", OPENING, "1"),
        (all_of(menu("main", no_input=to_menu("city")), menu("city", no_input=to_menu("main"))),
            CIRCLE, "menus.t0-city.no_input.exit", "t0-main", MIDNIGHT, ""),
        (all_of(OPERATOR_CLOSES, hours("duty", dated=dated("2026-12-07", "2026-12-08"))),
            CIRCLE, "menus.t0-closed.no_input.exit", "t0-closed", "2026-12-07 00:00", "1"),
        (all_of(redirected("desk", "roads"), redirected("roads", "desk")),
            CIRCLE, "menus.t0-main.keys.1", "t0-roads", "2026-11-25 09:30", "1"),
        # too many destinations by exits alone
        (lambda rules: replace(rules, max_hops=1),
            GapKind.MAX_HOPS, "destinations.t0-water.exits.busy", "t0-police", MIDNIGHT, "2"),
        (all_of(menu("main", {"6": to("roads")}), place("desk", failing(to("police"))),
            lambda rules: replace(rules, max_hops=2)),
            GapKind.MAX_HOPS, "destinations.t0-desk.exits.busy", "t0-police", OPENING, "6"),
        # nobody is rung, nothing is said
        (place("desk", kind=Phones(())), NOBODY, "destinations.t0-desk", "t0-desk", OPENING, "1"),
        (place("roads", kind=Phones((Ring(PhoneId("r"), 0),))),
            NOBODY, "destinations.t0-roads", "t0-roads", ROADS, "42"),
        (place("desk", failing(Announce(PromptId("")))), NOTHING, "destinations.t0-desk.exits.busy", "", OPENING, "1"),
        (menu("main", {"5": to("nowhere")}), NOTHING, "menus.t0-main.keys.5", "", MIDNIGHT, "5"),
        (place("desk", {ExitReason.CLOSED: to_menu("nowhere")}), NOTHING, "menus.t0-main.keys.1", "", MIDNIGHT, "1"),
        # exits that are missing
        (place("desk", {ExitReason.NO_ANSWER: None}), NO_EXIT, "destinations.t0-desk.exits.no_answer", "t0-desk", OPENING, "1"),
        (place("desk", {ExitReason.CLOSED: None}), NO_EXIT, "destinations.t0-desk.exits.closed", "t0-desk", MIDNIGHT, "1"),
        (place("roads", most_calls=2), NO_EXIT, "destinations.t0-roads.exits.full", "t0-roads", ROADS, "42"),
    ],
)  # fmt: skip
def test_each_mistake_is_found(change: Change, kind: GapKind, where: str, subject: str, at: str, keys: str) -> None:
    proof = coverage(change(many(1)), START, END)
    found = {(gap.kind, gap.where, gap.subject): (gap.at, gap.keys) for gap in proof.gaps}
    assert found.get((kind, where, subject)) == (local(at), keys), [*found.items()]
    assert all(gap.sentence.endswith(".") and gap.service == SERVICE for gap in proof.gaps)
    assert {gap.kind for gap in proof.gaps} <= {kind, OUT_OF_REACH} or change(many(1)).max_hops == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda rules: rules,
        # closed doors that lead to messages, and orders about safety lines, which nobody follows
        place("desk", {ExitReason.CLOSED: SORRY}),
        redirected("police", "desk"),
        # a circle that only keys can make
        menu("closed", {"#": to_menu("main"), "1": to("desk")}),
        # silence leads back, but not round
        menu("city", no_input=to_menu("main")),
        # callers who are led elsewhere
        service(callers=(CallerRule(frozenset(["1"]), (), to("police")),)),
        service(callers=(CallerRule(frozenset(["1"]), (), ToLanguage(Language("en"))),)),
        # what can be skipped, and what cannot where there is no safety line
        service(announcements=(replace(WATER, skippable=True),)),
        all_of(NO_SAFETY, service(announcements=(WATER,))),
        # a bound on calls with its exit
        place("roads", {ExitReason.FULL: ToOperator()}, most_calls=2),
    ],
)
def test_what_is_no_mistake_is_none(change: Change) -> None:
    assert coverage(change(many(1)), START, END).gaps == ()


def remarks(proof: Coverage) -> set[str]:
    return {f"{one.kind.value}: {one.where}" for one in proof.remarks}


OVER = (DatedSchedule("spring", date(2026, 3, 1), date(2026, 11, 22), {}),)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (hours("office", weekly={}, days={}), "never open: hours.t0-office"),
        (hours("other"), "out of use: hours.t0-other"),
        (place("desk", hours=None), "used up by keys: menus.t0-city.keys.2"),
        (menu("main", {"4": None}), "out of use: destinations.t0-city"),
        (menu("main", {"4": None}), "out of use: menus.t0-city"),
        (hours("office", dated=OVER), "past: hours.t0-office.dated.spring"),
        (hours("office", country="UA", holidays={}), "no holidays known: hours.t0-office.holidays"),
        (service(announcements=(replace(WATER, until=datetime(2026, 11, 23)),)), "out of use: announcements.water"),  # noqa: DTZ001
        (service(announcements=(replace(WATER, since=datetime(2026, 11, 1), until=datetime(2026, 11, 23)),)),  # noqa: DTZ001
            "past: announcements.water"),
        (all_of(NO_SAFETY, *(hours(one, dated=dated("2026-12-07", "2026-12-20")) for one in ("office", "roads"))),
            "nobody for long: services.t0-service"),
    ],
)  # fmt: skip
def test_what_is_worth_a_look(change: Change, expected: str) -> None:
    assert expected in remarks(coverage(change(many(1)), START, END))


def test_a_long_silence_is_told_with_both_ends() -> None:
    closed = all_of(NO_SAFETY, *(hours(one, dated=dated("2026-12-07", "2026-12-20")) for one in ("office", "roads")))
    (found,) = (one for one in coverage(closed(many(1)), START, END).remarks if one.kind == "nobody for long")
    assert (found.at, "until 2026-12-21 07:00" in found.sentence) == (local("2026-12-04 17:00"), True)
    weekend = coverage(NO_SAFETY(many(1)), START, END)
    assert not any(one.kind == "nobody for long" for one in weekend.remarks)


def test_only_the_services_asked_for_are_proved() -> None:
    rules = menu("main", {"5": to("nowhere")})(many(3))
    assert coverage(rules, START, END, [ServiceId("t1-service")]).gaps == ()
    whole, one = coverage(rules, START, END), coverage(rules, START, END, [SERVICE])
    assert whole.gaps == one.gaps
    assert (whole.counts.services, one.counts.services) == (3, 1)
    assert not any(remark.where.startswith("menus.t1") for remark in one.remarks)


@pytest.mark.parametrize("end", [START, START - timedelta(days=1), END.replace(tzinfo=None)])
def test_a_time_that_is_none_is_refused(end: datetime) -> None:
    with pytest.raises(ValueError, match="pass two aware datetimes in order"):
        coverage(many(1), START, end)
