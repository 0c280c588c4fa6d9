"""Judge the ways of a service: what must never happen to a citizen, each with the instant and keys that show it.

Every way of a finite walk ends at a line that rings, at a message, or in a menu. So a call ends well if no way leads
nowhere and no circle can be taken without a key; circles that a caller goes by keys end by `max_menus` and `max_hops`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from ivr.calls.entry import announced
from ivr.proof.ways import By, InMenu, Place, Ringing, Walk, Way, destination_of, trail
from ivr.routing.decide import BOUND_RULE
from ivr.routing.decision import EndWith, RingPhone
from ivr.routing.destinations import Destination, ExitReason, External, Phones
from ivr.routing.rules import Ruleset, Service
from ivr.vocabulary import DestinationId, MenuId, ServiceId

AUTOMATIC = frozenset({By.MENU_EXIT, By.FAILURE})
"""What a call does without a key."""


_Spot: TypeAlias = tuple[str, str]  # a menu and a destination may share a name


class GapKind(StrEnum):
    """What can be wrong with a way."""

    NOTHING_FOLLOWS = "nothing follows"
    RINGS_NOBODY = "rings nobody"
    NO_EXIT = "no exit"
    CIRCLE = "circle"
    MAX_HOPS = "max_hops"
    SAFETY_CLOSED = "safety line not rung"
    SAFETY_UNREACHABLE = "safety line out of reach"
    SAFETY_WAITS = "safety line has to wait"


@dataclass(frozen=True, slots=True)
class Gap:
    """A way on which a citizen is lost.

    `where` is the place in the rules, `at` an example instant (local time of the service), `keys` what to press to get
    there, `way` all that happens on the way there: `key 1`, `no_input`, `busy` and so on. `subject` is what the gap is
    about, such as the safety line.
    """

    kind: GapKind
    service: ServiceId
    where: str
    subject: str
    at: datetime
    keys: str
    way: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One class of instants of a service: the walk at its first instant, and all that is needed to judge it."""

    service: Service
    rules: Ruleset
    walk: Walk

    def gap(self, kind: GapKind, way: Way | None, where: str, subject: str, sentence: str) -> Gap:
        """Make a gap with the nearest keys to it; without a way it is met by whoever calls."""
        taken = () if way is None else trail(self.walk, way)
        keys = "".join(one.word for one in taken if one.by is By.KEY)
        at = self.walk.at.astimezone(self.service.zone)
        told = tuple(told_way(one) for one in taken if one.word)
        return Gap(kind, self.service.id, where, subject, at, keys, told, sentence)


def told_way(way: Way) -> str:
    """Say in a word or two what makes a call take a way."""
    return f"key {way.word}" if way.by is By.KEY else way.word


def gaps_of(seen: Seen) -> Iterator[Gap]:
    """Yield what is wrong in one class of instants, except what concerns safety lines out of reach."""
    circles = list(_circles(seen))
    for way in seen.walk.ways:
        yield from _nothing_follows(seen, way)
        yield from _no_exit(seen, way)
        yield from _bound(seen, way, known=bool(circles))
        yield from _safety_closed(seen, way)
    yield from circles


def starved(way: Way) -> bool:
    """Tell whether a way ends because the call came to `max_hops` destinations."""
    return way.decision is not None and way.decision.rule == BOUND_RULE


def _nothing_follows(seen: Seen, way: Way) -> Iterator[Gap]:
    if way.error:
        empty = _empty(seen, way)
        if way.decision is None and empty:
            sentence = f"{empty} has no phone or number, so nobody is rung and the call would be lost."
            yield seen.gap(GapKind.RINGS_NOBODY, way, f"destinations.{empty}", empty, sentence)
            return
        sentence = f"{way.rule} leads nowhere: {way.error}."
        yield seen.gap(GapKind.NOTHING_FOLLOWS, way, way.rule, "", sentence)
        return
    outcome = None if way.decision is None else way.decision.outcome
    if isinstance(outcome, EndWith) and not outcome.prompt:
        sentence = f"{way.rule} ends the call without a message."
        yield seen.gap(GapKind.NOTHING_FOLLOWS, way, way.rule, "", sentence)
    if isinstance(outcome, RingPhone) and outcome.seconds < 1:
        name = outcome.destination
        sentence = f"{name} rings {outcome.phone} for no time at all, so nobody can answer."
        yield seen.gap(GapKind.RINGS_NOBODY, way, f"destinations.{name}", name, sentence)


def _empty(seen: Seen, way: Way) -> str:
    """Return the destination with nothing to ring that a way asks for, or that it can have come to by exits."""
    asked = destination_of(way.target, seen.service)
    found = [one.id for one in seen.rules.destinations.values() if _rings(one) and not one.lines]
    return asked if asked in found else next(iter(found), "")


def _rings(destination: Destination) -> bool:
    return isinstance(destination.kind, Phones | External)


def _no_exit(seen: Seen, way: Way) -> Iterator[Gap]:
    """Yield what a destination does not say: where to go after a failure, or outside its hours."""
    if way.by is By.FAILURE and isinstance(way.source, Ringing):
        name = way.source.destination
        if ExitReason(way.word) not in seen.rules.destinations[name].exits:
            sentence = f"{name} does not say what follows if it is {way.word}."
            yield seen.gap(GapKind.NO_EXIT, way, way.rule, name, sentence)
    for destination in _found_closed(seen, way):
        if destination.hours is not None and ExitReason.CLOSED not in destination.exits:
            sentence = f"{destination.id} does not say what follows while it is closed."
            where = f"destinations.{destination.id}.exits.closed"
            yield seen.gap(GapKind.NO_EXIT, way, where, destination.id, sentence)


def _found_closed(seen: Seen, way: Way) -> Iterator[Destination]:
    for sentence in () if way.decision is None else way.decision.why:
        name, _, told = sentence.partition(" ")
        destination = seen.rules.destinations.get(DestinationId(name))
        if destination is not None and told.startswith("is closed:"):
            yield destination


def _bound(seen: Seen, way: Way, *, known: bool) -> Iterator[Gap]:
    """Yield a way on which exits alone use up the hops; with circles `known`, none that comes from such a circle."""
    if not starved(way) or not way.fresh or way.decision is None:
        return
    *passed, last = (_first_word(sentence) for sentence in way.decision.why)
    before = tuple(_come_to(seen, way))
    names = " -> ".join([*dict.fromkeys((*before, *passed)), last])
    if last in passed or (last in before and not known):
        sentence = f"Exits alone lead in a circle: {names}. Only max_hops ends it, with a last message."
        yield seen.gap(GapKind.CIRCLE, way, way.rule, last, sentence)
    elif last not in before:
        sentence = f"Exits alone come to more than {seen.rules.max_hops} destinations, so {last} is not tried: {names}."
        yield seen.gap(GapKind.MAX_HOPS, way, way.rule, last, sentence)


def _first_word(sentence: str) -> str:
    return sentence.split(" ", 1)[0].rstrip(":")


def _come_to(seen: Seen, way: Way) -> Iterator[str]:
    """Yield the destinations that rang or were passed over since the caller last pressed a key, before this decision."""
    taken = trail(seen.walk, way)
    since = max((number for number, one in enumerate(taken) if one.by not in AUTOMATIC), default=0)
    for number, one in enumerate(taken[since:]):
        if number and isinstance(one.source, Ringing):
            yield one.source.destination
        if one is not way and one.decision is not None:
            yield from map(_first_word, one.decision.why)


def _safety_closed(seen: Seen, way: Way) -> Iterator[Gap]:
    decision = way.decision
    if decision is None:
        return
    name = destination_of(way.target, seen.service)
    asked = seen.rules.destinations.get(name)
    if asked is not None and asked.safety and (way.by is By.KEY or way.source is None):
        ring = decision.outcome
        if not (isinstance(ring, RingPhone) and ring.destination == name):
            sentence = f"The caller asks for the safety line {name}, but it does not ring."
            yield seen.gap(GapKind.SAFETY_CLOSED, way, way.rule, name, sentence)


def _circles(seen: Seen) -> Iterator[Gap]:
    """Yield circles that a call goes round in while its caller does nothing and what rings fails."""
    onward: dict[_Spot, dict[_Spot, Way]] = {}
    for way in seen.walk.ways:
        if way.by in AUTOMATIC and way.source is not None and way.onward is not None:
            onward.setdefault(_spot(way.source), {}).setdefault(_spot(way.onward), way)
    done: set[_Spot] = set()
    for start in onward:
        yield from _circles_from(seen, start, onward, done)


def _circles_from(seen: Seen, start: _Spot, onward: dict[_Spot, dict[_Spot, Way]], done: set[_Spot]) -> Iterator[Gap]:
    """Look deep from `start`; a way back to what is still on the trail closes a circle."""
    if start in done:
        return
    on_trail = {start: iter(onward[start].items())}
    while on_trail:
        here = next(reversed(on_trail))
        spot, way = next(on_trail[here], (start, None))
        if way is None:
            done.add(here)
            del on_trail[here]
        elif spot in on_trail:
            spots = list(on_trail)
            told = " -> ".join(name for _, name in [*spots[spots.index(spot) :], spot])
            sentence = f"Without a key the call goes in a circle: {told}. Only a bound ends it, with a last message."
            yield seen.gap(GapKind.CIRCLE, way, way.rule, spot[1], sentence)
        elif spot not in done:
            on_trail[spot] = iter(onward.get(spot, {}).items())


def _spot(place: Place) -> _Spot:
    return ("menu", place.menu) if isinstance(place, InMenu) else ("destination", place.destination)


def lines_of(walks: list[Seen]) -> frozenset[DestinationId]:
    """Return the safety lines that some way of a service can come to."""
    return frozenset(
        place.destination
        for seen in walks
        for place in seen.walk.first
        if isinstance(place, Ringing) and seen.rules.destinations[place.destination].safety
    )


def out_of_reach(seen: Seen, lines: frozenset[DestinationId]) -> Iterator[Gap]:
    """Yield each safety line that no keys lead to from a menu in which a caller can be, or only after too many menus."""
    found: set[tuple[MenuId, DestinationId]] = set()
    onward: dict[InMenu, set[InMenu]] = {}
    rung: dict[InMenu, set[DestinationId]] = {}
    for way in seen.walk.ways:
        if way.by is By.KEY and isinstance(way.source, InMenu):
            match way.onward:
                case InMenu():
                    onward.setdefault(way.source, set()).add(way.onward)
                case Ringing(line) if line in lines:
                    rung.setdefault(way.source, set()).add(line)
                case _:
                    pass
    for place in [place for place in seen.walk.first if isinstance(place, InMenu)]:
        for line in sorted(lines - _in_reach(place, onward, rung, seen.rules.max_menus)):
            if (place.menu, line) not in found:
                found.add((place.menu, line))
                sentence = f"No keys lead from the menu {place.menu} to the safety line {line}."
                way = seen.walk.first[place]
                yield seen.gap(GapKind.SAFETY_UNREACHABLE, way, f"menus.{place.menu}.keys", line, sentence)


def _in_reach(
    start: InMenu, onward: dict[InMenu, set[InMenu]], rung: dict[InMenu, set[DestinationId]], most: int
) -> set[DestinationId]:
    found: set[DestinationId] = set()
    known, now = {start}, {start}
    for _ in range(most):
        found.update(*(rung.get(place, set()) for place in now))
        now = {after for place in now for after in onward.get(place, set())} - known
        known |= now
    return found


def waits(seen: Seen, lines: frozenset[DestinationId]) -> Iterator[Gap]:
    """Yield each announcement that a caller of a service with a safety line has to hear to its end."""
    if not lines:
        return
    for one in announced(seen.service, seen.walk.at):
        if not one.skippable:
            sentence = f"{one.id} cannot be skipped, so a caller in need has to hear it to its end: {', '.join(sorted(lines))}."
            yield seen.gap(GapKind.SAFETY_WAITS, None, f"announcements.{one.id}.skippable", one.id, sentence)
