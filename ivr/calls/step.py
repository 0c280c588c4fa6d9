"""One step of a call: session and event in, session and actions out. Pure and total over the table of transitions.

Rule 1: an event about an older step is stale and changes nothing.
Rule 2: a key that came while nothing listened is typed again when the next step has begun (asterisk-side detail: between
two commands Asterisk reads and drops what arrives, and tells of it).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never

from ivr.calls.actions import Action, GiveUp, TypeAgain
from ivr.calls.entry import enter
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
from ivr.calls.menu import answer
from ivr.calls.session import CallSession, CallState, LostKey
from ivr.calls.transfer import go_on
from ivr.calls.transitions import legal
from ivr.routing.numbers import normal
from ivr.routing.rules import Ruleset
from ivr.vocabulary import Language, LinkedId

Result: TypeAlias = tuple[CallSession, tuple[Action, ...]]
KEY_GAP = timedelta(milliseconds=45)
"""Asterisk's least pause between two keys (AST_MIN_DTMF_GAP)."""
KEY_LENGTH = timedelta(milliseconds=80)
"""Asterisk's least length of a key (AST_MIN_DTMF_DURATION)."""
UNKNOWN_LANGUAGE = Language("en")
"""For a call to a service that the rules do not know; it goes to the fallback at once."""


def begin(linkedid: LinkedId, event: CallEntered, rules: Ruleset, at: datetime) -> CallSession:
    """Make the session of a call that the engine meets for the first time."""
    service = rules.services.get(event.service)
    known = service.languages if service else (UNKNOWN_LANGUAGE,)
    chosen = event.language if event.destination and event.language in known else None
    by_number = service.spoken.get(normal(event.number)) if service else None
    return CallSession(
        linkedid=linkedid,
        channel=event.channel,
        service=event.service,
        number=event.number,
        caller=event.caller,
        language=chosen or by_number or known[0],
        since=at,
    )


def step(session: CallSession, event: CallEvent, rules: Ruleset, at: datetime) -> Result:
    """Take one event. Raises IllegalTransition if the state does not know it; then nothing has changed."""
    if _stale(session, event):
        return session, ()
    allowed = legal(session.state, event)
    after, actions = _take(session, event, rules, at)
    assert after.state in allowed, f"{session.state} -[{type(event).__name__}]-> {after.state} is not in the table"  # noqa: S101 - a fault of ours
    return after, actions


def _stale(session: CallSession, event: CallEvent) -> bool:
    match event:
        case StepBegan(step=number) | MenuAnswered(step=number) | StepRefused(step=number):
            return number != session.step
        case _:
            return event.channel != session.channel


def _take(session: CallSession, event: CallEvent, rules: Ruleset, at: datetime) -> Result:
    match event:
        case CallEntered():
            return _entered(session, event, rules, at)
        case MenuAnswered(key=key):
            return answer(session, key, rules, at)
        case KeyPressed():
            return _pressed(session, event), ()
        case StepBegan(at=began_at):
            keys = tuple(lost.key for lost in session.lost if lost.until is None or lost.until < began_at)
            again = (TypeAgain(session.channel, keys),) if keys else ()
            return replace(session, began=True, lost=()), again
        case StepRefused():
            return replace(session, state=CallState.RELEASED, lost=()), ()
        case LeftControl():
            asked = session.state is CallState.ASKING
            return (replace(session, state=CallState.RELEASED, lost=()) if asked else session), ()
        case Connected():
            return replace(session, state=CallState.TALKING), ()
        case HungUp():
            return replace(session, state=CallState.ENDED), ()
        case _:
            assert_never(event)


def _pressed(session: CallSession, event: KeyPressed) -> CallSession:
    """Keep a key that nothing listened to.

    Asterisk hands a short key, or one that follows another closely, to the channel late: it emulates it for its
    length (`__ast_read` in main/channel.c). Such a key is not lost if the next step begins before that.
    """
    held = timedelta(milliseconds=event.held)
    close = session.last_key is not None and event.at - held - session.last_key < KEY_GAP
    late = event.at + max(held, KEY_LENGTH) if close or held < KEY_LENGTH else None
    known = replace(session, last_key=event.at)
    if session.state is not CallState.ASKING or session.began:
        return known
    return replace(known, lost=(*session.lost, LostKey(event.key, late)))


def _entered(session: CallSession, event: CallEntered, rules: Ruleset, at: datetime) -> Result:
    if session.service not in rules.services:
        number = session.step + 1
        return replace(session, state=CallState.RELEASED, step=number), (GiveUp(session.channel, number),)
    if event.destination in rules.destinations and event.result is not None:
        return go_on(session, event, rules, at)
    return enter(session, rules, at)
