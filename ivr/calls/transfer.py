"""Sending a caller on: ask `decide` where, and turn the decision into actions. The caller's channel stays up throughout."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from ivr.calls.actions import Action, Connect, Goodbye, Note
from ivr.calls.asking import ask
from ivr.calls.events import CallEntered
from ivr.calls.session import CallSession, CallState
from ivr.routing.decide import decide
from ivr.routing.decision import Attempt, Decision, EndWith, EnterMenu, Facts, RingPhone
from ivr.routing.destinations import ExitReason
from ivr.routing.rules import Ruleset
from ivr.routing.targets import Announce, ToDestination, ToMenu, ToOperator
from ivr.vocabulary import DestinationId, MenuId, PromptId, RuleId

Result = tuple[CallSession, tuple[Action, ...]]
TOO_MANY_MENUS = "too_many_menus"
MENUS_BOUND = RuleId("max_menus")


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
    name = event.destination or DestinationId("")
    result = event.result or ExitReason.UNREACHABLE
    lines = rules.destinations[name].lines
    if session.destination == name and len(session.attempts) == event.position:
        known = session.attempts
    else:  # another engine led this call before: what it tried stands in the channel's variables
        known = tuple(Attempt(ring.phone, result) for ring in lines[: event.position])
    here = lines[event.position : event.position + 1]
    attempts = (*known, *(Attempt(ring.phone, result) for ring in here))
    facts = Facts(
        service=session.service,
        target=ToDestination(name),
        attempts=attempts,
        hops=session.hops,
        reason=result.value,
    )
    again = replace(session, destination=name, attempts=attempts)
    return _apply(again, decide(facts, rules, at), (), rules, at)


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
