"""Decide where a call goes at an instant: one pure function that always has an answer.

Rule 1: a destination is judged open or closed once, when the call comes to it. A call that came at 16:59:50 still
rings its second phone at 17:00:05.
Rule 2: a destination whose phones all failed is left by one exit, the first that applies: `no_answer` if any phone
rang in vain, `busy` if any was busy, else `unreachable`. That is what the caller heard: ringing that nobody took.
Rule 3: a chain of exits ends after `max_hops` destinations with the service's `sorry` message, never in silence.
A caller who asks for a safety line starts the count afresh, so nothing before in the call can starve that line.
Rule 4: `say` is played only if what it announces really comes: a closed destination's `say` is dropped.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, assert_never

from ivr.routing.hours import Ruling, ruling_at
from ivr.routing.rules import (
    Announce,
    Destination,
    ExitReason,
    Onward,
    Ring,
    Ruleset,
    ToDestination,
    ToMenu,
    ToOperator,
)
from ivr.vocabulary import DestinationId, MenuId, PhoneId, PromptId, RuleId, ServiceId

ASKED_BY_CALLER = frozenset({"key", "operator"})  # reasons that a person chose, so a safety line starts afresh
OPEN = "open"  # reason of a destination that the caller asked for and that takes the call
BOUND_RULE = RuleId("max_hops")

_PASSED_OVER = {
    ExitReason.BUSY: "was busy",
    ExitReason.NO_ANSWER: "did not answer",
    ExitReason.UNREACHABLE: "could not be reached",
    ExitReason.CLOSED: "was closed",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A phone that was rung in vain: `BUSY`, `NO_ANSWER` or `UNREACHABLE`."""

    phone: PhoneId
    outcome: ExitReason


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a call that has to go somewhere. All names must be names of the ruleset.

    `attempts` are the phones of the target's destination that were tried in this visit, oldest first; empty on
    arrival. `hops` is the number of destinations that the call has come to, as the last `Decision` gave it.
    `reason` is why the target is asked for: `key`, `no_input`, `invalid`, `operator`. `asked_by` is the place in
    the rules that asks, such as `menus.kekava-main.keys.1`, if known.
    """

    service: ServiceId
    target: Onward
    attempts: tuple[Attempt, ...] = ()
    hops: int = 0
    reason: str = "key"
    asked_by: RuleId | None = None


@dataclass(frozen=True, slots=True)
class RingPhone:
    """Ring `phone` of `destination` for `seconds`; `position` counts its phones from 0."""

    destination: DestinationId
    phone: PhoneId
    seconds: int
    position: int


@dataclass(frozen=True, slots=True)
class EnterMenu:
    """Play a menu and ask for a key."""

    menu: MenuId


@dataclass(frozen=True, slots=True)
class EndWith:
    """Play the announcement `prompt`, then hang up. `reason` is that of the decision."""

    prompt: PromptId
    reason: str


Outcome: TypeAlias = RingPhone | EnterMenu | EndWith
"""What the call has to do next."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a call goes, and everything that a record needs to say why.

    `destination` is the one that rings, or the last one that was closed or failed; None if there was none.
    `rule` is the place in the rules that decided. `reason` is `open`, the exit that was taken last (`closed`,
    `busy`, `no_answer`, `unreachable`), or the reason of the facts. `why` has one sentence for each thing passed
    over, in order. `hops` is the count for the next facts. `say` is to be played before the outcome, in order.
    """

    outcome: Outcome
    destination: DestinationId | None
    rule: RuleId
    reason: str
    why: tuple[str, ...]
    hops: int
    say: tuple[PromptId, ...] = ()


@dataclass(frozen=True, slots=True)
class _Path:
    """How far the decision has come: what is asked for now, and what was passed over on the way."""

    service: ServiceId
    target: Onward
    attempts: tuple[Attempt, ...]
    hops: int
    reason: str
    rule: RuleId | None
    why: tuple[str, ...] = ()
    last: DestinationId | None = None
    exited: bool = False


def decide(facts: Facts, rules: Ruleset, at: datetime) -> Decision:
    """Return where the call goes at `at`, following exits until something takes it.

    Raises `ValueError` if `at` has no time zone, `KeyError` if the facts name what the rules do not know.
    """
    if at.tzinfo is None:
        message = f"The time {at.isoformat()} has no time zone; pass an aware datetime."
        raise ValueError(message)
    path = _Path(facts.service, facts.target, facts.attempts, facts.hops, facts.reason, facts.asked_by)
    while True:
        step = _follow(path, rules, at)
        if isinstance(step, Decision):
            return step
        path = step


def _follow(path: _Path, rules: Ruleset, at: datetime) -> Decision | _Path:
    match path.target:
        case Announce(prompt):
            rule = path.rule or RuleId(f"services.{path.service}")
            return _decision(path, EndWith(prompt, path.reason), rule)
        case ToMenu(menu):
            return _decision(path, EnterMenu(menu), path.rule or RuleId(f"menus.{menu}"), say=path.target.say)
        case ToDestination(destination):
            return _visit(path, rules.destinations[destination], rules, at)
        case ToOperator():
            return _visit(path, rules.destinations[rules.services[path.service].operator], rules, at)
        case _:  # pragma: no cover - mypy proves that there is no other
            assert_never(path.target)


def _visit(path: _Path, destination: Destination, rules: Ruleset, at: datetime) -> Decision | _Path:
    if path.attempts:
        return _next_phone(path, destination)
    hops = _hops_before(path, destination)
    if hops >= rules.max_hops:
        return _sorry(path, destination, rules)
    arrived = replace(path, hops=hops + 1)
    ruling = _ruling(destination, rules, at)
    if not ruling.open:
        why = f"{destination.id} is closed: {ruling.reason}."
        return _leave(arrived, destination, ExitReason.CLOSED, (why,))
    if not destination.phones:
        why = f"{destination.id} has no phone."
        return _leave(arrived, destination, ExitReason.UNREACHABLE, (why,))
    return _ring(arrived, destination, 0, ruling.rule)


def _hops_before(path: _Path, destination: Destination) -> int:
    asked_for = destination.safety and path.reason in ASKED_BY_CALLER
    return 0 if asked_for else path.hops


def _ruling(destination: Destination, rules: Ruleset, at: datetime) -> Ruling:
    own = f"destinations.{destination.id}"
    if destination.hours is None:
        return Ruling(True, RuleId(own), "it is open around the clock")
    ruling = ruling_at(rules.hours[destination.hours], at)
    return replace(ruling, rule=RuleId(f"{own}.{ruling.rule}"))


def _ring(path: _Path, destination: Destination, position: int, rule: RuleId) -> Decision:
    ring = destination.phones[position]
    outcome = RingPhone(destination.id, ring.phone, ring.seconds, position)
    here = replace(path, last=destination.id)
    if path.exited:
        return _decision(here, outcome, path.rule or rule, say=_say(path.target))
    reason = OPEN if path.reason == "key" else path.reason
    return _decision(replace(here, reason=reason), outcome, rule, say=_say(path.target))


def _say(target: Onward) -> PromptId | None:
    return None if isinstance(target, Announce) else target.say


def _next_phone(path: _Path, destination: Destination) -> Decision | _Path:
    why = tuple(f"{destination.id}: {a.phone} {_PASSED_OVER[a.outcome]}." for a in path.attempts)
    position = _untried(destination.phones, path.attempts)
    if position is None:
        return _leave(path, destination, _dominant(path.attempts), why)
    ring = destination.phones[position]
    return Decision(
        outcome=RingPhone(destination.id, ring.phone, ring.seconds, position),
        destination=destination.id,
        rule=RuleId(f"destinations.{destination.id}.phones.{position}"),
        reason=path.attempts[-1].outcome.value,
        why=why,
        hops=path.hops,
    )


def _untried(phones: tuple[Ring, ...], attempts: tuple[Attempt, ...]) -> int | None:
    tried = Counter(attempt.phone for attempt in attempts)
    for position, ring in enumerate(phones):
        if not tried[ring.phone]:
            return position
        tried[ring.phone] -= 1
    return None


def _dominant(attempts: tuple[Attempt, ...]) -> ExitReason:
    outcomes = {attempt.outcome for attempt in attempts}
    for reason in (ExitReason.NO_ANSWER, ExitReason.BUSY):
        if reason in outcomes:
            return reason
    return ExitReason.UNREACHABLE


def _leave(path: _Path, destination: Destination, reason: ExitReason, why: tuple[str, ...]) -> _Path:
    return replace(
        path,
        target=destination.exits[reason],
        attempts=(),
        reason=reason.value,
        rule=RuleId(f"destinations.{destination.id}.exits.{reason.value}"),
        why=path.why + why,
        last=destination.id,
        exited=True,
    )


def _sorry(path: _Path, destination: Destination, rules: Ruleset) -> Decision:
    why = f"{destination.id} is not tried: the call has come to {path.hops} destinations already."
    outcome = EndWith(rules.services[path.service].sorry, path.reason)
    return _decision(replace(path, why=(*path.why, why)), outcome, BOUND_RULE)


def _decision(path: _Path, outcome: Outcome, rule: RuleId, say: PromptId | None = None) -> Decision:
    said = () if say is None else (say,)
    return Decision(outcome, path.last, rule, path.reason, path.why, path.hops, said)
