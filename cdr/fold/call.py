"""The lines of one call, in order and in today's words. PURE.

Rule 1: a call is the *set* of its lines, each with its place in the journal. Repeated lines are one; the order in which
they were read does not matter.
Rule 2: Asterisk writes neighbours up to some 100 microseconds out of order, so lines are sorted by their time once that
has been put on one clock (`cdr.journal.clock`); at the same microsecond the beginnings come first and the ends last.
Rule 3: a sound that began within `HEARD` before the caller hung up was not heard and is left out: when a hang-up cuts
off one sound of a list, Asterisk still writes the beginning of the next one.
Rule 4: a line from outside the call (a topic, see `cdr.journal.marks`) tells of it and changes nothing else of it.
Rule 5: journals of older dialplans are turned into today's words here and nowhere else.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from cdr.errors import EmptyCall
from cdr.journal.clock import ClockStep, steady
from cdr.journal.line import NOTES, JournalEvent, changed, unpacked
from cdr.journal.marks import is_astray, is_from_outside

OUR_SOUNDS = "ivr/"  # before the prompt id in the name of a sound
HEARD = 100_000  # microseconds; shorter than any sound that a caller could have heard

_RANK = {"CHAN_START": -2, "BRIDGE_EXIT": -1, "HANGUP": 1, "CHAN_END": 2, "LINKEDID_END": 3}
_FILE = attrgetter("file")
_PLACED = attrgetter("file", "offset", "at", "line")
_RESULTS = {
    "BUSY": "busy",
    "NOANSWER": "no_answer",
    "CHANUNAVAIL": "unreachable",
    "CONGESTION": "unreachable",
    "FULL": "full",
    "CANCEL": "cancelled",
    "ANSWER": "answered",
}
_TOLD_OTHERWISE = frozenset(
    {
        "IVR_ROUTE",
        "IVR_DIALSTATUS",
        "IVR_FALLBACK",
        "IVR_DECISION",
        "IVR_RING",
        "IVR_RETURN",
    }
)
_APPS = frozenset({"AGI", "Dial"})
_TOLD_OF_APPS = frozenset({"DTMF", "APP_START", "APP_END", "STREAM_BEGIN", "STREAM_END"})
"""Events, the latter of some applications, that older dialplans wrote in other words, or instead of which they wrote others."""

_DIALLED = re.compile(r"^[^/]+/(?:.*?sips?:)?([^@/]+)")


@dataclass(frozen=True, slots=True)
class Call:
    """One call's events in order. `caller` is the uniqueid of the caller's channel, `own` are its events, also `by_type`, in
    the order in which the types first came. `last` is the last line as written.

    `outside` are the lines that other channels wrote about it, in the order of the journal.
    All times are by the clock as it was at the call's first line; it was stepped by `stepped` microseconds until the last.
    """

    linkedid: str
    caller: str
    events: tuple[JournalEvent, ...]
    own: tuple[JournalEvent, ...]
    by_type: Mapping[str, Sequence[JournalEvent]]
    last: JournalEvent
    outside: tuple[JournalEvent, ...] = ()
    stepped: int = 0

    def told(self, kind: str) -> Sequence[JournalEvent]:
        """Give the events of a type of the caller's own channel."""
        return self.by_type.get(kind, ())

    def of_caller(self) -> Iterator[JournalEvent]:
        """Give the events of the caller's own channel."""
        return iter(self.own)


def as_written(events: Iterable[JournalEvent]) -> list[JournalEvent]:
    """Give each line once, in the order of the journal; lines without a place come first, by their time.

    A line that stands at several places, as in a copy, counts at the first.
    """
    given = list(events)
    once = {event.line: event for event in given}
    if len(once) < len(given):
        for event in given:
            if _is_earlier(event, once[event.line]):
                once[event.line] = event
    written = list(once.values())
    placed = all(map(_FILE, written))
    written.sort(key=_PLACED if placed else _by_place_or_time)
    return written


def _by_place_or_time(event: JournalEvent) -> tuple[str, int, int, int, str, bytes]:
    return event.file, event.offset, *_by_time(event)


def _by_time(event: JournalEvent) -> tuple[int, int, str, bytes]:
    return event.at, _RANK.get(event.type, 0), event.uniqueid, event.line


def _is_earlier(event: JournalEvent, known: JournalEvent) -> bool:
    return event.file != "" and (known.file == "" or (event.file, event.offset) < (known.file, known.offset))


def call_of(written: Sequence[JournalEvent], steps: Sequence[ClockStep] = ()) -> Call:
    """Order the lines of one call, as given by `as_written`; `steps` are those of its PBX's clock, in order.

    Raises `EmptyCall` without a line of a channel of the call.
    """
    lines = [event for event in written if not is_from_outside(event)]
    if not lines:
        raise EmptyCall
    timed, stepped = steady(lines, steps)
    ordered = sorted(timed, key=_by_time)
    linkedid = ordered[0].uniqueid if is_astray(ordered[0]) else ordered[0].linkedid
    known = any(event.uniqueid == linkedid for event in ordered)
    caller = linkedid if known else ordered[0].uniqueid
    end = _hung_up_at(ordered, caller)
    heard: list[JournalEvent] = []
    for event in ordered:
        if event.type == NOTES:
            heard += unpacked(event)
        elif event.type != "STREAM_BEGIN" or not _too_late(event, end):
            heard.append(event)
    modern = tuple(_Moderniser(caller, heard).events())
    own = tuple([event for event in modern if event.uniqueid == caller])
    outside = () if len(lines) == len(written) else tuple(_outside(written, lines[0], steps))
    by_type: dict[str, list[JournalEvent]] = {}
    for event in own:
        by_type.setdefault(event.type, []).append(event)
    return Call(linkedid, caller, modern, own, by_type, lines[-1], outside, stepped)


def _outside(
    written: Sequence[JournalEvent], first: JournalEvent, steps: Sequence[ClockStep]
) -> Iterator[JournalEvent]:
    """Give the lines from outside, on the clock of the call's first line."""
    began = (first.file, first.offset)
    for event in filter(is_from_outside, written):
        later = sum(one.step for one in steps if began < one.place < (event.file, event.offset))
        yield changed(event, at=event.at - later)


def _hung_up_at(events: list[JournalEvent], caller: str) -> int | None:
    return next((event.at for event in events if event.type == "HANGUP" and event.uniqueid == caller), None)


def _too_late(event: JournalEvent, hung_up_at: int | None) -> bool:
    return hung_up_at is not None and event.at > hung_up_at - HEARD


def dialled(app_data: str) -> str:
    """Give the phone of a dial string: `PJSIP/trunk/sip:102@127.0.0.1,5,tTg` dials `102`."""
    match = _DIALLED.match(app_data.partition(",")[0])
    return match[1] if match else ""


def result_of(event: JournalEvent) -> str:
    """Give the result of a Dial in our words; a word of Asterisk's that is not known counts as `unreachable`."""
    return _RESULTS.get(event.get("dialstatus"), "unreachable")


class _Moderniser:
    """Adds or replaces what older dialplans left out or wrote as plain text."""

    def __init__(self, caller: str, events: list[JournalEvent]) -> None:
        self._caller = caller
        self._events = events
        self._old_engine = _led_silently(events)
        self._told_ring = False
        self._digits = ""
        self._destination = ""
        self._homes: dict[str, str] = {}
        self._returned = ""

    def events(self) -> list[JournalEvent]:
        found: list[JournalEvent] = []
        for event in self._events:
            otherwise = event.type in _TOLD_OTHERWISE or (event.app in _APPS and event.type in _TOLD_OF_APPS)
            if otherwise and event.uniqueid == self._caller:
                found += self._of_caller(event)
            else:
                found.append(event)
        return found

    def _of_caller(self, event: JournalEvent) -> Iterator[JournalEvent]:
        match event.type, event.app:
            case "DTMF", "AGI":
                self._digits += event.get("digit")
            case "IVR_ROUTE", _:
                yield from self._route(event)
            case "IVR_DIALSTATUS" | "IVR_FALLBACK", _:
                event = _worded(event)
            case "IVR_DECISION", _:
                self._destination, self._returned = event.get("destination"), ""
            case "IVR_RING", _:
                self._told_ring = True
                self._homes |= dict.fromkeys(event.get("phone").split("&"), event.get("destination"))
            case "IVR_RETURN", _:
                self._returned = event.get("phone")
            case "APP_START", "Dial" if not self._told_ring:
                yield self._rung(event)
            case "APP_END", "Dial":
                self._told_ring = False
            case "APP_START" | "STREAM_BEGIN" | "STREAM_END", "AGI" if self._old_engine:
                self._old_engine = False
                yield _told(event, "IVR_ENGINE")
        yield event

    def _rung(self, event: JournalEvent) -> JournalEvent:
        """Tell of a Dial that was not told of. A phone that gets the caller back is that of the place it rang for before."""
        phone = dialled(event.app_data)
        home = self._homes.get(phone, "") if phone == self._returned else ""
        return _told(event, "IVR_RING", destination=home or self._destination, phone=phone)

    def _route(self, event: JournalEvent) -> Iterator[JournalEvent]:
        if self._digits:
            yield _told(event, "IVR_KEY", menu="", key=self._digits, result="valid")
        self._digits = ""
        self._destination = event.get("text")
        yield _told(event, "IVR_DECISION", destination=self._destination)


def _led_silently(events: list[JournalEvent]) -> bool:
    """Tell whether an engine played sounds by AGI commands and never told its name, as older ones did."""
    told = any(event.type == "IVR_ENGINE" for event in events)
    return not told and any(event.app == "AGI" and event.type.startswith("STREAM_") for event in events)


def _worded(event: JournalEvent) -> JournalEvent:
    text = event.get("text")
    if not text:
        return event
    key = "dialstatus" if event.type == "IVR_DIALSTATUS" else "reason"
    return changed(event, extra={key: text})


def _told(event: JournalEvent, kind: str, **extra: str) -> JournalEvent:
    return changed(event, type=kind, user_type=kind, extra=extra)
