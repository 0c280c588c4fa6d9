"""The expectations of the rules: calls that must come to a certain end. They are tried at every check and reload."""

from collections.abc import Iterator
from datetime import UTC, datetime

from ivr.proof.expect import Expectation, unmet
from ivr.routing.numbers import normal, service_of
from ivr.routing.rules import Ruleset
from ivr.rulebook.problems import Finding, nearest, quoted
from ivr.rulebook.schema import ExpectationRules, Rulebook
from ivr.rulebook.tree import Path
from ivr.vocabulary import DestinationId, Did, MenuId, PromptId

SECTION = "expectations"


def broken(book: Rulebook, rules: Ruleset) -> list[Finding]:
    """Return what is wrong with the expectations of a book, and those that its `rules` do not fulfil."""
    return [finding for position, one in enumerate(book.expectations) for finding in _findings(position, one, rules)]


def expectation(position: int, rules: ExpectationRules, ruleset: Ruleset) -> Expectation | Finding:
    """Return the value of the expectation at `position` of the list, or what is wrong with it."""
    path: Path = (SECTION, position)
    service = service_of(Did(rules.number), ruleset)
    if service is None:
        known = [str(number) for one in ruleset.services.values() for number in one.numbers]
        hint = nearest(str(normal(rules.number)), known) or "name a number of a service"
        return Finding((*path, "number"), f"no service has the number {quoted(rules.number)}", "", hint)
    naive = datetime.fromisoformat(rules.at)
    at = naive.replace(tzinfo=ruleset.services[service].zone)
    if at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None) != naive:
        message = f"{quoted(rules.at)} is left out when the clocks go forward"
        return Finding((*path, "at"), message, "a local time of the service", "choose an hour before or after")
    return Expectation(
        number=Did(rules.number),
        at=at,
        keys=rules.keys,
        caller=rules.from_ or "",
        destination=None if rules.destination is None else DestinationId(rules.destination),
        menu=None if rules.menu is None else MenuId(rules.menu),
        announcement=None if rules.announcement is None else PromptId(rules.announcement),
        reason=rules.reason or "",
        place=f"{SECTION}.{position}",
    )


def _findings(position: int, one: ExpectationRules, rules: Ruleset) -> Iterator[Finding]:
    value = expectation(position, one, rules)
    if isinstance(value, Finding):
        yield value
        return
    for _, sentence in unmet(rules, [value]):
        hint = "mend the rules, or the expectation if it is out of date"
        yield Finding((SECTION, position), f"is not met: {sentence}", "", hint)
