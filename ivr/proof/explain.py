"""Say why a call goes where it goes: each rule that was looked at, in the order of precedence, up to the one that decided.

Rule 1: the order is override, dated schedule, special day, public holiday, the day before a holiday, the week. A safety
line and a destination without hours need none of them.
Rule 2: which destinations a decision came to is found by asking the engine's own `step` with a growing bound on hops, so
it cannot differ from what the engine did.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ivr.calls.events import CallEntered
from ivr.calls.step import step
from ivr.proof.journey import Decided, Dialled, Journey, travel
from ivr.routing.days import considered, day_of
from ivr.routing.decide import BOUND_RULE
from ivr.routing.destinations import Destination
from ivr.routing.hours import Open, ruling_at, state_at
from ivr.routing.office_hours import OfficeHours
from ivr.routing.overrides import ordered_text, override_at
from ivr.routing.rules import Override, Ruleset, Service
from ivr.routing.targets import ToMenu
from ivr.vocabulary import DestinationId, RuleId

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Told:
    """A rule that was looked at: passed over, or the one that `applies`; `sentence` says why."""

    rule: RuleId
    applies: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A destination that the call came to, with the rules that made it open or closed; the last one decided.

    `until` is when that changes (aware), None if it does not or not within 400 days.
    """

    destination: DestinationId
    open: bool
    rules: tuple[Told, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision, the destinations that it came to, and in words what was passed over."""

    decided: Decided
    visits: tuple[Visit, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A journey with its reasons: rules about the caller, then each decision in order."""

    journey: Journey
    callers: tuple[Told, ...]
    decisions: tuple[Explained, ...]


def explain(rules: Ruleset, journey: Journey) -> Explanation:
    """Return why the journey, which was made by these rules, went as it did."""
    callers = tuple(_callers(rules, journey))
    found = (one for one in journey.met if isinstance(one, Decided))
    return Explanation(journey, callers, tuple(_explained(one, rules) for one in found))


def _explained(decided: Decided, rules: Ruleset) -> Explained:
    visits = (visit(rules.destinations[name], rules, decided.at) for name in visited(decided, rules))
    return Explained(decided, tuple(visits), decided.decision.why if decided.decision else ())


def visited(decided: Decided, rules: Ruleset) -> Iterator[DestinationId]:
    """Yield the destinations that one decision newly came to, in order."""
    before, event = decided.before, decided.event
    failed = isinstance(event, CallEntered) and event.result is not None
    for bound in range(1, rules.max_hops + 1):
        after, _ = step(before, event, replace(rules, max_hops=bound), decided.at)
        made = after.decision
        if made is None or made is before.decision:
            return
        if made.destination is not None and (made.hops > before.hops or not failed):
            yield made.destination
        if made.rule != BOUND_RULE:
            return


def visit(destination: Destination, rules: Ruleset, at: datetime) -> Visit:
    """Return why a destination is open or closed at `at`."""
    told = tuple(_rules_of(destination, rules, at))
    override = override_at(destination, rules, at)
    if override is not None:
        return Visit(destination.id, override.kind.value == "open", told, override.until)
    if destination.hours is None:
        return Visit(destination.id, True, told, None)
    state = state_at(rules.hours[destination.hours], at)
    if isinstance(state, Open):
        return Visit(destination.id, True, told, state.until)
    return Visit(destination.id, False, told, state.opens_at)


def _rules_of(destination: Destination, rules: Ruleset, at: datetime) -> Iterator[Told]:
    own = f"destinations.{destination.id}"
    force = override_at(destination, rules, at)
    yield from _overrides(destination, rules, at, force)
    if force is not None:
        return
    if destination.safety:
        yield Told(RuleId(own), True, "it is a safety line: open day and night, nothing can close it")
    elif destination.hours is None:
        yield Told(RuleId(own), True, "it has no hours: open day and night")
    else:
        for told in hours_rules(rules.hours[destination.hours], at):
            yield replace(told, rule=RuleId(f"{own}.{told.rule}"))


def _overrides(destination: Destination, rules: Ruleset, at: datetime, force: Override | None) -> Iterator[Told]:
    known = rules.overrides.get(destination.id, ())
    if not known:
        yield Told(RuleId("overrides"), False, f"there is none for {destination.id}")
    for override in reversed(known):
        rule = RuleId(f"overrides.{override.id}")
        if override is force:
            yield Told(rule, True, f"{destination.id} is {ordered_text(override)}")
            return
        yield Told(rule, False, _not_obeyed(override, destination, at))


def _not_obeyed(override: Override, destination: Destination, at: datetime) -> str:
    if at < override.since:
        return f"it begins only at {override.since.isoformat()}"
    if at >= override.until:
        return f"it was over at {override.until.isoformat()}"
    if destination.safety:
        return f"{destination.id} is a safety line: it stays open whatever is ordered ({override.kind.value})"
    return f"it redirects to {override.redirect}, which the rules do not have"


def hours_rules(hours: OfficeHours, at: datetime) -> Iterator[Told]:
    """Yield the rules of office hours that were looked at for `at`; the last one is that of `ruling_at`."""
    ruling = ruling_at(hours, at)
    prefix = f"hours.{hours.id}"
    today = at.astimezone(hours.zone).date()
    day = today
    if ruling.rule != f"{prefix}.{day_of(hours, today).rule}":  # a span of the day before goes on over midnight
        day = today - _DAY
        outside = f"no span of {today} covers the time, but one of {day} goes on over midnight"
        yield Told(RuleId(f"{prefix}.{day_of(hours, today).rule}"), False, outside)
    *passed, _ = considered(hours, day)
    for one in passed:
        yield Told(RuleId(f"{prefix}.{one.rule}"), False, one.reason)
    yield Told(ruling.rule, True, ruling.reason)


def _callers(rules: Ruleset, journey: Journey) -> Iterator[Told]:
    """Yield the rules about the caller up to the one that counts."""
    if journey.service is None:
        return
    service = rules.services[journey.service]
    caller = journey.dialled.caller or "a withheld number"
    for position, one in enumerate(service.callers):
        rule = RuleId(f"services.{service.id}.callers.{position}")
        patterns = ", ".join((*sorted(one.numbers), *(f"{prefix}*" for prefix in one.prefixes)))
        if _meant(rules, service, position, journey.dialled):
            yield Told(rule, True, f"{caller} is one of {patterns}")
            return
        yield Told(rule, False, f"{caller} is none of {patterns}")


def _meant(rules: Ruleset, service: Service, position: int, call: Dialled) -> bool:
    """Tell whether a rule is about the caller: the engine is asked with this rule alone."""
    alone = replace(service, callers=(replace(service.callers[position], target=ToMenu(service.menu)),))
    asked = replace(rules, services={**rules.services, service.id: alone})
    return travel(asked, replace(call, keys="")).decided is not None
