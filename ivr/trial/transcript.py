"""A trial call as text for people and as plain values for programs."""

from collections.abc import Iterable
from typing import Any

from ivr.hearing.recognise import Heard
from ivr.trial.plan import Outcome, Said

WHOLE = 0.97
"""A prompt heard this far counts as heard to its end."""


def transcript(outcome: Outcome) -> str:
    """Write the call down line by line, then the figures, then the record."""
    plan = outcome.plan
    lines = [f"{'0.0':>6}  +{plan.caller} dials {plan.number}"]
    lines += [f"{item.at:6.1f}  {item.what}" for item in sorted([*_heard(outcome), *outcome.events], key=_time)]
    cause = f" (cause {outcome.cause})" if outcome.cause else ""
    lines.append(f"{outcome.ended:6.1f}  the call has ended{cause}")
    if outcome.trouble:
        lines.append(f"        TROUBLE: {outcome.trouble}")
    lines += ["", *_figures(outcome), "", *_record(outcome)]
    return "\n".join(lines)


def as_dict(outcome: Outcome) -> dict[str, Any]:
    """Give the outcome as plain values; seconds count from dialling unless named otherwise."""
    return {
        "number": outcome.plan.number,
        "caller": outcome.plan.caller,
        "linkedid": outcome.linkedid,
        "answered": outcome.answered,
        "ended": outcome.ended,
        "cause": outcome.cause,
        "heard": [_plain(item) for item in outcome.heard],
        "heard_by_phone": [_plain(item) for item in outcome.heard_by_phone],
        "ringing_seconds": round(outcome.ringing, 2),
        "longest_silence": {"seconds": outcome.silence[0], "at": outcome.silence[1]},
        "phones": [{"event": kind, "phone": phone} for kind, phone in outcome.phones],
        "events": [{"at": round(item.at, 2), "what": item.what} for item in outcome.events],
        "record": outcome.record,
        "trouble": outcome.trouble,
    }


def _plain(item: Heard) -> dict[str, Any]:
    return {"prompt": item.name, "start": item.start, "end": item.end, "fraction": round(item.fraction, 2)}


def _time(item: Said) -> float:
    return item.at


def _heard(outcome: Outcome) -> Iterable[Said]:
    start = outcome.answered or 0.0
    if outcome.answered is not None:
        yield Said(start, "is answered")
    for item in outcome.heard:
        part = "" if item.fraction >= WHOLE else f" (its first {item.fraction:.0%})"
        yield Said(start + item.start, f"hears {item.name}{part}")


def _figures(outcome: Outcome) -> Iterable[str]:
    yield f"longest silence {outcome.silence[0]:.2f} s, {outcome.silence[1]:.1f} s after the answer"
    if outcome.ringing:
        yield f"ringing heard for {outcome.ringing:.1f} s"
    if any(item.name.endswith("trial/phone") for item in outcome.heard):
        other = any(item.name.endswith("trial/citizen") for item in outcome.heard_by_phone)
        yield "both heard each other" if other else "the citizen heard the department, but was not heard"


def _record(outcome: Outcome) -> Iterable[str]:
    record = outcome.record
    if record is None:
        yield "no record: the call did not reach a service"
        return
    seconds = record["seconds"]
    yield f"record {record['linkedid']}: {record['disposition']}, led by the {record['led_by']}"
    yield f"  path {record['path'] or '-'}, language {record['language'] or '-'}, answered by {record['answered_by'] or '-'}"
    for decision in record["destinations"]:
        yield f"  -> {decision['destination'] or '-'}: {decision['reason']} ({decision['rule']})"
    yield f"  redirections {len(record['redirections'])}, hung up by {record['hung_up_by']}, cause {record['hangup_cause']}"
    yield "  " + ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
