"""How a call ended: the disposition and who hung up. PURE.

Rule 1: the call is always at one stage; the stage at the end, who hung up and what was heard give the disposition.
Rule 2: a message counts as heard if it ended at least `HEARD` before the caller hung up. Asterisk writes the end of a
sound also when a hang-up cuts it off, some milliseconds before the hang-up itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from cdr.fold.announcements import Announcements
from cdr.fold.call import HEARD, OUR_SOUNDS, Call, result_of
from cdr.journal.line import JournalEvent
from cdr.record.parts import Leg
from cdr.record.words import SHUT, Disposition, Role

_BY_REASON = {
    "closed": Disposition.CLOSED,
    "override": Disposition.CLOSED,
    "busy": Disposition.BUSY,
    "no_answer": Disposition.NO_ANSWER,
    "unreachable": Disposition.UNREACHABLE,
    "full": Disposition.FULL,
    "no_input": Disposition.NO_INPUT,
    "too_long": Disposition.NO_INPUT,
    "too_many_menus": Disposition.NO_INPUT,
    "invalid": Disposition.INVALID_INPUT,
    "rejected": Disposition.REJECTED,
    "key": Disposition.INFORMED,
    "caller": Disposition.INFORMED,
}


_SEEN = frozenset(
    {
        "STREAM_BEGIN",
        "STREAM_END",
        "IVR_ANNOUNCEMENT",
        "IVR_MENU",
        "IVR_KEY",
        "IVR_DECISION",
        "IVR_RING",
        "IVR_DIALSTATUS",
        "IVR_EXIT",
    }
)


class Stage(Enum):
    """Where the caller is: before the menu, in it, being connected, or at a last message."""

    WELCOME = "welcome"
    MENU = "menu"
    RINGING = "ringing"
    MESSAGE = "message"


_ABANDONED = {
    Stage.WELCOME: Disposition.ABANDONED_WELCOME,
    Stage.MENU: Disposition.ABANDONED_MENU,
    Stage.RINGING: Disposition.ABANDONED_RINGING,
    Stage.MESSAGE: Disposition.ABANDONED_MESSAGE,
}


@dataclass(slots=True)
class Progress:
    """What is known of the caller's way so far. `heard_at` is when the first sound of this stage was over.

    A closed destination's menu that is played again is still the same stage.
    """

    stage: Stage = Stage.WELCOME
    welcome: str | None = None
    closed: bool = False
    reason: str = ""
    failure: str = ""
    heard_at: int | None = None

    def see(self, event: JournalEvent) -> None:
        """Follow one event of the caller's channel."""
        match event.type:
            case "STREAM_BEGIN" if self.stage is Stage.WELCOME:
                self._sound(event.get("sound"))
            case "STREAM_END":
                self._sound_over(event.at)
            case "IVR_ANNOUNCEMENT":
                self.welcome = event.get("welcome")
                self._enter(Stage.WELCOME)
            case "IVR_MENU":
                self.welcome = event.get("welcome")
                heard = self.heard_at if self.closed else None
                self._enter(Stage.WELCOME if self.welcome else Stage.MENU, heard)
            case "IVR_KEY" if event.get("result") == "valid":
                self.closed = False
                self.stage = Stage.MENU
            case "IVR_KEY":
                self.stage = Stage.MENU
            case "IVR_DECISION":
                self.closed = event.get("reason") in SHUT
                self.heard_at = None
            case "IVR_RING":
                self.closed, self.failure = False, ""
                self._enter(Stage.RINGING)
            case "IVR_DIALSTATUS":
                self.failure = result_of(event)
            case "IVR_EXIT":
                self.reason = event.get("reason")
                self._enter(Stage.MESSAGE)
            case _:
                pass

    def heard(self, ended: int) -> bool:
        """Tell whether a sound of this stage was over well before the end."""
        return self.heard_at is not None and ended - self.heard_at >= HEARD

    def _enter(self, stage: Stage, heard_at: int | None = None) -> None:
        self.stage, self.heard_at = stage, heard_at

    def _sound(self, sound: str) -> None:
        if self.welcome is None or sound != OUR_SOUNDS + self.welcome:
            self.stage = Stage.MENU

    def _sound_over(self, at: int) -> None:
        if self.stage is Stage.WELCOME and self.welcome is None:  # an older engine wrote only the ends of sounds
            self.stage = Stage.MENU
        if self.stage is not Stage.WELCOME and self.heard_at is None:
            self.heard_at = at


def progress_of(call: Call) -> Progress:
    """Follow the caller's channel to its end."""
    progress = Progress()
    for event in call.of_caller():
        if event.type in _SEEN:
            progress.see(event)
    return progress


def ended_as(progress: Progress, announcements: Announcements, hung_up_by: str, ended: int) -> Disposition:
    """Give the disposition of a call that is over and in which nobody talked."""
    by_caller = hung_up_by == "caller"
    failure = _BY_REASON.get(progress.failure, Disposition.FAILED)
    if progress.stage is Stage.MESSAGE and not (by_caller and not progress.heard(ended)):
        return _BY_REASON.get(progress.reason, failure)
    if by_caller and progress.stage is Stage.MENU and progress.closed:
        return Disposition.CLOSED if progress.heard(ended) else Disposition.ABANDONED_MESSAGE
    if by_caller and announcements.left(ended):
        return Disposition.ABANDONED_ANNOUNCEMENT
    if by_caller:
        return _ABANDONED[progress.stage]
    return failure if progress.stage is Stage.RINGING else Disposition.FAILED


def hung_up_by(hangup: JournalEvent | None, legs: Sequence[Leg], progress: Progress, *, ordered: bool) -> str:
    """Give `caller`, `ivr`, `supervisor`, `pbx` or a phone, from the source that Asterisk names on the caller's channel.

    Without a source the IVR ended the call if it had said its last message, else the PBX did. Where a supervisor `ordered`
    the end of the call, it was not the IVR.
    """
    source = hangup.get("hangupsource") if hangup else ""
    for leg in legs:
        if leg.channel == source:
            return "caller" if leg.role is Role.CALLER else leg.phone or leg.channel
    if ordered and (not source or source.startswith("dialplan/")):
        return "supervisor"
    if source.startswith("dialplan/") or (not source and progress.stage is Stage.MESSAGE):
        return "ivr"
    return "pbx"
