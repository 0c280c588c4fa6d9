"""Where a call goes, as a table: hours, phones, exits, announcements before, the bound on hops."""

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from ivr.routing.decide import Attempt, Decision, EndWith, EnterMenu, Facts, Outcome, RingPhone, decide
from ivr.routing.rules import (
    Announce,
    Destination,
    ExitReason,
    OfficeHours,
    Onward,
    Ring,
    Ruleset,
    Service,
    Span,
    ToDestination,
    ToMenu,
    ToOperator,
)
from ivr.vocabulary import DestinationId, HoursId, Language, MenuId, PhoneId, PromptId, RuleId, RulesVersion, ServiceId

RIGA = ZoneInfo("Europe/Riga")
BUSY, NO_ANSWER, UNREACHABLE, CLOSED = (
    ExitReason.BUSY,
    ExitReason.NO_ANSWER,
    ExitReason.UNREACHABLE,
    ExitReason.CLOSED,
)
TUESDAY, SUNDAY, EVE = (datetime(2026, 3, 3, 10, tzinfo=RIGA), datetime(2026, 3, 8, 12, tzinfo=RIGA),
                        datetime(2026, 12, 24, 10, tzinfo=RIGA))  # fmt: skip


def to(name: str, say: str | None = None) -> ToDestination:
    return ToDestination(DestinationId(name), None if say is None else PromptId(say))


def announce(prompt: str) -> Announce:
    return Announce(PromptId(prompt))


def destination(
    name: str, phones: int, exits: dict[ExitReason, Onward], *, hours: bool = False, safety: bool = False
) -> Destination:
    rings = tuple(Ring(PhoneId(f"{name}-{number}"), 15) for number in range(1, phones + 1))
    office = HoursId("office") if hours else None
    return Destination(DestinationId(name), {Language("lv"): name}, rings, exits, office, safety)


def failing(target: Onward) -> dict[ExitReason, Onward]:
    return dict.fromkeys((BUSY, NO_ANSWER, UNREACHABLE), target)


OFFICE = OfficeHours(
    HoursId("office"),
    RIGA,
    {day: (Span(time(8), time(17)),) for day in range(5)},
    "LV",
    {date(2026, 12, 24): "Ziemassvētku vakars"},
)
DESTINATIONS = (
    destination(
        "information",
        3,
        {
            BUSY: announce("all-busy"),
            NO_ANSWER: announce("nobody"),
            UNREACHABLE: announce("broken"),
            CLOSED: ToMenu(MenuId("closed"), PromptId("sorry-closed")),
        },
        hours=True,
    ),
    destination("utility", 2, failing(to("police", "emergency-failed")), safety=True),
    destination("police", 1, failing(announce("police-failed")), safety=True),
    destination("duty", 1, failing(to("information", "connecting"))),
    destination("round", 1, failing(to("trip"))),
    destination("trip", 1, {**failing(to("round")), CLOSED: to("trip")}, hours=True),
    destination("empty", 0, failing(announce("broken"))),
)
SERVICE = Service(
    id=ServiceId("kekava"),
    title={},
    numbers=(),
    zone=RIGA,
    languages=(Language("lv"),),
    welcome=PromptId("welcome"),
    menu=MenuId("main"),
    operator=DestinationId("duty"),
    sorry=PromptId("sorry"),
)
RULES = Ruleset(
    RulesVersion("v"), {SERVICE.id: SERVICE}, {}, {item.id: item for item in DESTINATIONS}, {OFFICE.id: OFFICE}, {}, 3
)


def facts(target: Onward, tried: str = "", **changes: object) -> Facts:
    """Build facts; `tried` is such as `information-1 busy, information-2 no_answer`."""
    pairs = (pair.split() for pair in tried.split(",")) if tried else ()
    attempts = tuple(Attempt(PhoneId(phone), ExitReason(outcome)) for phone, outcome in pairs)
    return replace(Facts(SERVICE.id, target, attempts), **changes)  # type: ignore[arg-type]


def told(outcome: Outcome) -> str:
    match outcome:
        case RingPhone(_, phone, seconds, position):
            return f"ring {phone} {seconds} s at {position}"
        case EnterMenu(menu):
            return f"menu {menu}"
        case EndWith(prompt, reason):
            return f"end {prompt} {reason}"


def line(decision: Decision) -> tuple[str, str | None, str, str, int, str]:
    told_first = " ".join(decision.say)
    return (
        told(decision.outcome),
        decision.destination,
        decision.rule,
        decision.reason,
        decision.hops,
        told_first,
    )


INFO, UTILITY = to("information"), to("utility")
INFO_RULE, INFO_EXITS = "destinations.information", "destinations.information.exits"


@pytest.mark.parametrize(
    ("known", "at", "expected"),
    [
        # arriving: open by its hours, open around the clock, closed
        (facts(INFO), TUESDAY, ("ring information-1 15 s at 0", "information",
            f"{INFO_RULE}.hours.office.weekly.tuesday", "open", 1, "")),
        (facts(UTILITY), SUNDAY, ("ring utility-1 15 s at 0", "utility", "destinations.utility", "open", 1, "")),
        (facts(INFO), SUNDAY, ("menu closed", "information", f"{INFO_EXITS}.closed", "closed", 1, "sorry-closed")),
        # why it was asked for is the reason, unless a key asked for it
        (facts(UTILITY, reason="no_input"), SUNDAY,
            ("ring utility-1 15 s at 0", "utility", "destinations.utility", "no_input", 1, "")),
        (facts(ToOperator(), reason="operator"), SUNDAY,
            ("ring duty-1 15 s at 0", "duty", "destinations.duty", "operator", 1, "")),
        # phones, one after the other
        (facts(INFO, "information-1 busy", hops=1), TUESDAY, ("ring information-2 15 s at 1", "information",
            f"{INFO_RULE}.phones.1", "busy", 1, "")),
        (facts(INFO, "information-1 busy, information-2 no_answer", hops=1), TUESDAY,
            ("ring information-3 15 s at 2", "information", f"{INFO_RULE}.phones.2", "no_answer", 1, "")),
        # a visit that began in time goes on after closing
        (facts(INFO, "information-1 busy", hops=1), SUNDAY, ("ring information-2 15 s at 1", "information",
            f"{INFO_RULE}.phones.1", "busy", 1, "")),
        # a say before the target is not said again for the next phone
        (facts(to("information", "wait"), "information-1 busy", hops=1), TUESDAY, ("ring information-2 15 s at 1",
            "information", f"{INFO_RULE}.phones.1", "busy", 1, "")),
        # exits lead on to another destination, with what is said before
        (facts(UTILITY, "utility-1 busy, utility-2 busy", hops=1), SUNDAY, ("ring police-1 15 s at 0", "police",
            "destinations.utility.exits.busy", "busy", 2, "emergency-failed")),
        (facts(to("police"), "police-1 no_answer", hops=2), SUNDAY, ("end police-failed no_answer", "police",
            "destinations.police.exits.no_answer", "no_answer", 2, "")),
        # what is said before a destination is dropped if that is closed
        (facts(ToOperator(), "duty-1 busy", hops=1), SUNDAY, ("menu closed", "information",
            f"{INFO_EXITS}.closed", "closed", 2, "sorry-closed")),
        (facts(ToOperator(), "duty-1 busy", hops=1), TUESDAY, ("ring information-1 15 s at 0", "information",
            "destinations.duty.exits.busy", "busy", 2, "connecting")),
        (facts(ToOperator(PromptId("to-operator")), reason="invalid"), TUESDAY, ("ring duty-1 15 s at 0", "duty",
            "destinations.duty", "invalid", 1, "to-operator")),
        # menus and messages that are asked for themselves
        (facts(ToMenu(MenuId("sub"))), TUESDAY, ("menu sub", None, "menus.sub", "key", 0, "")),
        (facts(ToMenu(MenuId("sub"), PromptId("hint")), hops=2, asked_by=RuleId("menus.main.keys.5")), TUESDAY,
            ("menu sub", None, "menus.main.keys.5", "key", 2, "hint")),
        (facts(announce("address")), TUESDAY, ("end address key", None, "services.kekava", "key", 0, "")),
        (facts(announce("bye"), reason="no_input", asked_by=RuleId("menus.main.no_input.exit")), TUESDAY,
            ("end bye no_input", None, "menus.main.no_input.exit", "no_input", 0, "")),
        # the bound: a circle of exits, and a caller who goes round by keys
        (facts(to("round"), "round-1 busy", hops=1), SUNDAY,
            ("end sorry closed", "trip", "max_hops", "closed", 3, "")),
        (facts(INFO, hops=3), TUESDAY, ("end sorry key", None, "max_hops", "key", 3, "")),
        (facts(to("police", "never said"), hops=3, reason="no_input"), TUESDAY,
            ("end sorry no_input", None, "max_hops", "no_input", 3, "")),
        # nothing before can starve a safety line that the caller asks for
        (facts(UTILITY, hops=3), SUNDAY,
            ("ring utility-1 15 s at 0", "utility", "destinations.utility", "open", 1, "")),
        (facts(UTILITY, hops=99, reason="operator"), SUNDAY,
            ("ring utility-1 15 s at 0", "utility", "destinations.utility", "operator", 1, "")),
        # a destination without phones, made in code
        (facts(to("empty")), TUESDAY, ("end broken unreachable", "empty",
            "destinations.empty.exits.unreachable", "unreachable", 1, "")),
    ],
)  # fmt: skip
def test_decide(known: Facts, at: datetime, expected: tuple[str, str | None, str, str, int, str]) -> None:
    assert line(decide(known, RULES, at)) == expected


@pytest.mark.parametrize(
    ("outcomes", "exit_taken"),
    [
        ("busy busy busy", "all-busy busy"),
        ("unreachable unreachable unreachable", "broken unreachable"),
        ("unreachable busy unreachable", "all-busy busy"),
        ("no_answer busy unreachable", "nobody no_answer"),
        ("busy busy no_answer", "nobody no_answer"),
        ("closed closed closed", "broken unreachable"),
    ],
)
def test_the_exit_after_all_phones(outcomes: str, exit_taken: str) -> None:
    tried = ", ".join(f"information-{number} {outcome}" for number, outcome in enumerate(outcomes.split(), 1))
    assert told(decide(facts(INFO, tried, hops=1), RULES, TUESDAY).outcome) == f"end {exit_taken}"


@pytest.mark.parametrize(
    ("known", "at", "why"),
    [
        (facts(INFO), TUESDAY, ()),
        (facts(INFO), SUNDAY, ("information is closed: sunday has no open hours.",)),
        (facts(INFO), TUESDAY.replace(hour=17), ("information is closed: tuesday 17:00 is outside 08:00-17:00.",)),
        (facts(INFO), EVE, ("information is closed: 2026-12-24 is a public holiday (Ziemassvētku vakars).",)),
        (facts(INFO, "information-1 busy, information-2 no_answer"), TUESDAY,
            ("information: information-1 was busy.", "information: information-2 did not answer.")),
        (facts(ToOperator(), "duty-1 unreachable", hops=1), SUNDAY,
            ("duty: duty-1 could not be reached.", "information is closed: sunday has no open hours.")),
        (facts(INFO, hops=3), TUESDAY,
            ("information is not tried: the call has come to 3 destinations already.",)),
        (facts(to("empty")), TUESDAY, ("empty has no phone.",)),
    ],
)  # fmt: skip
def test_why_names_each_thing_passed_over(known: Facts, at: datetime, why: tuple[str, ...]) -> None:
    assert decide(known, RULES, at).why == why


def test_a_phone_that_stands_twice_rings_twice() -> None:
    police = RULES.destinations[DestinationId("police")]
    again = replace(police, phones=(*police.phones, *police.phones))
    rules = replace(RULES, destinations={**RULES.destinations, police.id: again})
    once, twice = "police-1 busy", "police-1 busy, police-1 busy"
    assert told(decide(facts(to("police"), once), rules, SUNDAY).outcome) == "ring police-1 15 s at 1"
    assert told(decide(facts(to("police"), twice), rules, SUNDAY).outcome) == "end police-failed busy"


@pytest.mark.parametrize("target", [INFO, announce("bye")])
def test_an_instant_without_a_zone_is_refused(target: Onward) -> None:
    with pytest.raises(ValueError, match="no time zone; pass an aware datetime"):
        decide(facts(target), RULES, datetime(2026, 3, 3, 12, 0))  # noqa: DTZ001
