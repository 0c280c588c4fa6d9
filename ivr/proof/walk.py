"""Two services walked together at one instant: each pair of places that the same way leads to, compared. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ivr.proof.sides import MENU, RINGS, TOO_MANY, Came, Side, lines_text, menu_parts, rule_about
from ivr.routing.numbers import normal
from ivr.routing.rules import Service
from ivr.vocabulary import DestinationId, Did, MenuId


@dataclass(frozen=True, slots=True)
class Found:
    """A difference: at a place, upon something that happens there.

    `hops` are those of each side at the place: with another count another thing may come of it. `lasting` does not
    depend on the instant. `loud` marks a key that asked for a safety line and does not any more.
    """

    kind: str
    place: str
    happens: str
    before: str
    now: str
    numbers: tuple[str, ...]
    path: tuple[str, ...] = ()
    callers: str = ""
    lasting: bool = False
    loud: bool = False
    hops: tuple[int, int] = (0, 0)


Seen: TypeAlias = set[tuple[str, str, int, int]]
"""Kind and name of a place that both sides came to, and the hops of each side."""


def compare(old: Side, new: Side, numbers: list[Did], seen: Seen) -> Iterator[Found]:
    """Yield what differs at the instant of both sides, for callers of the numbers; note in `seen` where they come."""
    all_numbers = tuple(map(str, numbers))
    for callers, before, now in _callers(old.service, new.service):
        for number in numbers:
            spoken = old.language(number, before), new.language(number, now)
            if spoken[0] != spoken[1]:
                yield Found("language", "", "", *spoken, (str(number),), (), callers, lasting=True)
        start, begins = old.entry(before), new.entry(now)
        if start.words != begins.words:
            yield Found("goes", "", "", start.words, begins.words, all_numbers, (), callers)
        yield from _walk(old, new, (start, begins), all_numbers, callers, seen)
    crowd = Came(MENU, new.service.menu, "")
    full = old.after(crowd, TOO_MANY), new.after(crowd, TOO_MANY)
    if full[0].words != full[1].words:
        yield Found("goes", "", TOO_MANY, full[0].words, full[1].words, all_numbers, (TOO_MANY,))


def _walk(
    old: Side,
    new: Side,
    start: tuple[Came, Came],
    numbers: tuple[str, ...],
    callers: str,
    seen: Seen,
) -> Iterator[Found]:
    waiting: list[tuple[Came, Came, tuple[str, ...]]] = [(*start, ())]
    for before, now, path in waiting:  # grows while it is walked
        spot = (now.kind, now.name, before.hops, now.hops)
        if not now.goes_on or (before.kind, before.name) != (now.kind, now.name) or spot in seen:
            continue
        seen.add(spot)
        yield from _place(old, new, now, numbers, path, callers)
        for happens in dict.fromkeys((*old.inputs(before), *new.inputs(now))):
            if now.kind == RINGS and not (happens in set(old.inputs(before)) and happens in set(new.inputs(now))):
                continue  # a bound on calls that only one side has; that is told of the place
            came, comes = old.after(before, happens), new.after(now, happens)
            way = (*path, happens)
            if came.words != comes.words:
                loud = old.asks_for_safety(before, happens) and (came.kind, came.name) != (comes.kind, comes.name)
                hops = (before.hops, now.hops)
                yield Found(
                    "goes", now.name, happens, came.words, comes.words, numbers, way, callers, loud=loud, hops=hops
                )
            waiting.append((came, comes, way))


def _place(
    old: Side, new: Side, place: Came, numbers: tuple[str, ...], path: tuple[str, ...], callers: str
) -> Iterator[Found]:
    """Yield what callers notice of a menu, or of what rings."""
    if place.kind == RINGS:
        before, now = (lines_text(side.rules, DestinationId(place.name)) for side in (old, new))
        if before != now:
            yield Found("rings", place.name, "", before, now, numbers, path, callers, lasting=True)
        return
    parts = zip(*(menu_parts(side.rules.menus[MenuId(place.name)]) for side in (old, new)), strict=True)
    for (name, before), (_, now) in parts:
        if before != now:
            yield Found("menu", place.name, name, before, now, numbers, path, callers, lasting=True)


def _callers(old: Service, new: Service) -> Iterator[tuple[str, int | None, int | None]]:
    """Yield each kind of caller that the rules tell apart: in words, and the rule that counts on each side.

    One caller stands for each kind: every listed number, every prefix with something behind it that no rule knows, and
    a caller who withholds the number.
    """
    yield "", None, None
    kinds: dict[tuple[int | None, int | None], list[str]] = {}
    for pattern, example in _patterns(old, new).items():
        kinds.setdefault((rule_about(old, example), rule_about(new, example)), []).append(pattern)
    for (before, now), patterns in kinds.items():
        yield ", ".join(patterns), before, now


def _patterns(old: Service, new: Service) -> dict[str, str]:
    found: dict[str, str] = {}
    for rule in (*old.callers, *new.callers):
        found.update({number: number for number in sorted(rule.numbers)})
        found.update({f"{prefix}*": f"{normal(prefix)}x" for prefix in rule.prefixes})
    return found
