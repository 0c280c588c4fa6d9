"""A call record told to people, line by line. PURE.

Rule 1: one line per step, with the time since the call began; what is not known is left out, not guessed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from cdr.record.parts import Step
from cdr.record.record import CallRecord
from cdr.record.words import Heard, StepKind

_PARTIES = {
    "caller": "the caller hangs up",
    "ivr": "the IVR ends the call",
    "supervisor": "a supervisor ends the call",
    "pbx": "the PBX ends the call",
}

_HEARD = {
    Heard.WHOLE.value: "heard to its end",
    Heard.PART.value: "heard in part",
    Heard.SKIPPED.value: "not heard",
}


@dataclass(frozen=True, slots=True)
class JourneyLine:
    """What happened, and how long after the call's first line."""

    after: timedelta
    text: str

    def __str__(self) -> str:
        return f"{self.after / timedelta(seconds=1):9.3f} s  {self.text}"


def journey(record: CallRecord, caller: str) -> tuple[JourneyLine, ...]:
    """Tell a call from its first line to its end. `caller` is the caller's number as it may be shown."""
    return tuple(sorted(_lines(record, caller), key=lambda line: line.after))


def summary(record: CallRecord) -> tuple[str, ...]:
    """Give the call's outcome, its durations and its redirections, one sentence each."""
    spans = (("menu", record.menu), ("waiting", record.waiting), ("talking", record.talking))
    parts = ", ".join(f"{span / timedelta(seconds=1):.3f} s {name}" for name, span in spans)
    lines = [
        f"outcome: {record.disposition.value}",
        f"led by: {record.led_by.value}",
        f"time: {record.total / timedelta(seconds=1):.3f} s = {parts}",
    ]
    if record.path:
        lines.append(f"keys: {record.path}")
    for one in record.redirections:
        left = _place(one.from_destination, one.from_phone)
        lines.append(f"redirected: {left} -> {_place(one.to_destination, one.to_phone)} ({one.reason})")
    return tuple(lines)


def _lines(record: CallRecord, caller: str) -> Iterator[JourneyLine]:
    service = f" ({record.service})" if record.service else ""
    yield JourneyLine(timedelta(0), f"call from {caller} to {record.number or 'an unknown number'}{service}")
    if record.answered is not None:
        yield JourneyLine(record.answered - record.started, "the PBX answers")
    for step in record.steps:
        yield JourneyLine(step.at - record.started, told(step))
    if record.ended is not None:
        cause = "" if record.hangup_cause is None else f" (cause {record.hangup_cause})"
        party = _PARTIES.get(record.hung_up_by, f"{record.hung_up_by} hangs up")
        yield JourneyLine(record.ended - record.started, f"{party}{cause}")
    if not record.complete:
        yield JourneyLine(record.seen_until - record.started, "the call is still open")


def told(step: Step) -> str:
    """Tell one step in a short sentence."""
    match step.kind:
        case StepKind.ENGINE | StepKind.ADOPTED | StepKind.FALLBACK:
            return _leader(step)
        case StepKind.SOUND | StepKind.MENU | StepKind.ANNOUNCEMENT:
            return _played(step)
        case StepKind.KEY:
            return _key(step)
        case StepKind.LANGUAGE:
            return f"goes on in {step.name}"
        case StepKind.DECISION:
            return _decision(step)
        case StepKind.RING:
            return f"rings {_place(step.value, step.name)}"
        case StepKind.DIAL_FAILED:
            return _failed(step)
        case StepKind.TALK:
            return f"talks with {_place(step.value, step.name)}"
        case StepKind.TRANSFER | StepKind.RETURN:
            return _handed_on(step)
        case StepKind.TOPIC | StepKind.LISTEN | StepKind.SAID:
            return _said(step)
        case StepKind.EXIT:
            return f"last message {step.name}: {step.reason}"
        case _:
            assert_never(step.kind)


def _leader(step: Step) -> str:
    if step.kind is StepKind.FALLBACK:
        return f"the fallback leads: {step.reason}"
    if step.kind is StepKind.ADOPTED:
        return f"goes on where another engine had stopped{_bracket(step.reason)}"
    version = f", rules {step.value}" if step.value else ""
    return f"the engine leads ({step.name}{version})" if step.name else "the engine leads"


def _decision(step: Step) -> str:
    rule = f", rule {step.rule}" if step.rule else ""
    why = f": {step.reason}" if step.reason else ""
    return f"goes to {step.name}{why}{rule}"


def _played(step: Step) -> str:
    what = "hears" if step.kind is StepKind.SOUND else step.kind.value
    how = _HEARD.get(step.reason, "")
    return f"{what} {step.name}{_bracket(step.value)}{': ' if how else ''}{how}"


def _handed_on(step: Step) -> str:
    if step.kind is StepKind.RETURN:
        return f"the caller goes back to {step.name}: {step.reason}"
    return f"{step.name or 'somebody'} hands the caller on to {step.value} ({step.reason.replace('_', ' ')})"


def _failed(step: Step) -> str:
    if step.reason == "full":
        return "the destination has as many calls as it takes"
    return f"{step.name or 'the phone'} does not take the call: {step.reason}"


def _key(step: Step) -> str:
    match step.reason:
        case "no_input":
            return "presses nothing"
        case "invalid":
            return f"presses {step.value}, which leads nowhere"
        case _:
            return f"presses {step.value}"


def _said(step: Step) -> str:
    if step.kind is StepKind.LISTEN:
        return _listening(step)
    by = f" by {step.rule}" if step.rule else ""
    if step.kind is StepKind.SAID:
        return f"hears {step.name} while waiting, played{by or ' by somebody'}"
    case = f", case {step.value}" if step.value else ""
    done = f", {step.reason}" if step.reason else ""
    return f"topic {step.name}{done}{case}{by}" if step.name else f"the topic is taken back{by}"


def _listening(step: Step) -> str:
    by = f" for {step.rule}" if step.rule else ""
    if step.reason:
        return f"{step.name} listens no longer{by}: {step.reason.replace('_', ' ')}"
    return f"{step.name} begins to listen ({step.value}){by}"


def _bracket(text: str) -> str:
    return f" ({text})" if text else ""


def _place(destination: str, phone: str) -> str:
    if destination and phone:
        return f"{phone} of {destination}"
    return phone or destination or "nowhere"
