"""The two tables: what is told of a call and of a line, column by column. PURE."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from ivr.monitor.cells import Cell, Tone, moment, printable, span
from ivr.monitor.columns import Column, Side
from ivr.monitor.trouble import call_sign, line_sign, of_call, of_line, waited
from ivr.monitor.words import CLOSED, OPEN, STAGES, THE_LINE, WITHHELD
from ivr.supervision.models import Call, DestinationNow, Stage


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A call at a moment."""

    call: Call
    at: datetime
    within: int | None


@dataclass(frozen=True, slots=True)
class SeenLine:
    """A line at a moment, in the zone in which instants are shown."""

    line: DestinationNow
    at: datetime
    zone: tzinfo | None


_STAGE_TONES = {Stage.RINGING: Tone.WARN, Stage.CONNECTING: Tone.WARN, Stage.TALKING: Tone.GOOD}


def _there(seen: SeenCall) -> Cell:
    trouble = of_call(seen.call, seen.at, seen.within)
    return Cell(span((seen.at - seen.call.since).total_seconds()), trouble.tone)


def _waits(seen: SeenCall) -> Cell:
    wait = waited(seen.call, seen.at)
    trouble = of_call(seen.call, seen.at, seen.within)
    return Cell("" if wait is None else span(wait.total_seconds()), trouble.tone)


def _rule(seen: SeenCall) -> Cell:
    """Leave out what the column of the destination says already."""
    rule = seen.call.rule.removeprefix("destinations.")
    rule = THE_LINE if rule and rule == seen.call.destination else rule.removeprefix(f"{seen.call.destination}.")
    return Cell(printable(rule), Tone.QUIET)


def _led_by(seen: SeenCall) -> Cell:
    call = seen.call
    return Cell(printable(call.engine or call.led_by), Tone.QUIET)


CALLS: tuple[Column[SeenCall], ...] = (
    Column("", lambda seen: call_sign(seen.call, seen.at, seen.within), 0, 3, 3),
    Column("service", lambda seen: Cell(printable(seen.call.service)), 1, 10, 16, grows=1),
    Column("caller", lambda seen: Cell(printable(seen.call.caller) or WITHHELD), 2, 10, 10),
    Column("lang", lambda seen: Cell(printable(seen.call.language)), 3, 4, 4),
    Column(
        "stage", lambda seen: Cell(STAGES[seen.call.stage], _STAGE_TONES.get(seen.call.stage, Tone.PLAIN)), 4, 12, 12
    ),
    Column("there", _there, 5, 6, 7, Side.RIGHT),
    Column("destination", lambda seen: Cell(printable(seen.call.destination)), 6, 16, 24, grows=0),
    Column("rule", _rule, 7, 8, 36, Side.TAIL, grows=2),
    Column("phone", lambda seen: Cell(printable(seen.call.phone)), 8, 16, 26),
    Column("waits", _waits, 9, 6, 7, Side.RIGHT),
    Column("led by", _led_by, 10, 9, 14),
    Column("menu", lambda seen: Cell(printable(seen.call.menu), Tone.QUIET), 11, 12, 20),
    Column("reason", lambda seen: Cell(printable(seen.call.reason), Tone.QUIET), 12, 10, 18),
    Column("hops", lambda seen: Cell(str(seen.call.redirections or "")), 13, 4, 4, Side.RIGHT),
    Column("topic", lambda seen: Cell(printable(seen.call.topic)), 14, 12, 20),
    Column("number", lambda seen: Cell(printable(seen.call.number)), 15, 8, 10),
    Column("call", lambda seen: Cell(printable(seen.call.call), Tone.QUIET), 16, 20, 30),
)


def _state(seen: SeenLine) -> Cell:
    line = seen.line
    if line.open:
        return Cell(OPEN, Tone.GOOD)
    return Cell(CLOSED, Tone.BAD if line.safety else Tone.WARN)


def _why(seen: SeenLine) -> Cell:
    """Say the trouble if there is one; else why the line is open or closed."""
    trouble = of_line(seen.line)
    return Cell(printable(trouble.why or seen.line.why), trouble.tone)


def _until(seen: SeenLine) -> Cell:
    until = seen.line.until
    return Cell("" if until is None else moment(until, seen.at, seen.zone))


def _ringing(seen: SeenLine) -> Cell:
    return Cell(str(seen.line.waiting), Tone.WARN if seen.line.waiting else Tone.QUIET)


def _talking(seen: SeenLine) -> Cell:
    line = seen.line
    of = "" if line.full_at is None else f"/{line.full_at}"
    return Cell(f"{line.talking}{of}", Tone.GOOD if line.talking else Tone.QUIET)


def _lost(seen: SeenLine) -> Cell:
    return Cell(str(seen.line.lost_today), Tone.WARN if seen.line.lost_today else Tone.QUIET)


LINES: tuple[Column[SeenLine], ...] = (
    Column("", lambda seen: line_sign(seen.line), 0, 3, 3),
    Column("line", lambda seen: Cell(printable(seen.line.destination)), 1, 16, 24, grows=0),
    Column("is", _state, 2, 6, 6),
    Column("until", _until, 3, 12, 12),
    Column("ring", _ringing, 4, 4, 4, Side.RIGHT),
    Column("talk", _talking, 5, 4, 5, Side.RIGHT),
    Column("lost", _lost, 6, 4, 4, Side.RIGHT),
    Column("why", _why, 7, 16, 60, grows=1),
    Column("title", lambda seen: Cell(printable(seen.line.title), Tone.QUIET), 8, 16, 32),
    Column("answered", lambda seen: Cell(str(seen.line.answered_today)), 9, 8, 8, Side.RIGHT),
    Column("services", lambda seen: Cell(printable(", ".join(seen.line.services)), Tone.QUIET), 10, 10, 24),
)


def lines_in_order(lines: tuple[DestinationNow, ...]) -> list[DestinationNow]:
    """Give the lines: those in the worst trouble first, else in the order of the rules."""
    return sorted(lines, key=lambda line: -of_line(line).level)
