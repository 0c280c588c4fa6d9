"""One step of a call: session and event in, session and actions out. Pure and total over the table of transitions.

Rule 1: an event about an older step is stale and changes nothing.
Rule 2: a key that came while nothing listened is typed again when the next step has begun (asterisk-side detail: between
two commands Asterisk reads and drops what arrives, and tells of it).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never

from ivr.calls.actions import Action, Announcements, Ask, Connect, GiveUp, Goodbye, Return, TypeAgain
from ivr.calls.adoption import adopt
from ivr.calls.entry import enter
from ivr.calls.events import (
    CallEntered,
    CallEvent,
    CallFound,
    Connected,
    HungUp,
    KeyPressed,
    LeftControl,
    MenuAnswered,
    Stage,
    StepBegan,
    StepRefused,
)
from ivr.calls.kept import NEW, kept_of
from ivr.calls.menu import answer
from ivr.calls.session import CallSession, CallState, LostKey
from ivr.calls.transfer import RETURNED, go_on, passed_on
from ivr.calls.transitions import legal
from ivr.routing.extensions import is_place
from ivr.routing.numbers import normal
from ivr.routing.rules import Ruleset
from ivr.vocabulary import Language, LinkedId

Result: TypeAlias = tuple[CallSession, tuple[Action, ...]]
KEY_GAP = timedelta(milliseconds=45)
"""Asterisk's least pause between two keys (AST_MIN_DTMF_GAP)."""
KEY_LENGTH = timedelta(milliseconds=80)
"""Asterisk's least length of a key (AST_MIN_DTMF_DURATION)."""
KEEPING = (Announcements, Ask, Connect, Return, Goodbye)
"""Actions that carry what Asterisk keeps of the session."""
UNKNOWN_LANGUAGE = Language("en")
"""For a call to a service that the rules do not know; it goes to the fallback at once."""


def begin(linkedid: LinkedId, event: CallEntered, rules: Ruleset, at: datetime) -> CallSession:
    """Make the session of a call that the engine meets for the first time, with what was known of it before."""
    service = rules.services.get(event.service)
    known = service.languages if service else (UNKNOWN_LANGUAGE,)
    led_before = event.destination is not None or event.kept is not None
    chosen = event.language if led_before and event.language in known else None
    kept = event.kept or NEW
    by_number = service.spoken.get(normal(event.number)) if service else None
    return CallSession(
        linkedid=linkedid,
        channel=event.channel,
        service=event.service,
        number=event.number,
        caller=event.caller,
        language=chosen or by_number or known[0],
        since=at,
        step=kept.step,
        announcing=kept.announcing,
        menu=event.menu,
        menu_since=kept.since,
        invalid=kept.invalid,
        no_input=kept.no_input,
        asked=kept.asked,
        crowded=kept.crowded,
        hops=kept.hops,
        back=event.back,
    )


def step(session: CallSession, event: CallEvent, rules: Ruleset, at: datetime) -> Result:
    """Take one event. Raises IllegalTransition if the state does not know it; then nothing has changed."""
    if _stale(session, event):
        return session, ()
    allowed = legal(session.state, event)
    after, actions = _take(session, event, rules, at)
    assert after.state in allowed, f"{session.state} -[{type(event).__name__}]-> {after.state} is not in the table"  # noqa: S101 - a fault of ours
    return after, tuple(_completed(action, after) for action in actions)


def _completed(action: Action, after: CallSession) -> Action:
    """Say which entry the step answers, and let Asterisk keep what another engine needs to go on from here."""
    if isinstance(action, GiveUp):
        return replace(action, entry=after.entries)
    return replace(action, kept=kept_of(after), entry=after.entries) if isinstance(action, KEEPING) else action


def _stale(session: CallSession, event: CallEvent) -> bool:
    match event:
        case StepBegan(step=number) | MenuAnswered(step=number) | StepRefused(step=number):
            return number != session.step
        case CallEntered(entries=entries) if entries:
            known = entries <= session.entries and not _comes_again(session, event)
            return known or event.channel != session.channel
        case _:
            return event.channel != session.channel


def _take(session: CallSession, event: CallEvent, rules: Ruleset, at: datetime) -> Result:
    match event:
        case CallEntered() if _comes_again(session, event):
            return replace(session, state=CallState.ASKING), ()
        case CallEntered():
            return _entered(session, event, rules, at)
        case CallFound(stage=Stage.WAITING, entered=entered):
            return _entered(session, entered, rules, at)
        case CallFound():
            return adopt(replace(session, entries=event.entered.entries, since=at - event.lasted), event, rules, at)
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


def _comes_again(session: CallSession, event: CallEntered) -> bool:
    """Tell whether the channel only left by the late answer to an earlier entry, and has yet to come to our menu."""
    here = event.entries == session.entries > 0
    return here and session.state is CallState.RELEASED and not session.began


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


def _entered(before: CallSession, event: CallEntered, rules: Ruleset, at: datetime) -> Result:
    session = replace(before, entries=event.entries, back=event.back)
    if session.service not in rules.services:
        number = session.step + 1
        return replace(session, state=CallState.RELEASED, step=number), (GiveUp(session.channel, number),)
    if event.transfer:
        return passed_on(session, event, rules, at)
    if event.result is not None and (event.position == RETURNED or is_place(event.destination, rules)):
        return go_on(session, event, rules, at)
    return enter(session, rules, at)
