"""The engine with a performer that only writes down: order, isolation, endings."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.calls.actions import Action, Ask, Connect, GiveUp
from ivr.calls.events import CallEntered, CallFound, Connected, HungUp, MenuAnswered, Stage, StepBegan
from ivr.calls.session import CallSession, CallState
from ivr.engine import Engine
from ivr.errors import LinkLost
from ivr.vocabulary import ChannelName, Did, EngineName, Key, Language, LinkedId, ServiceId
from tests.fakes.ruleset import OPEN, OneRuleset, small

ONE, TWO = LinkedId("1"), LinkedId("2")


def channel(linkedid: LinkedId) -> ChannelName:
    return ChannelName(f"PJSIP/trunk-{linkedid}")


def entered(linkedid: LinkedId) -> CallEntered:
    return CallEntered(channel(linkedid), OPEN, ServiceId("town"), Did("8488"), "29123456", Language("lv"))


def answered(linkedid: LinkedId, step: int, key: str) -> MenuAnswered:
    return MenuAnswered(channel(linkedid), OPEN, step, Key(key))


class Desk:
    """An engine on a desk: what it performs is written down."""

    def __init__(self) -> None:
        self.done: list[Action] = []
        self.fail_with: Exception | None = None
        self.refuse: dict[str, Callable[[int, str], None]] = {}
        self.engine = Engine(name="desk", rules=OneRuleset(small()), perform=self.perform, clock=lambda: OPEN)

    def perform(self, action: Action, on_refused: Callable[[int, str], None]) -> None:
        if self.fail_with is not None:
            raise self.fail_with
        self.done.append(action)
        self.refuse[action.channel] = on_refused

    async def settle(self) -> None:
        """Let every mailbox empty itself: tasks run in turn, and none waits for anything else."""
        for _ in range(5):
            await asyncio.sleep(0)


async def test_events_that_come_at_once_are_taken_in_their_order() -> None:
    desk = Desk()
    desk.engine.deliver(ONE, entered(ONE))
    desk.engine.deliver(ONE, StepBegan(channel(ONE), OPEN, 1))
    desk.engine.deliver(ONE, answered(ONE, 1, "9"))
    desk.engine.deliver(ONE, answered(ONE, 2, "2"))
    desk.engine.deliver(ONE, HungUp(channel(ONE), OPEN + timedelta(seconds=1), 16))
    await desk.settle()
    assert [type(action) for action in desk.done] == [Ask, Ask, Connect]
    assert desk.engine.sessions == {}


async def test_only_the_first_step_names_the_engine_and_the_rules() -> None:
    desk = Desk()
    desk.engine.deliver(ONE, entered(ONE))
    desk.engine.deliver(ONE, answered(ONE, 1, "9"))
    await desk.settle()
    names = [[note.name for note in action.notes] for action in desk.done if isinstance(action, Ask)]
    assert names[0][0] == "IVR_ENGINE"
    assert "IVR_ENGINE" not in names[1]


async def test_a_fault_in_one_call_touches_no_other(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.fail_with = RuntimeError("broken")
    desk.engine.deliver(ONE, entered(ONE))
    await desk.settle()
    desk.fail_with = None
    desk.engine.deliver(TWO, entered(TWO))
    await desk.settle()
    assert [action.channel for action in desk.done] == [channel(TWO)]
    assert "call left to the fallback" in caplog.text
    assert [record.__dict__["linkedid"] for record in caplog.records if record.levelno == logging.ERROR] == [ONE]


async def test_a_lost_link_is_said_and_the_call_is_the_fallbacks(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.fail_with = LinkLost("gone")
    desk.engine.deliver(ONE, entered(ONE))
    await desk.settle()
    assert "call left to the fallback: gone" in caplog.text


async def test_an_impossible_event_is_said_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.engine.deliver(ONE, entered(ONE))
    await desk.settle()
    before = desk.engine.sessions[ONE]
    desk.engine.deliver(ONE, Connected(channel(ONE), OPEN))
    await desk.settle()
    assert desk.engine.sessions[ONE] == before
    assert "cannot take Connected" in caplog.text


async def test_events_of_unknown_calls_open_nothing() -> None:
    desk = Desk()
    desk.engine.deliver(ONE, HungUp(channel(ONE), OPEN, 16))
    await desk.settle()
    assert desk.engine.sessions == {}
    assert desk.done == []


async def test_a_refused_step_releases_the_call() -> None:
    desk = Desk()
    desk.engine.deliver(ONE, entered(ONE))
    await desk.settle()
    desk.refuse[channel(ONE)](1, "no such channel")
    await desk.settle()
    assert desk.engine.sessions[ONE].state is CallState.RELEASED


async def test_what_a_step_brings_about_waits_for_its_turn() -> None:
    """A refusal that comes while the step is still at work is taken after it, not in its middle."""
    desk = Desk()
    states: list[CallState] = []

    def refuse_at_once(_: Action, on_refused: Callable[[int, str], None]) -> None:
        on_refused(1, "gone")
        session = desk.engine.sessions.get(ONE)
        states.append(session.state if session else CallState.ENTERED)

    engine = Engine(name="desk", rules=OneRuleset(small()), perform=refuse_at_once, clock=lambda: OPEN)
    desk.engine = engine
    engine.deliver(ONE, entered(ONE))
    assert states == [CallState.ASKING]
    assert engine.sessions[ONE].state is CallState.RELEASED


async def test_a_service_of_other_rules_is_given_up() -> None:
    desk = Desk()
    desk.engine.deliver(ONE, replace(entered(ONE), service=ServiceId("elsewhere")))
    await desk.settle()
    assert desk.done == [GiveUp(channel(ONE), 1)]


async def test_quiet_means_that_nobody_is_in_a_menu() -> None:
    desk = Desk()
    await asyncio.wait_for(desk.engine.quiet(), 1)
    desk.engine.deliver(ONE, entered(ONE))
    await desk.settle()
    waiting = asyncio.ensure_future(desk.engine.quiet())
    await desk.settle()
    assert not waiting.done()
    desk.engine.deliver(ONE, answered(ONE, 1, "2"))
    await asyncio.wait_for(waiting, 1)


async def test_after_a_lost_link_nothing_is_remembered() -> None:
    desk = Desk()
    desk.engine.deliver(ONE, entered(ONE))
    await desk.settle()
    desk.engine.forget_all()
    await asyncio.wait_for(desk.engine.quiet(), 1)
    assert desk.engine.sessions == {}


async def test_a_call_that_the_guard_gave_to_another_engine_is_left_alone() -> None:
    desk = Desk()
    desk.engine.deliver(ONE, replace(entered(ONE), leader=EngineName("other"), entries=1))
    assert (desk.done, desk.engine.sessions) == ([], {})


async def test_a_call_that_comes_back_to_another_engine_is_that_engines() -> None:
    desk = Desk()
    desk.engine.deliver(ONE, replace(entered(ONE), leader=EngineName("desk"), entries=1))
    assert desk.engine.busy == 1
    desk.engine.deliver(ONE, replace(entered(ONE), leader=EngineName("other"), entries=2))
    assert (desk.engine.sessions, desk.engine.busy) == ({}, 0)


async def test_what_moved_while_it_was_listed_is_looked_for_again() -> None:
    desk = Desk()
    desk.engine.listen()
    desk.engine.deliver(ONE, HungUp(channel(ONE), OPEN, 16))
    desk.engine.deliver(TWO, entered(TWO))
    found = [(one, CallFound(channel(one), OPEN, Stage.WAITING, entered(one))) for one in (ONE, TWO, LinkedId("3"))]
    assert desk.engine.adopt(found) == 1
    assert set(desk.engine.sessions) == {TWO, LinkedId("3")}
    assert len(desk.done) == 2  # the second was led already when it was found
    assert desk.engine.adopt(found[:1]) == 0  # nothing happened to it since
    assert set(desk.engine.sessions) == {ONE, TWO, LinkedId("3")}


@pytest.mark.parametrize("end", ["hung up", "given to another engine"])
async def test_a_call_that_ended_while_it_was_listed_is_not_found_again(end: str) -> None:
    desk = Desk()
    desk.engine.deliver(ONE, entered(ONE))
    desk.engine.listen()
    if end == "hung up":
        desk.engine.deliver(ONE, HungUp(channel(ONE), OPEN, 16))
    else:
        desk.engine.deliver(ONE, replace(entered(ONE), leader=EngineName("other"), entries=2))
    late = [(ONE, CallFound(channel(ONE), OPEN, Stage.WAITING, entered(ONE)))]  # what the list said before
    assert desk.engine.adopt(late) == 1
    assert desk.engine.sessions == {}
    assert len(desk.done) == 1


async def test_an_observer_hears_of_each_step() -> None:
    steps: list[tuple[str, str]] = []

    class Ear:
        def stepped(self, before: object, event: object, after: CallSession, actions: object, rules: object) -> None:
            steps.append((type(event).__name__, after.state.value))

    desk = Desk()
    desk.engine = Engine(
        name="desk", rules=OneRuleset(small()), perform=desk.perform, clock=lambda: OPEN, observer=Ear()
    )
    desk.engine.deliver(ONE, entered(ONE))
    desk.engine.deliver(ONE, HungUp(channel(ONE), OPEN, 16))
    assert steps == [("CallEntered", "asking"), ("HungUp", "ended")]
