"""The fold: the journal lines of one call become its record. PURE.

Rule 1: `fold` is a function of the set of lines. Whatever order, pieces or repetitions they came in, the same lines
give the same record; a call whose end is not yet written gives a record that is marked open.
Rule 2: the order is told by the lines' own times and places (see `cdr.fold_call`), never by that of their arrival.
Rule 3: beside the lines of the call only the marks of its PBX count (see `cdr.marks`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cdr.fold_announcements import Announcements, announcements_of
from cdr.fold_call import OUR_SOUNDS, Call, as_written, call_of
from cdr.fold_legs import legs_of, to_cause
from cdr.fold_outcome import ended_as, hung_up_by, progress_of
from cdr.fold_redirections import redirections_of
from cdr.fold_seconds import seconds_of
from cdr.fold_steps import steps_of
from cdr.fold_talks import Talk, talks_of
from cdr.fold_transfers import transfers_of
from cdr.journal_line import JournalEvent
from cdr.marks import NONE, Marks, gone
from cdr.record import CallRecord, Leg
from cdr.record_words import Disposition, LedBy
from cdr.times import span_of, to_datetime

_LEADERS = {
    ("IVR_ENGINE",): LedBy.ENGINE,
    ("IVR_FALLBACK",): LedBy.FALLBACK,
    ("IVR_ENGINE", "IVR_FALLBACK"): LedBy.ENGINE_THEN_FALLBACK,
    ("IVR_FALLBACK", "IVR_ENGINE"): LedBy.FALLBACK_THEN_ENGINE,
    (): LedBy.NOBODY,
}


@dataclass(frozen=True, slots=True)
class _End:
    """How far the call is: `over` once nothing more can come, `ended` once the caller's channel is gone."""

    over: bool
    ended: int | None
    hung_up_by: str
    cause: int | None
    disposition: Disposition


def fold(events: Iterable[JournalEvent], marks: Marks = NONE) -> CallRecord:
    """Make the record of one call from its lines, in any order, and the marks of its PBX. Raises `EmptyCall` without a line."""
    return fold_written(as_written(events), marks)


def fold_written(written: Sequence[JournalEvent], marks: Marks = NONE) -> CallRecord:
    """Make the record of one call from its lines as `cdr.fold_call.as_written` gives them. Raises as `fold`."""
    call = call_of(written, marks.steps)
    legs = legs_of(call)
    talks = talks_of(call, legs)
    transfers = transfers_of(call, legs, talks)
    announcements = announcements_of(call)
    end = _end_of(call, legs, talks, announcements, gone(call.linkedid, written[-1], marks))
    first, until = next(call.of_caller()), call.events[-1].at
    whole = (first.at, until if end.ended is None else end.ended)
    menu, waiting, talking = map(span_of, seconds_of(call, talks, whole))
    return CallRecord(
        linkedid=call.linkedid,
        service=_told(call, "IVR_CALL", "service"),
        number=_told(call, "IVR_CALL", "number") or first.exten,
        caller=next((event.caller_number for event in call.of_caller() if event.caller_number), ""),
        language=_language(call),
        started=to_datetime(first.at),
        answered=_at(_first(call, "ANSWER")),
        connected=to_datetime(talks[0].start) if talks else None,
        ended=None if end.ended is None else to_datetime(end.ended),
        seen_until=to_datetime(until),
        menu=menu,
        waiting=waiting,
        talking=talking,
        disposition=end.disposition,
        hung_up_by=end.hung_up_by,
        hangup_cause=end.cause,
        led_by=_led_by(call),
        rules=_told(call, "IVR_ENGINE", "rules") or _told(call, "IVR_CALL", "rules"),
        engine=_told(call, "IVR_ENGINE", "engine"),
        complete=end.over,
        steps=steps_of(call, legs, talks, transfers, announcements),
        redirections=redirections_of(call, transfers),
        legs=legs,
        stepped=span_of(call.stepped),
    )


def _end_of(
    call: Call,
    legs: tuple[Leg, ...],
    talks: tuple[Talk, ...],
    announcements: Announcements,
    lost: Disposition | None,
) -> _End:
    progress = progress_of(call)
    hangup = _first(call, "HANGUP")
    party = hung_up_by(hangup, legs, progress)
    cause = to_cause(hangup.get("hangupcause")) if hangup else None
    last = hangup or _first(call, "CHAN_END")
    over = any(event.type == "LINKEDID_END" for event in call.events)
    if over or (lost and last):  # what is missing of a lost call came after the caller's own end
        ended = (last or call.events[-1]).at
        outcome = Disposition.ANSWERED if talks else ended_as(progress, announcements, party, ended)
        return _End(True, ended, party, cause, outcome)
    if lost:
        return _End(True, call.events[-1].at, "pbx" if lost is Disposition.PBX_LOST else "", None, lost)
    return _End(False, last.at if last else None, party if last else "", cause, Disposition.OPEN)


def _at(event: JournalEvent | None) -> datetime | None:
    return to_datetime(event.at) if event else None


def _first(call: Call, kind: str) -> JournalEvent | None:
    return next((event for event in call.of_caller() if event.type == kind), None)


def _told(call: Call, kind: str, key: str) -> str:
    """Give what our own events told last."""
    values = [event.get(key) for event in call.of_caller() if event.type == kind]
    return next((value for value in reversed(values) if value), "")


def _language(call: Call) -> str:
    told = [event for event in call.of_caller() if event.type in ("IVR_MENU", "IVR_LANGUAGE")]
    said = next((event.get("language") for event in reversed(told) if event.get("language")), "")
    return said or _spoken(call)


def _spoken(call: Call) -> str:
    """Give the language of our last sound: a caller may leave before the first menu tells its own."""
    sounds = [event for event in call.of_caller() if event.get("sound").startswith(OUR_SOUNDS)]
    return sounds[-1].get("language") if sounds else ""


def _led_by(call: Call) -> LedBy:
    kinds = [event.type for event in call.of_caller() if event.type in ("IVR_ENGINE", "IVR_FALLBACK")]
    return _LEADERS[tuple(dict.fromkeys(kinds))]
