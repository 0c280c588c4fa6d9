"""Which menus and destinations a call can come to, and which way it takes if the caller does nothing.

Rule 1: names that do not exist, and entries that were left out as broken, simply have no edges.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ivr.rulebook.schema import ExitTarget, KeyTarget, Rulebook
from ivr.rulebook.tree import Path

Place: TypeAlias = tuple[str, str]
"""A section and a name in it: `("menus", "kekava-main")` or `("destinations", "kekava-police")`."""

EXITS = ("busy", "no_answer", "unreachable", "closed", "full")


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of a menu or destination; `path` is where the rules say so."""

    path: Path
    target: ExitTarget | KeyTarget


def exits_of(book: Rulebook, place: Place) -> Iterator[Way]:
    """Yield the ways that a call takes by itself: exits and the menu of a destination, or the exits of a menu."""
    section, name = place
    if section == "destinations" and name in book.destinations:
        exits = book.destinations[name].exits
        menu = book.destinations[name].menu
        if menu is not None:
            yield Way((section, name, "menu"), ExitTarget.model_validate({"menu": menu}))
        for key in EXITS:
            target: ExitTarget | None = getattr(exits, key)
            if target is not None:
                yield Way((section, name, "exits", key), target)
    if section == "menus" and name in book.menus:
        rules = book.menus[name]
        yield Way((section, name, "invalid", "exit"), rules.invalid.exit)
        yield Way((section, name, "no_input", "exit"), rules.no_input.exit)
        if rules.limit.exit is not None:
            yield Way((section, name, "limit", "exit"), rules.limit.exit)


def keys_of(book: Rulebook, place: Place) -> Iterator[Way]:
    """Yield the ways that a caller chooses by a key."""
    section, name = place
    if section == "menus" and name in book.menus:
        for key, target in book.menus[name].keys.items():
            yield Way((section, name, "keys", key), target)


def lead(book: Rulebook, service: str | None, target: ExitTarget | KeyTarget) -> Place | None:
    """Return the menu or destination that a target leads to in a service; None if it leads to neither.

    Without a service there is no operator.
    """
    if target.destination is not None:
        return ("destinations", target.destination)
    if target.menu is not None:
        return ("menus", target.menu)
    if target.then == "operator" and service is not None:
        return ("destinations", book.services[service].operator)
    return None


def reached(book: Rulebook, service: str) -> list[Place]:
    """Return every menu and destination that a call to `service` can come to, nearest first."""
    rules = book.services[service]
    found: dict[Place, None] = {("menus", rules.menu): None, ("destinations", rules.operator): None}
    for caller in rules.callers:
        if caller.menu is not None:
            found["menus", caller.menu] = None
        if caller.destination is not None:
            found["destinations", caller.destination] = None
    waiting = list(found)
    for place in waiting:  # grows while it is walked
        for way in (*keys_of(book, place), *exits_of(book, place)):
            onward = lead(book, service, way.target)
            if onward is not None and onward not in found:
                found[onward] = None
                waiting.append(onward)
    return list(found)


def automatic(book: Rulebook, service: str, places: list[Place]) -> dict[tuple[Place, Place], Path]:
    """Return the edges (from, to) that a call in `service` takes without a key, each with its place in the rules."""
    edges: dict[tuple[Place, Place], Path] = {}
    for place in places:
        for way in exits_of(book, place):
            onward = lead(book, service, way.target)
            if onward is not None:
                edges.setdefault((place, onward), way.path)
    return edges
