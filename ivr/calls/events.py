"""What can happen to a call, as the engine sees it: a closed union of frozen values.

Rule 1: every event carries the channel it is about and the instant it was received.
Rule 2: AMI's own words stop at `ivr.asterisk.translate`, which makes these.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TypeAlias

from ivr.calls.kept import Kept
from ivr.routing.destinations import ExitReason
from ivr.vocabulary import (
    ChannelName,
    DestinationId,
    Did,
    EngineName,
    Key,
    Language,
    MenuId,
    PhoneId,
    RulesVersion,
    ServiceId,
)

NOBODY = EngineName("")


@dataclass(frozen=True, slots=True)
class CallEntered:
    """A caller waits for the engine: a new call, or one whose phone failed (`destination` and `result` are set then).

    `position` is the place of the failed line in its destination's list, from 0. `rules` is the version of the rules
    by which the dialplan took the call; None if it does not say.

    `leader` is the engine that the dialplan's guard gave the call to; "" if it does not say. `entries` counts how often
    this channel has come to an engine, from 1. `kept` and `menu` are what was known of the call when it was last led.
    `transfer` is what a colleague dialled to pass the caller on (a destination's name or number), else ""; `back` is the
    phone that gets the caller back if nobody takes the call there.
    """

    channel: ChannelName
    at: datetime
    service: ServiceId
    number: Did
    caller: str
    language: Language | None = None
    destination: DestinationId | None = None
    position: int = 0
    result: ExitReason | None = None
    rules: RulesVersion | None = None
    leader: EngineName = NOBODY
    entries: int = 0
    kept: Kept | None = None
    menu: MenuId | None = None
    transfer: str = ""
    back: PhoneId | None = None


@dataclass(frozen=True, slots=True)
class StepBegan:
    """Asterisk began to carry out a step; keys from now on reach it."""

    channel: ChannelName
    at: datetime
    step: int


@dataclass(frozen=True, slots=True)
class MenuAnswered:
    """A menu ended with a key, or without one (`key` None)."""

    channel: ChannelName
    at: datetime
    step: int
    key: Key | None


@dataclass(frozen=True, slots=True)
class StepRefused:
    """Asterisk did not accept a step: the channel has left, or is gone."""

    channel: ChannelName
    at: datetime
    step: int
    why: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """The caller pressed a key, whether or not something was listening. `held` is how long, in milliseconds."""

    channel: ChannelName
    at: datetime
    key: Key
    held: int = 0


@dataclass(frozen=True, slots=True)
class LeftControl:
    """The channel left the engine's control: on our word, or because its lease was over."""

    channel: ChannelName
    at: datetime


@dataclass(frozen=True, slots=True)
class Connected:
    """The caller's channel entered a bridge: people talk."""

    channel: ChannelName
    at: datetime


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller's channel is gone. `cause` is the Q.850 cause."""

    channel: ChannelName
    at: datetime
    cause: int


class Stage(Enum):
    """Where a call was found that is under way."""

    WAITING = "waiting"
    """In the hands of an engine that has not said anything yet."""
    MENU = "menu"
    """Hears a menu, or has just answered it."""
    LEAVING = "leaving"
    """Hears what an engine said last; the dialplan takes it from there."""
    RINGING = "ringing"
    """A phone rings, or the next one is being chosen."""
    TALKING = "talking"
    FALLBACK = "fallback"
    """The dialplan's fallback leads it."""


@dataclass(frozen=True, slots=True)
class CallFound:
    """A call under way that no engine follows any more; `entered` is what a `CallEntered` would say of it now.

    `lasted` is how long the channel has been there.
    """

    channel: ChannelName
    at: datetime
    stage: Stage
    entered: CallEntered
    lasted: timedelta = timedelta()


CallEvent: TypeAlias = (
    CallEntered | CallFound | StepBegan | MenuAnswered | StepRefused | KeyPressed | LeftControl | Connected | HungUp
)
"""Everything that `ivr.calls.step` understands."""
