"""What is told in full: a call's journey, the state of the parts, the help. PURE."""

from collections.abc import Iterator
from datetime import tzinfo

from ivr.monitor.board import Board
from ivr.monitor.cells import Cell, Line, Tone, clock, cut, folded, plain, printable, span
from ivr.monitor.desk import Desk
from ivr.monitor.head import parts
from ivr.monitor.trouble import of_line
from ivr.monitor.words import HELP, SERVICE_COLUMNS
from ivr.supervision.models import CallDetail, CallLeg, ServiceToday


def journey_lines(detail: CallDetail, zone: tzinfo | None, width: int) -> Iterator[Line]:
    """Tell what a call has met so far, and which channels it has."""
    started = detail.call.started
    for step in detail.journey:
        after = (step.at - started).total_seconds()
        yield from folded(Cell(f"{clock(step.at, zone)} {after:7.1f} s  ", Tone.QUIET), printable(step.text), width)
    if detail.legs:
        yield ()
        yield (Cell("channels", Tone.TITLE),)
    for leg in detail.legs:
        yield _leg(leg, zone)


def _leg(leg: CallLeg, zone: tzinfo | None) -> Line:
    if leg.ended is not None:
        state = f"ended {clock(leg.ended, zone)}"
    elif leg.answered is not None:
        state = f"answered {clock(leg.answered, zone)}"
    else:
        state = f"called {clock(leg.started, zone)}"
    tone = Tone.QUIET if leg.ended else Tone.GOOD if leg.answered else Tone.WARN
    return Cell(f"  {printable(leg.role):<10}"), Cell(f"{state:<22}", tone), Cell(printable(leg.channel))


def help_lines(_width: int) -> Iterator[Line]:
    """Tell all keys and signs."""
    for line in HELP.splitlines():
        yield (Cell(line, Tone.TITLE if line and not line.startswith(" ") else Tone.PLAIN),)


def state_lines(desk: Desk, width: int) -> Iterator[Line]:
    """Tell how all parts are, what is wrong, today's figures and what was said here."""
    board, zone = desk.board, desk.zone
    yield from _parts(board)
    yield from _wrong(board, width)
    if board.today is not None:
        yield ()
        yield (Cell(f"today, as of {clock(board.today.at, zone)}", Tone.TITLE),)
        yield (Cell(SERVICE_COLUMNS, Tone.QUIET),)
        yield from (_service(one) for one in board.today.services)
    yield ()
    yield (Cell("said here", Tone.TITLE),)
    for told in reversed(desk.told):
        yield from folded(Cell(f"  {clock(told.at, zone)}  ", Tone.QUIET), told.text, width, told.tone)


def _parts(board: Board) -> Iterator[Line]:
    yield (Cell("parts", Tone.TITLE),)
    if board.lost is not None:
        yield (Cell(f"  !! {printable(board.lost.why)}", Tone.BAD),)
    if board.health is None:
        return
    health = board.health
    yield from ((Cell("  "), cell) for cell in parts(health, "") if plain((cell,)))
    for one in health.engines:
        text = f"  engine {one.engine}: {one.lead}, link {one.link}, rules {one.rules}, {one.calls} calls"
        yield (Cell(printable(text)),)
    yield (Cell(f"  rules {printable(health.rules)}, {health.subscribers} subscribers"),)


def _wrong(board: Board, width: int) -> Iterator[Line]:
    health = board.health
    known = () if health is None else (*health.problems, *health.alarms)
    told = dict.fromkeys((*(notice.text for notice in board.troubles.values()), *known))
    lines = [f"{one.destination}: {why}" for one in board.destinations if (why := of_line(one).why)]
    if told or lines:
        yield ()
        yield (Cell("wrong now", Tone.TITLE),)
    for text in (*told, *lines):
        yield from folded(Cell("  ! ", Tone.BAD), printable(text), width, Tone.BAD)


def _service(one: ServiceToday) -> Line:
    level = "-" if one.service_level is None else f"{one.service_level:.0%} in {one.within} s"
    waits = "".join(f"{'-' if wait is None else span(wait):>7}" for wait in (one.wait_p50, one.wait_p90))
    counts = f"{one.calls:>6} {one.answered:>8} {one.lost:>6} {one.outside_hours:>8}"
    return Cell(f"  {cut(printable(one.service), 15)}"), Cell(f" {counts}  {level:<12}{waits}")
