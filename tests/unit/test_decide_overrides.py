"""What people order for a destination for a time, as a table: closed, open, redirected, and what nobody may order."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ivr.routing.decide import decide
from ivr.routing.decision import Facts, RingPhone
from ivr.routing.rules import Override, OverrideKind, Ruleset
from ivr.routing.targets import ToDestination
from ivr.vocabulary import DestinationId, HoursId, OverrideId, ServiceId
from tests.fakes.decide_town import INFO, INFO_RULE, RULES, SUNDAY, TUESDAY, facts, line, to
from tests.fakes.ruleset import CLOSED, OPEN, small


def ordered(name: str, kind: str, number: int = 1, *, hours: int = 24, to_other: str | None = None) -> Override:
    """Build an override that was made a minute before Tuesday's instant."""
    since = TUESDAY - timedelta(minutes=1)
    return Override(
        id=OverrideId(f"0000000{number}"),
        destination=DestinationId(name),
        kind=OverrideKind(kind),
        since=since,
        until=since + timedelta(hours=hours),
        reason="burst pipe",
        author="anna",
        redirect=None if to_other is None else DestinationId(to_other),
    )


def overridden(*overrides: Override) -> Ruleset:
    found: dict[DestinationId, tuple[Override, ...]] = {}
    for one in overrides:
        found[one.destination] = (*found.get(one.destination, ()), one)
    return RULES.overridden(found)


BEFORE, AFTER = TUESDAY - timedelta(minutes=2), TUESDAY + timedelta(days=1)
RING_INFO = ("ring information-1 15 s at 0", "information", f"{INFO_RULE}.hours.office.weekly.tuesday", "open", 1, "")
RING_POLICE = ("ring police-1 15 s at 0", "police", "destinations.police", "open", 1, "")


@pytest.mark.parametrize(
    ("known", "at", "overrides", "expected"),
    [
        # closed, also around the clock; who has no such exit is left by `unreachable`, else by the last message
        (facts(INFO), TUESDAY, [ordered("information", "closed")],
            ("menu closed", "information", "overrides.00000001", "closed", 1, "sorry-closed")),
        (facts(to("health")), TUESDAY, [ordered("health", "closed")],
            ("ring duty-1 15 s at 0", "duty", "overrides.00000001", "closed", 2, "")),
        (facts(to("moved")), TUESDAY, [ordered("moved", "closed")],
            ("end sorry closed", "moved", "overrides.00000001", "closed", 1, "")),
        # open, outside the hours
        (facts(INFO), SUNDAY, [ordered("information", "open", hours=999)],
            ("ring information-1 15 s at 0", "information", "overrides.00000001", "open", 1, "")),
        # before, and from its end on, nothing is ordered
        (facts(INFO), BEFORE, [ordered("information", "closed")], RING_INFO),
        (facts(INFO), TUESDAY - timedelta(minutes=1), [ordered("information", "closed")],
            ("menu closed", "information", "overrides.00000001", "closed", 1, "sorry-closed")),
        (facts(INFO), TUESDAY + timedelta(minutes=59), [ordered("information", "closed", hours=1)], RING_INFO),
        # the youngest that holds counts
        (facts(INFO), TUESDAY, [ordered("information", "closed", 1), ordered("information", "open", 2)],
            ("ring information-1 15 s at 0", "information", "overrides.00000002", "open", 1, "")),
        (facts(INFO), TUESDAY + timedelta(hours=2),
            [ordered("information", "closed", 1), ordered("information", "open", 2, hours=1)],
            ("menu closed", "information", "overrides.00000001", "closed", 1, "sorry-closed")),
        # redirected: the other one's own hours and kind count; what was to be said is said
        (facts(to("information", "wait")), TUESDAY, [ordered("information", "redirect", to_other="duty")],
            ("ring duty-1 15 s at 0", "duty", "overrides.00000001", "override", 2, "wait")),
        (facts(INFO), SUNDAY, [ordered("information", "redirect", hours=999, to_other="citizens")],
            ("end closed closed", "citizens", "destinations.citizens.exits.closed", "closed", 2, "")),
        (facts(INFO), TUESDAY, [ordered("information", "redirect", to_other="refused")],
            ("end no-such-service rejected with 1", "refused",
             "destinations.refused.hours.office.weekly.tuesday", "rejected", 2, "")),
        # redirects in a circle end with the last message
        (facts(INFO), TUESDAY, [ordered("information", "redirect", to_other="duty"),
                                ordered("duty", "redirect", 2, to_other="information")],
            ("end sorry override", "information", "max_hops", "override", 3, "")),
        # what the rules do not have cannot be redirected to
        (facts(INFO), TUESDAY, [ordered("information", "redirect", to_other="nowhere")], RING_INFO),
        # a safety line stays open whatever anybody orders
        (facts(to("police")), TUESDAY, [ordered("police", "closed")], RING_POLICE),
        (facts(to("police")), TUESDAY, [ordered("police", "redirect", to_other="duty")], RING_POLICE),
        (facts(to("police")), TUESDAY, [ordered("police", "open")], RING_POLICE),
        # others do not notice
        (facts(INFO), TUESDAY, [ordered("duty", "closed")], RING_INFO),
        # a visit that began goes on
        (facts(INFO, "information-1 busy", hops=1), TUESDAY, [ordered("information", "closed")],
            ("ring information-2 15 s at 1", "information", f"{INFO_RULE}.phones.1", "busy", 1, "")),
    ],
)  # fmt: skip
def test_overrides(
    known: Facts, at: datetime, overrides: list[Override], expected: tuple[str, str | None, str, str, int, str]
) -> None:
    assert line(decide(known, overridden(*overrides), at)) == expected


def test_why_names_who_ordered_it() -> None:
    decision = decide(facts(INFO), overridden(ordered("information", "redirect", to_other="citizens")), SUNDAY)
    assert decision.why == ("information is closed: sunday has no open hours.",)
    decision = decide(facts(INFO), overridden(ordered("information", "redirect", to_other="duty")), TUESDAY)
    until = "2026-03-04T09:59:00+02:00"
    assert decision.why == (
        f"information is redirected to duty by override 00000001 of anna until {until} (burst pipe).",
    )


def test_the_same_overrides_make_the_same_rules() -> None:
    assert RULES.overridden(RULES.overrides) is RULES


@pytest.mark.parametrize("reason", ["invalid", "no_input", "too_long", "too_many_menus", "caller", "operator", "key"])
def test_what_a_menu_leads_to_is_never_starved(reason: str) -> None:
    rules = small()
    facts = Facts(ServiceId("town"), ToDestination(DestinationId("help")), hops=99, reason=reason)
    decision = decide(facts, rules, OPEN)
    assert isinstance(decision.outcome, RingPhone)
    assert (decision.outcome.destination, decision.hops) == ("help", 1)


def test_a_safety_line_has_no_hours_whatever_the_rules_say() -> None:
    rules = small()
    line = replace(rules.destinations[DestinationId("help")], hours=HoursId("office"))
    odd = replace(rules, destinations={**rules.destinations, line.id: line})
    decision = decide(Facts(ServiceId("town"), ToDestination(line.id)), odd, CLOSED)
    assert isinstance(decision.outcome, RingPhone)
    assert decision.rule == "destinations.help"
