"""What `ivr override add` takes and refuses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ivr.routing.destinations import ExitReason
from ivr.routing.rules import Override, OverrideKind, Ruleset
from ivr.rulebook.override_orders import Order, OverrideRefused, override
from ivr.rulebook.overrides import Cleared, Kept
from ivr.vocabulary import DestinationId, OverrideId
from tests.fakes.ruleset import small

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
GOOD = Order("desk", "closed", "2h", "burst pipe", "anna")


def rules() -> Ruleset:
    """Desk and second may be closed, help is a safety line, bare has no exits at all."""
    base = small()
    desk, help_ = base.destinations[DestinationId("desk")], base.destinations[DestinationId("help")]
    line = replace(help_, safety=True)
    bare = replace(desk, id=DestinationId("bare"), exits={})
    second = replace(desk, id=DestinationId("second"), exits={ExitReason.UNREACHABLE: desk.exits[ExitReason.CLOSED]})
    return replace(base, destinations={**base.destinations, line.id: line, bare.id: bare, second.id: second})


def ordered(order: Order, known: tuple[Kept, ...] = ()) -> Override:
    return override(order, rules(), known, AT, OverrideId("00000001"))


def redirect(destination: str, other: str, name: str = "a", hours: int = 2) -> Kept:
    until = AT + timedelta(hours=hours)
    made = DestinationId(destination), OverrideKind.REDIRECT, AT - timedelta(hours=1), until, "x", "y"
    return Kept(Override(OverrideId(name), *made, DestinationId(other)))


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2h", AT + timedelta(hours=2)),
        ("90m", AT + timedelta(minutes=90)),
        ("3d", AT + timedelta(days=3)),
        ("2026-11-23 08:00", datetime(2026, 11, 23, 6, 0, tzinfo=UTC)),  # Riga: +02:00
        ("2027-06-01 08:00", datetime(2027, 6, 1, 5, 0, tzinfo=UTC)),  # summer: +03:00
        ("2026-11-23T08:00+00:00", datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
    ],
)
def test_the_end_is_local_time_or_a_span(until: str, expected: datetime) -> None:
    made = ordered(replace(GOOD, until=until))
    assert (made.since, made.until) == (AT, expected)


def test_what_is_kept_of_an_order() -> None:
    made = ordered(replace(GOOD, what="redirect=second", reason="  burst \n pipe "))
    assert (made.kind, made.redirect) == (OverrideKind.REDIRECT, "second")
    assert (made.id, made.destination, made.reason, made.author) == ("00000001", "desk", "burst pipe", "anna")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"until": ""}, "an override needs an end"),
        ({"until": "2026-11-21 13:59"}, "is past"),
        ({"until": "2026-11-21 14:00"}, "is past"),
        ({"until": "367d"}, "more than a year away"),
        ({"until": "tomorrow"}, "is no time"),
        ({"until": "2 h"}, "is no time"),
        ({"reason": ""}, "--reason is missing"),
        ({"reason": " \n"}, "--reason is missing"),
        ({"reason": "x" * 201}, "200 at most"),
        ({"author": ""}, "the author is missing"),
        ({"destination": "deks"}, 'did you mean "desk"?'),
        ({"destination": "nothing-like-it"}, "known are bare, desk, help"),
        ({"what": "shut"}, "is no order; write closed, open or redirect="),
        ({"what": "redirect="}, "is no order"),
        ({"what": "redirect=desk"}, "cannot be redirected to itself"),
        ({"what": "redirect=secnd"}, 'did you mean "second"?'),
        ({"destination": "help"}, "help is a safety line; nothing may close or redirect it"),
        ({"destination": "help", "what": "redirect=desk"}, "is a safety line"),
        ({"destination": "bare", "until": "2h"}, "has no exit `closed` or `unreachable`"),
        ({"destination": "bare", "what": "open", "until": "2026-11-23 08:00"}, "no service leads to bare"),
    ],
)
def test_what_is_refused_says_what_to_do(change: dict[str, str], message: str) -> None:
    with pytest.raises(OverrideRefused) as refused:
        ordered(replace(GOOD, **change))
    assert message in str(refused.value)


@pytest.mark.parametrize(("destination", "what"), [("help", "open"), ("second", "closed"), ("bare", "open")])
def test_what_is_allowed(destination: str, what: str) -> None:
    assert ordered(replace(GOOD, destination=destination, what=what)).destination == destination


def test_redirects_in_a_circle_are_refused() -> None:
    order = replace(GOOD, what="redirect=second")
    for known in ((redirect("second", "desk"),), (redirect("second", "bare"), redirect("bare", "desk"))):
        with pytest.raises(OverrideRefused, match=r"in a circle .*desk -> second -> .*desk"):
            ordered(order, known)


def test_redirects_that_do_not_count_any_more_make_no_circle() -> None:
    order = replace(GOOD, what="redirect=second")
    back = redirect("second", "desk")
    younger = Kept(replace(redirect("second", "desk", "b").override, kind=OverrideKind.OPEN, redirect=None))
    cleared = replace(back, cleared=Cleared(AT, "y", "z"))
    for known in ((redirect("second", "desk", hours=0),), (cleared,), (back, younger)):
        assert ordered(order, known).redirect == "second"
    assert ordered(order, (redirect("desk", "second"), redirect("second", "bare"))).redirect == "second"
