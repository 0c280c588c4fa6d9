"""What a report is made from: figures, requests and names. PURE."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from cdr.cases.store import Requests
from cdr.statistics.figures import Outcomes
from cdr.statistics.figures_month import MonthFigures


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called in the report's language. What is not named is shown by its id.

    `topics` belong to the one service of the report; `topic_of` gives the topic above a topic, where there is one.
    """

    service: str
    numbers: str
    destinations: Mapping[str, str] = field(default_factory=dict)
    menus: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    topic_of: Mapping[str, str] = field(default_factory=dict)
    rules_version: str = ""

    def uppermost(self, topic: str) -> str:
        """Give the topic at the top of the tree that a topic belongs to."""
        seen: set[str] = set()
        while topic in self.topic_of and topic not in seen:
            seen.add(topic)
            topic = self.topic_of[topic]
        return topic


@dataclass(frozen=True, slots=True)
class Span:
    """Local days, both included. `is_month` says that it is one whole calendar month."""

    first: date
    last: date

    @property
    def is_month(self) -> bool:
        """Tell whether these are all days of one month."""
        return self.first.day == 1 and self.is_last_of_month and self.is_within_month

    @property
    def is_last_of_month(self) -> bool:
        """Tell whether the last day ends its month."""
        return (self.last + timedelta(days=1)).day == 1

    @property
    def is_within_month(self) -> bool:
        """Tell whether all days lie in one calendar month."""
        return (self.first.year, self.first.month) == (self.last.year, self.last.month)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the report tells of an earlier month."""

    span: Span
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that a report of one service and span tells.

    `before` is the month before and `year_before` the same month a year before; None where there were no calls yet, and in
    reports of other spans. `months` are the calls of each month that the picture of the development shows, oldest first.
    """

    span: Span
    figures: MonthFigures
    requests: Requests
    names: Names
    before: Earlier | None = None
    year_before: Earlier | None = None
    months: tuple[tuple[date, int], ...] = ()
