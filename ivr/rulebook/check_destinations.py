"""Checks of destinations: the exits that fit their kind, bounds, extensions, and names that the dialplan can tell apart."""

from collections.abc import Iterator

from ivr.routing.numbers import normal
from ivr.rulebook.build import number_text
from ivr.rulebook.problems import Finding, quoted
from ivr.rulebook.schema import DestinationRules, Rulebook
from ivr.rulebook.tree import Path

_FAILURES = ("busy", "no_answer", "unreachable")


def destinations(book: Rulebook) -> Iterator[Finding]:
    """Yield what is wrong with each destination."""
    for name, rules in book.destinations.items():
        here: Path = ("destinations", name)
        yield from _failures(here, rules)
        yield from _bound(here, rules)
        yield from _closed(here, rules)
        yield from _strategy(here, rules)
        yield from _safety(here, rules)
    yield from _extensions(book)
    yield from _same_to_asterisk("destinations", {**_phones(book), **dict.fromkeys(book.destinations, ())})


def _rings(rules: DestinationRules) -> bool:
    return rules.phones is not None or rules.external is not None


def _failures(here: Path, rules: DestinationRules) -> Iterator[Finding]:
    for key in _FAILURES:
        path: Path = (*here, "exits", key)
        target = getattr(rules.exits, key)
        if _rings(rules) and target is None:
            yield Finding(path, "is missing", "an exit for each way of failing", f"add {key}: {{announcement: ...}}")
        if not _rings(rules) and target is not None:
            yield Finding(path, "is never taken: nobody is rung here", "", "remove it", in_key=True)


def _bound(here: Path, rules: DestinationRules) -> Iterator[Finding]:
    path: Path = (*here, "exits", "full")
    if rules.most_calls is not None and not _rings(rules):
        yield Finding((*here, "most_calls"), "has no effect: nobody is rung here", "", "remove it", in_key=True)
    elif rules.most_calls is not None and rules.exits.full is None:
        hint = "add it, such as full: {announcement: ...}"
        yield Finding(path, "is missing", "an exit for the time when most_calls is reached", hint)
    if rules.most_calls is None and rules.exits.full is not None:
        hint = "remove it, or give the destination most_calls"
        yield Finding(path, "is never taken: without most_calls it is never full", "", hint, in_key=True)


def _closed(here: Path, rules: DestinationRules) -> Iterator[Finding]:
    path: Path = (*here, "exits", "closed")
    if rules.hours is not None and rules.exits.closed is None:
        hint = "add it, such as closed: {announcement: ...}"
        yield Finding(path, "is missing", "an exit for the time outside the hours", hint)
    if rules.hours is None and rules.exits.closed is not None:
        hint = "remove it, or give the destination its hours"
        yield Finding(path, "is never taken: without hours it is open around the clock", "", hint, in_key=True)


def _strategy(here: Path, rules: DestinationRules) -> Iterator[Finding]:
    if rules.strategy != "all":
        return
    if rules.phones is None:
        yield Finding((*here, "strategy"), "has no effect: there are no phones", "", "remove it", in_key=True)
    elif len({phone.ring for phone in rules.phones}) > 1:
        hint = "phones that ring together ring equally long; write the same number for each"
        yield Finding((*here, "phones"), "have different ring times", "one ring time for all", hint)


def _safety(here: Path, rules: DestinationRules) -> Iterator[Finding]:
    if not rules.safety:
        return
    if not _rings(rules):
        hint = "give it phones or an external number, or write safety: false"
        yield Finding((*here, "safety"), "a safety line has to ring somebody", "phones or external", hint)
    if rules.most_calls is not None:
        hint = "remove the bound, or write safety: false"
        yield Finding((*here, "most_calls"), "a safety line is never full", "no most_calls", hint)


def _extensions(book: Rulebook) -> Iterator[Finding]:
    """Yield extensions that could be mixed up: with another one, a service's number or a name."""
    numbers = [number for rules in book.services.values() for number in rules.numbers]
    taken = {str(normal(number_text(number))): "is a number that citizens dial" for number in numbers}
    taken |= dict.fromkeys((*book.destinations, *_phones(book)), "is the name of a destination or phone")
    for name, rules in book.destinations.items():
        if rules.extension is None:
            continue
        other = taken.setdefault(rules.extension, f"belongs to {name} already")
        if other != f"belongs to {name} already":
            message = f"the extension {quoted(rules.extension)} {other}"
            yield Finding(("destinations", name, "extension"), message, "digits of its own", "choose another")


def _phones(book: Rulebook) -> dict[str, Path]:
    """Return each phone with the first place that names it."""
    found: dict[str, Path] = {}
    for name, rules in book.destinations.items():
        for position, phone in enumerate(rules.phones or []):
            found.setdefault(phone.phone, ("destinations", name, "phones", position, "phone"))
    return found


def _same_to_asterisk(section: str, names: dict[str, Path]) -> Iterator[Finding]:
    """Yield names that differ by hyphens alone: Asterisk does not count them in the names of extensions."""
    seen: dict[str, str] = {}
    for name, path in names.items():
        other = seen.setdefault(name.replace("-", ""), name)
        if other != name:
            message = f"{quoted(name)} and {quoted(other)} differ by hyphens alone, which Asterisk does not count"
            yield Finding(path or (section, name), message, "", "rename one of them", in_key=not path)
