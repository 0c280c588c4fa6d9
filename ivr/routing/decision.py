"""What is asked of `ivr.routing.decide`, and what it answers: frozen values."""

from dataclasses import dataclass
from typing import TypeAlias

from ivr.routing.destinations import NORMAL_CLEARING, ExitReason
from ivr.routing.targets import Onward
from ivr.vocabulary import DestinationId, MenuId, PhoneId, PromptId, RuleId, ServiceId


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was rung in vain: `BUSY`, `NO_ANSWER`, `UNREACHABLE`, or `FULL` if it was not rung at all."""

    phone: PhoneId
    outcome: ExitReason


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a call that has to go somewhere. All names must be names of the ruleset.

    `attempts` are the phones of the target's destination that were tried in this visit, oldest first; empty on
    arrival. `hops` is the number of destinations that the call has come to, as the last `Decision` gave it.
    `reason` is why the target is asked for: `key`, `no_input`, `invalid`, `operator`, `caller`, `too_long`,
    `too_many_menus`, `transfer`. `asked_by` is the place in the rules that asks, such as `menus.kekava-main.keys.1`, if known.

    `back` is the phone of the colleague who passed the caller on: it gets the caller back before any exit is taken.
    `failed` says that the target is to be left by this exit at once: the colleague did not take the caller back.
    """

    service: ServiceId
    target: Onward
    attempts: tuple[Attempt, ...] = ()
    hops: int = 0
    reason: str = "key"
    asked_by: RuleId | None = None
    back: PhoneId | None = None
    failed: ExitReason | None = None


@dataclass(frozen=True, slots=True)
class RingPhone:
    """Ring one of the `lines` of `destination` for `seconds`; `position` counts them from 0.

    `phone` is what people read, `line` the dialplan's name for it, `most_calls` the destination's bound.
    """

    destination: DestinationId
    phone: PhoneId
    seconds: int
    position: int
    line: str
    most_calls: int | None = None


@dataclass(frozen=True, slots=True)
class EnterMenu:
    """Play a menu and ask for a key."""

    menu: MenuId


@dataclass(frozen=True, slots=True)
class EndWith:
    """Play the announcement `prompt`, then hang up with the Q.850 `cause`. `reason` is that of the decision."""

    prompt: PromptId
    reason: str
    cause: int = NORMAL_CLEARING


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Give the caller back to the colleague at `phone`: nobody takes the call where it was passed on to.

    `reason` is the exit that would have been taken, or `too_many` (hops), `refused` (a message or a refusal, which a
    caller who is talking to somebody is not sent to), `unknown` (nothing has this extension or name).
    """

    phone: PhoneId
    reason: str


Outcome: TypeAlias = RingPhone | EnterMenu | EndWith | GiveBack
"""What the call has to do next."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a call goes, and everything that a record needs to say why.

    `destination` is the one that rings, or the last one that was closed or failed; None if there was none.
    `rule` is the place in the rules that decided. `reason` is `open`, `rejected`, `override` (another destination
    stands in), the exit that was taken last (`closed`, `busy`, `no_answer`, `unreachable`, `full`), or the reason of
    the facts. `why` has one sentence for each thing passed
    over, in order. `hops` is the count for the next facts. `say` is to be played before the outcome, in order.
    """

    outcome: Outcome
    destination: DestinationId | None
    rule: RuleId
    reason: str
    why: tuple[str, ...]
    hops: int
    say: tuple[PromptId, ...] = ()
