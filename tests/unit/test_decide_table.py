"""Where a call goes, as a table: hours, kinds of destinations, exits, announcements before, the bound on hops."""

from dataclasses import replace
from datetime import datetime

import pytest

from ivr.routing.decide import decide
from ivr.routing.decision import Facts, RingPhone
from ivr.routing.destinations import Phones
from ivr.routing.targets import Onward, ToMenu, ToOperator
from ivr.vocabulary import DestinationId, MenuId, PromptId, RuleId
from tests.fakes.decide_town import (
    EVE,
    INFO,
    INFO_EXITS,
    INFO_RULE,
    RULES,
    SUNDAY,
    TUESDAY,
    UTILITY,
    announce,
    facts,
    line,
    to,
    told,
)


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
        (facts(to("police", "never said"), hops=3, reason="busy"), TUESDAY,
            ("end sorry busy", None, "max_hops", "busy", 3, "")),
        # nothing before can starve a safety line that the caller asks for
        (facts(UTILITY, hops=3), SUNDAY,
            ("ring utility-1 15 s at 0", "utility", "destinations.utility", "open", 1, "")),
        (facts(UTILITY, hops=99, reason="operator"), SUNDAY,
            ("ring utility-1 15 s at 0", "utility", "destinations.utility", "operator", 1, "")),
        (facts(UTILITY, hops=99, reason="caller"), SUNDAY,
            ("ring utility-1 15 s at 0", "utility", "destinations.utility", "caller", 1, "")),
        # other kinds of destinations: a number outside, phones that ring together, a message, a menu, a refusal
        (facts(to("health", "wait")), SUNDAY,
            ("ring +35932656000 40 s at 0", "health", "destinations.health", "open", 1, "wait")),
        (facts(to("health"), "+35932656000 unreachable", hops=1), SUNDAY,
            ("ring duty-1 15 s at 0", "duty", "destinations.health.exits.unreachable", "unreachable", 2, "")),
        (facts(to("together")), SUNDAY, ("ring a&b 20 s at 0", "together", "destinations.together", "open", 1, "")),
        (facts(to("together"), "a&b no_answer", hops=1), SUNDAY, ("end all-busy no_answer", "together",
            "destinations.together.exits.no_answer", "no_answer", 1, "")),
        (facts(to("alone")), SUNDAY, ("ring a 20 s at 0", "alone", "destinations.alone", "open", 1, "")),
        (facts(to("moved", "never said")), SUNDAY, ("end moved key", "moved", "destinations.moved", "open", 1, "")),
        (facts(to("citizens", "wait")), TUESDAY, ("menu citizens", "citizens",
            "destinations.citizens.hours.office.weekly.tuesday", "open", 1, "wait")),
        (facts(to("citizens")), SUNDAY,
            ("end closed closed", "citizens", "destinations.citizens.exits.closed", "closed", 1, "")),
        (facts(to("refused")), TUESDAY, ("end no-such-service rejected with 1", "refused",
            "destinations.refused.hours.office.weekly.tuesday", "rejected", 1, "")),
        (facts(to("refused")), SUNDAY,
            ("end moved closed", "moved", "destinations.refused.exits.closed", "closed", 2, "")),
        # all the calls that it may have: nobody was rung, so no further line is tried
        (facts(to("together"), "a&b full", hops=1), SUNDAY,
            ("menu full", "together", "destinations.together.exits.full", "full", 1, "")),
        (facts(INFO, "information-1 full", hops=1), TUESDAY,
            ("end broken full", "information", f"{INFO_EXITS}.unreachable", "full", 1, "")),
        (facts(INFO, "information-1 busy, information-2 full", hops=1), TUESDAY,
            ("end broken full", "information", f"{INFO_EXITS}.unreachable", "full", 1, "")),
        # exits that are missing: `unreachable` stands in, then the service's last message
        (facts(to("poor")), SUNDAY, ("end broken closed", "poor", "destinations.poor.exits.unreachable", "closed", 1, "")),
        (facts(to("poor"), "poor-1 busy", hops=1), TUESDAY,
            ("end broken busy", "poor", "destinations.poor.exits.unreachable", "busy", 1, "")),
        (facts(to("mute")), SUNDAY, ("end sorry closed", "mute", "destinations.mute.exits.unreachable", "closed", 1, "")),
        (facts(to("mute"), "mute-1 no_answer", hops=1), TUESDAY,
            ("end sorry no_answer", "mute", "destinations.mute.exits.unreachable", "no_answer", 1, "")),
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
        (facts(to("together"), "a&b full", hops=1), TUESDAY, ("together: a&b had all the calls that it may have.",)),
    ],
)  # fmt: skip
def test_why_names_each_thing_passed_over(known: Facts, at: datetime, why: tuple[str, ...]) -> None:
    assert decide(known, RULES, at).why == why


def test_a_phone_that_stands_twice_rings_twice() -> None:
    police = RULES.destinations[DestinationId("police")]
    again = replace(police, kind=Phones((*police.lines, *police.lines)))
    rules = replace(RULES, destinations={**RULES.destinations, police.id: again})
    once, twice = "police-1 busy", "police-1 busy, police-1 busy"
    assert told(decide(facts(to("police"), once), rules, SUNDAY).outcome) == "ring police-1 15 s at 1"
    assert told(decide(facts(to("police"), twice), rules, SUNDAY).outcome) == "end police-failed busy"


@pytest.mark.parametrize("target", [INFO, announce("bye")])
def test_an_instant_without_a_zone_is_refused(target: Onward) -> None:
    with pytest.raises(ValueError, match="no time zone; pass an aware datetime"):
        decide(facts(target), RULES, datetime(2026, 3, 3, 12, 0))  # noqa: DTZ001


def test_what_is_rung_says_how_the_dialplan_knows_it() -> None:
    """A phone is its own line; what is rung together or outside has a line named after its destination."""
    rung = [decide(facts(to(name)), RULES, TUESDAY).outcome for name in ("police", "together", "health", "alone")]
    assert [(ring.line, ring.most_calls) for ring in rung if isinstance(ring, RingPhone)] == [
        ("police-1", None), ("line.together", 2), ("line.health", 4), ("a", None),
    ]  # fmt: skip
