"""Which calls are shown, and in which order. PURE.

Rule 1: no order depends on the time, so nothing moves because a second has passed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from ivr.monitor.trouble import of_call
from ivr.monitor.words import STAGES
from ivr.supervision.models import Call, Stage


class Sort(Enum):
    """What calls are sorted by."""

    WAIT = "wait"
    THERE = "there"
    NEWEST = "newest"
    SERVICE = "service"
    STAGE = "stage"
    DESTINATION = "destination"

    def next(self) -> "Sort":
        """Give the one that follows."""
        all_ = list(Sort)
        return all_[(all_.index(self) + 1) % len(all_)]


_STAGES = {stage: place for place, stage in enumerate(Stage)}
_KEYS: Mapping[Sort, Callable[[Call], Any]] = {
    Sort.WAIT: lambda call: (call.waiting_since is None, call.waiting_since or call.since),
    Sort.THERE: lambda call: call.since,
    Sort.NEWEST: lambda call: -call.started.timestamp(),
    Sort.SERVICE: lambda call: call.service,
    Sort.STAGE: lambda call: _STAGES[call.stage],
    Sort.DESTINATION: lambda call: (call.destination == "", call.destination),
}

FIELDS: Mapping[str, Callable[[Call], str]] = {
    "service": lambda call: call.service,
    "caller": lambda call: call.caller,
    "language": lambda call: call.language,
    "stage": lambda call: STAGES[call.stage],
    "destination": lambda call: call.destination,
    "rule": lambda call: call.rule,
    "menu": lambda call: call.menu,
    "phone": lambda call: call.phone,
    "number": lambda call: call.number,
    "reason": lambda call: call.reason,
    "topic": lambda call: call.topic,
    "engine": lambda call: f"{call.engine} {call.led_by}",
    "call": lambda call: f"{call.node} {call.call}",
}
"""The names that a word of a filter may begin with, before a colon."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter: all words must be found, each anywhere in a call or in one field of it."""

    words: tuple[tuple[str, str], ...] = ()
    in_trouble: bool = False

    def __bool__(self) -> bool:
        return bool(self.words) or self.in_trouble

    def takes(self, call: Call) -> bool:
        """Tell whether the words are found in a call; trouble is not looked at."""
        return all(text in FIELDS[name](call).lower() if name else text in _all(call) for name, text in self.words)


def wanted(text: str) -> Wanted:
    """Read a filter as it is typed. A word that begins with no field's name is looked for everywhere."""
    words = text.lower().split()
    return Wanted(tuple(_word(word) for word in words if word != "!"), "!" in words)


def arranged(calls: Iterable[Call], sort: Sort, backwards: bool = False) -> list[Call]:
    """Sort calls; those that are equal stand by their beginning and name."""
    first = _KEYS[sort]
    return sorted(calls, key=lambda call: (first(call), call.started, call.call), reverse=backwards)


def shown(calls: Iterable[Call], filter_: Wanted, at: datetime, within: Callable[[str], int | None]) -> Iterable[Call]:
    """Give the calls that a filter lets through, in their order."""
    for call in calls:
        if filter_.takes(call) and (not filter_.in_trouble or of_call(call, at, within(call.service)).level):
            yield call


def _word(word: str) -> tuple[str, str]:
    name, colon, text = word.partition(":")
    return (name, text) if colon and name in FIELDS else ("", word)


def _all(call: Call) -> str:
    return "\n".join(field(call) for field in FIELDS.values()).lower()
