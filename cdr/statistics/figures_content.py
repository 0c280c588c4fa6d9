"""What callers met: menus, closed doors, announcements, safety lines, topics, rules; and how far to trust it. PURE.

The rules of `cdr.statistics.figures` hold here too.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cdr.record.words import LedBy
from cdr.statistics.figures import Grid, Spread, share


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How often a key was pressed in a menu, rightly (`valid`) or not; `waited` since the menu began to play."""

    key: str
    valid: bool
    presses: int
    waited: Spread


@dataclass(frozen=True, slots=True)
class MenuFunnel:
    """What came of one menu.

    `calls` met it. `shown` is how often it was played. Each showing ends with a `valid` key, an `invalid` one, silence
    (`no_input`), or is `left`: by hanging up or by being led elsewhere. A key that came without a showing counts as well, so
    the four may sum to more than `shown`. `waited` is the time to a key, over keys; `keys` in the order of their names.
    """

    service: str
    menu: str
    calls: int
    shown: int
    valid: int
    invalid: int
    no_input: int
    left: int
    waited: Spread
    keys: tuple[KeyCount, ...]


@dataclass(frozen=True, slots=True)
class DestinationCalls:
    """Calls of a service to a destination."""

    service: str
    destination: str
    calls: int


@dataclass(frozen=True, slots=True)
class Unserved:
    """Calls that met something closed and reached nobody, by when they came. `of` are all calls of the scope.

    `by_destination` is where they were sent last.
    """

    calls: int
    of: int
    by_hour: Grid
    by_destination: tuple[DestinationCalls, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Calls whose caller had called the same service before, at most `within` earlier."""

    within: timedelta
    calls: int


@dataclass(frozen=True, slots=True)
class Repeats:
    """Who called again. `calls` are all, `known` those whose caller is told from others; the windows are 1 h, 24 h, 7 d."""

    calls: int
    known: int
    windows: tuple[Repeat, ...]


@dataclass(frozen=True, slots=True)
class AnnouncementCount:
    """How many calls an announcement reached, and how many of their callers hung up because of it.

    `begun = whole + part`. `hung_up_during` and `hung_up_after` (within 5 s) are the calls with the disposition
    `abandoned_announcement` in which it was the last to begin. Calls that have ended, each once.
    """

    announcement: str
    begun: int
    whole: int
    part: int
    hung_up_during: int
    hung_up_after: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A call that was sent to a safety line and reached nobody there, in local time. `caller` is masked."""

    started: datetime
    node: str
    linkedid: str
    service: str
    destination: str
    caller: str
    result: str
    waited: timedelta


@dataclass(frozen=True, slots=True)
class SafetyLine:
    """How a destination that nothing may close was answered, counted from the moment the caller was sent there.

    `sent` is how often a caller was, in calls that have ended; `answered` of those, `within_10` and `within_20` seconds.
    """

    destination: str
    sent: int
    answered: int
    within_10: int
    within_20: int


@dataclass(frozen=True, slots=True)
class Safety:
    """The safety lines, each that was asked for, and every call that none of its people took, oldest first."""

    lines: tuple[SafetyLine, ...]
    unanswered: tuple[Unanswered, ...]


@dataclass(frozen=True, slots=True)
class TopicCount:
    """Calls with a topic; `""` is the row of those for which none was given, and is always there.

    `answered` of the calls talked with a person. `consulted`, `registered` and `not_told` (what was done is not known)
    sum to `calls`; `cases` of them have a case reference.
    """

    service: str
    topic: str
    calls: int
    answered: int
    consulted: int
    registered: int
    not_told: int
    cases: int


@dataclass(frozen=True, slots=True)
class Topics:
    """What the calls were about; the rows sum to `calls`, their `answered` to `answered`."""

    calls: int
    answered: int
    counts: tuple[TopicCount, ...]

    def of_calls(self, count: TopicCount) -> float | None:
        """Give a topic's share of all calls."""
        return share(count.calls, self.calls)

    def of_answered(self, count: TopicCount) -> float | None:
        """Give a topic's share of the calls that talked with a person."""
        return share(count.answered, self.answered)


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many calls a rule sent to a destination for this reason, and how often it did so in all (`sent`).

    `rule` is `""` where a person handed the caller on, or where a foreign dialplan decided.
    """

    service: str
    rule: str
    destination: str
    reason: str
    calls: int
    sent: int


@dataclass(frozen=True, slots=True)
class Quality:
    """How far the figures can be trusted. All but the last two count calls of the scope.

    `pbx_lost` and `journal_gap`: the end is not known; `lost_days` are the local days with such calls. `open`: not over,
    `open_long` of them for more than a day. `stepped`: the host's clock was stepped during the call. `led_by` has every
    `LedBy`, and sums to `calls`. `without_service`: the call was never given to one. `silent_days`: local days, over by now,
    in which no call began. `quarantined` pieces of journals that could not be read, and `stale` calls whose rows an older
    release made, are those of the whole store: they tell no time.
    """

    calls: int
    pbx_lost: int
    journal_gap: int
    lost_days: tuple[date, ...]
    open: int
    open_long: int
    stepped: int
    led_by: tuple[tuple[LedBy, int], ...]
    without_service: int
    silent_days: tuple[date, ...]
    quarantined: int
    stale: int
