"""How a call's time divides into menu, waiting and talking. PURE.

Rule 1: talking is being in a bridge with a person; waiting is being in Dial or Queue, or parked, and not talking; menu is
everything else. Every microsecond from the first line to the end belongs to exactly one of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cdr.fold.call import Call
from cdr.fold.talks import Span, Talk
from cdr.journal.line import JournalEvent

_CONNECTING = frozenset({"Dial", "Queue"})
_PLAYING = frozenset({"Read", "Background", "Playback"})


@dataclass(frozen=True, slots=True)
class Times:
    """When the caller waited and talked: ordered spans within `whole` that do not overlap, microseconds since 1970."""

    whole: Span
    waiting: tuple[Span, ...]
    talking: tuple[Span, ...]

    def sums(self) -> tuple[int, int, int]:
        """Give (menu, waiting, talking) in microseconds; they sum to the length of `whole`."""
        waiting, talking = length(self.waiting), length(self.talking)
        return length([self.whole]) - waiting - talking, waiting, talking


def times_of(call: Call, talks: Sequence[Talk], whole: Span) -> Times:
    """Give the times of a call that lasted so long."""
    dials = _clipped(dials_of(call), whole)
    talking = tuple(_clipped(((talk.start, talk.end) for talk in talks), whole))
    return Times(whole, tuple(_without(dials, talking)), talking)


def length(spans: Iterable[Span]) -> int:
    """Give how long some spans are together."""
    return sum(end - start for start, end in spans)


def shares(spans: Iterable[Span], begins: Sequence[int]) -> list[int]:
    """Give how much of ordered spans falls to each of the windows that begin so, each up to the next one, in order."""
    found = [0] * len(begins)
    window = 0
    for start, end in spans:
        while window < len(begins):
            until = begins[window + 1] if window + 1 < len(begins) else end
            found[window] += max(0, min(end, until) - max(start, begins[window]))
            if until >= end:
                break
            window += 1
    return found


def dials_of(call: Call) -> Iterator[Span]:
    """Give the spans in which the caller's channel was in Dial or Queue, in order, without overlap.

    A blind transfer goes from one Dial to the next without APP_END and APP_START: that is one span.
    """
    since: int | None = None
    for event in call.of_caller():
        if since is None and _begins(event):
            since = event.at
        elif since is not None and _ends(event):
            yield since, event.at
            since = None
    if since is not None:
        yield since, call.events[-1].at


def _begins(event: JournalEvent) -> bool:
    return event.type in ("IVR_RING", "PARK_START") or (event.type == "APP_START" and event.app in _CONNECTING)


def _ends(event: JournalEvent) -> bool:
    match event.type:
        case "APP_END":
            return event.app in _CONNECTING
        case "APP_START":
            return event.app == "AGI"
        case "STREAM_BEGIN":
            return event.app in _PLAYING
        case "IVR_DIALSTATUS" | "IVR_TRANSFER" | "IVR_ANNOUNCEMENT" | "IVR_MENU" | "IVR_EXIT" | "HANGUP":
            return True
        case _:
            return False


def _clipped(spans: Iterable[Span], whole: Span) -> Iterator[Span]:
    for start, end in spans:
        if min(end, whole[1]) > max(start, whole[0]):
            yield max(start, whole[0]), min(end, whole[1])


def _without(spans: Iterable[Span], others: Sequence[Span]) -> Iterator[Span]:
    """Give what is left of ordered spans without the others, which are ordered too."""
    number = 0
    for start, end in spans:
        since = start
        while number < len(others) and others[number][0] < end:
            if others[number][0] > since:
                yield since, others[number][0]
            since = max(since, others[number][1])
            if since >= end:
                break
            number += 1
        if since < end:
            yield since, end
