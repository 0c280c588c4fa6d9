"""Call records of any kind, for properties of what is counted over them. They hold together as far as the store asks.

Instants and durations come from few values, near the edges that figures have, so that they often meet.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar

from cdr.record.parts import Redirection, Step, Visit
from cdr.record.record import CallRecord
from cdr.record.words import Disposition, Heard, LedBy, StepKind, VisitResult

SERVICES = ("", "jelgava", "kekava")
DESTINATIONS = ("", "information", "police", "water")
CHANGES = (datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC))
"""When the clocks of Riga, Kyiv and Sofia change: a day of 25 hours, and one of 23."""

BORDERS = (*CHANGES, datetime(2026, 9, 30, 21, tzinfo=UTC), datetime(2026, 10, 31, 22, tzinfo=UTC))
"""The changes, and where October begins and ends there."""

MICROSECOND, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
_SPANS = (
    *(timedelta(0), MICROSECOND, timedelta(seconds=1), timedelta(seconds=10), timedelta(seconds=10) + MICROSECOND),
    *(timedelta(seconds=20), timedelta(minutes=7)),
)
_AWAY = (timedelta(0), timedelta(minutes=15), HOUR, DAY, 7 * DAY)
_NUDGES = (timedelta(0), timedelta(0), MICROSECOND, -MICROSECOND)
_ENDS = (*Disposition, *[Disposition.ABANDONED_RINGING, Disposition.ABANDONED_ANNOUNCEMENT, Disposition.OPEN] * 3)
_MENUS, _PHONES = ("main", "night"), ("anna", "bruno")
_STEPS: dict[StepKind, tuple[tuple[str, ...], ...]] = {
    StepKind.MENU: (_MENUS,),
    StepKind.KEY: (_MENUS, ("1", "2", ""), ("valid", "invalid", "no_input")),
    StepKind.DECISION: (DESTINATIONS[1:], ("",), ("key", "closed", "override"), ("r1", "r2")),
    StepKind.RING: (_PHONES, DESTINATIONS),
    StepKind.TALK: (_PHONES, DESTINATIONS),
    StepKind.TRANSFER: (_PHONES, ("2003",), ("blind_transfer", "attended_transfer")),
    StepKind.RETURN: (_PHONES, ("",), ("busy", "no_answer")),
    StepKind.ANNOUNCEMENT: (("water", "roads"), ("",), tuple(one.value for one in Heard)),
    StepKind.TOPIC: (("heating", "roads"), ("", "A-1"), ("consulted", "registered", "")),
}
_One = TypeVar("_One")


def any_records(random: Random, number: int) -> list[CallRecord]:
    """Make up so many records, fewer if two happen to be of the same call."""
    some = (_record(random) for _ in range(number))
    return list({(one.started, one.node, one.linkedid): one for one in some}.values())


def any_moment(random: Random) -> datetime:
    """Give an instant at or near a border."""
    away = random.choice(_AWAY) if random.random() < 0.9 else random.random() * 9 * DAY
    return random.choice(BORDERS) + random.choice((-1, 1)) * away + random.choice(_NUDGES)


def _record(random: Random) -> CallRecord:
    pick = random.choice
    start = any_moment(random)
    menu, waiting, talking = pick(_SPANS), pick(_SPANS), pick(_SPANS)
    end = start + menu + waiting + talking
    ending = pick(_ENDS)
    return CallRecord(
        linkedid=str(random.randrange(40)),
        node=pick(("", "a")),
        service=pick(SERVICES),
        number=pick(("8488", "67")),
        caller=pick(("", "+37129111111", "+37129222222", f"+371{random.randrange(10**8)}")),
        language="lv",
        started=start,
        answered=None,
        connected=_maybe(random, start),
        ended=None if ending is Disposition.OPEN else end,
        seen_until=end,
        menu=menu,
        waiting=waiting,
        talking=talking,
        disposition=ending,
        hung_up_by=pick(("caller", "ivr")),
        hangup_cause=16,
        led_by=pick(tuple(LedBy)),
        rules="",
        engine="",
        complete=ending is not Disposition.OPEN,
        steps=tuple(_steps(random, start)),
        redirections=(Redirection(start, "", "", "", "", ""),) * random.randrange(3),
        legs=(),
        stepped=pick((timedelta(0), timedelta(seconds=-3))),
        visits=tuple(_visit(random, start) for _ in range(random.randrange(4))),
    )


def _steps(random: Random, at: datetime) -> Sequence[Step]:
    found = []
    for _ in range(random.randrange(7)):
        at += random.choice(_SPANS)
        kind = random.choice((*_STEPS, StepKind.RING))
        found.append(Step(at, kind, *map(random.choice, _STEPS[kind])))
    return found


def _visit(random: Random, start: datetime) -> Visit:
    at = start + random.choice(_SPANS)
    return Visit(
        at,
        random.choice(DESTINATIONS),
        random.choice(("", "r1", "r2")),
        random.choice(("key", "transfer")),
        _maybe(random, at),
        _maybe(random, at),
        random.choice(_SPANS),
        random.choice(_SPANS),
        random.choice(tuple(VisitResult)),
    )


def _maybe(random: Random, at: datetime) -> datetime | None:
    return at + random.choice(_SPANS) if random.random() < 0.7 else None
