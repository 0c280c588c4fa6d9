"""What `ivr stats` can tell: for each noun how its figure is read and laid out in tables."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics import flat, flat_content
from cdr.statistics.abandoned import abandoned
from cdr.statistics.announcements import announcements
from cdr.statistics.durations import durations
from cdr.statistics.flat import FlatTable
from cdr.statistics.menus import menus
from cdr.statistics.outcomes import outcomes
from cdr.statistics.quality import quality
from cdr.statistics.redirections import redirections
from cdr.statistics.repeats import repeats
from cdr.statistics.rules import rules
from cdr.statistics.safety import safety
from cdr.statistics.scope import Scope
from cdr.statistics.service_level import service_levels
from cdr.statistics.topics import topics
from cdr.statistics.unserved import unserved
from cdr.statistics.volume import volume

_Figure = TypeVar("_Figure")


class Noun(StrEnum):
    """What is told."""

    VOLUME = "volume"
    OUTCOMES = "outcomes"
    DURATIONS = "durations"
    SERVICE_LEVEL = "service-level"
    ABANDONED = "abandoned"
    REDIRECTIONS = "redirections"
    MENUS = "menus"
    UNSERVED = "unserved"
    REPEAT = "repeat"
    ANNOUNCEMENTS = "announcements"
    SAFETY = "safety"
    TOPICS = "topics"
    RULES = "rules"
    QUALITY = "quality"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the figures need to be read: over which calls, when, which lines are safety lines, how fast is in time."""

    scope: Scope
    at: datetime
    safety_lines: frozenset[str]
    seconds: int


@dataclass(frozen=True, slots=True)
class Told:
    """A figure and its tables."""

    figure: object
    tables: list[FlatTable]


@dataclass(frozen=True, slots=True)
class Kind(Generic[_Figure]):
    """How one noun is read and laid out."""

    read: Callable[[AsyncConnection, Asked], Awaitable[_Figure]]
    tables: Callable[[_Figure], list[FlatTable]]

    async def told(self, connection: AsyncConnection, asked: Asked) -> Told:
        """Read the figure."""
        figure = await self.read(connection, asked)
        return Told(figure, self.tables(figure))


NOUNS: Mapping[Noun, Kind[Any]] = {
    Noun.VOLUME: Kind(lambda store, asked: volume(store, asked.scope), flat.volume_tables),
    Noun.OUTCOMES: Kind(lambda store, asked: outcomes(store, asked.scope), flat.outcomes_tables),
    Noun.DURATIONS: Kind(lambda store, asked: durations(store, asked.scope), flat.durations_tables),
    Noun.SERVICE_LEVEL: Kind(
        lambda store, asked: service_levels(store, asked.scope, asked.seconds), flat.service_level_tables
    ),
    Noun.ABANDONED: Kind(lambda store, asked: abandoned(store, asked.scope), flat.abandoned_tables),
    Noun.REDIRECTIONS: Kind(lambda store, asked: redirections(store, asked.scope), flat.redirections_tables),
    Noun.MENUS: Kind(lambda store, asked: menus(store, asked.scope), flat_content.menus_tables),
    Noun.UNSERVED: Kind(lambda store, asked: unserved(store, asked.scope), flat_content.unserved_tables),
    Noun.REPEAT: Kind(lambda store, asked: repeats(store, asked.scope), flat_content.repeats_tables),
    Noun.ANNOUNCEMENTS: Kind(lambda store, asked: announcements(store, asked.scope), flat_content.announcements_tables),
    Noun.SAFETY: Kind(lambda store, asked: safety(store, asked.scope, asked.safety_lines), flat_content.safety_tables),
    Noun.TOPICS: Kind(lambda store, asked: topics(store, asked.scope), flat_content.topics_tables),
    Noun.RULES: Kind(lambda store, asked: rules(store, asked.scope), flat_content.rules_tables),
    Noun.QUALITY: Kind(lambda store, asked: quality(store, asked.scope, asked.at), flat_content.quality_tables),
}
"""Every noun but `all`, in the order in which `all` tells them."""


async def told(connection: AsyncConnection, noun: Noun, asked: Asked) -> dict[Noun, Told]:
    """Read one figure, or all."""
    nouns = NOUNS if noun is Noun.ALL else (noun,)
    return {one: await NOUNS[one].told(connection, asked) for one in nouns}
