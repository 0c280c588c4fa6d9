"""What the caller met, line by line. PURE.

Rule 1: one step for each of our own events, each announcement and each sound on the caller's channel, for
each transfer, for each person that the caller talked with, for each topic that somebody set, for each beginning and end of
a supervisor's listening, and for each recording that a supervisor had played.
Rule 2: a person whose bridge was rebuilt within a second is still the same step.
"""

from collections.abc import Iterator, Mapping, Sequence

from cdr.fold.announcements import Announced, Announcements
from cdr.fold.call import OUR_SOUNDS, Call, result_of
from cdr.fold.talks import Talk
from cdr.fold.transfers import HANDS_ON, RETURNED, Transfer
from cdr.journal.line import JournalEvent
from cdr.journal.marks import LISTEN, SAYS, TOPIC
from cdr.record.derived import topic_result
from cdr.record.parts import Leg, Step
from cdr.record.words import StepKind
from cdr.times import to_datetime

_TELLING = frozenset(
    {
        "STREAM_BEGIN",
        "IVR_ENGINE",
        "IVR_ADOPTED",
        "IVR_FALLBACK",
        "IVR_ANNOUNCEMENT",
        "IVR_MENU",
        "IVR_KEY",
        "IVR_LANGUAGE",
        "IVR_DECISION",
        "IVR_RING",
        "IVR_DIALSTATUS",
        "IVR_EXIT",
    }
)
REBUILT = 1_000_000  # microseconds


def steps_of(
    call: Call,
    legs: Sequence[Leg],
    talks: Sequence[Talk],
    transfers: Mapping[bytes, Transfer],
    announcements: Announcements,
) -> tuple[Step, ...]:
    """Give the steps of a call in order."""
    steps = [*_told(call, announcements), *_handed_on(call, transfers), *_talked(legs, talks), *_said(call)]
    return tuple(sorted(steps, key=lambda step: step.at))


def _told(call: Call, announcements: Announcements) -> Iterator[Step]:
    phone = ""
    coming = iter(announcements.told)
    for event in call.of_caller():
        if event.type not in _TELLING:
            continue
        match event.type:
            case "IVR_ANNOUNCEMENT":
                yield from (_announced(event, one) for one in next(coming))
                continue
            case "IVR_DECISION":
                phone = ""
            case "IVR_RING":
                phone = event.get("phone")
            case _:
                pass
        step = _dial_failed(event, phone) if event.type == "IVR_DIALSTATUS" else _step(event)
        if step is not None:
            yield step


def _announced(event: JournalEvent, one: Announced) -> Step:
    return Step(to_datetime(event.at), StepKind.ANNOUNCEMENT, one.name, one.prompt, one.heard.value)


def _handed_on(call: Call, transfers: Mapping[bytes, Transfer]) -> Iterator[Step]:
    for event in call.events if transfers else ():
        one = transfers.get(event.line) if event.type in HANDS_ON else None
        if one is None:
            continue
        if one.reason == RETURNED:
            yield Step(to_datetime(event.at), StepKind.RETURN, one.to_phone, reason=event.get("reason"))
        else:
            yield Step(to_datetime(event.at), StepKind.TRANSFER, one.from_phone, one.to_phone, one.reason)


def _talked(legs: Sequence[Leg], talks: Sequence[Talk]) -> Iterator[Step]:
    by_id = {leg.uniqueid: leg for leg in legs}
    before: Talk | None = None
    for talk in talks:
        again = before is not None and before.uniqueid == talk.uniqueid and talk.start - before.end < REBUILT
        before = talk
        if not again:
            leg = by_id[talk.uniqueid]
            yield Step(to_datetime(talk.start), StepKind.TALK, leg.phone, leg.destination)


def _said(call: Call) -> Iterator[Step]:
    """Give what was said of the call, in it or elsewhere."""
    for events in (call.events, call.outside):
        for event in events:
            if event.type == TOPIC:
                texts = (event.get("topic"), event.get("case"), topic_result(event.get("result")).value)
                yield Step(to_datetime(event.at), StepKind.TOPIC, *texts, event.get("by"))
            elif event.type == LISTEN:
                texts = (event.get("phone"), event.get("mode"), event.get("ended"))
                yield Step(to_datetime(event.at), StepKind.LISTEN, *texts, event.get("by"))
            elif event.type == SAYS:
                yield Step(to_datetime(event.at), StepKind.SAID, event.get("prompt"), rule=event.get("by"))


def _step(event: JournalEvent) -> Step:
    at, get = to_datetime(event.at), event.get
    match event.type:
        case "STREAM_BEGIN":
            name = get("sound") or f"music/{get('class')}"
            return Step(at, StepKind.SOUND, name.removeprefix(OUR_SOUNDS), get("language"))
        case "IVR_ENGINE":
            return Step(at, StepKind.ENGINE, get("engine"), get("rules"))
        case "IVR_ADOPTED":
            return Step(at, StepKind.ADOPTED, reason=get("stage"))
        case "IVR_FALLBACK":
            return Step(at, StepKind.FALLBACK, reason=get("reason"))
        case "IVR_MENU":
            return Step(at, StepKind.MENU, get("menu"), get("language"))
        case "IVR_KEY":
            return Step(at, StepKind.KEY, get("menu"), get("key"), get("result"))
        case "IVR_LANGUAGE":
            return Step(at, StepKind.LANGUAGE, get("language"))
        case "IVR_DECISION":
            return Step(at, StepKind.DECISION, get("destination"), "", get("reason"), get("rule"))
        case "IVR_RING":
            return Step(at, StepKind.RING, get("phone"), get("destination"))
        case _:  # IVR_EXIT
            return Step(at, StepKind.EXIT, get("prompt"), reason=get("reason"))


def _dial_failed(event: JournalEvent, phone: str) -> Step | None:
    result = result_of(event)
    if result == "answered":
        return None
    return Step(to_datetime(event.at), StepKind.DIAL_FAILED, phone, event.get("hangupcause"), result)
