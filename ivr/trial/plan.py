"""A trial call: what the citizen does, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from ivr.hearing.recognise import Heard
from ivr.vocabulary import LinkedId, PhoneId


class HangUp(Enum):
    """When the citizen hangs up."""

    AFTER_TALK = "after_talk"
    IN_WELCOME = "in_welcome"
    IN_ANNOUNCEMENT = "in_announcement"
    IN_MENU = "in_menu"
    RINGING = "ringing"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Press:
    """Keys that are pressed one right after the other in the next menu, or during the `announcement` before it.

    `after` is seconds from the beginning (the welcome included); None waits until the menu's prompt has been heard out.
    """

    keys: str
    after: float | None = None
    announcement: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """One citizen's call. `phones` says what each phone that rings does, in order (see PHONE_WORDS); times in seconds."""

    number: str
    caller: str
    presses: tuple[Press, ...] = ()
    phones: tuple[str, ...] = ()
    talk: float = 3.0
    hang_up: HangUp = HangUp.AFTER_TALK
    longest: float = 120.0


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that happened, `at` seconds after the citizen dialled."""

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial. `heard` was recognised in the audio that arrived at the citizen.

    Times in `heard` are seconds of the recording, which began `answered` seconds after dialling. `silence` is the longest
    stretch without sound and where it began. `record` is the call's record (cdr), None if the call never reached the PBX.
    """

    plan: Plan
    linkedid: LinkedId | None
    dialled_at: datetime
    answered: float | None
    ended: float
    cause: int
    heard: tuple[Heard, ...]
    heard_by_phone: tuple[Heard, ...]
    ringing: float
    silence: tuple[float, float]
    phones: tuple[tuple[str, PhoneId], ...]
    events: tuple[Said, ...]
    record: Mapping[str, Any] | None
    trouble: str = ""

    def prompts(self) -> list[str]:
        """Give the names of the prompts heard, in order."""
        return [item.name for item in self.heard]
