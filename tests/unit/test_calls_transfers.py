"""A call that a colleague or a supervisor passes on, step by step."""

from dataclasses import replace
from datetime import datetime

import pytest

from ivr.calls.actions import Action, Ask, Connect, GiveUp, Goodbye, Note, Return
from ivr.calls.events import CallEntered, Connected, LeftControl, MenuAnswered, StepBegan
from ivr.calls.kept import Kept
from ivr.calls.session import CallSession, CallState
from ivr.calls.step import begin, step
from ivr.calls.transfer import RETURN_SECONDS, RETURNED
from ivr.routing.destinations import ExitReason
from ivr.vocabulary import ChannelName, DestinationId, Did, Key, Language, LinkedId, PhoneId, ServiceId
from tests.fakes.ruleset import CLOSED, OPEN, small

RULES = small()
CHANNEL = ChannelName("PJSIP/trunk-1")
ME = PhoneId("desk-1")
HERE = DestinationId("desk")
NEW = CallEntered(CHANNEL, OPEN, ServiceId("town"), Did("8488"), "29123456", Language("lv"))
PASSED = replace(NEW, destination=HERE, transfer="help", back=ME, kept=Kept(step=3, hops=1), entries=2)


def talking() -> CallSession:
    """Give a caller who talks at the desk; the engine led the call there."""
    session, _ = step(begin(LinkedId("1"), NEW, RULES, OPEN), replace(NEW, entries=1), RULES, OPEN)
    chosen = replace(session, state=CallState.TALKING, destination=HERE, step=3, hops=1, asked=1)
    return step(chosen, Connected(CHANNEL, OPEN), RULES, OPEN)[0]


def passed(event: CallEntered = PASSED, at: datetime = OPEN) -> tuple[CallSession, Action]:
    """Pass the caller on; a second engine that has never heard of the call does the same."""
    after, (action,) = step(talking(), event, RULES, at)
    other, (same,) = step(begin(LinkedId("1"), event, RULES, OPEN), event, RULES, at)
    assert isinstance(action, Connect | Return | Goodbye | Ask)
    assert isinstance(same, Connect | Return | Goodbye | Ask)
    assert same == replace(action, kept=same.kept)
    assert (other.state, other.destination, other.hops, other.step) == (
        after.state, after.destination, after.hops, after.step,
    )  # fmt: skip
    return after, action


def again(session: CallSession, at: datetime = OPEN, **changes: object) -> tuple[CallSession, Action]:
    """Let the call come back to the engine."""
    event = replace(NEW, entries=session.entries + 1, **changes)  # type: ignore[arg-type]
    after, (action,) = step(session, event, RULES, at)
    return after, action


def noted(action: Action) -> list[tuple[str, ...]]:
    assert isinstance(action, Connect | Return | Goodbye | Ask)
    return [(note.name, *(value for _, value in note.fields)) for note in action.notes]


def test_the_caller_comes_to_the_destination_as_from_a_menu() -> None:
    session, action = passed()
    assert isinstance(action, Connect)
    assert (action.destination, action.phone, action.position, action.step) == ("help", "help-1", 0, 4)
    assert noted(action) == [("IVR_DECISION", "help", "destinations.help", "transfer")]
    assert (session.state, session.hops, session.back) == (CallState.CONNECTING, 1, ME)


def test_a_phone_that_fails_leads_to_the_next_one_and_the_last_one_back() -> None:
    session, _ = passed(replace(PASSED, transfer="desk"))
    session, second = again(session, destination=HERE, position=0, result=ExitReason.BUSY, back=ME)
    assert isinstance(second, Connect)
    assert second.phone == "desk-2"
    after, action = again(session, destination=HERE, position=1, result=ExitReason.NO_ANSWER, back=ME)
    assert isinstance(action, Return)
    assert (action.phone, action.seconds) == (ME, RETURN_SECONDS)
    assert noted(action) == [("IVR_RETURN", "desk-1", "no_answer")]
    assert (action.destination, action.result) == ("desk", ExitReason.NO_ANSWER)
    assert (after.state, after.back, after.attempts) == (CallState.CONNECTING, None, ())


def test_a_closed_destination_gives_the_caller_back_at_once_and_then_takes_its_exit() -> None:
    session, action = passed(replace(PASSED, transfer="desk"), CLOSED)
    assert isinstance(action, Return)
    assert (action.destination, action.result, noted(action)) == (
        "desk", ExitReason.CLOSED, [("IVR_RETURN", "desk-1", "closed")],
    )  # fmt: skip
    answered, _ = step(session, Connected(CHANNEL, OPEN), RULES, CLOSED)
    assert answered.state is CallState.TALKING
    night, ask = again(session, CLOSED, destination=HERE, position=RETURNED, result=ExitReason.CLOSED)
    assert isinstance(ask, Ask)
    assert (night.menu, ask.prompts[0]) == ("night", "s/sorry")
    assert noted(ask)[0] == ("IVR_DECISION", "desk", "destinations.desk.exits.closed", "closed")


def test_a_single_phone_is_a_place_of_its_own() -> None:
    session, action = passed(replace(PASSED, transfer="desk-2"), CLOSED)
    assert isinstance(action, Connect)
    assert (action.destination, action.line) == ("desk-2", "desk-2")
    _, back = again(session, destination=DestinationId("desk-2"), result=ExitReason.BUSY, back=ME)
    assert isinstance(back, Return)
    _, end = again(session, destination=DestinationId("desk-2"), position=RETURNED, result=ExitReason.BUSY)
    assert isinstance(end, Goodbye)
    assert end.prompts == ("s/busy",)


def test_an_unknown_extension_gives_the_caller_back_and_then_leaves_where_he_was() -> None:
    session, action = passed(replace(PASSED, transfer="99"))
    assert isinstance(action, Return)
    assert (action.destination, action.result, noted(action)) == ("desk", None, [("IVR_RETURN", "desk-1", "unknown")])
    _, end = again(session, destination=HERE, position=RETURNED, result=ExitReason.NO_ANSWER)
    assert isinstance(end, Goodbye)
    assert noted(end)[0] == ("IVR_DECISION", "desk", "destinations.desk.exits.no_answer", "no_answer")


@pytest.mark.parametrize("gone", [None, "since-renamed"])
def test_who_was_nowhere_before_comes_to_the_operator(gone: str | None) -> None:
    name = DestinationId(gone) if gone else None
    _, action = passed(replace(PASSED, transfer="99", back=None, destination=name))
    assert isinstance(action, Connect)
    assert (action.destination, noted(action)) == (
        "operator", [("IVR_DECISION", "operator", "destinations.operator", "transfer")],
    )  # fmt: skip


def test_a_supervisors_mistake_is_the_exit_of_where_the_caller_was() -> None:
    _, action = passed(replace(PASSED, transfer="99", back=None))
    assert isinstance(action, Goodbye)
    assert noted(action)[0] == ("IVR_DECISION", "desk", "destinations.desk.exits.unreachable", "unreachable")


def test_a_return_without_a_word_of_what_failed_is_unreachable() -> None:
    session, _ = passed(replace(PASSED, transfer="99"))
    event = replace(NEW, entries=9, destination=HERE, position=RETURNED, result=ExitReason.UNREACHABLE)
    _, (action,) = step(session, event, RULES, OPEN)
    assert isinstance(action, Goodbye)
    assert action.prompts == ("s/busy",)


def test_too_many_hops_give_the_caller_back_to_where_he_was() -> None:
    far = replace(talking(), hops=5)
    after, (back,) = step(far, replace(PASSED, transfer="desk"), RULES, OPEN)
    assert isinstance(back, Return)
    assert (back.destination, back.result, noted(back)) == ("desk", None, [("IVR_RETURN", "desk-1", "too_many")])
    assert after.hops == 5


def test_a_caller_in_a_menu_is_passed_on_by_a_supervisor_and_nobody_gets_him_back() -> None:
    asking, _ = step(begin(LinkedId("1"), NEW, RULES, OPEN), replace(NEW, entries=1), RULES, OPEN)
    session, action = again(asking, CLOSED, transfer="desk")
    assert isinstance(action, Ask)
    assert (session.menu, noted(action)[0]) == (
        "night", ("IVR_DECISION", "desk", "destinations.desk.exits.closed", "closed"),
    )  # fmt: skip


def test_a_caller_who_hears_a_last_message_can_still_be_passed_on() -> None:
    leaving = replace(talking(), state=CallState.LEAVING)
    _, (action,) = step(leaving, replace(PASSED, back=None), RULES, OPEN)
    assert isinstance(action, Connect)


def test_what_asterisk_keeps_is_what_the_session_knows() -> None:
    session, action = passed(replace(PASSED, transfer="99"))
    assert isinstance(action, Return)
    assert (action.kept.step, action.kept.hops, action.step) == (session.step, session.hops, session.step)
    assert isinstance(action.notes[0], Note)


def test_each_step_says_which_entry_it_answers() -> None:
    session, action = passed()
    assert isinstance(action, Connect)
    assert (action.entry, session.entries) == (2, 2)
    gone = replace(NEW, service=ServiceId("gone"), entries=3)
    _, (given_up,) = step(begin(LinkedId("1"), gone, RULES, OPEN), gone, RULES, OPEN)
    assert given_up == GiveUp(CHANNEL, 1, entry=3)


def test_a_channel_that_left_by_a_late_answer_comes_again_and_goes_on_in_the_menu() -> None:
    """The call was passed on twice at once: the commands for the first time let the channel leave before the menu."""
    first, _ = passed()
    event = replace(PASSED, transfer="desk", entries=3)
    asking, (ask,) = step(first, event, RULES, CLOSED)
    assert isinstance(ask, Return)  # closed: nobody at the desk
    menu, (asked,) = step(first, replace(event, back=None), RULES, CLOSED)
    assert isinstance(asked, Ask)
    left, _ = step(menu, LeftControl(CHANNEL, OPEN), RULES, CLOSED)
    assert left.state is CallState.RELEASED
    here, actions = step(left, replace(event, back=None), RULES, CLOSED)
    assert (here.state, actions) == (CallState.ASKING, ())
    began, _ = step(here, StepBegan(CHANNEL, OPEN, menu.step), RULES, CLOSED)
    _, answered = step(began, MenuAnswered(CHANNEL, OPEN, menu.step, Key("1")), RULES, CLOSED)
    assert answered
    assert step(asking, event, RULES, CLOSED) == (asking, ())  # a phone is rung: nothing to go on with


def test_a_channel_that_left_its_menu_does_not_come_again() -> None:
    asking, (ask,) = step(begin(LinkedId("1"), NEW, RULES, OPEN), replace(NEW, entries=1), RULES, OPEN)
    assert isinstance(ask, Ask)
    began, _ = step(asking, StepBegan(CHANNEL, OPEN, asking.step), RULES, OPEN)
    left, _ = step(began, LeftControl(CHANNEL, OPEN), RULES, OPEN)
    assert step(left, replace(NEW, entries=1), RULES, OPEN) == (left, ())
