"""The words of a call record: every closed list that it uses. PURE.

Rule 1: every word is defined here and nowhere else.
"""

from enum import Enum

SHUT = frozenset({"closed", "override"})
"""The reasons of a decision for which no phone of that destination rings."""


class Disposition(Enum):
    """How a call ended. Exactly one holds; the first that fits in this order.

    - `pbx_lost`: Asterisk went away during the call; it ends at its last journal line.
    - `journal_gap`: the call is over, and its end is not in the journal, as when the disk was full; likewise.
    - `open`: Asterisk has not yet written the end of the call (LINKEDID_END).
    - `answered`: the caller and a person were in one bridge at least once.
    - `abandoned_message`: the caller hung up before a last message, or the message of a closed menu, was over.
    - `closed`: the destination was closed; the caller heard that to its end and reached no person.
    - `busy`, `no_answer`, `unreachable`: no phone took the call; why the last one did not.
    - `full`: the destination had as many calls as it takes.
    - `no_input`: the caller pressed nothing, or stayed in the menus for longer than the rules allow, and was sent off
      with a message.
    - `invalid_input`: the caller pressed only keys that lead nowhere and was sent off with a message.
    - `rejected`: the rules refuse such a call, and the caller was told so.
    - `informed`: the caller chose a message by a key, or was meant to hear it by the rules, and heard it to its end.
    - `abandoned_announcement`: the caller hung up while an announcement played or at most 5 s after the last one,
      without a key since it began: perhaps informed.
    - `abandoned_ringing`: the caller hung up after the first phone was called and before anyone answered.
    - `abandoned_menu`: the caller hung up in a menu.
    - `abandoned_welcome`: the caller hung up before the menu itself began to play.
    - `failed`: none of these; the PBX, the IVR or a supervisor ended the call without a person and without a last message.
    """

    PBX_LOST = "pbx_lost"
    JOURNAL_GAP = "journal_gap"
    OPEN = "open"
    ANSWERED = "answered"
    ABANDONED_MESSAGE = "abandoned_message"
    CLOSED = "closed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    FULL = "full"
    NO_INPUT = "no_input"
    INVALID_INPUT = "invalid_input"
    REJECTED = "rejected"
    INFORMED = "informed"
    ABANDONED_ANNOUNCEMENT = "abandoned_announcement"
    ABANDONED_RINGING = "abandoned_ringing"
    ABANDONED_MENU = "abandoned_menu"
    ABANDONED_WELCOME = "abandoned_welcome"
    FAILED = "failed"


class LedBy(Enum):
    """Who led the caller. `nobody` means that the call ended before anyone took it."""

    ENGINE = "engine"
    FALLBACK = "fallback"
    ENGINE_THEN_FALLBACK = "engine_then_fallback"
    FALLBACK_THEN_ENGINE = "fallback_then_engine"
    NOBODY = "nobody"


class Role(Enum):
    """A channel's part in a call. `local` is a half of one of Asterisk's own Local channels."""

    CALLER = "caller"
    PHONE = "phone"
    LOCAL = "local"


class Heard(Enum):
    """How much of an announcement the caller heard. `skipped` means that its sound never began."""

    WHOLE = "whole"
    PART = "part"
    SKIPPED = "skipped"


class HungUp(Enum):
    """When the caller hung up because of an announcement: while it played, or at most 5 s after it."""

    DURING = "during"
    AFTER = "after"


class StepKind(Enum):
    """What a step tells; see `cdr.record.parts.Step` for the meaning of its columns."""

    ENGINE = "engine"
    ADOPTED = "adopted"
    FALLBACK = "fallback"
    ANNOUNCEMENT = "announcement"
    SOUND = "sound"
    MENU = "menu"
    KEY = "key"
    LANGUAGE = "language"
    DECISION = "decision"
    RING = "ring"
    DIAL_FAILED = "dial_failed"
    TALK = "talk"
    TRANSFER = "transfer"
    RETURN = "return"
    EXIT = "exit"
    TOPIC = "topic"
    LISTEN = "listen"
    SAID = "said"

    __hash__ = object.__hash__  # each is there once; what `Enum` has is written in Python and takes far longer


class VisitResult(Enum):
    """What came of being sent to a destination, as the caller met it. The first that fits in this order.

    - `answered`: the caller talked with somebody there, whatever happened later.
    - `transferred`: the caller was handed on before anybody there had answered.
    - `closed`: the destination was closed, and none of its phones was called.
    - `busy`, `no_answer`, `unreachable`, `full`: the destination did not take the call, and it went on without it.
    - `message`: a last message was played there.
    - `left`: the caller went on to another destination, as by a key.
    - `abandoned`: the caller hung up there, also in the message.
    - `""`: nothing is known: the call is still there, or was lost there, or the PBX ended it.
    """

    ANSWERED = "answered"
    TRANSFERRED = "transferred"
    CLOSED = "closed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    FULL = "full"
    MESSAGE = "message"
    LEFT = "left"
    ABANDONED = "abandoned"
    NOT_KNOWN = ""


class PassResult(Enum):
    """What came of handing a caller on: who took the call first decides.

    - `answered`: the caller talked with somebody next.
    - `returned`: the caller was given back, because the target did not take the call.
    - `abandoned`: the caller hung up before that.
    - `failed`: none of these: a message was played, the call was handed on once more, or the PBX ended it.
    - `""`: nothing is known: the call is still there, or was lost.
    """

    ANSWERED = "answered"
    RETURNED = "returned"
    ABANDONED = "abandoned"
    FAILED = "failed"
    NOT_KNOWN = ""


class TopicResult(Enum):
    """What was done about the topic: the caller was advised, or a request was registered; `""`: not told."""

    CONSULTED = "consulted"
    REGISTERED = "registered"
    NOT_TOLD = ""
