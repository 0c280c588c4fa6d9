"""What the alarms are judged by: a closed union of frozen facts. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from ivr.routing.destinations import ExitReason
from ivr.vocabulary import DestinationId, Language, PhoneId, PromptId


@dataclass(frozen=True, slots=True)
class Moment:
    """When a fact was found: `at` for people, `seconds` of a clock that is never stepped, for spans of time."""

    at: datetime
    seconds: float


class Lead(Enum):
    """What this engine is to new calls; the words of `ivr status`."""

    LEADING = "leading"
    STANDBY = "standby"
    DRAINING = "draining"
    DETACHED = "detached"


@dataclass(frozen=True, slots=True)
class LineTried:
    """A line of a destination was rung. `failed` None: somebody took the call. `outside`: through the trunk."""

    destination: DestinationId
    phone: PhoneId
    outside: bool
    failed: ExitReason | None


@dataclass(frozen=True, slots=True)
class SafetyVisited:
    """A caller's visit of a safety line is over. `missed` says how it ended without an answer; empty: it was answered."""

    destination: DestinationId
    missed: str


@dataclass(frozen=True, slots=True)
class LeadChanged:
    """The engine is something else to new calls now."""

    lead: Lead
    reason: str


@dataclass(frozen=True, slots=True)
class LeaseLapsed:
    """The lease ran out because the engine was stopped or blocked, and it has just noticed."""


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The link to Asterisk can, or cannot, be used now."""

    attached: bool
    reason: str


@dataclass(frozen=True, slots=True)
class JournalSeen:
    """The journal was looked at. `position` is (inode, bytes), None if there is no file.

    `moves` counts what must have written a line since the engine began: calls that came to it, and calls that ended.
    """

    position: tuple[int, int] | None
    moves: int


@dataclass(frozen=True, slots=True)
class PromptMissing:
    """A prompt was to be played and Asterisk has no sound for it."""

    language: Language
    prompt: PromptId


@dataclass(frozen=True, slots=True)
class PromptFound:
    """A prompt that was missing is there."""

    language: Language
    prompt: PromptId


@dataclass(frozen=True, slots=True)
class RecordsStopped:
    """No call records are written now."""

    reason: str


@dataclass(frozen=True, slots=True)
class RecordsResumed:
    """Call records are written again."""


@dataclass(frozen=True, slots=True)
class RulesRefused:
    """A new version of the rules was refused."""

    reason: str


@dataclass(frozen=True, slots=True)
class RulesAccepted:
    """Rules are in use whose safety lines, and whose phones and outside numbers, are these."""

    safety: frozenset[DestinationId]
    phones: frozenset[PhoneId]


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed."""


Fact: TypeAlias = (
    LineTried
    | SafetyVisited
    | LeadChanged
    | LeaseLapsed
    | LinkChanged
    | JournalSeen
    | PromptMissing
    | PromptFound
    | RecordsStopped
    | RecordsResumed
    | RulesRefused
    | RulesAccepted
    | Ticked
)
"""Everything that `ivr.alarms.rules.watch` understands."""
