"""From steps of calls to facts: real steps of `ivr.calls.step` on a small ruleset."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.alarms.derive import PATIENCE, Ringing, facts_of, ringing_after, sounds_of, word
from ivr.alarms.facts import Fact, LineTried, SafetyVisited
from ivr.calls.actions import Action, Announcements, Connect, GiveUp, Goodbye, TypeAgain
from ivr.calls.events import CallEntered, CallEvent, CallFound, Connected, HungUp, KeyPressed, MenuAnswered, Stage
from ivr.calls.session import CallSession, CallState
from ivr.calls.step import begin, step
from ivr.calls.transfer import RETURNED
from ivr.routing.destinations import ExitReason, External
from ivr.routing.rules import Ruleset
from ivr.vocabulary import (
    ChannelName,
    DestinationId,
    Did,
    Key,
    Language,
    LinkedId,
    MenuId,
    PhoneId,
    PromptId,
    ServiceId,
)
from tests.fakes.ruleset import OPEN, small

CHANNEL = ChannelName("PJSIP/trunk-1")
NEW = CallEntered(CHANNEL, OPEN, ServiceId("town"), Did("8488"), "29123456", Language("lv"), entries=1)
HELP, DESK = DestinationId("help"), DestinationId("desk")
BUSY, GONE = ExitReason.BUSY, ExitReason.UNREACHABLE


class Call:
    """One call led by the real step, and what is derived from it. `seconds` is the clock that never jumps."""

    def __init__(self, rules: Ruleset | None = None, event: CallEntered | CallFound = NEW) -> None:
        self.rules = rules or small()
        entered = event.entered if isinstance(event, CallFound) else event
        self.session: CallSession = begin(LinkedId("1"), entered, self.rules, OPEN)
        self.ringing: Ringing | None = None
        self.seconds = 100.0
        self.actions: tuple[Action, ...] = ()
        self.first = self.take(event)

    def take(self, event: CallEvent) -> tuple[Fact, ...]:
        self.session, self.actions = step(self.session, event, self.rules, OPEN)
        facts = facts_of(event, self.actions, self.ringing, self.rules, self.seconds)
        self.ringing = ringing_after(self.ringing, event, self.session, self.actions, self.rules, self.seconds)
        return facts

    def press(self, key: str) -> tuple[Fact, ...]:
        return self.take(MenuAnswered(CHANNEL, OPEN, self.session.step, Key(key)))

    def fail(self, destination: str, position: int, result: ExitReason) -> tuple[Fact, ...]:
        entries = self.session.entries + 1
        name = DestinationId(destination)
        return self.take(replace(NEW, destination=name, position=position, result=result, entries=entries))

    def hang_up(self) -> tuple[Fact, ...]:
        return self.take(HungUp(CHANNEL, OPEN, 16))


def tried(destination: DestinationId, phone: str, failed: ExitReason | None) -> LineTried:
    return LineTried(destination, PhoneId(phone), False, failed)


def test_menus_say_nothing_about_lines() -> None:
    call = Call()
    assert (call.first, call.press("9"), call.press("7")) == ((), (), ())
    assert call.take(KeyPressed(CHANNEL, OPEN, Key("1"))) == ()


def test_an_answer_names_the_phone_that_rang() -> None:
    call = Call()
    assert call.press("2") == ()
    assert call.take(Connected(CHANNEL, OPEN)) == (tried(HELP, "help-1", None), SafetyVisited(HELP, ""))
    assert call.ringing is None
    assert call.take(Connected(CHANNEL, OPEN)) == ()


def test_a_failed_line_and_the_end_of_a_visit() -> None:
    call = Call()
    call.press("2")
    assert call.fail("help", 0, BUSY) == (tried(HELP, "help-1", BUSY), SafetyVisited(HELP, "busy"))
    assert call.ringing == Ringing(DestinationId("operator"), PhoneId("operator-1"), 100.0)


def test_a_visit_of_several_phones_counts_once_and_its_time_runs_on() -> None:
    call = Call(_safe_desk())
    call.press("1")
    call.seconds += 8
    assert call.fail("desk", 0, GONE) == (tried(DESK, "desk-1", GONE),)
    assert call.ringing == Ringing(DESK, PhoneId("desk-2"), 100.0)
    call.seconds += 8
    assert call.fail("desk", 1, BUSY) == (tried(DESK, "desk-2", BUSY), SafetyVisited(DESK, "busy"))


def test_a_second_visit_of_the_same_line_begins_anew() -> None:
    call = Call()
    ring = Connect(CHANNEL, 9, Language("lv"), HELP, PhoneId("help-1"), 0, "help-1", 10, None, (), ())
    call.press("2")
    again = ringing_after(call.ringing, NEW, call.session, (ring,), call.rules, 300)
    assert again == Ringing(HELP, PhoneId("help-1"), 300)
    missed = replace(NEW, destination=HELP, result=BUSY)
    assert facts_of(missed, (ring,), None, call.rules, 0)[1:] == (SafetyVisited(HELP, "busy"),)


def test_a_destination_that_is_no_safety_line_has_no_visits() -> None:
    call = Call()
    call.press("1")
    assert call.fail("desk", 0, GONE) == (tried(DESK, "desk-1", GONE),)
    assert call.fail("desk", 1, GONE) == (tried(DESK, "desk-2", GONE),)


@pytest.mark.parametrize(("after", "facts"), [(PATIENCE, (SafetyVisited(HELP, "gave_up"),)), (PATIENCE - 0.1, ())])
def test_a_caller_who_hangs_up_while_it_rings(after: float, facts: tuple[Fact, ...]) -> None:
    call = Call()
    call.press("2")
    call.seconds += after
    assert call.hang_up() == facts


def test_a_caller_who_hangs_up_elsewhere_says_nothing() -> None:
    call = Call()
    call.seconds += 60
    assert call.hang_up() == ()


def test_an_outside_number() -> None:
    rules = small()
    outside = replace(rules.destinations[HELP], kind=External(Did("+371112"), 20))
    call = Call(replace(rules, destinations={**rules.destinations, HELP: outside}))
    call.press("2")
    assert call.fail("help", 0, GONE)[0] == LineTried(HELP, PhoneId("+371112"), True, GONE)


def test_a_line_that_the_rules_do_not_have_says_nothing() -> None:
    call = Call()
    call.press("2")
    gone = replace(NEW, destination=DestinationId("gone"), result=BUSY, entries=5)
    assert facts_of(gone, (), None, call.rules, 0) == ()
    assert facts_of(replace(gone, destination=HELP, position=7), (), None, call.rules, 0) == (
        SafetyVisited(HELP, "busy"),
    )
    unknown = Ringing(DestinationId("gone"), PhoneId("x"), 0)
    assert facts_of(Connected(CHANNEL, OPEN), (), unknown, call.rules, 0) == (
        LineTried(DestinationId("gone"), PhoneId("x"), False, None),
    )


def test_a_call_that_a_colleague_passes_on_brings_an_old_result() -> None:
    old = replace(NEW, destination=HELP, result=BUSY, transfer="desk", entries=2)
    assert facts_of(old, (), None, small(), 0) == ()


def test_a_colleague_who_does_not_take_a_caller_back_is_not_counted_again() -> None:
    call = Call()
    call.press("2")
    assert call.fail("help", RETURNED, GONE) == ()


def test_a_call_found_while_it_rings_is_followed_from_there() -> None:
    entered = replace(NEW, destination=DESK, position=1)
    call = Call(event=CallFound(CHANNEL, OPEN, Stage.RINGING, entered))
    assert call.ringing == Ringing(DESK, PhoneId("desk-2"), 100.0)
    assert call.take(Connected(CHANNEL, OPEN)) == (tried(DESK, "desk-2", None),)


@pytest.mark.parametrize("entered", [NEW, replace(NEW, destination=DESK, position=9)])
def test_a_call_found_while_something_unknown_rings(entered: CallEntered) -> None:
    call = Call(event=CallFound(CHANNEL, OPEN, Stage.RINGING, entered))
    assert call.session.state is CallState.CONNECTING
    assert call.ringing is None


def test_an_action_that_rings_nothing_leaves_what_rings() -> None:
    call = Call()
    call.press("2")
    again = TypeAgain(CHANNEL, (Key("1"),))
    pressed = KeyPressed(CHANNEL, OPEN, Key("1"))
    assert ringing_after(call.ringing, pressed, call.session, (again,), call.rules, 300) == call.ringing
    assert call.ringing is not None


def test_a_call_found_waiting_after_its_phone_failed_counts() -> None:
    waits = replace(NEW, destination=HELP, result=GONE)
    call = Call(event=CallFound(CHANNEL, OPEN + timedelta(seconds=1), Stage.WAITING, waits))
    assert call.first == (tried(HELP, "help-1", GONE), SafetyVisited(HELP, "unreachable"))


def test_what_actions_play() -> None:
    call = Call()
    lv = Language("lv")
    assert sounds_of(call.actions[0]) == ((lv, PromptId("s/welcome")), (lv, PromptId("s/menu")))
    prompts = (PromptId("a"), PromptId("b"))
    news = Announcements(CHANNEL, 1, lv, MenuId("m"), prompts[:1], prompts[1:], ())
    assert sounds_of(news) == ((lv, "a"), (lv, "b"))
    assert sounds_of(Goodbye(CHANNEL, 1, lv, prompts, 16, ())) == ((lv, "a"), (lv, "b"))
    assert sounds_of(Connect(CHANNEL, 1, lv, HELP, PhoneId("p"), 0, "l", 9, None, prompts[:1], ())) == ((lv, "a"),)
    assert sounds_of(GiveUp(CHANNEL, 1)) == ()


def test_words_for_results() -> None:
    assert (word(None), word(BUSY)) == ("answered", "busy")


def _safe_desk() -> Ruleset:
    rules = small()
    safe = replace(rules.destinations[DESK], safety=True, hours=None)
    return replace(rules, destinations={**rules.destinations, DESK: safe})
