"""Made-up calls for `bench.records_filler`: the rows of one call, plausible and consistent.

Rule 1: everything comes from the given random numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

SECOND = 1_000_000  # microseconds
WEEK = 7 * 24 * 3600 * SECOND
DAY = 24 * 3600 * SECOND
EVENING = 17  # UTC hour after which offices are closed
SERVICES = ("kekava", "jelgava", "kryvyi-rih", "plovdiv")
LINES = ("information", "utility", "police", "water", "transport", "duty")
HOURS = (1, 1, 1, 1, 2, 4, 12, 20, 26, 24, 22, 20, 20, 18, 14, 10, 7, 5, 4, 3, 2, 2, 1, 1)
"""How many calls come in each hour (UTC) in proportion."""

TOPICS = ("", "", "", "heating", "water", "roads", "residence", "property-tax", "street-lighting", "other")
ENDS = (
    ("answered", 62),
    ("abandoned_ringing", 9),
    ("abandoned_menu", 6),
    ("abandoned_welcome", 3),
    ("abandoned_announcement", 3),
    ("closed", 6),
    ("no_answer", 4),
    ("busy", 3),
    ("informed", 3),
    ("no_input", 1),
    ("pbx_lost", 0.05),
    ("journal_gap", 0.05),
)
RINGING = frozenset({"answered", "abandoned_ringing", "no_answer", "busy"})

Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""By the name of the table."""


@dataclass(frozen=True, slots=True)
class Citizens:
    """Who calls: some often, most once or twice."""

    random: Random
    tokens: tuple[str, ...]

    def one(self) -> str:
        """Give somebody's token, `""` for one call in thirty: withheld."""
        at = self.random.random()
        return "" if at > 0.967 else self.tokens[int(len(self.tokens) * at * at)]


def citizens(random: Random, calls: int) -> Citizens:
    """Make up the citizens behind so many calls."""
    return Citizens(random, tuple(f"~{random.getrandbits(64):016x}" for _ in range(max(1, calls // 2))))


def starts(random: Random, since: int, number: int, weeks: int) -> list[int]:
    """Make up when so many calls begin, in order: by day and fewer at weekends. Microseconds since 1970."""
    days = random.choices(range(7), (10, 10, 10, 10, 9, 3, 2), k=number)
    hours = random.choices(range(24), HOURS, k=number)
    parts = ((random.randrange(weeks), random.randrange(3600 * SECOND)) for _ in range(number))
    return sorted(
        since + week * WEEK + day * DAY + hour * 3600 * SECOND + rest
        for day, hour, (week, rest) in zip(days, hours, parts, strict=True)
    )


def call(random: Random, people: Citizens, at: int, number: int) -> Rows:
    """Make up one call that began then; `number` tells it from others of the same second."""
    return _Call(random, people.one(), at, number).rows()


class _Call:
    def __init__(self, random: Random, caller: str, at: int, number: int) -> None:
        self._random = random
        self._start = at
        self._key: Row = {"started_us": at, "node": "pbx", "linkedid": f"pbx-{at // SECOND}.{number % 100000}"}
        self._service = random.choice(SERVICES)
        self._end = random.choices([name for name, _ in ENDS], [weight for _, weight in ENDS])[0]
        self._caller = caller
        self._menu = random.randrange(2 * SECOND, 40 * SECOND)
        asked = self._end in RINGING
        self._waiting = int(random.expovariate(1 / 9) * SECOND) + SECOND if asked else 0
        self._talking = int(random.expovariate(1 / 150) * SECOND) + SECOND if self._end == "answered" else 0
        self._asked = at + self._menu if asked else None
        self._closed = self._end == "closed" or random.random() < 0.02
        self._way = self._visits()

    def rows(self) -> Rows:
        passes = list(self._passes()) if self._talking else []
        return {
            "calls": [self._call(len(passes))],
            "keys": self._placed(list(self._keys())),
            "visits": self._placed(self._way),
            "announcements": self._placed(list(self._announcements())),
            "passes": self._placed(passes),
        }

    def _placed(self, rows: list[Row]) -> list[Row]:
        return [{**self._key, "place": place, "service": self._service, **row} for place, row in enumerate(rows)]

    def _call(self, passes: int) -> Row:
        start = self._start
        end = start + self._menu + self._waiting + self._talking
        topic = self._random.choice(TOPICS) if self._talking else ""
        return {
            **self._key,
            "service": self._service,
            "number": self._service + self._random.choice(("", "", "", "-alias")),
            "caller": self._caller,
            "language": "lv",
            "answered_us": start + 200_000,
            "connected_us": None if not self._talking else end - self._talking,
            "ended_us": end,
            "seen_until_us": end,
            "menu_us": self._menu,
            "waiting_us": self._waiting,
            "talking_us": self._talking,
            "asked_us": self._asked,
            "disposition": self._end,
            "hung_up_by": self._random.choice(("caller", "ivr")),
            "hangup_cause": 16,
            "led_by": "fallback" if self._random.random() < 0.01 else "engine",
            "rules": "3f9a1c2b7d10",
            "engine": "one",
            "complete": True,
            "stepped_us": 0,
            "path": "1",
            "first_key": self._random.choice("1230") if self._way else "",
            "first_destination": self._way[0]["destination"] if self._way else "",
            "last_destination": self._way[-1]["destination"] if self._way else "",
            "answered_by": "phone-1" if self._talking else "",
            "redirections": max(0, len(self._way) - 1) + passes,
            "transfers": passes,
            "returns": 0,
            "met_closed": self._closed,
            "topic": topic,
            "result": self._random.choice(("consulted", "registered")) if topic else "",
            "case_reference": "",
            "previous_us": None,
        }

    def _keys(self) -> Iterator[Row]:
        menu, at = f"{self._service}-main", self._start
        while self._random.random() < 0.08:
            at += 3 * SECOND
            result = self._random.choice(("invalid", "no_input"))
            yield {"at_us": at, "menu": menu, "key": "5", "result": result, "waited_us": 3 * SECOND}
        waited = self._random.randrange(SECOND, 15 * SECOND)
        result = "valid" if self._way else "left"
        key = self._random.choice("1230") if self._way else ""
        yield {"at_us": at + waited, "menu": menu, "key": key, "result": result, "waited_us": waited}

    def _visits(self) -> list[Row]:
        if (self._end.startswith("abandoned") and self._asked is None) or self._end == "no_input":
            return []
        number = 2 if self._random.random() < 0.15 else 1
        return [self._visit(last=place == number - 1) for place in range(number)]

    def _visit(self, *, last: bool) -> Row:
        line = self._random.choice(LINES)
        start = self._start
        answered = last and self._talking > 0
        return {
            "at_us": start + self._menu,
            "destination": f"{self._service}-{line}",
            "rule": f"{self._service}-main/{LINES.index(line)}",
            "reason": "closed" if self._closed else "key",
            "asked_us": self._asked,
            "connected_us": start + self._menu + self._waiting if answered else None,
            "waiting_us": self._waiting if last else 0,
            "talking_us": self._talking if last else 0,
            "result": "answered" if answered else "closed" if self._closed else "abandoned" if last else "no_answer",
        }

    def _announcements(self) -> Iterator[Row]:
        if self._end == "abandoned_announcement" or self._random.random() < 0.2:
            left = self._end == "abandoned_announcement"
            hung_up = self._random.choice(("during", "after")) if left else ""
            heard = "part" if hung_up == "during" else "whole"
            yield {"announcement": "water-off", "prompt": "water-off", "heard": heard, "hung_up": hung_up}

    def _passes(self) -> Iterator[Row]:
        if self._random.random() < 0.05:
            result = self._random.choice(("answered", "answered", "returned"))
            yield {
                "at_us": self._start + self._menu + self._waiting,
                "kind": self._random.choice(("blind", "attended")),
                "from_phone": "phone-1",
                "target": "2003",
                "result": result,
                "reason": "busy" if result == "returned" else "",
            }
