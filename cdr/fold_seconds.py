"""How a call's time divides into menu, waiting and talking. PURE.

Rule 1: talking is being in a bridge with a person; waiting is being in Dial or Queue and not talking; menu is
everything else. Every microsecond from the first line to the end belongs to exactly one of them.
"""

from collections.abc import Iterator, Sequence

from cdr.fold_call import Call
from cdr.fold_talks import Span, Talk
from cdr.journal_line import JournalEvent

_CONNECTING = frozenset({"Dial", "Queue"})
_PLAYING = frozenset({"Read", "Background", "Playback"})


def seconds_of(call: Call, talks: Sequence[Talk], whole: Span) -> tuple[int, int, int]:
    """Give (menu, waiting, talking) in microseconds; they sum to the length of `whole`."""
    dials = list(_clipped(dials_of(call), whole))
    spoken = list(_clipped(((talk.start, talk.end) for talk in talks), whole))
    talking = sum(end - start for start, end in spoken)
    waiting = sum(end - start for start, end in dials) - _overlap(dials, spoken)
    return whole[1] - whole[0] - talking - waiting, waiting, talking


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
    return event.type == "IVR_RING" or (event.type == "APP_START" and event.app in _CONNECTING)


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


def _clipped(spans: Iterator[Span], whole: Span) -> Iterator[Span]:
    for start, end in spans:
        if min(end, whole[1]) > max(start, whole[0]):
            yield max(start, whole[0]), min(end, whole[1])


def _overlap(left: list[Span], right: list[Span]) -> int:
    """Give how long both lists of ordered spans hold at once."""
    total = i = j = 0
    while i < len(left) and j < len(right):
        total += max(0, min(left[i][1], right[j][1]) - max(left[i][0], right[j][0]))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return total
