"""The parts of a call record as plain values for JSON. PURE.

Rule 1: instants are ISO 8601 in UTC with microseconds, always of the same width; durations are seconds, exact to the
microsecond.
"""

from datetime import datetime, timedelta

from cdr.record.parts import KeyPress, Leg, Listened, Pass, Redirection, Step, Visit


def instant(at: datetime | None) -> str | None:
    """Write an instant as ISO 8601 with microseconds, always of the same width."""
    return None if at is None else at.isoformat(timespec="microseconds")


def seconds(span: timedelta) -> float:
    """Give a duration in seconds, exact to the microsecond."""
    return round(span / timedelta(seconds=1), 6)


def step(one: Step) -> dict[str, object]:
    """Give a step; texts that are empty are left out."""
    texts: dict[str, object] = {"name": one.name, "value": one.value, "reason": one.reason, "rule": one.rule}
    return {"at": instant(one.at), "kind": one.kind.value} | {key: text for key, text in texts.items() if text}


def announcement(one: Step) -> dict[str, object]:
    """Give a step of that kind."""
    return {"announcement": one.name, "prompt": one.value, "heard": one.reason}


def decision(one: Step) -> dict[str, object]:
    """Give a step of that kind."""
    return {"at": instant(one.at), "destination": one.name, "rule": one.rule, "reason": one.reason}


def key_press(one: KeyPress) -> dict[str, object]:
    """Give an answer to a menu."""
    waited = None if one.waited is None else seconds(one.waited)
    return {"at": instant(one.at), "menu": one.menu, "key": one.key, "result": one.result, "waited": waited}


def redirection(one: Redirection) -> dict[str, object]:
    """Give a redirection."""
    return {
        "at": instant(one.at),
        "from": {"destination": one.from_destination, "phone": one.from_phone},
        "to": {"destination": one.to_destination, "phone": one.to_phone},
        "reason": one.reason,
    }


def leg(one: Leg) -> dict[str, object]:
    """Give a channel."""
    return {
        "uniqueid": one.uniqueid,
        "channel": one.channel,
        "role": one.role.value,
        "phone": one.phone,
        "destination": one.destination,
        "started": instant(one.started),
        "answered": instant(one.answered),
        "ended": instant(one.ended),
        "hangup_cause": one.hangup_cause,
    }


def visit(one: Visit) -> dict[str, object]:
    """Give a visit."""
    return {
        "at": instant(one.at),
        "destination": one.destination,
        "rule": one.rule,
        "reason": one.reason,
        "asked": instant(one.asked),
        "connected": instant(one.connected),
        "waiting": seconds(one.waiting),
        "talking": seconds(one.talking),
        "result": one.result.value,
    }


def handed_on(one: Pass) -> dict[str, object]:
    """Give a handing on."""
    return {
        "at": instant(one.at),
        "kind": one.kind,
        "from_phone": one.from_phone,
        "target": one.target,
        "result": one.result.value,
        "reason": one.reason,
    }


def listening(one: Listened) -> dict[str, object]:
    """Give a phone that listened."""
    return {
        "phone": one.phone,
        "mode": one.mode,
        "by": one.by,
        "began": instant(one.began),
        "ended": instant(one.ended),
        "reason": one.reason,
    }
