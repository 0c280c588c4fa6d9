"""One of two rulesets that are compared, at one instant: what comes of each thing that a caller can do or suffer. Pure.

Rule 1: `decide` routes, as in the engine. Only the words around it are made here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from ivr.routing.decide import decide
from ivr.routing.decision import Attempt, Decision, EndWith, EnterMenu, Facts, GiveBack, RingPhone
from ivr.routing.destinations import NORMAL_CLEARING, ExitReason
from ivr.routing.numbers import normal
from ivr.routing.rules import Menu, Ruleset, Service
from ivr.routing.targets import Announce, Onward, Repeat, Target, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.vocabulary import DestinationId, Did, Key, Language, MenuId

MENU, RINGS = "menu", "rings"
SILENCE, WRONG, TOO_LONG, TOO_MANY = "no key", "wrong keys", "too long in the menu", "too many menus"
FAILURES = {one.value.replace("_", " "): one for one in ExitReason if one is not ExitReason.CLOSED}
"""What can come of a destination that rings, in words."""


@dataclass(frozen=True, slots=True)
class Came:
    """What came of something: a menu or a ringing destination, which goes on, or an end. `words` is all that differs.

    `hops` is the count that the call takes along.
    """

    kind: str
    name: str
    words: str
    hops: int = 0

    @property
    def goes_on(self) -> bool:
        """Whether the caller can do something more."""
        return self.kind in (MENU, RINGS)


@dataclass(frozen=True, slots=True)
class Side:
    """A ruleset and the service of it that is asked, at an instant."""

    rules: Ruleset
    service: Service
    at: datetime

    def entry(self, caller: int | None) -> Came:
        """Return where a call begins; `caller` is the position of the rule about the caller that counts, if one does."""
        target = None if caller is None else self.service.callers[caller].target
        if isinstance(target, ToDestination):
            return self._decided(target, "caller", 0)
        menu = target.menu if isinstance(target, ToMenu) else self.service.menu
        return Came(MENU, menu, f"the menu {menu}")

    def inputs(self, place: Came) -> Iterator[str]:
        """Yield what can happen at a place."""
        if place.kind == MENU:
            yield from self.rules.menus[MenuId(place.name)].keys
            yield from (SILENCE, WRONG, TOO_LONG)
            return
        full = self.rules.destinations[DestinationId(place.name)].most_calls is not None
        yield from (words for words, reason in FAILURES.items() if full or reason is not ExitReason.FULL)

    def after(self, place: Came, happens: str) -> Came:
        """Return what comes of something that happens at a place."""
        if happens == TOO_MANY:
            return self._decided(ToOperator(), "too_many_menus", place.hops)
        if place.kind == RINGS:
            return self._failed(DestinationId(place.name), FAILURES[happens], place.hops)
        menu = self.rules.menus[MenuId(place.name)]
        exits: dict[str, tuple[Onward, str]] = {
            SILENCE: (menu.no_input.exit, "no_input"),
            WRONG: (menu.invalid.exit, "invalid"),
            TOO_LONG: (menu.limit.exit, "too_long"),
        }
        if happens in exits:
            target, reason = exits[happens]
            return self._decided(target, reason, place.hops)
        return self._pressed(menu, menu.keys.get(Key(happens)), place.hops)

    def asks_for_safety(self, place: Came, happens: str) -> bool:
        """Tell whether a key of a menu is that of a safety line."""
        target = self.rules.menus[MenuId(place.name)].keys.get(Key(happens)) if place.kind == MENU else None
        match target:
            case ToDestination(destination):
                return self.rules.destinations[destination].safety
            case ToOperator():
                return self.rules.destinations[self.service.operator].safety
            case _:
                return False

    def _pressed(self, menu: Menu, target: Target | None, hops: int) -> Came:
        match target:
            case None:
                return Came("nothing", menu.id, "a key that the menu does not have")
            case ToLanguage(language):
                return Came("language", menu.id, f"the language {language}")
            case Repeat():
                return Came("again", menu.id, "the menu again")
            case ToDestination() | ToMenu() | ToOperator() | Announce():
                return self._decided(target, "key", hops)
            case _:
                assert_never(target)

    def _decided(self, target: Onward, reason: str, hops: int) -> Came:
        return _came(decide(Facts(self.service.id, target, (), hops, reason), self.rules, self.at))

    def _failed(self, name: DestinationId, reason: ExitReason, hops: int) -> Came:
        lines = self.rules.destinations[name].lines
        attempts = tuple(Attempt(line.phone, reason) for line in lines)
        facts = Facts(self.service.id, ToDestination(name), attempts, hops, reason.value)
        return _came(decide(facts, self.rules, self.at))

    def language(self, number: Did, caller: int | None) -> Language:
        """Return the language in which a call begins."""
        target = None if caller is None else self.service.callers[caller].target
        if isinstance(target, ToLanguage):
            return target.language
        return self.service.spoken.get(normal(number), self.service.languages[0])


def rule_about(service: Service, caller: str) -> int | None:
    """Return the position of the first rule about a caller (normal form); None if there is none."""
    for position, rule in enumerate(service.callers):
        if caller in rule.numbers or (caller and caller.startswith(rule.prefixes)):
            return position
    return None


def menu_parts(menu: Menu) -> Iterator[tuple[str, str]]:
    """Yield what a caller notices of a menu itself, each part with its name."""
    yield "says", menu.prompt
    yield "waits for a key for", f"{menu.timeout:g} s"
    yield "may last", f"{menu.limit.seconds} s"
    for name, retry in (("after a wrong key", menu.invalid), ("after no key", menu.no_input)):
        yield f"{name} says", retry.prompt if retry.retries else "nothing"
        yield f"{name} gives", f"{retry.retries} further tries"


def lines_text(rules: Ruleset, name: DestinationId) -> str:
    """Say what a destination rings, in which order and for how long."""
    destination = rules.destinations[name]
    told = ", then ".join(f"{line.phone} {line.seconds} s" for line in destination.lines)
    bound = f", at most {destination.most_calls} calls at once" if destination.most_calls is not None else ""
    return told + bound


def _came(decision: Decision) -> Came:
    said = f" after {', '.join(decision.say)}" if decision.say else ""
    match decision.outcome:
        case RingPhone(destination):
            return Came(RINGS, destination, f"rings {destination}{said}", decision.hops)
        case EnterMenu(menu):
            return Came(MENU, menu, f"the menu {menu}{said}", decision.hops)
        case EndWith(prompt, _, cause):
            ended = "" if cause == NORMAL_CLEARING else f" and the hang-up cause {cause}"
            return Came("end", prompt, f"the last message {prompt}{ended}{said}", decision.hops)
        case GiveBack(phone):  # pragma: no cover - only callers that a colleague passes on are given back
            return Came("end", phone, f"back to {phone}", decision.hops)
        case _:
            assert_never(decision.outcome)
