"""One call, step by step: what comes in, what goes out."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.calls.actions import Action, Ask, Connect, GiveUp, Goodbye, Note, TypeAgain
from ivr.calls.events import (
    CallEntered,
    CallEvent,
    Connected,
    HungUp,
    KeyPressed,
    LeftControl,
    MenuAnswered,
    StepBegan,
    StepRefused,
)
from ivr.calls.session import CallSession, CallState
from ivr.calls.step import begin, step
from ivr.calls.transitions import TRANSITIONS, diagram
from ivr.errors import IllegalTransition
from ivr.routing.destinations import ExitReason
from ivr.vocabulary import ChannelName, DestinationId, Did, Key, Language, LinkedId, ServiceId
from tests.fakes.ruleset import CLOSED, OPEN, small

RULES = small()
CHANNEL = ChannelName("PJSIP/trunk-1")
ENTERED = CallEntered(CHANNEL, OPEN, ServiceId("town"), Did("8488"), "29123456", Language("lv"))


class Call:
    """Plays events to one call and keeps what came out last."""

    def __init__(self, entered: CallEntered = ENTERED, at: object = OPEN) -> None:
        self.at = OPEN if at is None else at
        self.session = begin(LinkedId("1"), entered, RULES, OPEN)
        self.out: tuple[Action, ...] = ()
        self.take(entered)

    def take(self, event: CallEvent) -> "Call":
        self.session, self.out = step(self.session, event, RULES, self.at)  # type: ignore[arg-type]
        return self

    def key(self, key: str | None) -> "Call":
        self.take(StepBegan(CHANNEL, OPEN, self.session.step))
        return self.take(MenuAnswered(CHANNEL, OPEN, self.session.step, Key(key) if key else None))

    def failed(self, result: ExitReason, position: int = 0, destination: str | None = None) -> "Call":
        name = DestinationId(destination) if destination else self.session.destination
        return self.take(replace(ENTERED, destination=name, position=position, result=result))

    @property
    def action(self) -> Action:
        assert len(self.out) == 1
        return self.out[0]


def notes(action: Action) -> list[str]:
    assert isinstance(action, Ask | Connect | Goodbye)
    return [note.name for note in action.notes]


def test_a_new_caller_hears_welcome_and_menu_in_one_step() -> None:
    ask = Call().action
    assert isinstance(ask, Ask)
    assert ask.prompts == ("s/welcome", "s/menu")
    assert (ask.language, ask.menu, ask.step, ask.timeout) == ("lv", "main", 1, 5.0)
    fields = (("menu", "main"), ("language", "lv"), ("welcome", "s/welcome"))
    assert ask.notes == (Note("IVR_MENU", fields),)


@pytest.mark.parametrize(
    ("key", "at", "expected"),
    [
        ("1", OPEN, ("desk", "desk-1", 10, ())),
        ("2", OPEN, ("help", "help-1", 10, ())),
        ("2", CLOSED, ("help", "help-1", 10, ())),
        ("0", CLOSED, ("operator", "operator-1", 10, ())),
    ],
)
def test_a_key_connects(key: str, at: object, expected: tuple[object, ...]) -> None:
    connect = Call(at=at).key(key).action
    assert isinstance(connect, Connect)
    assert (connect.destination, connect.phone, connect.seconds, connect.say) == expected
    assert notes(connect) == ["IVR_KEY", "IVR_DECISION"]


def test_outside_hours_the_key_leads_to_the_night_menu() -> None:
    call = Call(at=CLOSED).key("1")
    assert isinstance(call.action, Ask)
    assert call.action.prompts == ("s/sorry", "s/night")
    assert call.action.timeout == 3.5
    assert notes(call.action) == ["IVR_KEY", "IVR_DECISION", "IVR_MENU"]
    assert isinstance(call.key("2").action, Connect)


def test_language_repeat_menu_and_announcement() -> None:
    call = Call().key("9")
    assert isinstance(call.action, Ask)
    assert (call.action.language, call.action.prompts) == ("en", ("s/menu",))
    assert notes(call.action) == ["IVR_KEY", "IVR_LANGUAGE", "IVR_MENU"]
    assert isinstance(call.key("*").action, Ask)
    assert isinstance(call.key("5").action, Ask)
    assert call.session.menu == "night"
    end = Call().key("6").action
    assert isinstance(end, Goodbye)
    assert end.prompts == ("s/bye",)
    assert notes(end) == ["IVR_KEY", "IVR_DECISION", "IVR_EXIT"]


def test_wrong_keys_and_silence_have_their_own_counts_and_exits() -> None:
    call = Call().key("7")
    assert isinstance(call.action, Ask)
    assert call.action.prompts == ("s/invalid", "s/menu")
    call.key(None)
    assert isinstance(call.action, Ask)
    assert call.action.prompts == ("s/no-input", "s/menu")
    call.key("8")
    assert isinstance(call.action, Connect)
    assert (call.action.destination, call.action.say) == ("operator", ("s/to-operator",))
    silent = Call().key(None).key(None)
    assert isinstance(silent.action, Connect)
    assert silent.action.say == ()


def test_another_menu_starts_with_fresh_counts() -> None:
    call = Call().key("7").key("5")
    assert (call.session.invalid, call.session.menu) == (0, "night")


def test_nobody_stays_in_a_circle_of_menus() -> None:
    call = Call()
    for _ in range(RULES.max_menus - 1):
        assert isinstance(call.key("*").action, Ask)
    assert isinstance(call.key("*").action, Connect)
    assert call.session.destination == "operator"


def test_a_failed_phone_leads_to_the_next_and_then_to_the_exit() -> None:
    call = Call().key("1").failed(ExitReason.BUSY)
    assert isinstance(call.action, Connect)
    assert (call.action.phone, call.action.position, call.action.seconds) == ("desk-2", 1, 20)
    call.failed(ExitReason.NO_ANSWER, 1)
    assert isinstance(call.action, Goodbye)
    assert [item.outcome for item in call.session.attempts] == [ExitReason.BUSY, ExitReason.NO_ANSWER]


def test_an_exit_may_lead_to_another_destination() -> None:
    call = Call().key("2").failed(ExitReason.UNREACHABLE)
    assert isinstance(call.action, Connect)
    assert (call.action.destination, call.action.say) == ("operator", ("s/failed",))
    assert call.session.attempts == ()
    assert isinstance(call.failed(ExitReason.BUSY).action, Goodbye)


def test_a_new_engine_goes_on_where_the_dead_one_was() -> None:
    entered = replace(
        ENTERED, language=Language("en"), destination=DestinationId("desk"), position=0, result=ExitReason.BUSY
    )
    call = Call(entered)
    assert isinstance(call.action, Connect)
    assert (call.action.phone, call.action.language) == ("desk-2", "en")
    gone = Call(replace(entered, destination=DestinationId("gone")))
    assert isinstance(gone.action, Ask)


def test_a_service_that_the_rules_do_not_know_goes_to_the_fallback() -> None:
    call = Call(replace(ENTERED, service=ServiceId("gone")))
    assert call.action == GiveUp(CHANNEL, 1)
    assert call.session.state is CallState.RELEASED


def test_a_key_between_two_steps_is_typed_again() -> None:
    call = Call().key("9")
    call.take(KeyPressed(CHANNEL, OPEN, Key("2"), 160))
    call.take(StepBegan(CHANNEL, OPEN + timedelta(milliseconds=20), call.session.step))
    assert call.action == TypeAgain(CHANNEL, (Key("2"),))


@pytest.mark.parametrize(
    ("pause", "held", "began", "again"),
    [
        (200, 160, 20, True),  # far enough from the key before, long enough: Asterisk has dropped it
        (30, 160, 20, False),  # too close: Asterisk gives it out late, the step has begun by then
        (30, 160, 400, True),  # too close, but given out before the step began
        (200, 40, 20, False),  # too short: Asterisk stretches it
    ],
)
def test_a_key_that_asterisk_still_holds_back_is_not_doubled(pause: int, held: int, began: int, again: bool) -> None:
    call = Call()
    call.take(KeyPressed(CHANNEL, OPEN, Key("9"), 160))
    call.key("9")
    at = OPEN + timedelta(milliseconds=pause + held)
    call.take(KeyPressed(CHANNEL, at, Key("2"), held))
    call.take(StepBegan(CHANNEL, at + timedelta(milliseconds=began), call.session.step))
    assert bool(call.out) is again


def test_keys_while_something_listens_are_left_to_it() -> None:
    call = Call().take(StepBegan(CHANNEL, OPEN, 1)).take(KeyPressed(CHANNEL, OPEN, Key("1"), 100))
    assert call.session.lost == ()


def test_stale_results_and_other_channels_change_nothing() -> None:
    call = Call()
    before = call.session
    other = ChannelName("PJSIP/trunk-2")
    for event in (MenuAnswered(CHANNEL, OPEN, 7, Key("1")), HungUp(other, OPEN, 16), StepRefused(CHANNEL, OPEN, 0, "")):
        assert call.take(event).session == before
        assert call.out == ()


def test_the_life_of_a_connected_call() -> None:
    call = Call().key("2").take(LeftControl(CHANNEL, OPEN))
    events = (Connected(CHANNEL, OPEN), KeyPressed(CHANNEL, OPEN, Key("#"), 100), HungUp(CHANNEL, OPEN, 16))
    states = [call.take(event).session.state for event in events]
    assert states == [CallState.TALKING, CallState.TALKING, CallState.ENDED]


def test_a_channel_that_leaves_in_the_menu_is_the_fallbacks() -> None:
    call = Call().take(LeftControl(CHANNEL, OPEN))
    assert call.session.state is CallState.RELEASED
    assert call.take(Connected(CHANNEL, OPEN)).session.state is CallState.TALKING
    refused = Call().take(StepRefused(CHANNEL, OPEN, 1, "no such channel"))
    assert refused.session.state is CallState.RELEASED
    assert refused.take(LeftControl(CHANNEL, OPEN)).session.state is CallState.RELEASED


def test_an_event_that_the_state_does_not_know_is_refused_by_name() -> None:
    call = Call()
    with pytest.raises(IllegalTransition, match="a call that is asking cannot take Connected"):
        call.take(Connected(CHANNEL, OPEN))


EVENTS = st.one_of(
    st.sampled_from([Connected(CHANNEL, OPEN), LeftControl(CHANNEL, OPEN)]),
    st.builds(HungUp, st.just(CHANNEL), st.just(OPEN), st.integers(0, 127)),
    st.builds(MenuAnswered, st.just(CHANNEL), st.just(OPEN), st.integers(0, 9), st.sampled_from([None, *"0125679*#"])),
    st.builds(StepBegan, st.just(CHANNEL), st.just(OPEN), st.integers(0, 9)),
    st.builds(StepRefused, st.just(CHANNEL), st.just(OPEN), st.integers(0, 9), st.just("")),
    st.builds(KeyPressed, st.just(CHANNEL), st.just(OPEN), st.sampled_from("0123456789*#"), st.integers(0, 300)),
    st.builds(
        replace,
        st.just(ENTERED),
        destination=st.sampled_from([None, "desk", "help", "operator", "gone"]),
        position=st.integers(0, 3),
        result=st.sampled_from([None, *ExitReason]),
    ),
)


@settings(max_examples=120)
@given(st.lists(EVENTS, max_size=40), st.sampled_from([OPEN, CLOSED]))
def test_any_events_leave_a_call_in_a_known_state(events: list[CallEvent], at: object) -> None:
    session: CallSession = Call(at=at).session
    for event in events:
        try:
            session, actions = step(session, event, RULES, at)  # type: ignore[arg-type]
        except IllegalTransition:
            continue
        assert session.state in TRANSITIONS
        assert len(actions) <= 1
        assert session.asked <= RULES.max_menus


def test_the_diagram_in_the_docs_is_the_table() -> None:
    assert diagram() in Path("docs/architecture.md").read_text()
