"""Where a caller goes whom a colleague passed on: the same way as any other, and back to the colleague instead of an exit."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.routing.decide import decide
from ivr.routing.decision import EndWith, Facts, GiveBack, RingPhone
from ivr.routing.destinations import ExitReason
from ivr.routing.rules import Override, OverrideKind
from ivr.vocabulary import DestinationId, OverrideId, PhoneId, RuleId
from tests.fakes.decide_town import INFO_EXITS, RULES, SUNDAY, TUESDAY, facts, line, to

ME = PhoneId("duty-1")


def passed(target: str, tried: str = "", **changes: object) -> Facts:
    return facts(to(target), tried, **{"reason": "transfer", "back": ME, **changes})


@pytest.mark.parametrize(
    ("known", "at", "expected"),
    [
        (passed("information"), TUESDAY, ("ring information-1 15 s at 0", "information",
            "destinations.information.hours.office.weekly.tuesday", "transfer", 1, "")),
        (passed("information-2"), SUNDAY, ("ring information-2 15 s at 0", "information-2",
            "destinations.information-2", "transfer", 1, "")),
        (passed("information", "information-1 busy", hops=1), TUESDAY, ("ring information-2 15 s at 1", "information",
            "destinations.information.phones.1", "busy", 1, "")),
        # a menu takes the caller
        (passed("citizens"), TUESDAY, ("menu citizens", "citizens",
            "destinations.citizens.hours.office.weekly.tuesday", "transfer", 1, "")),
        # what would be left by an exit goes back
        (passed("information"), SUNDAY, ("back to duty-1 closed", "information", f"{INFO_EXITS}.closed", "closed",
            1, "")),
        (passed("police", "police-1 no_answer", hops=1), TUESDAY, ("back to duty-1 no_answer", "police",
            "destinations.police.exits.no_answer", "no_answer", 1, "")),
        (passed("information-2", "information-2 busy", hops=1), TUESDAY, ("back to duty-1 busy", "information-2",
            "destinations.information-2.exits.busy", "busy", 1, "")),
        (passed("together", "a&b full", hops=1), TUESDAY, ("back to duty-1 full", "together",
            "destinations.together.exits.full", "full", 1, "")),
        (passed("mute", "mute-1 busy", hops=1), TUESDAY, ("back to duty-1 busy", "mute",
            "destinations.mute.exits.unreachable", "busy", 1, "")),
        (passed("trip"), SUNDAY, ("back to duty-1 closed", "trip", "destinations.trip.exits.closed", "closed", 1, "")),
        # nobody to talk to
        (passed("moved"), TUESDAY, ("back to duty-1 refused", "moved", "destinations.moved", "refused", 1, "")),
        (passed("refused"), TUESDAY, ("back to duty-1 refused", "refused",
            "destinations.refused.hours.office.weekly.tuesday", "refused", 1, "")),
        # the bound; a safety line is never starved
        (passed("information", hops=3), TUESDAY, ("back to duty-1 too_many", "information", "max_hops", "too_many",
            3, "")),
        (passed("police", hops=3), TUESDAY, ("ring police-1 15 s at 0", "police", "destinations.police", "transfer",
            1, "")),
        # a supervisor passes a caller on who talks to nobody
        (passed("moved", back=None), TUESDAY, ("end moved transfer", "moved", "destinations.moved", "transfer", 1, "")),
        (passed("information", back=None), SUNDAY, ("menu closed", "information", f"{INFO_EXITS}.closed", "closed",
            1, "sorry-closed")),
        # not taken back: the exit for the reason, in the same words as always
        (passed("information", back=None, failed=ExitReason.CLOSED, hops=1), SUNDAY, ("menu closed", "information",
            f"{INFO_EXITS}.closed", "closed", 1, "sorry-closed")),
        (passed("utility", back=None, failed=ExitReason.BUSY, hops=1), TUESDAY, ("ring police-1 15 s at 0", "police",
            "destinations.utility.exits.busy", "busy", 2, "emergency-failed")),
        (passed("poor", back=None, failed=ExitReason.CLOSED, hops=1), SUNDAY, ("end broken closed", "poor",
            "destinations.poor.exits.unreachable", "closed", 1, "")),
    ],
)  # fmt: skip
def test_a_caller_who_is_passed_on(known: Facts, at: datetime, expected: tuple[object, ...]) -> None:
    assert line(decide(known, RULES, at)) == expected


def test_a_redirected_destination_is_the_one_that_takes_the_caller() -> None:
    order = Override(
        OverrideId("1a2b3c4d"),
        DestinationId("police"),
        OverrideKind.REDIRECT,
        SUNDAY - timedelta(days=1),
        SUNDAY + timedelta(days=1),
        "a test",
        "tests",
        DestinationId("information"),
    )
    police = replace(RULES.destinations[DestinationId("police")], safety=False)
    rules = replace(
        RULES,
        destinations={**RULES.destinations, police.id: police},
        overrides={police.id: (order,)},
    )
    decision = decide(passed("police"), rules, SUNDAY)
    assert (decision.outcome, decision.destination) == (GiveBack(ME, "closed"), "information")
    assert [why.partition(" is ")[0] for why in decision.why] == ["police", "information"]


EVERYWHERE = [*RULES.destinations, *(DestinationId(f"{name}-1") for name in ("information", "utility", "duty"))]


@given(
    target=st.sampled_from(EVERYWHERE),
    hops=st.integers(0, 4),
    days=st.integers(0, 13),
    hour=st.integers(0, 23),
    failed=st.sampled_from([None, *ExitReason]),
)
@settings(max_examples=150)
def test_nobody_who_can_be_given_back_is_sent_away_and_it_ends(
    target: DestinationId, hops: int, days: int, hour: int, failed: ExitReason | None
) -> None:
    at = SUNDAY + timedelta(days=days, hours=hour - 12)
    known = passed(target, hops=hops)
    decision = decide(known, RULES, at)
    assert not isinstance(decision.outcome, EndWith)
    assert 0 <= decision.hops <= max(hops, RULES.max_hops)
    if isinstance(decision.outcome, GiveBack):
        assert (decision.outcome.phone, decision.say) == (ME, ())
        if decision.outcome.reason in {one.value for one in ExitReason}:
            left = replace(known, back=None, hops=decision.hops, failed=ExitReason(decision.outcome.reason))
            assert not isinstance(decide(left, RULES, at).outcome, GiveBack)
    if failed is not None:
        assert not isinstance(decide(replace(known, back=None, failed=failed), RULES, at).outcome, GiveBack)


def test_the_rule_that_asked_is_kept_for_a_menu_alone() -> None:
    decision = decide(passed("police", asked_by=RuleId("transfer")), RULES, TUESDAY)
    assert isinstance(decision.outcome, RingPhone)
    assert decision.rule == "destinations.police"
