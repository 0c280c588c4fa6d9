"""What the statistics tell: every figure as a frozen value. PURE.

Rule 1: a figure counts calls unless its name says otherwise; `calls` is always the number of calls it was made from.
Rule 2: what is not known is a row of its own (`""`), never left out, so that rows sum to the whole.
Rule 3: durations are exact to the microsecond; a mean is rounded down to one. Percentiles are those of the nearest rank:
the `ceil(p * n)`-th smallest. Over nothing they are None.
Rule 4: rows are in a fixed order: the most calls first, then by name; days, hours and stages in their own order.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from cdr.record.words import Disposition

Grid = tuple[tuple[int, ...], ...]
"""Seven rows (Monday first) of 24 numbers, by the local hour in which the calls started."""


def share(part: int, whole: int) -> float | None:
    """Give a part of a whole, 0 to 1; None of nothing."""
    return part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, over `calls` calls."""

    calls: int
    mean: timedelta | None
    p50: timedelta | None
    p90: timedelta | None
    p95: timedelta | None


@dataclass(frozen=True, slots=True)
class NumberCount:
    """Calls to one number (alias) of a service."""

    service: str
    number: str
    calls: int


@dataclass(frozen=True, slots=True)
class DestinationCount:
    """Calls that were sent to a destination: at all (`calls`), first, and last; `answered` there at least once.

    `destination` is `""` for calls that were sent to none; over all rows `first` sums to all calls, and so does `last`.
    """

    service: str
    destination: str
    calls: int
    first: int
    last: int
    answered: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """Calls of one local day. `lost` are those among them whose end is not known (`pbx_lost`, `journal_gap`)."""

    day: date
    calls: int
    lost: int


@dataclass(frozen=True, slots=True)
class Volume:
    """How many calls there were, by what and when. Every day of the scope is there, also those without a call.

    `by_month` has the first day of each local month. `by_service`, `by_number`, `by_month`, `by_day` and `by_hour` each sum
    to `calls`.
    """

    calls: int
    by_service: tuple[tuple[str, int], ...]
    by_number: tuple[NumberCount, ...]
    by_destination: tuple[DestinationCount, ...]
    by_month: tuple[tuple[date, int], ...]
    by_day: tuple[DayCount, ...]
    by_hour: Grid


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """Calls of a service that ended so."""

    service: str
    disposition: Disposition
    calls: int


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the calls ended: each in exactly one way, open ones as `open`.

    `total` has every disposition in the order of `Disposition`, also those without a call; it sums to `calls`. `by_service`
    has those that occurred. `reached` are calls that talked with a person, whatever happened later.
    """

    calls: int
    reached: int
    total: tuple[tuple[Disposition, int], ...]
    by_service: tuple[OutcomeCount, ...]


@dataclass(frozen=True, slots=True)
class Durations:
    """How long calls that have ended were in the menus, waited, talked, and lasted; and how fast they were answered.

    `service` is None for all services of the scope together. `menu` and `total` are over all calls; `waiting` over those for
    which a phone was called, `talking` over those that talked with a person; `answer` (connected - first phone
    called) over those that did after a phone was called.
    """

    service: str | None
    menu: Spread
    waiting: Spread
    talking: Spread
    total: Spread
    answer: Spread


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How many calls were answered within `seconds` after the first phone was called.

    `service` is None for all together. `offered`: calls for which a phone was called and that have ended; `answered`: those
    that reached a person; `in_time`: within `seconds`; `abandoned_late`: the caller gave up ringing after more than that.
    """

    service: str | None
    seconds: int
    offered: int
    answered: int
    in_time: int
    abandoned_late: int

    @property
    def of_offered(self) -> float | None:
        """Give in_time / offered."""
        return share(self.in_time, self.offered)

    @property
    def of_served(self) -> float | None:
        """Give in_time / (answered + abandoned_late): who gave up early and who was turned away does not count."""
        return share(self.in_time, self.answered + self.abandoned_late)


@dataclass(frozen=True, slots=True)
class Stage:
    """Callers who hung up at a stage: `welcome`, `announcement`, `menu`, `ringing` or `message`; `after` how long in all."""

    stage: str
    calls: int
    after: Spread


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Where callers gave up. `calls` are all that have ended; all five stages are there, in the order of a call."""

    calls: int
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """Calls that went this way: the first key that was no language, the first and the final destination; `""`: none."""

    service: str
    key: str
    first: str
    final: str
    calls: int


@dataclass(frozen=True, slots=True)
class PassCount:
    """How often a person handed a caller on: `kind` (blind, attended, supervisor), what came of it, and why not."""

    kind: str
    result: str
    reason: str
    passes: int


@dataclass(frozen=True, slots=True)
class Redirections:
    """How callers were led: the matrix sums to `calls`, so do `hops` (redirections per call, calls), from 0 on."""

    calls: int
    matrix: tuple[Route, ...]
    hops: tuple[tuple[int, int], ...]
    passes: tuple[PassCount, ...]
