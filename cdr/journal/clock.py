"""One clock for one call, though the host's clock was stepped while it lasted. PURE.

Rule 1: all times of a call are put on the clock as it was at the call's first line. So durations and the order are right,
and the sum of the steps is told apart.
Rule 2: a step that the engine told (IVR_CLOCK) is taken out exactly. It is told up to some seconds after it happened, so
which lines before the telling already had the new clock is seen from their times. Where they do not show it (a step
back by less than `FAR`, and no line of the call shortly before it), such a line counts as written before the step.
Rule 3: a clock that went back by more than `JITTER` without being told shows in the order of the journal. How much time
really passed then is not known: it counts as a microsecond. One that went forward untold does not show.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import gt

from cdr.journal.line import JournalEvent
from cdr.journal.places import Place

JITTER = 500_000  # microseconds by which neighbours may stand in the wrong order on a busy machine
SLIGHT = 20_000  # microseconds by which they hardly ever do
LATE = 10_000_000  # microseconds; a step back that no line of the call shows is told within these
FAR = 60_000_000  # microseconds; a call writes no line so long only while people talk
LATEST = 600_000_000  # microseconds; any step is told within these


@dataclass(frozen=True, slots=True)
class ClockStep:
    """The clock was stepped by so many microseconds, forward if positive, not long before `at` (by the new clock)."""

    place: Place
    at: int
    step: int


def once(steps: Sequence[ClockStep]) -> tuple[ClockStep, ...]:
    """Give the steps without repetitions: two engines may tell of the same one."""
    kept: list[ClockStep] = []
    for one in steps:
        before = kept[-1] if kept else None
        if before is None or abs(before.step - one.step) > JITTER or abs(before.at - one.at) > LATE:
            kept.append(one)
    return tuple(kept)


def may_follow(at: int, one: ClockStep) -> bool:
    """Tell whether a line from before the telling of a step, by its time, may have been written after the step."""
    if one.step > 0:
        return at > one.at - one.step // 2
    return one.at - LATEST < at <= one.at + JITTER


def steady(written: Sequence[JournalEvent], steps: Sequence[ClockStep]) -> tuple[list[JournalEvent], int]:
    """Put the lines of a call, in the order of the journal, on one clock.

    Gives them with their new times, and by how many microseconds the clock had been stepped at the last line.
    """
    if not steps and not _falls(written):  # nearly all calls
        return list(written), 0
    shifts = [0] * len(written)
    for earlier, one in zip((None, *steps), steps, strict=False):
        for number in _stepped(written, one, earlier):
            shifts[number] += one.step
    _find_untold(written, shifts)
    first = shifts[0]
    if all(shift == first for shift in shifts):
        return list(written), 0
    timed = [replace(event, at=event.at - shift + first) for event, shift in zip(written, shifts, strict=True)]
    return timed, shifts[-1] - first


def _falls(written: Sequence[JournalEvent]) -> bool:
    times = [event.at for event in written]
    return any(map(gt, times, [at + JITTER for at in times[1:]]))


def _stepped(written: Sequence[JournalEvent], one: ClockStep, earlier: ClockStep | None) -> Iterator[int]:
    """Give the numbers of the lines that have the clock after a step; `earlier` is the step before it."""
    since = ("", -1) if earlier is None else earlier.place
    between = [n for n, event in enumerate(written) if since < (event.file, event.offset) < one.place]
    yield from _already(written, between, one)
    yield from (n for n, event in enumerate(written) if (event.file, event.offset) > one.place)


def _already(written: Sequence[JournalEvent], between: list[int], one: ClockStep) -> Iterator[int]:
    """Give those lines before the telling, and after the telling before it, that already have the new clock."""
    if one.step > 0:
        yield from (n for n in between if may_follow(written[n].at, one))
        return
    newest = one.at + JITTER
    falls = [(n, written[before].at - written[n].at) for before, n in pairwise(between)]
    deepest = max((fall for _, fall in falls), default=0)
    if deepest > SLIGHT:
        first = next(n for n, fall in falls if fall * 2 > deepest)  # a straggler makes a second fall
        yield from (n for n in between if n >= first and written[n].at <= newest)
    elif one.step <= -FAR:  # a line just before the telling is not one from before the step, when that was as late
        yield from (n for n in between if one.at - LATE < written[n].at <= newest)


def _find_untold(written: Sequence[JournalEvent], shifts: list[int]) -> None:
    """Add the steps back that nobody told."""
    untold, latest = 0, written[0].at - shifts[0]
    for number, event in enumerate(written):
        at = event.at - shifts[number] - untold
        if at < latest - JITTER:
            untold += at - latest - 1
            at = latest + 1
        latest = max(latest, at)
        shifts[number] += untold
