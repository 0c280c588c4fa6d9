"""The routing rules as the engine sees them: frozen values without behaviour that could fail.

Rule 1: a `Ruleset` that exists is whole. Dangling names, wrong types and impossible times are refused by
`ivr.rulebook`, so nothing here or in `decide` has to handle them.
Rule 2: spans of time are half-open, [start, end), in the time zone of their `OfficeHours`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import Enum
from typing import TypeAlias
from zoneinfo import ZoneInfo

from ivr.vocabulary import (
    DestinationId,
    Did,
    HoursId,
    Key,
    Language,
    MenuId,
    PhoneId,
    PromptId,
    RulesVersion,
    ServiceId,
)

DEFAULT_SORRY = PromptId("sorry")  # for services made in code; the rules file must name its own


class ExitReason(Enum):
    """Why a destination did not take a call. The values are the keys of `exits:` in YAML."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ToDestination:
    """Connect the caller to a destination, if it is open; `say` is played first, if it is."""

    destination: DestinationId
    say: PromptId | None = None


@dataclass(frozen=True, slots=True)
class ToMenu:
    """Play a menu and ask for a key; `say` is played before the menu."""

    menu: MenuId
    say: PromptId | None = None


@dataclass(frozen=True, slots=True)
class ToLanguage:
    """Go on in another language, in the same menu."""

    language: Language


@dataclass(frozen=True, slots=True)
class Repeat:
    """Play the same menu again."""


@dataclass(frozen=True, slots=True)
class ToOperator:
    """Connect the caller to the service's operator destination; `say` is played first, if it is open."""

    say: PromptId | None = None


@dataclass(frozen=True, slots=True)
class Announce:
    """Play a message, then end the call politely."""

    prompt: PromptId


Onward: TypeAlias = ToDestination | ToMenu | ToOperator | Announce
"""What an exit asks for: it leads on, so it never stays in the same menu."""

Target: TypeAlias = Onward | ToLanguage | Repeat
"""What a key asks for."""


@dataclass(frozen=True, slots=True)
class Span:
    """Open minutes of one weekday, [start, end). An `end` up to `start` is on the next day; 00:00 is midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Weekly hours by weekday (0 = Monday), closed on the public holidays of `country` if one is given.

    `holidays` holds the dates, filled from the `holidays` library when the rules are read, with their names.
    """

    id: HoursId
    zone: ZoneInfo
    weekly: Mapping[int, tuple[Span, ...]]
    country: str | None = None
    holidays: Mapping[date, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ring:
    """One phone of a destination and how long it rings, in seconds."""

    phone: PhoneId
    seconds: int


@dataclass(frozen=True, slots=True)
class Destination:
    """A department: phones that ring one after the other, and an exit for each way of failing.

    `hours` None means around the clock. `exits` holds every `ExitReason` that can happen
    (`CLOSED` is absent exactly if `hours` is None). `safety` marks a 24/7 line that nothing may close.
    """

    id: DestinationId
    title: Mapping[Language, str]
    phones: tuple[Ring, ...]
    exits: Mapping[ExitReason, Onward]
    hours: HoursId | None = None
    safety: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """What happens on an invalid key or on no input: prompt, how many further tries, then the exit."""

    prompt: PromptId
    retries: int
    exit: Onward


@dataclass(frozen=True, slots=True)
class Menu:
    """A prompt, the keys with their targets, and the forgiving handling of mistakes.

    `timeout` is how long to wait for a key after the prompt, in seconds.
    """

    id: MenuId
    prompt: PromptId
    keys: Mapping[Key, Target]
    invalid: Retry
    no_input: Retry
    timeout: float = 5.0


@dataclass(frozen=True, slots=True)
class Service:
    """One short number with its aliases, as the rules write them. The first of `languages` is the default.

    `sorry` is the last message of a call that was passed on `max_hops` times.
    """

    id: ServiceId
    title: Mapping[Language, str]
    numbers: tuple[Did, ...]
    zone: ZoneInfo
    languages: tuple[Language, ...]
    welcome: PromptId
    menu: MenuId
    operator: DestinationId
    sorry: PromptId = DEFAULT_SORRY


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules of one file, whole and consistent.

    `numbers` is the index from the normal form of a number (`ivr.routing.numbers.normal`) to its service.
    `max_hops` bounds the destinations of one call that the caller did not choose as a safety line.
    """

    version: RulesVersion
    services: Mapping[ServiceId, Service]
    menus: Mapping[MenuId, Menu]
    destinations: Mapping[DestinationId, Destination]
    hours: Mapping[HoursId, OfficeHours]
    numbers: Mapping[Did, ServiceId]
    max_hops: int = 5
