"""Marks: lines of the journal that belong to no call and act on all calls of their PBX. PURE.

Rule 1: a mark is written by a Local channel in the dialplan context `ivr-mark`. No line of such a channel belongs to a
call, and a mark's name on any other channel means nothing.
Rule 2: Asterisk counts its channels from 0 when it starts (`pbx-1795311909.0`: system name, second, count), so the first
channel of each life of Asterisk is a mark too, whoever made it.
Rule 3: a topic (IVR_TOPIC), who was asked by a telephone's second call (IVR_ASKED), who listened (IVR_LISTEN), and what a
supervisor let a waiting caller hear (IVR_SAYS) are no marks. One that names a call is a line of that call, whatever channel
wrote it. All other lines of a channel that supervision made, as of a supervisor's telephone that listens, belong to no
call: its linkedid begins with `OURS`.
Rule 4: what a mark does to a call depends on the places of their lines alone, not on when they are read.
Rule 5: Asterisk counts the age of calls by the wall clock. When two are joined after a step back, it gives the lines of a
caller to the call that was made later. Such a line stays with the caller's own call: no clock touches channels' numbers.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from cdr.journal.clock import ClockStep, once
from cdr.journal.line import JournalEvent
from cdr.journal.places import Place
from cdr.record.words import Disposition

BOOTING = 300  # seconds that calls may come in before Asterisk tells that it has started
MOMENT = 250_000  # microseconds; Asterisk is not killed and started again in less
SETTLED = 60_000_000  # microseconds; a call whose last line is older is not one that has only just begun

TOPIC, ASKED, LISTEN, SAYS = "IVR_TOPIC", "IVR_ASKED", "IVR_LISTEN", "IVR_SAYS"
OURS = "ivr-supervision-"
REMEMBERED = 4096  # uniqueids that need not be read again: many lines have the same

_NAMING = frozenset({TOPIC, ASKED, LISTEN, SAYS})

_CONTEXT = "@ivr-mark-"
_CALLED = frozenset({"AppDial", "AppDial2", "AppQueue"})  # the application of a channel that was rung
_IDENTITY = re.compile(r"(?:(.+)-)?(\d{1,12})\.(\d{1,12})")
_SECONDS = re.compile(r"(-?)(\d{1,10})(?:\.(\d{1,6})\d*)?")


class MarkKind(Enum):
    """What a mark tells."""

    BOOT = "IVR_BOOT"
    FIRST = "CHAN_START"
    CLOCK = "IVR_CLOCK"
    LEADER = "IVR_LEADER"
    OLDEST = "IVR_OLDEST"


_KINDS = {kind.value: kind for kind in MarkKind}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a uniqueid tells: the PBX, the second in which the channel was made, and its number in Asterisk's life."""

    node: str
    second: int
    number: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark and its place; `by` is the channel that wrote it."""

    kind: MarkKind
    by: Identity
    place: Place
    event: JournalEvent


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one PBX in the order of the journal, and what they tell of its clock."""

    marks: tuple[Mark, ...] = ()
    steps: tuple[ClockStep, ...] = ()


NONE = Marks()


@lru_cache(REMEMBERED)
def identity_of(uniqueid: str) -> Identity | None:
    """Read a uniqueid or linkedid; None if it is not one of Asterisk's."""
    found = _IDENTITY.fullmatch(uniqueid)
    return Identity(found[1] or "", int(found[2]), int(found[3])) if found else None


def is_of_mark(event: JournalEvent) -> bool:
    """Tell whether a line was written by the channel of a mark, and so belongs to no call."""
    return _CONTEXT in event.channel and event.channel.startswith("Local/")


def call_of_line(event: JournalEvent) -> str | None:
    """Give the linkedid of the call that a line belongs to, None if it belongs to none.

    A topic may be set after the call, or by somebody who is not in it: then it names the call. So do a phone that was
    asked by another call, one that listens, and what whispers a recording. A caller's line may bear the linkedid of another
    call, see rule 5.
    """
    if event.type in _NAMING:
        named = event.get("linkedid")
        if identity_of(named):
            return named
    if is_of_mark(event) or event.linkedid.startswith(OURS):
        return None
    return event.uniqueid if is_astray(event) else event.linkedid


def is_astray(event: JournalEvent) -> bool:
    """Tell whether a line of a caller bears the linkedid of a call that was made later, see rule 5."""
    if event.uniqueid == event.linkedid or event.app in _CALLED or event.type == "LINKEDID_END":
        return False
    return not event.channel.startswith("Local/") and is_older(event.uniqueid, event.linkedid)


def is_older(uniqueid: str, linkedid: str) -> bool:
    """Tell whether a channel was made before the call whose linkedid it bears, and the clock was set back between the two."""
    own, call = identity_of(uniqueid), identity_of(linkedid)
    if own is None or call is None:
        return False
    return own.node == call.node and own.number < call.number and own.second > call.second


def is_from_outside(event: JournalEvent) -> bool:
    """Tell whether a line of a call was written by a channel that has no part in it."""
    return event.type in _NAMING and call_of_line(event) != event.linkedid


def mark_in(event: JournalEvent) -> Mark | None:
    """Give the mark that a line is, if it is one."""
    kind = _KINDS.get(event.type)
    if kind is None:
        return None
    if kind is MarkKind.FIRST:
        if not event.uniqueid.endswith(".0"):
            return None
    elif not is_of_mark(event):
        return None
    by = identity_of(event.uniqueid)
    return Mark(kind, by, (event.file, event.offset), event) if by else None


def marks_by_node(found: Iterable[Mark]) -> dict[str, Marks]:
    """Put marks in order, by PBX."""
    sorted_out: dict[str, list[Mark]] = {}
    for one in sorted(found, key=lambda one: one.place):
        sorted_out.setdefault(one.by.node, []).append(one)
    return {node: Marks(tuple(some), once(steps_of(some))) for node, some in sorted_out.items()}


def gone(linkedid: str, last: JournalEvent, marks: Marks) -> Disposition | None:
    """Tell why a call whose end Asterisk never wrote is over, by the first mark after its `last` line that says so.

    None if there is no such mark: the call goes on.
    """
    call = identity_of(linkedid)
    if call is None:
        return None
    after = bisect_right(marks.marks, (last.file, last.offset), key=lambda one: one.place)
    found = (_gone_by(one, call, last) for one in marks.marks[after:])
    return next((why for why in found if why is not None), None)


def _gone_by(mark: Mark, call: Identity, last: JournalEvent) -> Disposition | None:
    match mark.kind:
        case MarkKind.BOOT | MarkKind.FIRST:
            return None if _same_life(call, mark, last) else Disposition.PBX_LOST
        case MarkKind.OLDEST:
            return Disposition.JOURNAL_GAP if _older(call, mark, last) else None
        case _:
            return None


def _same_life(call: Identity, mark: Mark, last: JournalEvent) -> bool:
    """Tell whether a call whose lines stand before a mark of Asterisk's start began after that start all the same.

    Its channel is numbered before the mark's and was made while Asterisk started, or after and in the same moment. The
    second alone does not tell: Asterisk may be killed and up again within one.
    """
    if call.number < mark.by.number:
        return mark.by.second - BOOTING <= call.second <= mark.by.second
    in_the_second = call.number > mark.by.number and mark.by.second <= call.second <= mark.event.at // 1_000_000
    return in_the_second and last.at >= mark.event.at - MOMENT


def _older(call: Identity, mark: Mark, last: JournalEvent) -> bool:
    """Tell whether a call began before the oldest one that Asterisk still had; if it had none, some time before."""
    oldest = identity_of(mark.event.get("linkedid"))
    if oldest is None:
        return last.at < mark.event.at - SETTLED
    return call.number < oldest.number and call.second <= oldest.second


def steps_of(marks: Sequence[Mark]) -> list[ClockStep]:
    """Give the steps of the clock that marks tell of."""
    told = ((one, _micros(one.event.get("seconds"))) for one in marks if one.kind is MarkKind.CLOCK)
    return [ClockStep(one.place, one.event.at, step) for one, step in told if step]


def _micros(text: str) -> int:
    """Read seconds with a sign and a fraction, exactly; 0 if it is no such number."""
    found = _SECONDS.fullmatch(text)
    if found is None:
        return 0
    size = int(found[2]) * 1_000_000 + int((found[3] or "").ljust(6, "0"))
    return -size if found[1] else size
