"""All calls under way, kept up to date with the journal's lines. PURE.

Rule 1: a line is taken once: what stands before the last line of its file is known, as when a file is read again.
Rule 2: a call is shown from the moment that its service is known until its caller has gone, or until a mark says that
Asterisk has lost it. Calls among colleagues have no service and are never shown.
Rule 3: a call is folded at most once in each look, and only if a line came that can change what is shown. Of a call of very
many lines the beginning and the latest are kept, and it is folded only in some looks.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from cdr.errors import EmptyCall
from cdr.journal.clock import JITTER, once
from cdr.journal.line import JournalEvent
from cdr.journal.marks import NONE, Mark, MarkKind, Marks, call_of_line, gone, identity_of, is_from_outside, mark_in
from cdr.journal.marks import steps_of as steps_told
from cdr.journal.places import Place
from cdr.live.call import LiveCall
from cdr.live.lines import QUIET, OpenCall
from cdr.record.record import CallRecord

BIG = 300  # lines from which on a call is folded only in every `RARELY`th look
RARELY = 10
PER_LOOK = 20_000  # lines folded in one look: about 0.1 s
OVER = 20_000  # calls that are over and whose names are remembered
DROPPED = 200  # calls that were taken out and would be shown again if a line came
FILES = 64  # journal files whose last place is remembered
MARKS = 64  # marks from which on it is looked for some that are no longer needed

_Value = TypeVar("_Value")

_ENDS = frozenset({"HANGUP", "CHAN_END", "LINKEDID_END"})
_ACTING = frozenset({MarkKind.BOOT, MarkKind.FIRST, MarkKind.OLDEST})


@dataclass(frozen=True, slots=True)
class Shown:
    """A call that is new or has changed."""

    call: LiveCall


@dataclass(frozen=True, slots=True)
class Gone:
    """A call that was shown and is over: as it was last, its `disposition` in the word of the records, and when it ended."""

    call: LiveCall
    disposition: str
    at: datetime


Change = Shown | Gone


class LiveCalls:
    """The calls under way on one PBX, or on several whose uniqueids tell them apart."""

    def __init__(self) -> None:
        self._open: dict[str, OpenCall] = {}
        self._dropped: dict[str, OpenCall] = {}
        self._over: dict[str, None] = {}
        self._dirty: dict[str, None] = {}
        self._marks: dict[str, list[Mark]] = {}
        self._known: dict[str, Marks] = {}
        self._places: dict[str, int] = {}
        self._ended: deque[Gone] = deque()
        self._look = 0
        self.strange: list[tuple[str, Exception]] = []
        """Calls that the fold stumbled over; whoever runs this says so and empties it."""

    def restore(self, name: str, node: str, written: Iterable[JournalEvent]) -> None:
        """Begin with the lines of an open call that were stored before."""
        call = self._open[name] = OpenCall(name, node)
        for event in written:
            call.take(event)
        self._dirty[name] = None

    def restore_marks(self, marks: Iterable[Mark]) -> None:
        """Begin with the marks that stand after the first line of the calls restored."""
        for mark in marks:
            self._see_mark(mark)

    def read_to(self, place: Place) -> None:
        """Know all lines of a file up to one that stands there."""
        file, offset = place
        self._places[file] = max(offset, self._places.get(file, -1))

    def take(self, events: Iterable[JournalEvent], node: str = "") -> None:
        """Take lines as the journal has them; `node` is the PBX of calls whose names tell none."""
        for event in events:
            if self._is_known(event):
                continue
            mark = mark_in(event)
            if mark is not None:
                self._see_mark(mark if mark.by.node else replace(mark, by=replace(mark.by, node=node)))
            name = call_of_line(event)
            if name is not None:
                self._see_line(name, node, event)

    def changes(self) -> list[Change]:
        """Give what is shown otherwise since the last time. What is too much for one look is `pending`."""
        self._look += 1
        found: list[Change] = []
        while self._ended:
            found.append(self._ended.popleft())
        lines = 0
        for name in list(self._dirty):
            call = self._open.get(name)
            size = len(call.lines) if call else 0
            if size > BIG and self._look % RARELY:
                continue
            if lines > PER_LOOK:
                break
            lines += size
            del self._dirty[name]
            change = self._folded(call) if call else None
            if change is not None:
                found.append(change)
        return found

    @property
    def pending(self) -> bool:
        """Tell whether something was left for the next look."""
        return bool(self._dirty)

    def calls(self) -> list[LiveCall]:
        """Give the calls that are shown, in the order in which they came."""
        return [call.shown for call in self._open.values() if call.shown is not None]

    def names(self) -> frozenset[str]:
        """Give the linkedids of all calls under way, with those that are not shown."""
        return frozenset(self._open)

    def shown(self) -> frozenset[str]:
        """Give the linkedids of those that are shown."""
        return frozenset(name for name, call in self._open.items() if call.shown is not None)

    def record(self, name: str) -> CallRecord | None:
        """Give the record so far of a call that is shown; of a call of very many lines the middle is missing."""
        call = self._open.get(name)
        return None if call is None or call.shown is None else self._record(call)

    def number_of(self, name: str) -> str | None:
        """Give the whole number of a caller, `""` if it is withheld or not known; None if there is no such call."""
        call = self._open.get(name)
        return None if call is None or call.shown is None else call.number

    def drop(self, name: str) -> None:
        """Take a call out that Asterisk does not have, and whose end is not in the journal. A new line brings it back."""
        call = self._open.pop(name, None)
        if call is None:
            return
        if call.shown is not None:
            self._ended.append(Gone(call.shown, "journal_gap", self._record(call).seen_until))
            call.shown = None
        _remember(self._dropped, name, call, DROPPED)

    def _is_known(self, event: JournalEvent) -> bool:
        if not event.file:
            return False
        last = self._places.get(event.file)
        if last is None:
            _remember(self._places, event.file, event.offset, FILES)
        elif event.offset <= last:
            return True
        else:
            self._places[event.file] = event.offset
        return False

    def _see_line(self, name: str, node: str, event: JournalEvent) -> None:
        call = self._open.get(name) or self._opened(name, node, event)
        if call is None:
            return
        fell = bool(call.lines) and event.at < call.lines[-1].at - JITTER  # so the clock was stepped
        call.take(event)
        if event.type in _ENDS or (call.has_service and (fell or event.type not in QUIET)):
            self._dirty[name] = None

    def _opened(self, name: str, node: str, event: JournalEvent) -> OpenCall | None:
        """Begin a call with a line, unless it is over already, or the line only tells of it."""
        if name in self._over or is_from_outside(event):
            return None
        dropped = self._dropped.pop(name, None)
        if event.type in _ENDS:
            return None
        identity = identity_of(name)
        call = self._open[name] = dropped or OpenCall(name, (identity.node if identity else "") or node)
        return call

    def _see_mark(self, mark: Mark) -> None:
        if mark.kind is MarkKind.LEADER:
            return
        node = mark.by.node
        some = self._marks.setdefault(node, [])
        some.append(mark)
        if len(some) > MARKS:
            self._forget_marks(node)
        marks = self._known[node] = Marks(tuple(self._marks[node]), once(steps_told(self._marks[node])))
        for name, call in self._open.items():
            if call.node == node and (mark.kind not in _ACTING or gone(name, call.lines[-1], marks) is not None):
                self._dirty[name] = None

    def _forget_marks(self, node: str) -> None:
        begins = min((_place(call.lines[0]) for call in self._open.values() if call.node == node), default=None)
        some = self._marks[node]
        kept = [one for one in some if begins is not None and one.place > begins]
        self._marks[node] = kept or some[-1:]

    def _folded(self, call: OpenCall) -> Change | None:
        try:
            record = self._record(call)
            if record.complete or record.ended is not None:
                return self._ended_as(call, record)
        except EmptyCall:  # nothing of its own is there
            del self._open[call.name]
            return None
        except Exception as error:  # noqa: BLE001 - one strange call must not hide all others; it is told by `strange`
            self.strange.append((call.name, error))
            return self._ended_strangely(call)
        before, call.shown = call.shown, call.view_of(record)
        return None if call.shown is None or call.shown == before else Shown(call.shown)

    def _ended_as(self, call: OpenCall, record: CallRecord) -> Change | None:
        self._close(call)
        if call.shown is None:
            return None
        if not record.complete:
            record = call.record_ended(self._known.get(call.node, NONE))
        return Gone(call.shown, record.disposition.value, (record.ended or record.seen_until) + record.stepped)

    def _ended_strangely(self, call: OpenCall) -> Change | None:
        self._close(call)
        return None if call.shown is None else Gone(call.shown, "open", call.shown.since)

    def _close(self, call: OpenCall) -> None:
        del self._open[call.name]
        _remember(self._over, call.name, None, OVER)

    def _record(self, call: OpenCall) -> CallRecord:
        return call.record(self._known.get(call.node, NONE))


def _remember(some: dict[str, _Value], name: str, value: _Value, most: int) -> None:
    if len(some) >= most:
        some.pop(next(iter(some)))
    some[name] = value


def _place(event: JournalEvent) -> Place:
    return event.file, event.offset
