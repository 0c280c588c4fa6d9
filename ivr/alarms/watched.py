"""What is remembered between facts, and the moves that every rule is made of: raise, clear, count. Pure.

Rule 1: an alarm is told when it begins and when it ends; between, only as a reminder. Its text is kept up to date.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ivr.alarms.alarm import Alarm, AlarmId, Change
from ivr.alarms.facts import Lead, Moment

Key: TypeAlias = tuple[AlarmId, str]
"""An alarm and what it is about."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When something counts as wrong: times in a row, and seconds. `reminder_seconds` 0: no reminders."""

    unanswered: int = 2
    unreachable: int = 2
    journal_seconds: float = 20.0
    lease_seconds: float = 3.0
    reminder_seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class Lasting:
    """An alarm that lasts, and when it was told last (seconds)."""

    alarm: Alarm
    told: float


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal as seen last; `owing` is since when (seconds) a line is missing that must have been written."""

    position: tuple[int, int] | None
    moves: int
    grown: float
    owing: float | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """What this engine is since `since` (seconds); `led` tells that it led before and was not asked to stop."""

    lead: Lead
    led: bool
    since: float
    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that has been away since `since` (seconds)."""

    since: float
    reason: str


@dataclass(frozen=True, slots=True)
class Watched:
    """All that is remembered. `streaks` counts failures in a row; `records_back` is since when records are written again."""

    limits: Limits = Limits()
    active: Mapping[Key, Lasting] = field(default_factory=dict)
    streaks: Mapping[Key, int] = field(default_factory=dict)
    journal: Journal | None = None
    role: Role | None = None
    link: Broken | None = None
    records_back: float | None = None


Result: TypeAlias = tuple[Watched, tuple[Alarm, ...]]


def raised(state: Watched, kind: AlarmId, subject: str, text: str, now: Moment) -> Result:
    """Raise an alarm; one that lasts already only gets the new text."""
    known = state.active.get((kind, subject))
    if known is not None:
        lasting = replace(known, alarm=replace(known.alarm, text=text))
        return _with(state, lasting), ()
    alarm = Alarm(kind, subject, text, raised_at=now.at, at=now.at)
    return _with(state, Lasting(alarm, now.seconds)), (alarm,)


def cleared(state: Watched, kind: AlarmId, subject: str, text: str, now: Moment) -> Result:
    """End an alarm if it lasts."""
    known = state.active.get((kind, subject))
    if known is None:
        return state, ()
    left = {key: lasting for key, lasting in state.active.items() if key != (kind, subject)}
    over = replace(known.alarm, text=text, at=now.at, change=Change.CLEARED)
    return replace(state, active=left), (over,)


def failed(state: Watched, kind: AlarmId, subject: str) -> tuple[Watched, int]:
    """Count one more failure in a row and give the count."""
    count = state.streaks.get((kind, subject), 0) + 1
    return replace(state, streaks={**state.streaks, (kind, subject): count}), count


def succeeded(state: Watched, kind: AlarmId, subject: str, text: str, now: Moment) -> Result:
    """Begin the count anew and end the alarm."""
    if (kind, subject) not in state.streaks:
        return state, ()
    left = {key: count for key, count in state.streaks.items() if key != (kind, subject)}
    return cleared(replace(state, streaks=left), kind, subject, text, now)


def reminded(state: Watched, now: Moment) -> Result:
    """Tell those again that have lasted for long since they were told."""
    every = state.limits.reminder_seconds
    due = [one for one in state.active.values() if every and now.seconds - one.told >= every]
    told: list[Alarm] = []
    for lasting in due:
        state = _with(state, replace(lasting, told=now.seconds))
        told.append(replace(lasting.alarm, at=now.at, change=Change.REMINDED))
    return state, tuple(told)


def _with(state: Watched, lasting: Lasting) -> Watched:
    key = (lasting.alarm.id, lasting.alarm.subject)
    return replace(state, active={**state.active, key: lasting})
