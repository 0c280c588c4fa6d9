"""What a reload may not take away: the safety lines of the rules that are live. Pure.

Rule 1: a safety line leaves, loses its mark, its phones or its way from a service only if a person released it by name.
"""

from collections.abc import Iterator, Set

from ivr.routing.destinations import Destination
from ivr.routing.rules import Ruleset
from ivr.rulebook.problems import Problem
from ivr.rulebook.service_ways import destinations_of
from ivr.vocabulary import DestinationId, Did, ServiceId


def safety_lost(before: Ruleset, after: Ruleset, release: Set[DestinationId], file: str) -> tuple[Problem, ...]:
    """Return a problem for each safety line of `before` that `after` would take away and that `release` does not name."""
    kept = [line for line in before.destinations.values() if line.safety and line.id not in release]
    found = [_problem(file, line.id, message) for line in kept for message in _lost(line, after)]
    return (*found, *_ways_lost(before, after, {line.id for line in kept}, file))


def _lost(line: Destination, after: Ruleset) -> Iterator[str]:
    new = after.destinations.get(line.id)
    if new is None:
        yield "this safety line is live and would be gone"
    elif not new.safety:
        yield "this safety line is live and would lose `safety: true`"
    elif not _rung(line) & _rung(new):
        yield f"this safety line is live and would lose all its phones ({', '.join(sorted(_rung(line)))})"


def _rung(destination: Destination) -> set[str]:
    return {name for line in destination.lines for name in line.phone.split("&")}


def _ways_lost(before: Ruleset, after: Ruleset, kept: set[DestinationId], file: str) -> Iterator[Problem]:
    """Find safety lines that stay, but that those who dial a number could reach no more."""
    staying = kept & set(after.destinations)
    old, new = _reached(before), _reached(after)
    lost: dict[DestinationId, list[Did]] = {}
    for number, service in before.numbers.items():
        now = new[after.numbers[number]] if number in after.numbers else frozenset()
        for line in (old[service] & staying) - now:
            lost.setdefault(line, []).append(number)
    for line, numbers in sorted(lost.items()):
        message = f"this safety line is live and callers of {', '.join(sorted(numbers))} could reach it no more"
        yield _problem(file, line, message)


def _reached(rules: Ruleset) -> dict[ServiceId, frozenset[DestinationId]]:
    return {name: destinations_of(service, rules) for name, service in rules.services.items()}


def _problem(file: str, line: DestinationId, message: str) -> Problem:
    hint = f"restore it, or, if that is meant, run: ivr rules reload --release {line}"
    return Problem(file, 1, 1, f"destinations.{line}", message, "", hint)
