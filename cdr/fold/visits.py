"""The destinations that the caller was sent to, in order, and what came of each. PURE.

Rule 1: a visit begins with each decision, with each handing on by a person, and with each return; a transfer and the
decision that follows it are one, and so are the phones of one destination that are called one after the other. Where a
phone rings or talks without any of these, as in a foreign dialplan, it begins there.
Rule 2: a visit lasts until the next one begins, the last one until the end. What the caller waited and talked in this
time belongs to it. So all of the call's talking belongs to its visits, and all of its waiting after the first began.
Rule 3: Asterisk tells of an attended transfer up to a second after the talk that it leads to has begun; the visit
begins with that talk. Where nobody took the call, the destination is the one that the colleague's own call was sent to.
Rule 4: Asterisk tells of a blind transfer some microseconds before the talk is over; that talk belongs to the visit before.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from cdr.fold.call import Call
from cdr.fold.joined import rung_elsewhere
from cdr.fold.seconds import Times, shares
from cdr.fold.talks import Span
from cdr.fold.transfers import ATTENDED, RETURNED
from cdr.record.derived import taken_before
from cdr.record.parts import Step, Visit
from cdr.record.words import SHUT, Disposition, StepKind, VisitResult
from cdr.times import span_of, to_datetime, to_micros

ENDING = 1_000_000  # microseconds within which the talk is over that a transfer ends

_FAILURES = {
    one.value: one for one in (VisitResult.BUSY, VisitResult.NO_ANSWER, VisitResult.UNREACHABLE, VisitResult.FULL)
}
_SHUT = dict.fromkeys(SHUT, VisitResult.CLOSED)
_LOST = frozenset({Disposition.PBX_LOST, Disposition.JOURNAL_GAP})


@dataclass(slots=True)
class _Draft:
    """A visit so far. `pending`: where a transfer leads is not told yet; `next` is the step that began the next visit."""

    at: datetime
    destination: str
    rule: str = ""
    reason: str = ""
    handed_on: bool = False
    pending: bool = False
    asked: datetime | None = None
    connected: datetime | None = None
    failure: VisitResult | None = None
    exit: str | None = None
    next: Step | None = None


@dataclass(slots=True)
class _Book:
    drafts: list[_Draft]
    homes: dict[str, str]
    asked: Sequence[tuple[datetime, str]]
    talk: Step | None = None

    def see(self, step: Step) -> None:
        match step.kind:
            case StepKind.DECISION:
                self._decided(step)
            case StepKind.TRANSFER:
                self._handed_on(step)
            case StepKind.RETURN:
                self._begin(_Draft(step.at, self.homes.get(step.name, ""), reason=RETURNED), step)
            case StepKind.RING:
                self.homes |= dict.fromkeys(step.name.split("&"), step.value)
                draft = self._here(step)
                draft.asked = draft.asked or step.at
            case StepKind.TALK:
                self.talk = step
                draft = self._here(step)
                draft.connected = draft.connected or step.at
            case StepKind.DIAL_FAILED if self.drafts:
                self.drafts[-1].failure = _FAILURES.get(step.reason)
            case StepKind.EXIT if self.drafts:
                self.drafts[-1].exit = step.reason
            case _:
                pass

    def _decided(self, step: Step) -> None:
        draft = self.drafts[-1] if self.drafts else None
        if draft is not None and draft.pending:
            draft.destination, draft.rule, draft.reason, draft.pending = step.name, step.rule, step.reason, False
        elif draft is None or draft.destination != step.name or step.reason not in _FAILURES:
            self._begin(_Draft(step.at, step.name, step.rule, step.reason), step)

    def _handed_on(self, step: Step) -> None:
        talk, self.talk = self.talk, None
        if talk is None or not self.drafts or not taken_before(step, talk):
            asked = self._asked(step) if step.reason == ATTENDED else ""
            self._begin(_Draft(step.at, asked, reason="transfer", handed_on=True, pending=not asked), step)
            return
        before = self.drafts[-1]
        if before.connected == talk.at:
            before.connected = None
        self._begin(_Draft(talk.at, talk.value, reason="transfer", connected=talk.at), step)

    def _asked(self, step: Step) -> str:
        """Give the destination that a colleague asked before handing the caller on."""
        number = bisect_right(self.asked, step.at, key=lambda one: one[0])
        return self.asked[number - 1][1] if number else ""

    def _here(self, step: Step) -> _Draft:
        """Give the visit in which a phone rings or talks."""
        draft = self.drafts[-1] if self.drafts else None
        if draft is None or (step.kind is StepKind.RING and self._elsewhere(draft, step)):
            draft = _Draft(step.at, step.value)
            self._begin(draft, step)
        draft.destination = draft.destination or step.value
        draft.pending = False
        return draft

    def _elsewhere(self, draft: _Draft, step: Step) -> bool:
        return step.value not in ("", draft.destination) and draft.destination != ""

    def _begin(self, draft: _Draft, step: Step) -> None:
        if self.drafts:
            self.drafts[-1].next = step
        self.drafts.append(draft)


def visits_of(
    call: Call, steps: Sequence[Step], times: Times, disposition: Disposition, hung_up_by: str
) -> tuple[Visit, ...]:
    """Give the visits of a call that ended so."""
    decided = [one for one in call.events if one.type == "IVR_DECISION" and one.uniqueid != call.caller]
    rung = sorted((one.at, one.get("destination")) for one in (*decided, *rung_elsewhere(call)))
    book = _Book([], {}, [(to_datetime(at), name) for at, name in rung])
    for step in steps:
        book.see(step)
    begins = list(accumulate(_begins(book.drafts, times.talking), max))
    waiting, talking = shares(times.waiting, begins), shares(times.talking, begins)
    return tuple(
        Visit(
            draft.at,
            draft.destination,
            draft.rule,
            draft.reason,
            draft.asked,
            draft.connected,
            span_of(waited),
            span_of(talked),
            _came_of(draft, disposition, hung_up_by),
        )
        for draft, waited, talked in zip(book.drafts, waiting, talking, strict=True)
    )


def _begins(drafts: Sequence[_Draft], talking: Sequence[Span]) -> Iterator[int]:
    """Give from when on the times belong to each visit: after a blind transfer from the end of the talk on."""
    number = 0
    for draft in drafts:
        at = to_micros(draft.at)
        while number < len(talking) and talking[number][1] <= at:
            number += 1
        running = number < len(talking) and talking[number][0] < at
        ends = talking[number][1] if running and draft.handed_on else at
        yield ends if ends - at <= ENDING else at


def _came_of(draft: _Draft, disposition: Disposition, hung_up_by: str) -> VisitResult:
    if draft.connected is not None:
        return VisitResult.ANSWERED
    if draft.next is not None and draft.next.kind is StepKind.TRANSFER:
        return VisitResult.TRANSFERRED
    if draft.asked is None and draft.failure is None and draft.reason in SHUT:
        return VisitResult.CLOSED
    gone = draft.exit if draft.next is None else draft.next.reason
    if gone is not None and (told := _failed(draft, gone)):
        return told
    if draft.next is not None:
        return _SHUT.get(draft.next.reason, VisitResult.LEFT)
    return _last(draft, disposition, hung_up_by)


def _failed(draft: _Draft, gone: str) -> VisitResult | None:
    """Tell why a place did not take the call: what the rules made of its phones, but of a single phone what it said."""
    if draft.reason == RETURNED:
        return draft.failure or _FAILURES.get(gone)
    return _FAILURES.get(gone, draft.failure)


def _last(draft: _Draft, disposition: Disposition, hung_up_by: str) -> VisitResult:
    if draft.exit is not None and disposition is not Disposition.ABANDONED_MESSAGE:
        return VisitResult.MESSAGE
    if hung_up_by == "caller":
        return VisitResult.ABANDONED
    if disposition is Disposition.OPEN or disposition in _LOST:
        return VisitResult.NOT_KNOWN
    return draft.failure or VisitResult.NOT_KNOWN
