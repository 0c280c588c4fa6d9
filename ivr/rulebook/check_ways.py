"""Checks of the ways that a call takes by itself: none in a circle, none too long, none away from a safety line.

Rule 1: exits alone never lead in a circle, so a caller who does nothing hears a last message after a bounded time.
Rule 2: from a safety line exits lead only to what is open around the clock: a message, a destination without
hours, or a menu with a key to a safety line.
"""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from ivr.rulebook.graph import Place, automatic, exits_of, keys_of, lead, reached
from ivr.rulebook.problems import Finding
from ivr.rulebook.schema import Rulebook
from ivr.rulebook.tree import Path

MOST_CIRCLES = 20  # circles named per service; more are surely the same mistake


def ways(book: Rulebook) -> Iterator[Finding]:
    """Yield what is wrong with the ways of every service and with every safety line."""
    for name, rules in book.destinations.items():
        if rules.safety and rules.hours is not None:
            hint = "remove the hours, or write safety: false"
            yield Finding(("destinations", name, "hours"), "a safety line has no hours", "no hours", hint)
    lines = {("destinations", name) for name, rules in book.destinations.items() if rules.safety}
    checked: set[Place] = set()
    for service in book.services:
        places = reached(book, service)
        edges = automatic(book, service, places)
        yield from _circles(edges)
        yield from _long_ways(book, service, edges)
        for line in sorted(lines.intersection(places)):
            checked.add(line)
            yield from _safety(book, service, line)
    for line in sorted(lines - checked):  # no call comes to it, perhaps only because of another mistake
        yield from _safety(book, None, line)


def _circles(edges: dict[tuple[Place, Place], Path]) -> Iterator[Finding]:
    """Yield the circles, and take one edge of each out of `edges`, so that none is left."""
    for _ in range(MOST_CIRCLES):
        circle = _circle(edges)
        if circle is None:
            return
        names = " -> ".join(name for _, name in circle)
        path = edges.pop((circle[-2], circle[-1]))
        hint = "let one exit of the circle end with {announcement: ...}"
        yield Finding(path, f"leads in a circle: {names}", "exits that come to an end", hint)
    edges.clear()


def _circle(edges: dict[tuple[Place, Place], Path]) -> list[Place] | None:
    sorter: TopologicalSorter[Place] = TopologicalSorter()
    for source, target in edges:
        sorter.add(target, source)
    try:
        sorter.prepare()
    except CycleError as error:
        circle: list[Place] = error.args[1]
        return circle
    return None


def _long_ways(book: Rulebook, service: str, edges: dict[tuple[Place, Place], Path]) -> Iterator[Finding]:
    """Yield the longest way of the service if it comes to more destinations than `max_hops`; `edges` has no circle."""
    onward: dict[Place, set[Place]] = {}
    for source, target in edges:
        onward.setdefault(source, set()).add(target)
        onward.setdefault(target, set())
    length: dict[Place, int] = {}
    after: dict[Place, Place | None] = {}
    for place in TopologicalSorter(onward).static_order():
        best = max(onward[place], key=lambda target: length[target], default=None)
        after[place] = best
        length[place] = (place[0] == "destinations") + (length[best] if best else 0)
    first = max(length, key=lambda place: length[place], default=None)
    if first is not None and length[first] > book.max_hops:
        names = _names(first, after, book.max_hops + 1)
        message = f"a call to {service} can come to {length[first]} destinations by exits alone: {names}"
        hint = f"raise max_hops (now {book.max_hops}), or let an exit end with {{announcement: ...}}"
        yield Finding((*first, "exits"), message, f"at most {book.max_hops}", hint)


def _names(first: Place, after: dict[Place, Place | None], most: int) -> str:
    names: list[str] = []
    place: Place | None = first
    while place is not None and len(names) < most:
        names.append(place[1])
        place = after[place]
    return " -> ".join([*names, "..."] if place else names)


def _safety(book: Rulebook, service: str | None, line: Place) -> Iterator[Finding]:
    waiting = [line]
    for place in waiting:  # grows while it is walked
        for way in exits_of(book, place):
            onward = lead(book, service, way.target)
            wrong = _closable(book, service, onward)
            if wrong:
                hint = "lead to a destination that is open around the clock, or to an announcement"
                message = f"the safety line {line[1]} would be led to {wrong}"
                yield Finding(way.path, message, "what is open at every hour", hint)
            elif onward is not None and onward[0] == "destinations" and onward not in waiting:
                waiting.append(onward)


def _closable(book: Rulebook, service: str | None, place: Place | None) -> str:
    """Return what is wrong with a place for callers of a safety line; an empty text if nothing is."""
    if place is None or place[1] not in getattr(book, place[0]):
        return ""
    if place[0] == "destinations":
        return f"{place[1]}, which closes" if book.destinations[place[1]].hours is not None else ""
    offered = (lead(book, service, way.target) for way in keys_of(book, place))
    if any(_is_safety(book, onward) for onward in offered):
        return ""
    return f"the menu {place[1]}, which has no key to a safety line"


def _is_safety(book: Rulebook, place: Place | None) -> bool:
    if place is None or place[0] != "destinations":
        return False
    destination = book.destinations.get(place[1])
    return destination is None or destination.safety  # a broken entry is reported by itself
