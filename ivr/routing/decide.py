"""Decide where a call goes at an instant: one pure function that always has an answer.

Rule 1: a destination is judged open or closed once, when the call comes to it. A call that came at 16:59:50 still
rings its second phone at 17:00:05.
Rule 2: a destination whose phones all failed is left by one exit, the first that applies: `full` if it had all the
calls that it may have, `no_answer` if any phone rang in vain, `busy` if any was busy, else `unreachable`. That is what
the caller heard: ringing that nobody took.
Rule 3: a chain of exits ends after `max_hops` destinations with the service's `sorry` message, never in silence.
A safety line that a caller asks for, or that a menu leads a helpless caller to, starts the count afresh, so nothing
before in the call can starve that line.
Rule 4: `say` is played only if what it announces really comes: a closed destination's `say` is dropped.
Rule 5: an override comes before all hours, but closes or redirects no safety line; nor do hours, which the rules file
may not give it. A destination that has no exit for
what happened is left by `unreachable`, else with the service's `sorry` message.
Rule 6: a caller whom a colleague passed on is given back to that colleague instead of taking an exit; a message or a
refusal takes no such caller either. That happens once: who is asked again without `back` follows the exits.
"""

from collections import Counter
from datetime import datetime
from typing import NamedTuple, assert_never

from ivr.routing.decision import Attempt, Decision, EndWith, EnterMenu, Facts, GiveBack, Outcome, RingPhone
from ivr.routing.destinations import Destination, ExitReason, External, Message, Phones, Reject, Ring, Submenu
from ivr.routing.extensions import place
from ivr.routing.hours import Ruling, ruling_at
from ivr.routing.overrides import ordered_text, override_at
from ivr.routing.rules import Override, OverrideKind, Ruleset
from ivr.routing.targets import Announce, Onward, ToDestination, ToMenu, ToOperator
from ivr.vocabulary import DestinationId, PhoneId, PromptId, RuleId, ServiceId

TRANSFER = "transfer"  # reason of a destination that a colleague or a supervisor passed the caller on to
TOO_MANY, REFUSED, UNKNOWN = "too_many", "refused", "unknown"  # reasons to give a caller back that no exit has
AFRESH = frozenset({"key", "operator", "caller", "invalid", "no_input", "too_long", "too_many_menus", TRANSFER})
"""Reasons that come from a menu, from the caller or from a colleague: with them a safety line starts the count of hops
afresh. Menus are bounded by themselves, and each transfer is made by a person, so such a call ends too."""
REJECTED = "rejected"
OVERRIDDEN = "override"
OPEN = "open"  # reason of a destination that the caller asked for and that takes the call
BOUND_RULE = RuleId("max_hops")

_PASSED_OVER = {
    ExitReason.BUSY: "was busy",
    ExitReason.NO_ANSWER: "did not answer",
    ExitReason.UNREACHABLE: "could not be reached",
    ExitReason.CLOSED: "was closed",
    ExitReason.FULL: "had all the calls that it may have",
}


class _Path(NamedTuple):
    """How far the decision has come: what is asked for now, and what was passed over on the way.

    A named tuple: a new one is made at each turn, and a frozen dataclass is many times slower to change.
    """

    service: ServiceId
    target: Onward
    attempts: tuple[Attempt, ...]
    hops: int
    reason: str
    rule: RuleId | None
    why: tuple[str, ...] = ()
    last: DestinationId | None = None
    exited: bool = False
    back: PhoneId | None = None


def decide(facts: Facts, rules: Ruleset, at: datetime) -> Decision:
    """Return where the call goes at `at`, following exits until something takes it.

    Raises `ValueError` if `at` has no time zone, `KeyError` if the facts name what the rules do not know.
    """
    if at.tzinfo is None:
        message = f"The time {at.isoformat()} has no time zone; pass an aware datetime."
        raise ValueError(message)
    path = _Path(facts.service, facts.target, facts.attempts, facts.hops, facts.reason, facts.asked_by, back=facts.back)
    if facts.failed is not None and isinstance(facts.target, ToDestination):
        path = _leave(path, place(facts.target.destination, rules), facts.failed, (), rules)
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
            return _visit(path, place(destination, rules), rules, at)
        case ToOperator():
            return _visit(path, rules.destinations[rules.services[path.service].operator], rules, at)
        case _:  # pragma: no cover - mypy proves that there is no other
            assert_never(path.target)


def _visit(path: _Path, destination: Destination, rules: Ruleset, at: datetime) -> Decision | _Path:
    if path.attempts:
        return _next_phone(path, destination, rules)
    hops = _hops_before(path, destination)
    if hops >= rules.max_hops:
        return _sorry(path, destination, rules)
    arrived = path._replace(hops=hops + 1)
    override = override_at(destination, rules, at) if rules.overrides else None
    if override is not None and override.redirect is not None:
        return _redirected(arrived, destination, override, override.redirect)
    ruling = _ruling(destination, rules, at) if override is None else _ordered(override)
    if not ruling.open:
        why = f"{destination.id} is closed: {ruling.reason}."
        return _not_taken(arrived, destination, ExitReason.CLOSED, (why,), rules, override)
    return _take(arrived, destination, ruling.rule)


def _hops_before(path: _Path, destination: Destination) -> int:
    asked_for = destination.safety and path.reason in AFRESH
    return 0 if asked_for else path.hops


def _ruling(destination: Destination, rules: Ruleset, at: datetime) -> Ruling:
    own = f"destinations.{destination.id}"
    if destination.hours is None or destination.safety:
        return Ruling(True, RuleId(own), "it is open around the clock")
    ruling = ruling_at(rules.hours[destination.hours], at)
    return Ruling(ruling.open, RuleId(f"{own}.{ruling.rule}"), ruling.reason)


def _ordered(override: Override) -> Ruling:
    is_open = override.kind is OverrideKind.OPEN
    return Ruling(is_open, RuleId(f"overrides.{override.id}"), ordered_text(override))


def _redirected(path: _Path, destination: Destination, override: Override, other: DestinationId) -> _Path:
    return path._replace(
        target=ToDestination(other, _say(path.target)),
        reason=OVERRIDDEN,
        rule=RuleId(f"overrides.{override.id}"),
        why=(*path.why, f"{destination.id} is {ordered_text(override)}."),
        last=destination.id,
        exited=True,
    )


def _take(path: _Path, destination: Destination, rule: RuleId) -> Decision:
    """Let the destination, which is open, take the call."""
    exited = path.exited and path.rule is not None
    here = path._replace(last=destination.id)
    open_ = here if exited or path.reason != "key" else here._replace(reason=OPEN)
    decided = path.rule if exited and path.rule else rule
    if path.back is not None and isinstance(destination.kind, Message | Reject):
        return _give_back(here, path.back, REFUSED, (f"{destination.id} has nobody to talk to.",), rule)
    match destination.kind:
        case Phones() | External():
            return _decision(open_, _ringing(destination, 0), decided, say=_say(path.target))
        case Message(prompt):
            return _decision(open_, EndWith(prompt, path.reason), decided)
        case Submenu(menu):
            return _decision(open_, EnterMenu(menu), decided, say=_say(path.target))
        case Reject(prompt, cause):
            return _decision(here._replace(reason=REJECTED), EndWith(prompt, REJECTED, cause), rule)
        case _:
            assert_never(destination.kind)


def _ringing(destination: Destination, position: int) -> RingPhone:
    ring = destination.lines[position]
    return RingPhone(destination.id, ring.phone, ring.seconds, position, ring.line, destination.most_calls)


def _say(target: Onward) -> PromptId | None:
    return None if isinstance(target, Announce) else target.say


def _next_phone(path: _Path, destination: Destination, rules: Ruleset) -> Decision | _Path:
    why = tuple(f"{destination.id}: {a.phone} {_PASSED_OVER[a.outcome]}." for a in path.attempts)
    position = _untried(destination.lines, path.attempts)
    if position is None or path.attempts[-1].outcome is ExitReason.FULL:
        return _not_taken(path, destination, _dominant(path.attempts), why, rules)
    return Decision(
        outcome=_ringing(destination, position),
        destination=destination.id,
        rule=RuleId(f"destinations.{destination.id}.phones.{position}"),
        reason=path.attempts[-1].outcome.value,
        why=why,
        hops=path.hops,
    )


def _untried(lines: tuple[Ring, ...], attempts: tuple[Attempt, ...]) -> int | None:
    tried = Counter(attempt.phone for attempt in attempts)
    for position, ring in enumerate(lines):
        if not tried[ring.phone]:
            return position
        tried[ring.phone] -= 1
    return None


def _dominant(attempts: tuple[Attempt, ...]) -> ExitReason:
    outcomes = {attempt.outcome for attempt in attempts}
    for reason in (ExitReason.FULL, ExitReason.NO_ANSWER, ExitReason.BUSY):
        if reason in outcomes:
            return reason
    return ExitReason.UNREACHABLE


def _not_taken(
    path: _Path,
    destination: Destination,
    reason: ExitReason,
    why: tuple[str, ...],
    rules: Ruleset,
    override: Override | None = None,
) -> Decision | _Path:
    """Give the caller back to the colleague who passed him on, if there is one, else take the exit."""
    left = _leave(path, destination, reason, why, rules, override)
    if path.back is None:
        return left
    return _give_back(left, path.back, reason.value, (), left.rule or RuleId(f"destinations.{destination.id}"))


def _give_back(path: _Path, phone: PhoneId, reason: str, why: tuple[str, ...], rule: RuleId) -> Decision:
    return _decision(path._replace(reason=reason, why=path.why + why), GiveBack(phone, reason), rule)


def _leave(
    path: _Path,
    destination: Destination,
    reason: ExitReason,
    why: tuple[str, ...],
    rules: Ruleset,
    override: Override | None = None,
) -> _Path:
    """Go to the exit for `reason`. Only an override or a bound can ask for one that the destination does not have."""
    taken = reason if reason in destination.exits else ExitReason.UNREACHABLE
    rule = f"destinations.{destination.id}.exits.{taken.value}"
    return path._replace(
        target=destination.exits.get(taken) or Announce(rules.services[path.service].sorry),
        attempts=(),
        reason=reason.value,
        rule=RuleId(rule if override is None else f"overrides.{override.id}"),
        why=path.why + why,
        last=destination.id,
        exited=True,
    )


def _sorry(path: _Path, destination: Destination, rules: Ruleset) -> Decision:
    why = f"{destination.id} is not tried: the call has come to {path.hops} destinations already."
    if path.back is not None:
        return _give_back(path._replace(last=destination.id), path.back, TOO_MANY, (why,), BOUND_RULE)
    outcome = EndWith(rules.services[path.service].sorry, path.reason)
    return _decision(path._replace(why=(*path.why, why)), outcome, BOUND_RULE)


def _decision(path: _Path, outcome: Outcome, rule: RuleId, say: PromptId | None = None) -> Decision:
    said = () if say is None else (say,)
    return Decision(outcome, path.last, rule, path.reason, path.why, path.hops, said)
