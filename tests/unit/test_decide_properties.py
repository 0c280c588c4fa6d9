"""`decide` over generated rulesets, facts and instants: it always answers, and what it answers makes sense."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.routing.decide import decide
from ivr.routing.decision import Attempt, Decision, EndWith, EnterMenu, Facts, GiveBack, RingPhone
from ivr.routing.destinations import Destination, ExitReason, External, Kind, Message, Phones, Reject, Ring, Submenu
from ivr.routing.hours import ruling_at
from ivr.routing.office_hours import OfficeHours, Span
from ivr.routing.rules import Override, OverrideKind, Ruleset, Service
from ivr.routing.targets import Announce, Onward, ToDestination, ToMenu, ToOperator
from ivr.vocabulary import (
    DestinationId,
    Did,
    HoursId,
    Language,
    MenuId,
    OverrideId,
    PhoneId,
    PromptId,
    RulesVersion,
    ServiceId,
)
from tests.fakes.examples import some

NAMES = tuple(DestinationId(f"d{number}") for number in range(5))
PROMPTS = tuple(PromptId(f"p{number}") for number in range(3))
MENUS = (MenuId("main"), MenuId("closed"))
RIGA = ZoneInfo("Europe/Riga")
SERVICE = ServiceId("town")
CAUSES = {16, 21, 17, 1}
REASONS = ("key", "operator", "caller", "no_input", "invalid", "too_long", "too_many_menus")
ASKED = ("key", "operator", "caller")

says = st.none() | st.sampled_from(PROMPTS)
targets: st.SearchStrategy[Onward] = st.one_of(
    st.builds(ToDestination, st.sampled_from(NAMES), says),
    st.builds(ToDestination, st.sampled_from(NAMES), says),
    st.builds(ToOperator, says),
    st.builds(ToMenu, st.sampled_from(MENUS), says),
    st.builds(Announce, st.sampled_from(PROMPTS)),
)
quarters = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
offices = st.builds(
    OfficeHours,
    st.just(HoursId("office")),
    st.just(RIGA),
    st.dictionaries(st.integers(0, 6), st.tuples(st.builds(Span, quarters, quarters))),
)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
failures = st.sampled_from((ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.UNREACHABLE, ExitReason.FULL))


@st.composite
def ringing(draw: st.DrawFn, name: DestinationId) -> Kind:
    if draw(st.booleans()):
        return External(Did(f"+371{name}"), 30)
    rings = tuple(Ring(PhoneId(f"{name}-{number}"), 15) for number in range(draw(st.integers(1, 3))))
    return Phones(rings, together=draw(st.booleans()))


@st.composite
def telling(draw: st.DrawFn) -> Kind:
    kinds = (Message(PROMPTS[0]), Submenu(draw(st.sampled_from(MENUS))), Reject(PROMPTS[1], 17), Reject(PROMPTS[1], 1))
    return draw(st.sampled_from(kinds))


@st.composite
def destinations(draw: st.DrawFn, name: DestinationId) -> Destination:
    """Any kind; a safety line rings and has no hours; any exit may be missing."""
    safety = draw(st.booleans())
    kind = draw(ringing(name) if safety else ringing(name) | telling())
    exits = draw(st.dictionaries(st.sampled_from(ExitReason), targets))
    hours = None if safety or draw(st.booleans()) else HoursId("office")
    most_calls = None if safety else draw(st.none() | st.integers(1, 9))
    return Destination(name, {}, kind, exits, hours, safety, most_calls)


@st.composite
def overrides(draw: st.DrawFn) -> dict[DestinationId, tuple[Override, ...]]:
    """Up to four orders, also of what does not exist, on what is a safety line, and in circles."""
    found: dict[DestinationId, tuple[Override, ...]] = {}
    for number in range(draw(st.integers(0, 4))):
        name, kind = draw(st.sampled_from(NAMES)), draw(st.sampled_from(OverrideKind))
        others = (*NAMES, DestinationId("nowhere"))
        other = draw(st.sampled_from(others)) if kind is OverrideKind.REDIRECT else None
        since = draw(instants)
        until = since + timedelta(days=draw(st.integers(1, 900)))
        one = Override(OverrideId(f"{number:08}"), name, kind, since, until, "why", "who", other)
        found[name] = (*found.get(name, ()), one)
    return found


@st.composite
def rulesets(draw: st.DrawFn) -> Ruleset:
    found = {name: draw(destinations(name)) for name in NAMES}
    languages = (Language("lv"),)
    operator = draw(st.sampled_from(NAMES))
    service = Service(SERVICE, {}, (), RIGA, languages, PROMPTS[0], MENUS[0], operator, PromptId("sorry"))
    office, hops = draw(offices), draw(st.integers(1, 6))
    ordered = draw(overrides())
    return Ruleset(RulesVersion("v"), {SERVICE: service}, {}, found, {office.id: office}, {}, hops, overrides=ordered)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Ruleset, Facts]:
    rules, target = draw(rulesets()), draw(targets)
    attempts: tuple[Attempt, ...] = ()
    if isinstance(target, ToDestination):
        lines = rules.destinations[target.destination].lines
        tried = draw(st.integers(0, len(lines)))
        attempts = tuple(Attempt(ring.phone, draw(failures)) for ring in lines[:tried])
    return rules, Facts(SERVICE, target, attempts, draw(st.integers(0, 8)), draw(st.sampled_from(REASONS)))


@settings(max_examples=some(60), deadline=None)
@given(situations(), instants)
def test_decide_always_answers_with_something_that_exists(situation: tuple[Ruleset, Facts], at: datetime) -> None:
    rules, known = situation
    decision = decide(known, rules, at)
    assert decision == decide(known, rules, at)
    match decision.outcome:
        case RingPhone(name, phone, seconds, position, line, most_calls):
            chosen = rules.destinations[name]
            assert decision.destination == name
            assert chosen.lines[position] == Ring(phone, seconds, line)
            assert most_calls == chosen.most_calls
            assert _may_ring(chosen, known, decision, rules, at)
        case EnterMenu(menu):
            assert menu in MENUS
        case EndWith(prompt, _, cause):
            assert prompt in (*PROMPTS, "sorry")
            assert cause in CAUSES
        case GiveBack():
            pytest.fail("nobody passed this caller on")
        case _:
            assert_never(decision.outcome)
    assert all(sentence.endswith(".") for sentence in decision.why)
    assert len(decision.say) <= 1
    assert bool(decision.rule)
    assert decision.hops <= max(known.hops, rules.max_hops)


def _may_ring(chosen: Destination, known: Facts, decision: Decision, rules: Ruleset, at: datetime) -> bool:
    """Tell whether a destination is open by its hours or by order, or was come to before."""
    ordered_open = any(
        one.kind is OverrideKind.OPEN and one.since <= at < one.until for one in rules.overrides.get(chosen.id, ())
    )
    already_there = bool(known.attempts) and decision.hops == known.hops
    return already_there or ordered_open or chosen.hours is None or ruling_at(rules.hours[chosen.hours], at).open


@settings(max_examples=some(40), deadline=None)
@given(situations(), instants)
def test_what_is_closed_by_order_does_not_ring(situation: tuple[Ruleset, Facts], at: datetime) -> None:
    """Take the youngest order that holds, by hand: a destination that it closes or redirects is not rung on arrival."""
    rules, known = situation
    decision = decide(known, rules, at)
    if not isinstance(decision.outcome, RingPhone) or decision.outcome.position or known.attempts:
        return
    chosen = rules.destinations[decision.outcome.destination]
    held = [one for one in rules.overrides.get(chosen.id, ()) if one.since <= at < one.until]
    known_others = [one for one in held if one.redirect is None or one.redirect in rules.destinations]
    assert chosen.safety or not known_others or known_others[-1].kind is OverrideKind.OPEN


@settings(max_examples=some(60), deadline=None)
@given(situations(), instants, st.lists(failures, min_size=40, max_size=40))
def test_a_call_that_nobody_takes_comes_to_an_end(
    situation: tuple[Ruleset, Facts], at: datetime, outcomes: list[ExitReason]
) -> None:
    """Fail everything that rings: within the bound the call is in a menu or hears a last message."""
    rules, known = situation
    decision = decide(known, rules, at)
    rung: list[PhoneId] = []
    for outcome in outcomes:
        if not isinstance(decision.outcome, RingPhone):
            break
        rung.append(decision.outcome.phone)
        known = _next(known, decision, outcome)
        decision = decide(known, rules, at)
    assert not isinstance(decision.outcome, RingPhone)
    assert len(rung) <= 3 * (rules.max_hops + 1)


def _next(known: Facts, decision: Decision, outcome: ExitReason) -> Facts:
    assert isinstance(decision.outcome, RingPhone)
    name, phone = decision.outcome.destination, decision.outcome.phone
    before = known.attempts if decision.outcome.position else ()
    return Facts(SERVICE, ToDestination(name), (*before, Attempt(phone, outcome)), decision.hops, outcome.value)


@settings(max_examples=some(60), deadline=None)
@given(rulesets(), instants, st.integers(0, 50), st.sampled_from(ASKED), st.sampled_from(NAMES))
def test_a_safety_line_that_is_asked_for_always_rings(
    rules: Ruleset, at: datetime, hops: int, reason: str, name: DestinationId
) -> None:
    """No hours, no order of anybody, no hops before and no bound keep it from ringing."""
    decision = decide(Facts(SERVICE, ToDestination(name), (), hops, reason), rules, at)
    chosen = rules.destinations[name]
    if chosen.safety:
        ring = chosen.lines[0]
        assert decision.outcome == RingPhone(name, ring.phone, ring.seconds, 0, ring.line)
        assert decision.why == ()


@settings(max_examples=some(40), deadline=None)
@given(situations(), instants)
def test_orders_about_safety_lines_change_nothing(situation: tuple[Ruleset, Facts], at: datetime) -> None:
    rules, known = situation
    kept = {name: found for name, found in rules.overrides.items() if not rules.destinations[name].safety}
    assert decide(known, rules, at) == decide(known, replace(rules, overrides=kept), at)


@settings(max_examples=some(40), deadline=None)
@given(situations(), instants, st.sampled_from(NAMES))
def test_a_safety_line_that_an_exit_leads_to_rings_unless_the_hops_are_used_up(
    situation: tuple[Ruleset, Facts], at: datetime, name: DestinationId
) -> None:
    rules, known = situation
    if not rules.destinations[name].safety or known.hops >= rules.max_hops:
        return
    decision = decide(replace(known, target=ToDestination(name), attempts=(), reason="busy"), rules, at)
    assert isinstance(decision.outcome, RingPhone)
    assert (decision.outcome.destination, decision.hops) == (name, known.hops + 1)
