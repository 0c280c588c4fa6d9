"""What can happen to a call, as the engine sees it: a closed union of frozen values.

Rule 1: every event carries the channel it is about and the instant it was received.
Rule 2: AMI's own words stop at `ivr.asterisk.translate`, which makes these.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from ivr.routing.destinations import ExitReason
from ivr.vocabulary import ChannelName, DestinationId, Did, Key, Language, RulesVersion, ServiceId


@dataclass(frozen=True, slots=True)
class CallEntered:
    """A caller waits for the engine: a new call, or one whose phone failed (`destination` and `result` are set then).

    `position` is the place of the failed line in its destination's list, from 0. `rules` is the version of the rules
    by which the dialplan took the call; None if it does not say.
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


CallEvent: TypeAlias = (
    CallEntered | StepBegan | MenuAnswered | StepRefused | KeyPressed | LeftControl | Connected | HungUp
)
"""Everything that `ivr.calls.step` understands."""
