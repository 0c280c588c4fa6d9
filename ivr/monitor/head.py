"""The three lines at the top: totals and the longest wait, today, and how the parts are. PURE."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from rich.cells import cell_len

from ivr.monitor.board import Board
from ivr.monitor.cells import Cell, Line, Tone, clock, joined, plain, printable, span
from ivr.monitor.trouble import of_call
from ivr.monitor.words import CONNECTING
from ivr.supervision.models import Call, Health, ServiceToday, Stage

LEVEL_WANTED = 0.8  # part of the calls that should be answered in time
ROOMY = 100  # columns of a terminal that has room for what is only good to know
LAG_ALLOWED = 20.0  # seconds that the journal may owe a line


@dataclass(frozen=True, slots=True)
class Totals:
    """How many calls there are, and who has waited longest."""

    calls: int
    waiting: int
    talking: int
    longest: Call | None


def totals(calls: Iterable[Call]) -> Totals:
    """Count calls."""
    count = waiting = talking = 0
    longest: Call | None = None
    since: datetime | None = None
    for call in calls:
        count += 1
        talking += call.stage is Stage.TALKING
        if call.waiting_since is not None:
            waiting += 1
            if since is None or call.waiting_since < since:
                longest, since = call, call.waiting_since
    return Totals(count, waiting, talking, longest)


def head(board: Board, at: datetime, zone: tzinfo | None, width: int) -> tuple[Line, Line, Line]:
    """Give the lines, each at most `width` columns wide; the clock stands at the right of the first."""
    name = f" {at.astimezone(zone).tzname() or ''}" if width >= ROOMY else ""
    told = f" {clock(at, zone)}{name}"
    first = joined(_now(board, at), width - len(told))
    gap = " " * (width - len(told) - cell_len(plain(first)))
    third = away(board, at, zone) if board.lost else _health(board, width >= ROOMY)
    return (*first, Cell(gap), Cell(told)), joined(_today(board), width), joined(third, width)


def _now(board: Board, at: datetime) -> Iterator[Cell]:
    if not board.filled:
        yield Cell(CONNECTING, Tone.WARN)
        return
    found = totals(board.calls.values())
    yield Cell(f"{found.calls} {'call' if found.calls == 1 else 'calls'}", Tone.TITLE)
    yield Cell(f"  {found.waiting} wait  {found.talking} talk  {found.calls - found.waiting - found.talking} in menus")
    call = found.longest
    if call is not None and call.waiting_since is not None:
        trouble = of_call(call, at, board.within(call.service))
        sign = f" {trouble.sign}" if trouble.level else ""
        wait = span((at - call.waiting_since).total_seconds())
        yield Cell(f"  longest wait {wait}{sign}", trouble.tone)
        yield Cell(f" {printable(call.destination or call.service)}")


def _today(board: Board) -> Iterator[Cell]:
    today = board.today
    if today is None:
        yield Cell("today: no figures yet", Tone.QUIET)
        return
    services = today.services
    yield Cell(f"today {sum(one.calls for one in services)} calls, {sum(one.lost for one in services)} lost  ")
    levels = sorted((one for one in services if one.service_level is not None), key=lambda one: one.service_level or 0)
    same = len({one.within for one in levels}) == 1
    yield Cell(f"in {levels[0].within} s: " if same else "")
    for place, one in enumerate(levels):
        yield Cell(", " if place else "")
        yield _level(one, "" if same else f" in {one.within} s")


def _level(one: ServiceToday, within: str) -> Cell:
    level = one.service_level or 0.0
    low = level < LEVEL_WANTED
    text = f"{printable(one.service)} {level:.0%}{within}"
    return Cell(f"{text} !" if low else text, Tone.WARN if low else Tone.PLAIN)


def away(board: Board, at: datetime, zone: tzinfo | None) -> Iterator[Cell]:
    """Say since when supervision is away, and of which moment the rest is; nothing if it is there."""
    if board.lost is not None:
        since = span(max(timedelta(0), at - board.lost.at).total_seconds())
        yield Cell(f"!! not connected for {since}, tried again all the time", Tone.BAD)
        if board.filled:
            yield Cell(f"; shown is {clock(board.lost.at, zone)}", Tone.BAD)
        yield Cell(f": {printable(board.lost.why)}")


def _health(board: Board, roomy: bool) -> Iterator[Cell]:
    if board.health is None:
        yield Cell("engine, PBX, journal: not known yet", Tone.QUIET)
        return
    yield from parts(board.health, ", ", roomy)
    told = (*(notice.text for notice in board.troubles.values()), *board.health.problems, *board.health.alarms)
    for text in dict.fromkeys(told):
        yield Cell(f"  ! {printable(text)}", Tone.BAD)


def parts(health: Health, between: str, roomy: bool = True) -> Iterator[Cell]:
    """Tell how engines, PBX, journal and records are, in words; which engine leads where there is room."""
    leads = [one.engine for one in health.engines if one.lead == "leading"]
    which = f"engine {', '.join(leads)}" if roomy else "engine"
    yield _part(f"{which} leads" if leads else "no engine leads", bool(leads))
    yield Cell(between)
    up = health.pbx == "up"
    yield _part("PBX up" if up else f"PBX {health.pbx}", up)
    yield Cell(between)
    lag = health.journal_lag
    yield _part(_journal(lag), lag is None or lag <= LAG_ALLOWED)
    yield Cell(between)
    good = health.records == "ok"
    yield _part("records ok" if good else f"records {health.records}", good)


def _journal(lag: float | None) -> str:
    if lag is None:
        return "journal not known"
    return "journal ok" if lag < 1 else f"journal {lag:.0f} s behind"


def _part(text: str, good: bool) -> Cell:
    return Cell(printable(text)) if good else Cell(f"! {printable(text)}", Tone.BAD)
