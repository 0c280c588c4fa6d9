"""What the citizens of the load do. Pure: a seed gives the same citizens again.

Rule 1: the kind of a citizen stands in the fifth digit of the caller's number; SIPp's phones look at it.
Rule 2: every plan ends by the citizen's own BYE, before the service would end the call. Whoever else ends it dropped it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

PREFIX = "3712"
WELCOME, MENU = 6.9, 14.8  # seconds that the two prompts take
AGAIN = 5.0  # seconds until a key is pressed a second time, if no phone has answered
MENU_WAIT = 5.0  # seconds that the menu waits for a key after its prompt (`timeout` of the rules)


class Kind(Enum):
    """What a citizen does. The value is the digit in the caller's number."""

    LEAVES_WELCOME = "0"
    LEAVES_MENU = "1"
    TALKS = "2"
    FAILS_OVER = "3"
    EMERGENCY = "4"
    SILENT = "5"
    TRANSFERRED = "6"
    WAITS = "7"
    RETURNED = "8"
    ATTENDED = "9"


SHARES = {
    Kind.LEAVES_WELCOME: 8,
    Kind.LEAVES_MENU: 14,
    Kind.TALKS: 14,
    Kind.FAILS_OVER: 14,
    Kind.EMERGENCY: 12,
    Kind.SILENT: 6,
    Kind.TRANSFERRED: 10,
    Kind.WAITS: 10,
    Kind.RETURNED: 6,
    Kind.ATTENDED: 6,
}
"""How many of a hundred citizens are of each kind."""
PASSED_ON = {Kind.TRANSFERRED: 7.0, Kind.RETURNED: 13.5, Kind.ATTENDED: 8.0}
"""Kinds that a colleague passes on, with the seconds before their BYE by which he must have answered: then it must work."""
REACHES = frozenset({Kind.TALKS, Kind.FAILS_OVER, Kind.EMERGENCY, Kind.WAITS, *PASSED_ON})
"""Kinds that press the key of an emergency line and must reach a phone."""
EMERGENCY_KEY, POLICE_KEY, DUTY_KEY = "2", "3", "0"


@dataclass(frozen=True, slots=True)
class Plan:
    """One citizen: `key` is pressed at `key_at`, the BYE comes at `seconds`, both in seconds after the answer.

    Who presses a key and hears nobody answer presses it once more, as people do: `AGAIN` seconds later.
    """

    index: int
    kind: Kind
    key_at: float
    key: str
    seconds: float

    @property
    def keys(self) -> tuple[tuple[float, str], ...]:
        """The keys with their seconds. A citizen whose line fails over hears it ring; they do not press again."""
        times = (self.key_at,) if self.kind is Kind.FAILS_OVER else (self.key_at, self.key_at + AGAIN)
        return tuple((at, self.key) for at in times) if self.key else ()

    @property
    def caller(self) -> str:
        """The caller's number, unique in a run."""
        return f"{PREFIX}{self.kind.value}{self.index:06d}"


def index_of(caller: str) -> int | None:
    """Give the plan's index from a caller's number; None if it is no citizen of the load."""
    known = len(caller) == len(PREFIX) + 7 and caller.startswith(PREFIX) and caller.isdecimal()
    return int(caller[len(PREFIX) + 1 :]) if known else None


def kind_of(caller: str) -> Kind:
    """Give the kind of a citizen of the load."""
    return Kind(caller[len(PREFIX)])


def plans(seed: int, count: int, shares: dict[Kind, int] = SHARES) -> tuple[Plan, ...]:
    """Give so many citizens."""
    return tuple(_each(Random(seed), count, list(shares), list(shares.values())))


def _each(random: Random, count: int, kinds: Sequence[Kind], shares: Sequence[int]) -> Iterator[Plan]:
    for index in range(count):
        yield plan(index, random.choices(kinds, shares)[0], random)


def plan(index: int, kind: Kind, random: Random) -> Plan:
    """Give one citizen of a kind."""

    def some(low: float, high: float) -> float:
        return round(random.uniform(low, high), 3)

    early = some(0.6, WELCOME - 1)
    match kind:
        case Kind.LEAVES_WELCOME:
            return Plan(index, kind, 0.0, "", some(1.0, WELCOME - 0.5))
        case Kind.LEAVES_MENU:
            return Plan(index, kind, 0.0, "", some(WELCOME + 0.5, WELCOME + 9))
        case Kind.SILENT:
            return Plan(index, kind, 0.0, "", some(WELCOME + MENU + 11, WELCOME + MENU + 13.5))
        case Kind.TALKS:
            key = EMERGENCY_KEY if random.random() < 0.5 else POLICE_KEY
            return Plan(index, kind, early, key, some(early + 9.5, early + 12.5))
        case Kind.EMERGENCY:
            return Plan(index, kind, early, EMERGENCY_KEY, some(early + 8.5, early + 10))
        case Kind.FAILS_OVER:
            return Plan(index, kind, early, EMERGENCY_KEY, some(early + 11.5, early + 13.5))
        case Kind.TRANSFERRED:
            return Plan(index, kind, early, EMERGENCY_KEY, some(early + 11.5, early + 13.5))
        case Kind.RETURNED:
            return Plan(index, kind, early, DUTY_KEY, some(early + 17, early + 18.5))
        case Kind.ATTENDED:
            return Plan(index, kind, early, DUTY_KEY, some(early + 11.5, early + 13.5))
        case Kind.WAITS:
            late = some(WELCOME + 0.5, WELCOME + 8)
            return Plan(index, kind, late, EMERGENCY_KEY, some(late + 8.5, late + 10))
