"""Walk every way of a call to one service at one instant: each key, each mistake, each failure of what is rung.

Rule 1: every way is asked of `decide`, as the engine asks it, so what is proved is what runs.
Rule 2: a menu or a ringing destination is a place of its own for each number of hops, because a bound on hops makes
them differ. `fresh` tells that no hop was used up before the caller last chose, so that what follows is the work of exits
alone. There are finitely many places, so the walk ends.
Rule 3: phones of a destination that fail are tried with one outcome for all of them. Which exit is taken depends only on
the strongest outcome, so a mixture leads where one of these leads.
Rule 4: after the last menu that a call may have (`max_menus`) comes the operator, and if that leads to a menu, `sorry`.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias, assert_never

from ivr.routing.decide import AFRESH, decide
from ivr.routing.decision import Attempt, Decision, EndWith, EnterMenu, Facts, GiveBack, RingPhone
from ivr.routing.destinations import ExitReason, Ring
from ivr.routing.rules import Menu, Ruleset, Service
from ivr.routing.targets import Announce, Onward, Repeat, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.vocabulary import DestinationId, MenuId, RuleId

FAILURES = (ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class InMenu:
    """A menu waits for a key, after so many hops."""

    menu: MenuId
    hops: int
    fresh: bool


@dataclass(frozen=True, slots=True)
class Ringing:
    """The first line of a destination rings, after so many hops."""

    destination: DestinationId
    hops: int
    fresh: bool


Place: TypeAlias = InMenu | Ringing
"""Where a call can stand."""


class By(Enum):
    """What makes a call take a way."""

    ENTRY = "entry"
    KEY = "key"
    MENU_EXIT = "menu exit"
    FAILURE = "failure"
    NEXT_LINE = "next line"
    MANY_MENUS = "too many menus"


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a place (None: from outside) and where `decide` leads it.

    `word` is the key, or what happened: `no_input`, `invalid`, `too_long`, `too_many_menus`, the outcome of what rang, or
    the rule about the caller. `rule` is the place in the rules that asks. `target` is what it asks for. `onward` is the
    place that it leads to, None if the call ends or nothing more is to be seen. `error` says that `decide` failed.
    """

    source: Place | None
    by: By
    word: str
    rule: RuleId
    target: Onward
    fresh: bool
    decision: Decision | None
    onward: Place | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Walk:
    """Every way of a service at one instant, nearest first, and the way by which each place was first come to."""

    at: datetime
    ways: tuple[Way, ...]
    first: dict[Place, Way]


def walk(service: Service, rules: Ruleset, at: datetime) -> Walk:
    """Follow every way of a call to the service that comes in at `at`, for which time then stands still."""
    asking = _Asking(service, rules, at)
    ways: list[Way] = []
    first: dict[Place, Way] = {}
    waiting: list[Place] = []

    def take(found: Iterator[Way]) -> None:
        for way in found:
            ways.append(way)
            if way.onward is not None and way.onward not in first:
                first[way.onward] = way
                waiting.append(way.onward)

    take(asking.entries())
    for place in waiting:  # grows while it is walked
        take(asking.out_of(place))
    return Walk(at, tuple(ways), first)


def trail(walked: Walk, way: Way) -> tuple[Way, ...]:
    """Return the ways that a call takes from outside up to this one, by the nearest way."""
    taken = [way]
    while taken[-1].source is not None:
        taken.append(walked.first[taken[-1].source])
    return tuple(reversed(taken))


class _Asking:
    """Asks `decide` for the ways of one service at one instant. The same question is asked once.

    What `decide` is told of the reason matters to it only in whether a person asked, so that is part of the question;
    otherwise reason and place only name themselves in the answer.
    """

    def __init__(self, service: Service, rules: Ruleset, at: datetime) -> None:
        self._service = service
        self._rules = rules
        self._at = at
        self._answers: dict[Hashable, Decision | str] = {}

    def entries(self) -> Iterator[Way]:
        """Yield the ways in. After an announcement the same menu waits for a key, so it is no way of its own."""
        own = f"services.{self._service.id}"
        yield self._asked(None, By.ENTRY, "", own, ToMenu(self._service.menu), "caller")
        for position, caller in enumerate(self._service.callers):
            word = f"callers.{position}"
            if not isinstance(caller.target, ToLanguage):
                yield self._asked(None, By.ENTRY, word, f"{own}.{word}", caller.target, "caller")

    def out_of(self, place: Place) -> Iterator[Way]:
        """Yield the ways out of a place."""
        match place:
            case InMenu(menu):
                return self._out_of_menu(place, self._rules.menus.get(menu))
            case Ringing():
                return self._out_of_ringing(place)
            case _:
                assert_never(place)

    def _out_of_menu(self, place: InMenu, menu: Menu | None) -> Iterator[Way]:
        if menu is None:  # what leads to it has been named as a fault already
            return
        own = f"menus.{menu.id}"
        for key, target in menu.keys.items():
            if not isinstance(target, ToLanguage | Repeat):
                yield self._asked(place, By.KEY, key, f"{own}.keys.{key}", target, "key")
        exits = (
            ("no_input", menu.no_input.exit, f"{own}.no_input.exit"),
            ("invalid", menu.invalid.exit, f"{own}.invalid.exit"),
            ("too_long", menu.limit.exit, f"{own}.limit"),
        )
        for word, target, rule in exits:
            yield self._asked(place, By.MENU_EXIT, word, rule, target, word)
        many = "too_many_menus"
        yield self._asked(place, By.MANY_MENUS, many, "max_menus", ToOperator(), many)

    def _out_of_ringing(self, place: Ringing) -> Iterator[Way]:
        destination = self._rules.destinations[place.destination]
        own, lines = f"destinations.{destination.id}", destination.lines
        for tried in range(1, len(lines)):
            yield self._failed(place, By.NEXT_LINE, ExitReason.BUSY, f"{own}.phones.{tried}", lines[:tried])
        for reason in FAILURES:
            yield self._failed(place, By.FAILURE, reason, f"{own}.exits.{reason.value}", lines)
        if destination.most_calls is not None:
            yield self._failed(place, By.FAILURE, ExitReason.FULL, f"{own}.exits.full", lines[:1])

    def _asked(self, place: Place | None, by: By, word: str, rule: str, target: Onward, reason: str) -> Way:
        hops = 0 if place is None else place.hops
        question = (target, hops, reason in AFRESH)
        if question not in self._answers:
            self._answers[question] = self._ask(Facts(self._service.id, target, (), hops, reason, RuleId(rule)))
        fresh = self._is_fresh(place, by, target)
        return self._way(place, by, word, rule, target, fresh, self._answers[question])

    def _failed(self, place: Ringing, by: By, reason: ExitReason, rule: str, lines: tuple[Ring, ...]) -> Way:
        target, word = ToDestination(place.destination), reason.value
        hops = None if by is By.NEXT_LINE else place.hops  # they do not matter within a destination
        question = (place.destination, word, len(lines), hops)
        if question not in self._answers:
            attempts = tuple(Attempt(ring.phone, reason) for ring in lines)
            self._answers[question] = self._ask(Facts(self._service.id, target, attempts, place.hops, word))
        return self._way(place, by, word, rule, target, place.fresh, self._answers[question])

    def _ask(self, facts: Facts) -> Decision | str:
        try:
            return decide(facts, self._rules, self._at)
        except Exception as error:  # noqa: BLE001 - whatever it raises, the call would not go on: that is what is looked for
            return (
                f"the rules do not have {error}" if isinstance(error, KeyError) else f"{type(error).__name__}: {error}"
            )

    def _way(
        self, place: Place | None, by: By, word: str, rule: str, target: Onward, fresh: bool, answer: Decision | str
    ) -> Way:
        if isinstance(answer, str):
            return Way(place, by, word, RuleId(rule), target, fresh, None, None, answer)
        onward = self._onward(by, answer, fresh)
        return Way(place, by, word, RuleId(rule), target, fresh, answer, onward, self._dangling(onward))

    def _is_fresh(self, place: Place | None, by: By, target: Onward) -> bool:
        """Tell whether no hop was used up before the caller last chose."""
        if place is None:
            return True
        if by is By.MANY_MENUS:
            return False
        if by is By.MENU_EXIT:
            return place.fresh
        asked = self._rules.destinations.get(destination_of(target, self._service))
        return place.hops == 0 or (asked is not None and asked.safety)

    def _onward(self, by: By, decision: Decision, fresh: bool) -> Place | None:
        match decision.outcome:
            case RingPhone(destination, position=0):
                return Ringing(destination, decision.hops, fresh)
            case RingPhone():
                return None  # a further line of the same destination
            case EnterMenu(menu):
                return None if by is By.MANY_MENUS else InMenu(menu, decision.hops, fresh)
            case EndWith() | GiveBack():
                return None
            case _:
                assert_never(decision.outcome)

    def _dangling(self, onward: Place | None) -> str:
        if isinstance(onward, InMenu) and onward.menu not in self._rules.menus:
            return f"there is no menu {onward.menu}"
        return ""


def destination_of(target: Onward, service: Service) -> DestinationId:
    """Return the destination that a target asks for in a service; empty if it asks for none."""
    match target:
        case ToDestination(destination):
            return destination
        case ToOperator():
            return service.operator
        case ToMenu() | Announce():
            return DestinationId("")
        case _:
            assert_never(target)
