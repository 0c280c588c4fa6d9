"""A call that is found under way: what another engine had begun goes on, nothing is said twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ivr.calls.actions import Action, Ask, Connect, Note, Resume
from ivr.calls.events import CallEntered, CallFound, MenuAnswered, Stage
from ivr.calls.kept import Kept, kept_of
from ivr.calls.session import CallSession, CallState
from ivr.calls.step import begin, step
from ivr.routing.decision import Attempt
from ivr.routing.destinations import ExitReason
from ivr.vocabulary import (
    ChannelName,
    DestinationId,
    Did,
    EngineName,
    Key,
    Language,
    LinkedId,
    MenuId,
    PhoneId,
    ServiceId,
)
from tests.fakes.ruleset import OPEN, small

RULES = small()
CHANNEL = ChannelName("PJSIP/trunk-1")
SERVICE = next(iter(RULES.services.values()))
SINCE = datetime.fromtimestamp(int(OPEN.timestamp()) - 40, UTC)
KEPT = Kept(step=3, hops=2, asked=2, invalid=1, no_input=1, since=SINCE)
ENTERED = CallEntered(
    CHANNEL,
    OPEN,
    SERVICE.id,
    Did("8488"),
    "29123456",
    Language("lv"),
    leader=EngineName("dead-1"),
    entries=1,
    kept=KEPT,
    menu=SERVICE.menu,
)


def found(stage: Stage, entered: CallEntered = ENTERED) -> tuple[CallSession, tuple[Action, ...]]:
    event = CallFound(CHANNEL, OPEN, stage, entered, timedelta(seconds=50))
    return step(begin(LinkedId("1"), entered, RULES, OPEN), event, RULES, OPEN)


def test_a_caller_in_a_menu_goes_on_in_it() -> None:
    session, actions = found(Stage.MENU)
    assert actions == (Resume(CHANNEL, 4, SERVICE.menu, (Note("IVR_ADOPTED", (("stage", "menu"),)),)),)
    assert (session.state, session.step, session.began) == (CallState.ASKING, 4, True)
    assert (session.invalid, session.no_input, session.asked, session.hops) == (1, 1, 2, 2)
    assert (session.menu_since, session.since) == (SINCE, OPEN - timedelta(seconds=50))
    after, _ = step(session, MenuAnswered(CHANNEL, OPEN, 3, Key("1")), RULES, OPEN)
    assert after == session  # an answer to the dead engine's step is stale
    after, _ = step(session, MenuAnswered(CHANNEL, OPEN, 4, Key("1")), RULES, OPEN)
    assert after.state is not CallState.ASKING


def test_counts_go_on_after_an_adoption() -> None:
    session, _ = found(Stage.MENU)
    after, _ = step(session, MenuAnswered(CHANNEL, OPEN, 4, None), RULES, OPEN)
    assert after.no_input == 2


@pytest.mark.parametrize(
    ("stage", "state"),
    [
        (Stage.LEAVING, CallState.LEAVING),
        (Stage.RINGING, CallState.CONNECTING),
        (Stage.TALKING, CallState.TALKING),
        (Stage.FALLBACK, CallState.RELEASED),
    ],
)
def test_what_goes_on_by_itself_is_only_followed(stage: Stage, state: CallState) -> None:
    session, actions = found(stage, replace(ENTERED, destination=DestinationId("desk")))
    assert (session.state, actions, session.destination) == (state, (), "desk")


def test_a_caller_whom_nobody_has_spoken_to_is_greeted() -> None:
    new = replace(ENTERED, kept=None, menu=None)
    session, actions = found(Stage.WAITING, new)
    assert (session.state, session.entries) == (CallState.ASKING, 1)
    assert isinstance(actions[0], Ask)
    again, none = step(session, new, RULES, OPEN)  # Asterisk's word of the same entry comes late
    assert (again, none) == (session, ())


@pytest.mark.parametrize("menu", [None, MenuId("gone")])
def test_a_menu_that_is_gone_is_left_to_the_fallback(menu: MenuId | None) -> None:
    session, actions = found(Stage.MENU, replace(ENTERED, menu=menu))
    assert (session.state, actions) == (CallState.RELEASED, ())


def test_a_service_that_is_gone_too() -> None:
    session, actions = found(Stage.MENU, replace(ENTERED, service=ServiceId("gone")))
    assert (session.state, actions) == (CallState.RELEASED, ())


def test_the_next_phone_is_chosen_by_what_the_dead_engine_tried() -> None:
    name = next(name for name, item in RULES.destinations.items() if len(item.lines) > 1)
    tried = Kept(hops=1, results=(ExitReason.NO_ANSWER,))
    entered = replace(ENTERED, entries=3, kept=tried, destination=name, position=1, result=ExitReason.BUSY)
    session, actions = step(begin(LinkedId("1"), entered, RULES, OPEN), entered, RULES, OPEN)
    lines = RULES.destinations[name].lines
    assert session.attempts[:2] in ((), (
        Attempt(lines[0].phone, ExitReason.NO_ANSWER),
        Attempt(lines[1].phone, ExitReason.BUSY),
    ))  # fmt: skip
    assert session.decision is not None
    assert "did not answer" in session.decision.why[0]
    assert actions


def test_each_step_lets_asterisk_keep_the_state_that_it_leads_to() -> None:
    session, actions = found(Stage.WAITING, replace(ENTERED, kept=None, menu=None))
    ask = actions[0]
    assert isinstance(ask, Ask)
    assert ask.kept == kept_of(session)
    assert ask.kept.step == 1
    connected = Attempt(PhoneId("a"), ExitReason.BUSY)
    assert kept_of(replace(session, attempts=(connected,))).results == (ExitReason.BUSY,)
    assert not isinstance(ask, Connect)
