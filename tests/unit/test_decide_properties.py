"""`decide` over generated rulesets, facts and instants: it always answers, and what it answers makes sense."""

from datetime import UTC, datetime, time
from typing import assert_never
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.routing.decide import Attempt, Decision, EndWith, EnterMenu, Facts, RingPhone, decide
from ivr.routing.hours import ruling_at
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
from ivr.vocabulary import DestinationId, HoursId, Language, MenuId, PhoneId, PromptId, RulesVersion, ServiceId

NAMES = tuple(DestinationId(f"d{number}") for number in range(5))
PROMPTS = tuple(PromptId(f"p{number}") for number in range(3))
MENUS = (MenuId("main"), MenuId("closed"))
RIGA = ZoneInfo("Europe/Riga")
SERVICE = ServiceId("town")

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
failures = st.sampled_from((ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.UNREACHABLE))


@st.composite
def destinations(draw: st.DrawFn, name: DestinationId) -> Destination:
    exits = {reason: draw(targets) for reason in ExitReason}
    safety = draw(st.booleans())
    hours = None if safety or draw(st.booleans()) else HoursId("office")
    phones = tuple(Ring(PhoneId(f"{name}-{number}"), 15) for number in range(draw(st.integers(1, 3))))
    return Destination(name, {}, phones, exits, hours, safety)


@st.composite
def rulesets(draw: st.DrawFn) -> Ruleset:
    found = {name: draw(destinations(name)) for name in NAMES}
    languages = (Language("lv"),)
    operator = draw(st.sampled_from(NAMES))
    service = Service(SERVICE, {}, (), RIGA, languages, PROMPTS[0], MENUS[0], operator, PromptId("sorry"))
    office = draw(offices)
    return Ruleset(RulesVersion("v"), {SERVICE: service}, {}, found, {office.id: office}, {}, draw(st.integers(1, 6)))


@st.composite
def situations(draw: st.DrawFn) -> tuple[Ruleset, Facts]:
    rules, target = draw(rulesets()), draw(targets)
    reason = draw(st.sampled_from(("key", "operator", "no_input", "invalid")))
    attempts: tuple[Attempt, ...] = ()
    if isinstance(target, ToDestination):
        phones = rules.destinations[target.destination].phones
        tried = draw(st.integers(0, len(phones)))
        attempts = tuple(Attempt(ring.phone, draw(failures)) for ring in phones[:tried])
    return rules, Facts(SERVICE, target, attempts, draw(st.integers(0, 8)), reason)


@settings(max_examples=300, deadline=None)
@given(situations(), instants)
def test_decide_always_answers_with_something_that_exists(situation: tuple[Ruleset, Facts], at: datetime) -> None:
    rules, known = situation
    decision = decide(known, rules, at)
    assert decision == decide(known, rules, at)
    match decision.outcome:
        case RingPhone(name, phone, seconds, position):
            assert decision.destination == name
            assert rules.destinations[name].phones[position] == Ring(phone, seconds)
            assert _may_ring(rules.destinations[name], known, rules, at)
        case EnterMenu(menu):
            assert menu in MENUS
        case EndWith(prompt, _):
            assert prompt in (*PROMPTS, "sorry")
        case _:
            assert_never(decision.outcome)
    assert all(sentence.endswith(".") for sentence in decision.why)
    assert len(decision.say) <= 1
    assert bool(decision.rule)


def _may_ring(chosen: Destination, known: Facts, rules: Ruleset, at: datetime) -> bool:
    already_there = bool(known.attempts)
    return already_there or chosen.hours is None or ruling_at(rules.hours[chosen.hours], at).open


@settings(max_examples=300, deadline=None)
@given(situations(), instants, st.lists(failures, min_size=40, max_size=40))
def test_a_call_that_nobody_takes_comes_to_an_end(
    situation: tuple[Ruleset, Facts], at: datetime, outcomes: list[ExitReason]
) -> None:
    """Fail every phone that rings: within the bound the call is in a menu or hears a last message."""
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


@settings(max_examples=200, deadline=None)
@given(rulesets(), instants, st.integers(0, 50), st.sampled_from(("key", "operator")), st.sampled_from(NAMES))
def test_a_safety_line_that_is_asked_for_always_rings(
    rules: Ruleset, at: datetime, hops: int, reason: str, name: DestinationId
) -> None:
    decision = decide(Facts(SERVICE, ToDestination(name), (), hops, reason), rules, at)
    if rules.destinations[name].safety:
        assert decision.outcome == RingPhone(name, rules.destinations[name].phones[0].phone, 15, 0)
