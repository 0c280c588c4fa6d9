"""Which announcements a caller heard, and whether the caller hung up because of one. PURE.

Rule 1: IVR_ANNOUNCEMENT names what is going to play. Whether it played, and to its end, is told by the sounds that
follow, up to the next of our events that leads on.
Rule 2: Asterisk writes the end of a sound also when a key, a hang-up or the fallback cuts it off. So a sound whose end
lies within `HEARD` of one of these was heard in part.
"""

from dataclasses import dataclass, field
from itertools import zip_longest

from cdr.fold.call import HEARD, OUR_SOUNDS, Call
from cdr.journal.line import JournalEvent
from cdr.record.words import Heard

AFTERWARDS = 5_000_000  # microseconds; who hangs up so soon after an announcement was perhaps helped by it

_LEADING_ON = frozenset({"IVR_MENU", "IVR_KEY", "IVR_DECISION", "IVR_RING", "IVR_EXIT", "IVR_FALLBACK"})


@dataclass(slots=True, eq=False)
class Announced:
    """One announcement that was to be played. `ended` is when its sound was over, microseconds since 1970."""

    name: str
    prompt: str
    heard: Heard = Heard.SKIPPED
    ended: int | None = None


@dataclass(slots=True)
class Announcements:
    """The announcements of a call: one tuple for each IVR_ANNOUNCEMENT, in order.

    `last` is the one that began last; `pressed` tells of a key since the first of its tuple began.
    """

    told: list[tuple[Announced, ...]] = field(default_factory=list)
    last: Announced | None = None
    pressed: bool = False
    _key_at: int = -HEARD
    _playing: Announced | None = None
    _coming: list[Announced] = field(default_factory=list)

    def left(self, ended: int) -> bool:
        """Tell whether a caller who hung up then did so in an announcement, or soon after it, without a key."""
        if self.last is None or self.pressed:
            return False
        return self.last.ended is None or ended - self.last.ended <= AFTERWARDS

    def see(self, event: JournalEvent) -> None:
        """Follow one event of the caller's channel."""
        match event.type:
            case "IVR_ANNOUNCEMENT":
                self._tell(event)
            case "STREAM_BEGIN":
                self._begin(event)
            case "STREAM_END":
                self._end(event.at, cut=event.at - self._key_at < HEARD)
            case "DTMF":
                self._press(event.at)
            case "IVR_KEY" if event.get("result") != "no_input":
                self._press(event.at)
            case "HANGUP" | "IVR_FALLBACK":
                self._cut(event.at)
            case _:
                pass
        if event.type in _LEADING_ON:
            self._end(event.at, cut=True)
            self._coming = []

    def _tell(self, event: JournalEvent) -> None:
        names, prompts = (event.get(key).split(",") for key in ("announcements", "prompts"))
        pairs = zip_longest(names, prompts, fillvalue="")
        together = tuple(Announced(name, prompt) for name, prompt in pairs if name)
        self.told.append(together)
        self._coming = list(together)

    def _begin(self, event: JournalEvent) -> None:
        self._end(event.at, cut=False)
        prompt = event.get("sound").removeprefix(OUR_SOUNDS)
        found = next((one for one in self._coming if one.prompt == prompt), None)
        if found is None:
            return
        self._coming.remove(found)
        if self.last not in self.told[-1]:
            self.pressed = False
        found.heard = Heard.PART
        self._playing = self.last = found

    def _end(self, at: int, *, cut: bool) -> None:
        playing, self._playing = self._playing, None
        if playing is not None:
            playing.ended = at
            playing.heard = Heard.PART if cut else Heard.WHOLE

    def _press(self, at: int) -> None:
        self.pressed, self._key_at = True, at
        self._cut(at)

    def _cut(self, at: int) -> None:
        """Take back that the last one was heard to its end, if something ended it."""
        if self.last is not None and self.last.ended is not None and at - self.last.ended < HEARD:
            self.last.heard = Heard.PART


def announcements_of(call: Call) -> Announcements:
    """Follow the announcements of a call on the caller's channel."""
    found = Announcements()
    if call.told("IVR_ANNOUNCEMENT"):  # most calls meet none
        for event in call.of_caller():
            found.see(event)
    return found
