"""Sending a caller on: ask `decide` where, and turn the decision into actions. The caller's channel stays up throughout."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from ivr.calls.actions import Action, Connect, Goodbye, Note
from ivr.calls.asking import ask
from ivr.calls.events import CallEntered
from ivr.calls.session import CallSession, CallState
from ivr.routing.decide import Attempt, Decision, EndWith, EnterMenu, Facts, RingPhone, decide
from ivr.routing.rules import Announce, ExitReason, Ruleset, ToDestination, ToMenu, ToOperator
from ivr.vocabulary import DestinationId, RuleId

Result = tuple[CallSession, tuple[Action, ...]]


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
    return _apply(session, decide(facts, rules, at), notes, rules)


def go_on(session: CallSession, event: CallEntered, rules: Ruleset, at: datetime) -> Result:
    """A phone failed: take the next one, or the exit of its destination."""
    name = event.destination or DestinationId("")
    result = event.result or ExitReason.UNREACHABLE
    phones = rules.destinations[name].phones
    if session.destination == name and len(session.attempts) == event.position:
        known = session.attempts
    else:  # another engine led this call before: what it tried stands in the channel's variables
        known = tuple(Attempt(ring.phone, result) for ring in phones[: event.position])
    here = phones[event.position : event.position + 1]
    attempts = (*known, *(Attempt(ring.phone, result) for ring in here))
    facts = Facts(
        service=session.service,
        target=ToDestination(name),
        attempts=attempts,
        hops=session.hops,
        reason=result.value,
    )
    again = replace(session, destination=name, attempts=attempts)
    return _apply(again, decide(facts, rules, at), (), rules)


def _apply(session: CallSession, decision: Decision, notes: tuple[Note, ...], rules: Ruleset) -> Result:
    decided = replace(session, hops=decision.hops, rule=decision.rule)
    all_notes = (*notes, _decided(decision))
    match decision.outcome:
        case RingPhone(destination=name, phone=phone, seconds=seconds, position=position):
            number = session.step + 1
            same = session.destination == name
            after = replace(
                decided,
                state=CallState.CONNECTING,
                step=number,
                lost=(),
                destination=name,
                attempts=session.attempts if same else (),
            )
            connect = Connect(
                session.channel, number, session.language, name, phone, position, seconds, decision.say, all_notes
            )
            return after, (connect,)
        case EnterMenu(menu=menu):
            return ask(decided, menu, rules, before=decision.say, notes=all_notes)
        case EndWith(prompt=prompt, reason=why):
            number = session.step + 1
            left = Note("IVR_EXIT", (("reason", why), ("prompt", str(prompt))))
            after = replace(decided, state=CallState.LEAVING, step=number, lost=())
            goodbye = Goodbye(session.channel, number, session.language, (*decision.say, prompt), (*all_notes, left))
            return after, (goodbye,)
        case _:
            assert_never(decision.outcome)


def _decided(decision: Decision) -> Note:
    fields = (
        ("destination", str(decision.destination or "")),
        ("rule", str(decision.rule)),
        ("reason", decision.reason),
    )
    return Note("IVR_DECISION", fields)
