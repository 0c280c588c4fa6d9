"""The routing rules as the engine sees them: frozen values without behaviour that could fail.

Rule 1: a `Ruleset` that exists is whole. Dangling names, wrong types and impossible times are refused by
`ivr.rulebook`, so nothing here or in `decide` has to handle them.
Rule 2: spans of time are half-open, [start, end), in the time zone of their `OfficeHours`.
Rule 3: overrides come from people, not from the file. They may name what a ruleset does not have; then they do nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from zoneinfo import ZoneInfo

from ivr.routing.destinations import Destination
from ivr.routing.office_hours import OfficeHours
from ivr.routing.targets import Onward, Target, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.vocabulary import (
    AnnouncementId,
    DestinationId,
    Did,
    HoursId,
    Key,
    Language,
    MenuId,
    OverrideId,
    PromptId,
    RulesVersion,
    ServiceId,
    TopicId,
)

DEFAULT_SORRY = PromptId("sorry")  # for services made in code; the rules file must name its own


@dataclass(frozen=True, slots=True)
class Retry:
    """What happens on an invalid key or on no input: prompt, how many further tries, then the exit."""

    prompt: PromptId
    retries: int
    exit: Onward


_OPERATOR = ToOperator()


@dataclass(frozen=True, slots=True)
class Limit:
    """How many seconds a caller may stay in one menu, however often it is repeated, then the exit."""

    seconds: int = 180
    exit: Onward = _OPERATOR


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
    limit: Limit = Limit()


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message before the menu, valid in [since, until) of local time (naive) in each of its services.

    `texts` are the words to be spoken, if the rules hold them; then `prompt` is made from their content.
    """

    id: AnnouncementId
    prompt: PromptId
    since: datetime
    until: datetime
    skippable: bool = True
    texts: Mapping[Language, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallerRule:
    """Callers whose number, in normal form, begins with one of `prefixes` or is one of `numbers` are led elsewhere."""

    numbers: frozenset[str]
    prefixes: tuple[str, ...]
    target: ToLanguage | ToMenu | ToDestination


@dataclass(frozen=True, slots=True)
class Topic:
    """What a call was about: a code of digits that the operator keys in, and finer topics below it.

    `id` is its name in records: it stays when the code changes.
    """

    code: str
    id: TopicId
    title: Mapping[Language, str]
    topics: "tuple[Topic, ...]" = ()


@dataclass(frozen=True, slots=True)
class Service:
    """One short number with its aliases, as the rules write them. The first of `languages` is the default.

    `sorry` is the last message of a call that was passed on `max_hops` times. `spoken` holds the numbers (normal form)
    that speak another language first.
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
    spoken: Mapping[Did, Language] = field(default_factory=dict)
    callers: tuple[CallerRule, ...] = ()
    topics: tuple[Topic, ...] = ()
    announcements: tuple[Announcement, ...] = ()


class OverrideKind(Enum):
    """What an override does to its destination."""

    CLOSED = "closed"
    OPEN = "open"
    REDIRECT = "redirect"


@dataclass(frozen=True, slots=True)
class Override:
    """What a person ordered for one destination in [since, until): who, why, until when.

    `redirect` is set exactly for `OverrideKind.REDIRECT`.
    """

    id: OverrideId
    destination: DestinationId
    kind: OverrideKind
    since: datetime
    until: datetime
    reason: str
    author: str
    redirect: DestinationId | None = None


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules of one file, whole and consistent.

    `numbers` is the index from the normal form of a number (`ivr.routing.numbers.normal`) to its service.
    `max_hops` bounds the destinations of one call that the caller did not choose as a safety line, `max_menus` the
    menus played in it. `overrides` are those that are known now, oldest first; the youngest that holds counts.
    """

    version: RulesVersion
    services: Mapping[ServiceId, Service]
    menus: Mapping[MenuId, Menu]
    destinations: Mapping[DestinationId, Destination]
    hours: Mapping[HoursId, OfficeHours]
    numbers: Mapping[Did, ServiceId]
    max_hops: int = 5
    max_menus: int = 20
    overrides: Mapping[DestinationId, tuple[Override, ...]] = field(default_factory=dict)

    def overridden(self, overrides: Mapping[DestinationId, tuple[Override, ...]]) -> "Ruleset":
        """Return the same rules with other overrides."""
        return replace(self, overrides=overrides) if overrides or self.overrides else self
