"""Why a call goes where it goes: every rule that was looked at, in order, up to the one that decided."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.proof.explain import Explanation, Told, explain, hours_rules, visit
from ivr.proof.explain_text import as_dict, lines
from ivr.proof.journey import Decided, Dialled, travel
from ivr.routing.days import considered
from ivr.routing.destinations import ExitReason
from ivr.routing.hours import ruling_at
from ivr.routing.office_hours import DatedSchedule, OfficeHours, Span, SpecialDay
from ivr.routing.overrides import override_at
from ivr.routing.rules import CallerRule, Override, OverrideKind, Ruleset
from ivr.routing.targets import ToDestination, ToLanguage, ToMenu
from ivr.vocabulary import DestinationId, Did, HoursId, Language, MenuId, OverrideId, PromptId, ServiceId
from tests.fakes.examples import some
from tests.fakes.ruleset import CLOSED, EN, OPEN, small
from tests.fakes.ruleset_pairs import CALLERS, FIRST, KEYS, RIGA, offices, rulesets

RULES = small()
DESK, HELP = DestinationId("desk"), DestinationId("help")
instants = st.integers(0, 21 * 24 * 4).map(
    lambda quarter: datetime.combine(FIRST, time(0), RIGA).astimezone(UTC) + timedelta(minutes=15 * quarter)
)
WEEK = {day: (Span(time(8), time(17)),) for day in range(5)}
RULED = OfficeHours(
    HoursId("h"),
    ZoneInfo("Europe/Riga"),
    {**WEEK, 4: (Span(time(22), time(2)),)},
    country="LV",
    holidays={date(2026, 12, 24): "Ziemassvētku vakars"},
    before_holidays=60,
    days={date(2026, 12, 28): SpecialDay(reason="moved"), date(2026, 12, 29): SpecialDay(like=0)},
    dated=(
        DatedSchedule("strike", date(2026, 12, 7), date(2026, 12, 8), {0: WEEK[0]}),
        DatedSchedule("fair", date(2026, 12, 14), date(2026, 12, 15), {0: WEEK[0]}, keep_holidays=True),
    ),
)


@settings(max_examples=some(80), deadline=None)
@given(offices(HoursId("h0")), instants)
def test_the_last_rule_is_the_one_that_ruled(hours: OfficeHours, at: datetime) -> None:
    ruling = ruling_at(hours, at)
    *passed, last = hours_rules(hours, at)
    assert (last.rule, last.applies, last.sentence) == (ruling.rule, True, ruling.reason)
    assert not any(one.applies for one in passed)
    day = at.astimezone(RIGA).date()
    ends = [f"hours.h0.{list(considered(hours, one))[-1].rule}" for one in (day, day - timedelta(days=1))]
    assert any(ruling.rule.startswith(end) for end in ends)


def said(at: str) -> list[str]:
    local = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/Riga"))
    return [f"{'+' if one.applies else '-'} {one.rule.removeprefix('hours.h.')}" for one in hours_rules(RULED, local)]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-12-01 10:00", ["- dated", "- days", "- holidays", "- before_holidays", "+ weekly.tuesday"]),
        ("2026-12-23 16:30", ["- dated", "- days", "- holidays", "+ before_holidays.2026-12-23"]),
        ("2026-12-24 16:30", ["- dated", "- days", "+ holidays.2026-12-24"]),
        ("2026-12-28 10:00", ["- dated", "+ days.2026-12-28"]),
        ("2026-12-29 10:00", ["- dated", "+ days.2026-12-29"]),
        ("2026-12-07 10:00", ["+ dated.strike.monday"]),
        ("2026-12-14 10:00", ["- dated.fair", "- days", "- holidays", "- before_holidays", "+ dated.fair.monday"]),
        (
            "2026-12-05 01:00",
            ["- weekly.saturday", "- dated", "- days", "- holidays", "- before_holidays", "+ weekly.friday"],
        ),
    ],
)
def test_each_rule_in_its_place(at: str, expected: list[str]) -> None:
    assert said(at) == expected


def ordered(kind: OverrideKind, name: DestinationId = DESK, since: int = -1, other: str | None = None) -> Override:
    redirect = None if other is None else DestinationId(other)
    start = OPEN + timedelta(hours=since)
    return Override(
        OverrideId(f"{kind.value}{since}"), name, kind, start, start + timedelta(hours=2), "why", "me", redirect
    )


def with_orders(*orders: Override) -> Ruleset:
    return RULES.overridden({name: tuple(one for one in orders if one.destination == name) for name in (DESK, HELP)})


def test_an_override_comes_first_and_others_are_passed_over() -> None:
    rules = with_orders(
        ordered(OverrideKind.CLOSED, since=-5),
        ordered(OverrideKind.CLOSED),
        ordered(OverrideKind.OPEN, since=1),
        ordered(OverrideKind.REDIRECT, other="nowhere"),
    )
    told = visit(rules.destinations[DESK], rules, OPEN)
    assert [(one.rule, one.applies) for one in told.rules] == [
        ("overrides.redirect-1", False),
        ("overrides.open1", False),
        ("overrides.closed-1", True),
    ]
    assert not told.open
    assert told.until == OPEN + timedelta(hours=1)
    assert "nowhere, which the rules do not have" in told.rules[0].sentence
    assert "begins only" in told.rules[1].sentence


def test_a_past_override_is_told_before_the_hours() -> None:
    rules = with_orders(ordered(OverrideKind.CLOSED, since=-5))
    told = visit(rules.destinations[DESK], rules, OPEN)
    assert "was over" in told.rules[0].sentence
    assert told.rules[-1].rule == "destinations.desk.hours.office.weekly.tuesday"
    assert told.open


def test_a_safety_line_obeys_nobody() -> None:
    rules = with_orders(ordered(OverrideKind.CLOSED, HELP))
    told = visit(rules.destinations[HELP], rules, OPEN)
    assert "stays open whatever is ordered (closed)" in told.rules[0].sentence
    assert told.rules[1] == Told(
        told.rules[1].rule, True, "it is a safety line: open day and night, nothing can close it"
    )
    assert told.open
    assert told.until is None


def test_open_day_and_night_without_being_a_safety_line() -> None:
    plain = replace(RULES.destinations[HELP], safety=False)
    assert [one.sentence for one in visit(plain, RULES, OPEN).rules] == [
        "there is none for help",
        "it has no hours: open day and night",
    ]


def explained(rules: Ruleset, call: Dialled) -> Explanation:
    return explain(rules, travel(rules, call))


def call(keys: str, at: datetime = OPEN, caller: str = "", *answers: ExitReason | None) -> Dialled:
    return Dialled(Did("8488"), at, keys, caller, answers)


def test_the_destinations_of_a_chain_are_told_in_order() -> None:
    desk = replace(
        RULES.destinations[DESK], exits={**RULES.destinations[DESK].exits, ExitReason.CLOSED: ToDestination(HELP)}
    )
    rules = replace(RULES, destinations={**RULES.destinations, DESK: desk})
    told = explained(rules, call("1", CLOSED, "", ExitReason.BUSY))
    first, second = told.decisions
    assert [(one.destination, one.open) for one in first.visits] == [("desk", False), ("help", True)]
    assert [one.destination for one in second.visits] == ["operator"]


def test_the_next_phone_is_no_new_visit() -> None:
    first, second = explained(RULES, call("1", OPEN, "", ExitReason.BUSY)).decisions
    assert [one.destination for one in first.visits] == ["desk"]
    assert second.visits == ()
    assert second.why == ("desk: desk-1 was busy.",)


def test_the_bound_on_hops_is_told() -> None:
    rules = replace(RULES, max_hops=1)
    told = explained(rules, call("2", OPEN, "", ExitReason.BUSY))
    assert "  operator is not tried: the call has come to 1 destinations already." in list(lines(told, rules, no_words))


def test_rules_about_the_caller_are_told_up_to_the_one_that_counts() -> None:
    rules_ = (
        CallerRule(frozenset(), ("44",), ToMenu(MenuId("night"))),
        CallerRule(frozenset({"380501"}), (), ToLanguage(EN)),
        CallerRule(frozenset(), ("380",), ToMenu(MenuId("night"))),
    )
    town = replace(RULES.services[ServiceId("town")], callers=rules_)
    rules = replace(RULES, services={town.id: town})
    told = explained(rules, call("", caller="+380501"))
    assert [(one.rule, one.applies) for one in told.callers] == [
        ("services.town.callers.0", False),
        ("services.town.callers.1", True),
    ]
    assert [one.applies for one in explained(rules, call("")).callers] == [False, False, False]
    shown = explained(rules, call("", caller="+380777"))
    assert shown.decisions[0].visits == ()
    assert as_dict(shown, rules, no_words)["reason"] == "caller"


def no_words(_prompt: PromptId, _language: Language) -> str:
    return ""


@settings(
    max_examples=some(40), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(
    rulesets(),
    instants,
    st.text(st.sampled_from(KEYS), max_size=3),
    st.sampled_from(CALLERS),
    st.lists(st.sampled_from((ExitReason.BUSY, ExitReason.NO_ANSWER)), max_size=4).map(tuple),
    st.sampled_from((None, *OverrideKind)),
)
def test_every_journey_can_be_explained(
    rules: Ruleset, at: datetime, keys: str, caller: str, answers: tuple[ExitReason, ...], kind: OverrideKind | None
) -> None:
    """What is told of a destination agrees with what was decided about it."""
    name = DestinationId("d1")
    if kind is not None:
        other = DestinationId("d2") if kind is OverrideKind.REDIRECT else None
        order = Override(OverrideId("o"), name, kind, at, at + timedelta(hours=1), "why", "me", other)
        rules = rules.overridden({name: (order,)})
    told = explain(rules, travel(rules, Dialled(Did("8488"), at, keys, caller, answers)))
    decided = [one for one in told.journey.met if isinstance(one, Decided)]
    assert [one.decided for one in told.decisions] == decided
    for one in told.decisions:
        for seen in one.visits:
            assert seen.rules[-1].applies
            assert [rule.applies for rule in seen.rules].count(True) == 1
            closed = f"{seen.destination} is closed"
            redirected = override_at(rules.destinations[seen.destination], rules, at)
            if redirected is None or redirected.redirect is None:
                assert seen.open is not any(closed in sentence for sentence in one.why)
        if one.visits and one.decided.decision is not None and one.decided.rule != "max_menus":
            assert one.visits[-1].destination == one.decided.destination
    assert list(lines(told, rules, no_words))
    assert as_dict(told, rules, no_words)["keys"] == keys


def test_an_open_office_says_until_when() -> None:
    told = lines(explained(small(), call("1")), small(), no_words)
    assert any(line.strip() == "so it is open until Tuesday 24 November 2026, 17:00" for line in told)


def test_a_number_that_nobody_has_is_a_result_too() -> None:
    journey = travel(small(), Dialled(Did("112"), OPEN))
    told = as_dict(explain(small(), journey), small(), no_words)
    assert "unknown number" in str(told)
