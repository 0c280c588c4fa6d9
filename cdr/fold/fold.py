"""The fold: the journal lines of one call become its record. PURE.

Rule 1: `fold` is a function of the set of lines. Whatever order, pieces or repetitions they came in, the same lines
give the same record; a call whose end is not yet written gives a record that is marked open.
Rule 2: the order is told by the lines' own times and places (see `cdr.fold.call`), never by that of their arrival.
Rule 3: beside the lines of the call only the marks of its PBX count (see `cdr.journal.marks`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cdr.fold.announcements import Announcements, announcements_of
from cdr.fold.call import OUR_SOUNDS, Call, as_written, call_of
from cdr.fold.legs import legs_of, to_cause
from cdr.fold.outcome import ended_as, hung_up_by, progress_of
from cdr.fold.redirections import redirections_of
from cdr.fold.seconds import Times, times_of
from cdr.fold.steps import steps_of
from cdr.fold.talks import Talk, talks_of
from cdr.fold.transfers import transfers_of
from cdr.fold.visits import visits_of
from cdr.journal.line import JournalEvent
from cdr.journal.marks import NONE, Marks, gone, identity_of, is_astray
from cdr.record.parts import Leg, Redirection, Step
from cdr.record.record import CallRecord
from cdr.record.words import Disposition, LedBy
from cdr.times import span_of, to_datetime

VERSION = 6
"""Grows whenever the same lines give another record than before: what older ones made is then made again."""

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


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a call consists of, and when its people first talked."""

    steps: tuple[Step, ...]
    redirections: tuple[Redirection, ...]
    legs: tuple[Leg, ...]
    times: Times
    connected: datetime | None


def fold(events: Iterable[JournalEvent], marks: Marks = NONE, node: str = "") -> CallRecord:
    """Make the record of one call from its lines, in any order, and the marks of its PBX.

    `node` names the PBX where its linkedids do not. Raises `EmptyCall` without a line of a channel of the call.
    """
    return fold_written(as_written(events), marks, node)


def fold_written(written: Sequence[JournalEvent], marks: Marks = NONE, node: str = "") -> CallRecord:
    """Make the record of one call from its lines as `cdr.fold.call.as_written` gives them. Raises as `fold`."""
    call = call_of(written, marks.steps)
    legs = legs_of(call)
    talks = talks_of(call, legs)
    transfers = transfers_of(call, legs, talks)
    announcements = announcements_of(call)
    end = _end_of(call, legs, talks, announcements, gone(call.linkedid, call.last, marks))
    until = call.events[-1].at if end.ended is None else end.ended
    parts = _Parts(
        steps_of(call, legs, talks, transfers, announcements),
        redirections_of(call, transfers),
        legs,
        times_of(call, talks, (call.own[0].at, until)),
        to_datetime(talks[0].start) if talks else None,
    )
    return _record(call, end, parts, node)


def _record(call: Call, end: _End, parts: _Parts, node: str) -> CallRecord:
    first = call.own[0]
    menu, waiting, talking = map(span_of, parts.times.sums())
    return CallRecord(
        linkedid=call.linkedid,
        service=_told(call, "IVR_CALL", "service"),
        number=_told(call, "IVR_CALL", "number") or first.exten,
        caller=next((event.caller_number for event in call.own if event.caller_number), ""),
        language=_language(call),
        started=to_datetime(first.at),
        answered=_at(_first(call, "ANSWER")),
        connected=parts.connected,
        ended=None if end.ended is None else to_datetime(end.ended),
        seen_until=to_datetime(call.events[-1].at),
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
        steps=parts.steps,
        redirections=parts.redirections,
        legs=parts.legs,
        stepped=span_of(call.stepped),
        node=_node(call.linkedid) or node,
        visits=visits_of(call, parts.steps, parts.times, end.disposition, end.hung_up_by),
    )


def _node(linkedid: str) -> str:
    found = identity_of(linkedid)
    return found.node if found else ""


def _end_of(
    call: Call,
    legs: tuple[Leg, ...],
    talks: tuple[Talk, ...],
    announcements: Announcements,
    lost: Disposition | None,
) -> _End:
    progress = progress_of(call)
    hangup = _first(call, "HANGUP")
    party = hung_up_by(hangup, legs, progress, ordered=bool(call.told("IVR_HANGUP")))
    cause = to_cause(hangup.get("hangupcause")) if hangup else None
    last = hangup or _first(call, "CHAN_END")
    over = any(event.type == "LINKEDID_END" for event in reversed(call.events)) and not _goes_on(call.own[-1])
    if over or (lost and last):  # what is missing of a lost call came after the caller's own end
        ended = (last or call.events[-1]).at
        outcome = Disposition.ANSWERED if talks else ended_as(progress, announcements, party, ended)
        return _End(True, ended, party, cause, outcome)
    if lost:
        return _End(True, call.events[-1].at, "pbx" if lost is Disposition.PBX_LOST else "", None, lost)
    return _End(False, last.at if last else None, party if last else "", cause, Disposition.OPEN)


def _goes_on(last: JournalEvent) -> bool:
    """Tell, by the caller's last line, whether the call goes on though Asterisk has put an end to its linkedid."""
    return is_astray(last) and last.type != "CHAN_END"


def _at(event: JournalEvent | None) -> datetime | None:
    return to_datetime(event.at) if event else None


def _first(call: Call, kind: str) -> JournalEvent | None:
    return next(iter(call.told(kind)), None)


def _told(call: Call, kind: str, key: str) -> str:
    """Give what our own events told last."""
    return next((value for event in reversed(call.told(kind)) if (value := event.get(key))), "")


def _language(call: Call) -> str:
    told = (event for event in reversed(call.own) if event.type in ("IVR_MENU", "IVR_LANGUAGE"))
    return next((said for event in told if (said := event.get("language"))), "") or _spoken(call)


def _spoken(call: Call) -> str:
    """Give the language of our last sound: a caller may leave before the first menu tells its own."""
    sounds = (event for event in reversed(call.own) if event.get("sound").startswith(OUR_SOUNDS))
    return next((event.get("language") for event in sounds), "")


def _led_by(call: Call) -> LedBy:
    return _LEADERS[tuple(kind for kind in call.by_type if kind in ("IVR_ENGINE", "IVR_FALLBACK"))]
