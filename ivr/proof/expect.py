"""Cases that the rules must fulfil: a call, and what has to come of it. Pure.

Rule 1: a menu is meant if the caller is in it at the end, an announcement if it is the last message.
Rule 2: a destination is meant if it takes the call: its line rings, its menu or message plays. Only if a reason such as
`closed` is expected too, it may also be the last one that did not take the call.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ivr.proof.journey import Dialled, Ended, InMenu, Journey, Rung, travel
from ivr.routing.destinations import Destination, Message, Reject, Submenu
from ivr.routing.rules import Ruleset
from ivr.vocabulary import DestinationId, Did, MenuId, PromptId


@dataclass(frozen=True, slots=True)
class Expectation:
    """A call at the aware instant `at`, and its end: exactly one of destination, menu and announcement.

    `reason` is that of the last decision, "" if any will do. `place` is the place in the rules, as a dotted path.
    """

    number: Did
    at: datetime
    keys: str = ""
    caller: str = ""
    destination: DestinationId | None = None
    menu: MenuId | None = None
    announcement: PromptId | None = None
    reason: str = ""
    place: str = ""


def unmet(rules: Ruleset, expectations: Iterable[Expectation]) -> list[tuple[Expectation, str]]:
    """Return the expectations that the rules do not fulfil, each with a sentence: what came instead, and why."""
    return [(one, sentence) for one in expectations for sentence in _misses(rules, one)]


def _misses(rules: Ruleset, wanted: Expectation) -> Iterator[str]:
    journey = travel(rules, Dialled(wanted.number, wanted.at, wanted.keys, wanted.caller))
    came = f"{_call(wanted)} {came_to(journey)}"
    if not _is_there(journey, wanted, rules):
        yield f"{came}, not {_wanted(wanted)}{_why(journey)}"
    elif journey.unpressed:
        yield f"{came} already before {_keys(journey.unpressed)}; leave out what is not asked for"
    elif wanted.reason and wanted.reason != _reason(journey):
        told = _reason(journey) or "that nothing had to be decided"
        yield f"{came} as expected, but the reason is {told}, not {wanted.reason}{_why(journey)}"


def came_to(journey: Journey) -> str:
    """Say in words where a call is at the end of its journey, beginning with a verb."""
    match journey.end:
        case InMenu(menu):
            return f"comes to the menu {menu}"
        case Rung(destination, phone):
            return f"rings {destination} ({phone})"
        case Ended(prompt):
            return f"ends with the message {prompt}"
        case _:
            return "is not taken: no service has the number"


def _is_there(journey: Journey, wanted: Expectation, rules: Ruleset) -> bool:
    if wanted.destination is not None:
        decided = journey.decided
        if decided is None or decided.destination != wanted.destination:
            return False
        return bool(wanted.reason) or _takes(journey, rules.destinations[wanted.destination])
    match journey.end:
        case InMenu(menu):
            return menu == wanted.menu
        case Ended(prompt):
            return prompt == wanted.announcement
        case _:
            return False


def _takes(journey: Journey, destination: Destination) -> bool:
    match journey.end, destination.kind:
        case Rung(), _:
            return True
        case InMenu(menu), Submenu(own):
            return menu == own
        case Ended(prompt), Message(own) | Reject(own):
            return prompt == own
        case _:
            return False


def _reason(journey: Journey) -> str:
    return journey.decided.reason if journey.decided else ""


def _why(journey: Journey) -> str:
    decision = journey.decided.decision if journey.decided else None
    told = " ".join(decision.why).rstrip(".") if decision else ""
    return f": {told}" if told else ""


def _call(wanted: Expectation) -> str:
    keys = f" with {_keys(wanted.keys)}" if wanted.keys else ""
    caller = f" from {wanted.caller}" if wanted.caller else ""
    return f"the call to {wanted.number}{caller} on {wanted.at:%Y-%m-%d %H:%M}{keys}"


def _keys(keys: str) -> str:
    return f"key {keys}" if len(keys) == 1 else f"keys {', '.join(keys)}"


def _wanted(wanted: Expectation) -> str:
    if wanted.destination is not None:
        return f"to {wanted.destination}"
    if wanted.menu is not None:
        return f"to the menu {wanted.menu}"
    return f"with the message {wanted.announcement}"
