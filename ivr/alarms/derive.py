"""What a step of a call says about lines and prompts: session, event and actions in, facts out. Pure.

Rule 1: a visit of a safety line counts once, however many phones rang in it. A caller who hangs up soon is not counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from ivr.alarms.facts import Fact, LineTried, SafetyVisited
from ivr.calls.actions import Action, Announcements, Ask, Connect, GiveUp, Goodbye, Resume, Return, TypeAgain
from ivr.calls.events import CallEntered, CallEvent, CallFound, Connected, HungUp, Stage
from ivr.calls.session import CallSession, CallState
from ivr.calls.transfer import RETURNED
from ivr.routing.destinations import ExitReason, External
from ivr.routing.rules import Ruleset
from ivr.vocabulary import DestinationId, Language, PhoneId, PromptId

PATIENCE = 10.0
"""Seconds of ringing after which a caller who hangs up was not answered; before that it may have been a mistake."""
GAVE_UP = "gave_up"
"""How a visit ended whose caller hung up while it rang; the other words are those of `ExitReason`."""

Sound: TypeAlias = tuple[Language, PromptId]
"""A prompt in the language in which it is played."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """What rings for a call now; `since` (seconds) is when the visit of the destination began."""

    destination: DestinationId
    phone: PhoneId
    since: float


def ringing_after(
    ringing: Ringing | None,
    event: CallEvent,
    after: CallSession,
    actions: tuple[Action, ...],
    rules: Ruleset,
    seconds: float,
) -> Ringing | None:
    """Give what rings after a step."""
    if after.state is not CallState.CONNECTING:
        return None
    for action in actions:
        if isinstance(action, Connect):
            goes_on = ringing is not None and ringing.destination == action.destination and action.position > 0
            since = ringing.since if ringing is not None and goes_on else seconds
            return Ringing(action.destination, action.phone, since)
    return _adopted(event.entered, rules, seconds) if isinstance(event, CallFound) else ringing


def _adopted(found: CallEntered, rules: Ruleset, seconds: float) -> Ringing | None:
    """Give what rings for a call that was found under way; since when is not known."""
    destination = rules.destinations.get(found.destination or DestinationId(""))
    lines = destination.lines[found.position : found.position + 1] if destination else ()
    return next((Ringing(destination.id, ring.phone, seconds) for ring in lines if destination), None)


def facts_of(
    event: CallEvent,
    actions: tuple[Action, ...],
    ringing: Ringing | None,
    rules: Ruleset,
    seconds: float,
) -> tuple[Fact, ...]:
    """Give what a step says about lines; `ringing` is what rang before it."""
    match event:
        case CallEntered() as entered:
            return tuple(_failed(entered, actions, rules))
        case CallFound(stage=Stage.WAITING, entered=entered):
            return tuple(_failed(entered, actions, rules))
        case Connected() if ringing is not None:
            return tuple(_taken(ringing, rules))
        case HungUp() if ringing is not None and seconds - ringing.since >= PATIENCE:
            return tuple(_visited(ringing.destination, GAVE_UP, rules))
        case _:
            return ()


def _failed(event: CallEntered, actions: tuple[Action, ...], rules: Ruleset) -> Iterator[Fact]:
    """Give what a caller says whose phone failed. A call that a colleague passes on brings the result of an older phone."""
    name, result = event.destination, event.result
    if name is None or result is None or event.transfer or name not in rules.destinations:
        return
    if event.position == RETURNED:
        return  # the destination was counted when the caller was given back to the colleague
    for ring in rules.destinations[name].lines[event.position : event.position + 1]:
        yield LineTried(name, ring.phone, _outside(name, rules), result)
    if not any(_goes_on(action, name, event.position) for action in actions):
        yield from _visited(name, result.value, rules)


def _goes_on(action: Action, name: DestinationId, position: int) -> bool:
    return isinstance(action, Connect) and action.destination == name and action.position == position + 1


def _taken(ringing: Ringing, rules: Ruleset) -> Iterator[Fact]:
    yield LineTried(ringing.destination, ringing.phone, _outside(ringing.destination, rules), None)
    yield from _visited(ringing.destination, "", rules)


def _visited(name: DestinationId, missed: str, rules: Ruleset) -> Iterator[Fact]:
    destination = rules.destinations.get(name)
    if destination is not None and destination.safety:
        yield SafetyVisited(name, missed)


def _outside(name: DestinationId, rules: Ruleset) -> bool:
    destination = rules.destinations.get(name)
    return destination is not None and isinstance(destination.kind, External)


def sounds_of(action: Action) -> tuple[Sound, ...]:
    """Give the prompts that an action plays."""
    match action:
        case Ask(language=language, prompts=prompts) | Goodbye(language=language, prompts=prompts):
            return tuple((language, prompt) for prompt in prompts)
        case Announcements(language=language, say=say, prompts=prompts):
            return tuple((language, prompt) for prompt in (*say, *prompts))
        case Connect(language=language, say=say):
            return tuple((language, prompt) for prompt in say)
        case GiveUp() | TypeAgain() | Resume() | Return():
            return ()
        case _:
            assert_never(action)


def word(failed: ExitReason | None) -> str:
    """Give the word for how a line took a call, as the metrics and the records have it."""
    return failed.value if failed else "answered"
