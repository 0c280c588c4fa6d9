"""All figures of a report at once. PURE."""

from dataclasses import dataclass
from datetime import datetime

from cdr.statistics.figures import Abandoned, Durations, Outcomes, Redirections, ServiceLevel, Volume
from cdr.statistics.figures_content import (
    AnnouncementCount,
    MenuFunnel,
    Quality,
    Repeats,
    RuleCount,
    Safety,
    Topics,
    Unserved,
)
from cdr.statistics.scope import Scope


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """Every figure over one scope, all from one state of the store, as known `at` that moment.

    `durations` and `service_levels` begin with the row of all services together (`service` None).
    """

    scope: Scope
    at: datetime
    volume: Volume
    outcomes: Outcomes
    durations: tuple[Durations, ...]
    service_levels: tuple[ServiceLevel, ...]
    abandoned: Abandoned
    redirections: Redirections
    menus: tuple[MenuFunnel, ...]
    unserved: Unserved
    repeats: Repeats
    announcements: tuple[AnnouncementCount, ...]
    safety: Safety
    topics: Topics
    rules: tuple[RuleCount, ...]
    quality: Quality
