"""Sending a caller on: ask `decide` where, and turn the decision into actions. The caller's channel stays up throughout.

Rule 1: a caller whom a colleague passed on in vain goes back to that colleague, once. Only if the colleague does not take
him back either, the exits lead on.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from ivr.calls.actions import Action, Connect, Goodbye, Note, Return
from ivr.calls.asking import ask
from ivr.calls.events import CallEntered
from ivr.calls.session import CallSession, CallState
from ivr.routing.decide import TRANSFER, UNKNOWN, decide
from ivr.routing.decision import Attempt, Decision, EndWith, EnterMenu, Facts, GiveBack, RingPhone
from ivr.routing.destinations import ExitReason
from ivr.routing.extensions import dialled, is_place, place
from ivr.routing.rules import Ruleset
from ivr.routing.targets import Announce, ToDestination, ToMenu, ToOperator
from ivr.vocabulary import DestinationId, MenuId, PromptId, RuleId

Result = tuple[CallSession, tuple[Action, ...]]
TOO_MANY_MENUS = "too_many_menus"
MENUS_BOUND = RuleId("max_menus")
RETURNED = 99
"""The place of a line that no destination has: the colleague who passed the caller on did not take him back."""
RETURN_SECONDS = 20
"""How long the phone rings of a colleague who gets a caller back."""
PASSED_ON = RuleId("transfer")
"""The rule of a decision that no place in the rules asked for, but a person."""
_EXITS = {reason.value: reason for reason in ExitReason}


def route(
    session: CallSession,
    target: ToDestination | ToMenu | ToOperator | Announce,
    reason: str,
    asked_by: RuleId,
    notes: tuple[Note, ...],
    rules: Ruleset,
    at: datetime,
) -> Result:
    """Go to a target that a key or an exit names; `asked_by` is its place in the rules."""
    facts = Facts(service=session.service, target=target, hops=session.hops, reason=reason, asked_by=asked_by)
    return _apply(session, decide(facts, rules, at), notes, rules, at)


def go_on(session: CallSession, event: CallEntered, rules: Ruleset, at: datetime) -> Result:
    """A phone failed: take the next one, or the exit of its destination."""
    if event.position == RETURNED:
        return _not_taken_back(session, event.destination, event.result or ExitReason.UNREACHABLE, rules, at)
    name = event.destination or DestinationId("")
    result = event.result or ExitReason.UNREACHABLE
    lines = place(name, rules).lines
    if session.destination == name and len(session.attempts) == event.position:
        known = session.attempts
    else:  # another engine led this call before: what it tried stands in the channel's variables
        before = lines[: event.position]
        kept = event.kept.results if event.kept and len(event.kept.results) == len(before) else (result,) * len(before)
        known = tuple(Attempt(ring.phone, outcome) for ring, outcome in zip(before, kept, strict=True))
    here = lines[event.position : event.position + 1]
    attempts = (*known, *(Attempt(ring.phone, result) for ring in here))
    facts = Facts(
        service=session.service,
        target=ToDestination(name),
        attempts=attempts,
        hops=session.hops,
        reason=result.value,
        back=session.back,
    )
    again = replace(session, destination=name, attempts=attempts)
    return _apply(again, decide(facts, rules, at), (), rules, at)


def passed_on(session: CallSession, event: CallEntered, rules: Ruleset, at: datetime) -> Result:
    """A colleague or a supervisor passed the caller on: go there, or back to the colleague."""
    here = replace(session, destination=event.destination, attempts=())
    target = dialled(event.transfer, rules)
    if target is not None:
        asked = ToDestination(target.id)
        facts = Facts(session.service, asked, hops=session.hops, reason=TRANSFER, back=session.back)
        return _apply(here, decide(facts, rules, at), (), rules, at)
    if session.back is None:
        return _not_taken_back(here, event.destination, ExitReason.UNREACHABLE, rules, at)
    return _give_back(here, GiveBack(session.back, UNKNOWN), None, ())


def _not_taken_back(
    session: CallSession, name: DestinationId | None, result: ExitReason, rules: Ruleset, at: datetime
) -> Result:
    """Leave the destination by the exit for `result`; if the call was at none, go to the operator."""
    if name is None or not is_place(name, rules):
        return route(session, ToOperator(), TRANSFER, PASSED_ON, (), rules, at)
    facts = Facts(session.service, ToDestination(name), hops=session.hops, reason=result.value, failed=result)
    return _apply(replace(session, destination=name, attempts=()), decide(facts, rules, at), (), rules, at)


def enter_menu(
    session: CallSession,
    menu: MenuId,
    rules: Ruleset,
    at: datetime,
    *,
    before: tuple[PromptId, ...] = (),
    notes: tuple[Note, ...] = (),
) -> Result:
    """Play a menu, unless the call had `max_menus` already: then the operator, and if that leads to a menu again, sorry."""
    if session.asked < rules.max_menus:
        return ask(session, menu, rules, at, before=before, notes=notes)
    if not session.crowded:
        return route(replace(session, crowded=True), ToOperator(), TOO_MANY_MENUS, MENUS_BOUND, notes, rules, at)
    sorry = EndWith(rules.services[session.service].sorry, TOO_MANY_MENUS)
    return _end(session, sorry, (), notes)


def _apply(session: CallSession, decision: Decision, notes: tuple[Note, ...], rules: Ruleset, at: datetime) -> Result:
    decided = replace(session, hops=decision.hops, announcing=False, decision=decision)
    all_notes = (*notes, _decided(decision))
    match decision.outcome:
        case GiveBack() as back:
            return _give_back(decided, back, decision.destination, notes)
        case RingPhone() as ring:
            return _ring(decided, ring, decision.say, all_notes)
        case EnterMenu(menu=menu):
            return enter_menu(decided, menu, rules, at, before=decision.say, notes=all_notes)
        case EndWith() as end:
            return _end(decided, end, decision.say, all_notes)
        case _:
            assert_never(decision.outcome)


def _ring(session: CallSession, ring: RingPhone, say: tuple[PromptId, ...], notes: tuple[Note, ...]) -> Result:
    connect = Connect(
        channel=session.channel,
        step=session.step + 1,
        language=session.language,
        destination=ring.destination,
        phone=ring.phone,
        position=ring.position,
        line=ring.line,
        seconds=ring.seconds,
        most_calls=ring.most_calls,
        say=say,
        notes=notes,
    )
    same = session.destination == ring.destination
    after = replace(
        session,
        state=CallState.CONNECTING,
        step=connect.step,
        lost=(),
        destination=ring.destination,
        attempts=session.attempts if same else (),
    )
    return after, (connect,)


def _give_back(
    session: CallSession, back: GiveBack, destination: DestinationId | None, notes: tuple[Note, ...]
) -> Result:
    """Ring the colleague. If that is in vain too, the exit of `destination` for the reason leads on, if there is one.

    Otherwise it is the exit of the destination that the caller was at before.
    """
    result = _EXITS.get(back.reason)
    told = Note("IVR_RETURN", (("phone", str(back.phone)), ("reason", back.reason)))
    action = Return(
        channel=session.channel,
        step=session.step + 1,
        language=session.language,
        phone=back.phone,
        seconds=RETURN_SECONDS,
        destination=session.destination if result is None else destination,
        result=result,
        notes=(*notes, told),
    )
    after = replace(
        session,
        state=CallState.CONNECTING,
        step=action.step,
        lost=(),
        destination=action.destination,
        attempts=(),
        back=None,
    )
    return after, (action,)


def _end(session: CallSession, end: EndWith, say: tuple[PromptId, ...], notes: tuple[Note, ...]) -> Result:
    left = Note("IVR_EXIT", (("reason", end.reason), ("prompt", str(end.prompt))))
    prompts = (*say, end.prompt)
    goodbye = Goodbye(session.channel, session.step + 1, session.language, prompts, end.cause, (*notes, left))
    return replace(session, state=CallState.LEAVING, step=goodbye.step, lost=()), (goodbye,)


def _decided(decision: Decision) -> Note:
    fields = (
        ("destination", str(decision.destination or "")),
        ("rule", str(decision.rule)),
        ("reason", decision.reason),
    )
    return Note("IVR_DECISION", fields)
