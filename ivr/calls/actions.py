"""What the engine wants done with a call: a closed union of frozen values, carried out by `ivr.asterisk.perform`.

Rule 1: an action never reports back; its results come as events.
Rule 2: `step` numbers the steps of one call; a result with another number is stale.
Rule 3: `entry` is the entry of the channel that a step answers; the dialplan takes no other for its answer.
Rule 4: `kept` is what another engine needs to go on from here; Asterisk keeps it with the channel.
"""

from dataclasses import dataclass
from typing import TypeAlias

from ivr.calls.kept import NEW, Kept
from ivr.routing.destinations import ExitReason
from ivr.vocabulary import ChannelName, DestinationId, Key, Language, MenuId, PhoneId, PromptId


@dataclass(frozen=True, slots=True)
class Note:
    """One line for the journal (docs/journal.md): the event's name and its fields."""

    name: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Play prompts without a gap and wait `timeout` seconds for one key; a key pressed meanwhile stops the prompts."""

    channel: ChannelName
    step: int
    language: Language
    menu: MenuId
    prompts: tuple[PromptId, ...]
    timeout: float
    notes: tuple[Note, ...]
    kept: Kept = NEW
    entry: int = 0


@dataclass(frozen=True, slots=True)
class Announcements:
    """Play `say` to its end, then `prompts` until a key is pressed; the key, or None, comes as a menu's answer does.

    `menu` is the menu that follows.
    """

    channel: ChannelName
    step: int
    language: Language
    menu: MenuId
    say: tuple[PromptId, ...]
    prompts: tuple[PromptId, ...]
    notes: tuple[Note, ...]
    kept: Kept = NEW
    entry: int = 0


@dataclass(frozen=True, slots=True)
class Connect:
    """Play `say`, then let the dialplan ring a line for `seconds`, unless the destination has `most_calls` already.

    `phone` is what people read, `line` the dialplan's name for it.
    """

    channel: ChannelName
    step: int
    language: Language
    destination: DestinationId
    phone: PhoneId
    position: int
    line: str
    seconds: int
    most_calls: int | None
    say: tuple[PromptId, ...]
    notes: tuple[Note, ...]
    kept: Kept = NEW
    entry: int = 0


@dataclass(frozen=True, slots=True)
class Return:
    """Let the dialplan ring `phone` for `seconds`, whose owner passed the caller on in vain.

    If it does not take the caller back, the call comes to an engine again as one whose `destination` failed by `result`;
    without a `result` by what that phone did.
    """

    channel: ChannelName
    step: int
    language: Language
    phone: PhoneId
    seconds: int
    destination: DestinationId | None
    result: ExitReason | None
    notes: tuple[Note, ...]
    kept: Kept = NEW
    entry: int = 0


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Play prompts to their end, then end the call with the Q.850 `cause`."""

    channel: ChannelName
    step: int
    language: Language
    prompts: tuple[PromptId, ...]
    cause: int
    notes: tuple[Note, ...]
    kept: Kept = NEW
    entry: int = 0


@dataclass(frozen=True, slots=True)
class Resume:
    """Take the answer of a menu that another engine, or this one before it lost its link, had begun; play nothing."""

    channel: ChannelName
    step: int
    menu: MenuId
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Hand the call to the dialplan's fallback."""

    channel: ChannelName
    step: int
    entry: int = 0


@dataclass(frozen=True, slots=True)
class TypeAgain:
    """Give the channel keys that the caller typed while nothing was listening."""

    channel: ChannelName
    keys: tuple[Key, ...]


Action: TypeAlias = Announcements | Ask | Connect | Return | Goodbye | Resume | GiveUp | TypeAgain
"""Everything that a step can ask for."""
