"""The lines of one call under way. PURE.

Rule 1: of a call of very many lines the beginning and the latest are kept: they tell where the caller is. What a flood is
made of (keys, sounds) is left out first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cdr.fold.call import as_written
from cdr.fold.fold import fold_written
from cdr.journal.line import NOTES, JournalEvent, changed, unpacked
from cdr.journal.marks import Marks
from cdr.live.call import LiveCall, live_call
from cdr.privacy.sealing import PSEUDONYM, TOKEN
from cdr.record.record import CallRecord

LONGEST = 1000  # lines kept of a call; none has 200 that goes as the rules say
FIRST = 300  # of which are its beginning

QUIET = frozenset({"DTMF", "STREAM_END", "APP_END", "LOCAL_OPTIMIZE", "LOCAL_OPTIMIZE_BEGIN"})
"""Lines after which a call is shown as before."""
_GREETING = frozenset({NOTES, "IVR_MENU", "IVR_ANNOUNCEMENT"})


@dataclass(slots=True, eq=False)
class OpenCall:
    """A call that goes on, by its lines so far, as they came.

    `welcomes` are the prompts that are played as a welcome in it, `number` is what a line itself told of the caller (not a
    token), `shown` is how it was shown last; None if it was not. Without `has_service` it cannot be shown.
    """

    name: str
    node: str
    lines: list[JournalEvent] = field(default_factory=list)
    welcomes: set[str] = field(default_factory=set)
    number: str = ""
    shown: LiveCall | None = None
    has_service: bool = False

    def take(self, event: JournalEvent) -> None:
        """Add a line."""
        self.lines.append(event)
        if event.type == "IVR_CALL":
            self.has_service = True
        if event.type in _GREETING:
            self.welcomes |= {said for note in unpacked(event) if (said := note.get("welcome"))}
        if not self.number and event.uniqueid == self.name and not is_token(event.caller_number):
            self.number = event.caller_number
        if len(self.lines) > LONGEST + LONGEST // 5:
            self._thin()

    def _thin(self) -> None:
        """Leave out of the middle what a flood is made of first."""
        later = [one for one in self.lines[FIRST:] if one.type not in QUIET and one.type != "STREAM_BEGIN"]
        self.lines = self.lines[:FIRST] + later[FIRST - LONGEST :]

    def record(self, marks: Marks) -> CallRecord:
        """Fold it. Raises `EmptyCall` without a line of its own."""
        return _folded(self.lines, marks, self.node)

    def record_ended(self, marks: Marks) -> CallRecord:
        """Fold it as if Asterisk had ended it: what colleagues still say to each other changes nothing of it."""
        last = max(self.lines, key=lambda one: (one.file, one.offset))
        end = changed(last, type="LINKEDID_END", line=b"the end", offset=last.offset + 1)
        return _folded([*self.lines, end], marks, self.node)

    def view_of(self, record: CallRecord) -> LiveCall | None:
        """Tell where the caller is; None while no service is known."""
        if not record.service:
            return None
        found = live_call(record, self.welcomes)
        return replace(found, caller=self.number) if self.number and is_token(found.caller) else found


def _folded(lines: Sequence[JournalEvent], marks: Marks, node: str) -> CallRecord:
    return fold_written(as_written(lines), marks, node)


def is_token(number: str) -> bool:
    """Tell whether a number was kept as a token alone."""
    return number[:1] in ("~", "^") and bool(TOKEN.fullmatch(number) or PSEUDONYM.fullmatch(number))
