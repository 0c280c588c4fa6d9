"""Where callers are led, and how each place is left again: frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeAlias

from ivr.routing.targets import Onward
from ivr.vocabulary import DestinationId, Did, HoursId, Language, MenuId, PhoneId, PromptId

NORMAL_CLEARING = 16  # Q.850: the end of a call that nobody regrets


class ExitReason(Enum):
    """Why a destination did not take a call. The values are the keys of `exits:` in YAML."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    CLOSED = "closed"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Ring:
    """What is rung at once, and for how long, in seconds.

    `phone` is what people read: a phone, several as `a&b`, or a number outside. `line` is the extension under which
    the dialplan knows it.
    """

    phone: PhoneId
    seconds: int
    line: str = ""


@dataclass(frozen=True, slots=True)
class Phones:
    """Phones of a department: rung one after the other, or all `together`; then all ring equally long."""

    rings: tuple[Ring, ...]
    together: bool = False


@dataclass(frozen=True, slots=True)
class External:
    """Another institution's number, reached through the trunk; it rings for `seconds`."""

    number: Did
    seconds: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message, then the end of the call."""

    prompt: PromptId


@dataclass(frozen=True, slots=True)
class Submenu:
    """A menu behind office hours."""

    menu: MenuId


@dataclass(frozen=True, slots=True)
class Reject:
    """A message, then a hang-up with a Q.850 `cause`."""

    prompt: PromptId
    cause: int


Kind: TypeAlias = Phones | External | Message | Submenu | Reject
"""What a destination is."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where callers are led: a department, another institution, a message, a menu or a refusal.

    `hours` None means around the clock. `exits` holds every `ExitReason` that can happen: the failures of phones,
    `CLOSED` exactly if there are `hours`, `FULL` exactly if `most_calls` bounds the calls at once. `safety` marks a
    24/7 line that nothing may close, `private` one to whose calls no supervisor may listen. `extension` is what
    colleagues dial to pass a caller on to it; "" if they use its name. `lines` is what is rung, one after the other;
    empty if nothing is.
    """

    id: DestinationId
    title: Mapping[Language, str]
    kind: Kind
    exits: Mapping[ExitReason, Onward]
    hours: HoursId | None = None
    safety: bool = False
    most_calls: int | None = None
    extension: str = ""
    private: bool = False
    lines: tuple[Ring, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", _lines(self.id, self.kind))


def _lines(name: DestinationId, kind: Kind) -> tuple[Ring, ...]:
    own = f"line.{name}"
    match kind:
        case Phones(rings, together=True) if len(rings) > 1:
            return (Ring(PhoneId("&".join(ring.phone for ring in rings)), rings[0].seconds, own),)
        case Phones(rings):
            return tuple(replace(ring, line=str(ring.phone)) for ring in rings)
        case External(number, seconds):
            return (Ring(PhoneId(number), seconds, own),)
        case _:
            return ()
