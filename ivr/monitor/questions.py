"""The confirmations of all orders: what each says of its call or line, and what it asks for."""

from collections.abc import Callable, Mapping
from typing import Literal

from ivr.monitor.asking import Field, Question
from ivr.monitor.board import key_of
from ivr.monitor.cells import Cell, Line, Tone, moment, printable, span
from ivr.monitor.desk import Desk
from ivr.monitor.head import away
from ivr.monitor.orders import HangUp, Listen, Order, Override, PassOn
from ivr.monitor.trouble import of_line
from ivr.monitor.words import (
    CLOSED,
    CLOSED_SAFETY,
    DOES,
    FACTS,
    HAS_ENDED,
    HAS_MOVED,
    OPEN,
    STAGES,
    TITLES,
    WITHHELD,
)
from ivr.supervision.models import Call, DestinationNow, Stage
from ivr.supervision.orders import HangUpOrder, ListenOrder, OverrideOrder, TransferOrder

Mode = Literal["listen", "whisper", "barge"]
_OrderOf = Callable[[Mapping[str, str]], Order]


def facts_of(desk: Desk, call: Call) -> tuple[Line, ...]:
    """Name a call as it is now, or as it was last: service, caller, stage, the call itself; and whether that is old."""
    call = desk.board.calls.get(key_of(call), call)
    ended = desk.board.ended.get(key_of(call))
    there = span(((ended.at if ended else desk.seen_at()) - call.since).total_seconds())
    where = f" at {call.destination or call.menu}" if call.destination or call.menu else ""
    return (
        _fact("service", f"{call.service} ({call.number}), {call.language}"),
        _fact("caller", call.caller or WITHHELD),
        _fact("stage", f"{STAGES[call.stage]} for {there}{where}"),
        _fact("phone", call.phone.replace("&", " & ") or "-"),
        _fact("call", call.call if call.call.startswith(call.node) else f"{call.node} {call.call}"),
        *_old(desk),
    )


def listening(desk: Desk, call: Call, mode: Mode) -> Question:
    """Ask which phone is to hear a call."""

    def order(given: Mapping[str, str]) -> Order:
        return Listen(call, ListenOrder(mode=mode, phone=given["phone"] or None))

    return _about_call(desk, call, mode, (Field("phone", needed=False),), order)


def hanging_up(desk: Desk, call: Call) -> Question:
    """Ask why a call is to end."""
    return _about_call(desk, call, "hang_up", (Field("reason"),), lambda given: HangUp(call, HangUpOrder(**given)))


def passing_on(desk: Desk, call: Call) -> Question:
    """Ask where a caller is to go: passed on as by a colleague while talking, else sent there."""
    straight = call.stage is not Stage.TALKING
    lines = tuple(line.destination for line in desk.board.destinations)

    def moved() -> str:
        now = desk.board.calls.get(key_of(call), call)
        return HAS_MOVED if (now.stage is not Stage.TALKING) is not straight else ""

    return _about_call(
        desk,
        call,
        "send" if straight else "transfer",
        (Field("to", options=lines),),
        lambda given: PassOn(call, TransferOrder(**given), straight),
        moved,
    )


def overriding(desk: Desk, line: DestinationNow) -> Question:
    """Ask what is to hold for a line, until when and why."""
    others = tuple(f"redirect={one.destination}" for one in desk.board.destinations if one != line)

    def order(given: Mapping[str, str]) -> Order:
        return Override(OverrideOrder(destination=line.destination, **given))

    return Question(
        TITLES["override"],
        DOES["override"],
        lambda: _line_facts(desk, line),
        lambda: "",
        (Field("order", options=("closed", "open", *others)), Field("until"), Field("reason")),
        order,
    )


def _about_call(
    desk: Desk,
    call: Call,
    what: str,
    fields: tuple[Field, ...],
    order: _OrderOf,
    moved: Callable[[], str] = lambda: "",
) -> Question:
    def gone() -> str:
        return HAS_ENDED if desk.ended(key_of(call)) else moved()

    return Question(TITLES[what], DOES[what], lambda: facts_of(desk, call), gone, fields, order)


def _line_facts(desk: Desk, line: DestinationNow) -> tuple[Line, ...]:
    line = desk.board.destination(line.destination) or line
    until = "" if line.until is None else f", until {moment(line.until, desk.now(), desk.zone)}"
    facts = [
        _fact("line", f"{line.destination} ({line.title})"),
        _fact("is", f"{OPEN if line.open else CLOSED}{until}: {line.why}"),
    ]
    if trouble := of_line(line).why:
        facts.append(_fact("trouble", trouble))
    if line.safety:
        facts.append((Cell(CLOSED_SAFETY, Tone.WARN),))
    return (*facts, *_old(desk))


def _old(desk: Desk) -> tuple[Line, ...]:
    """Say on a line of its own that what is shown is old, if supervision is away."""
    said = tuple(away(desk.board, desk.now(), desk.zone))
    return (said,) if said else ()


def _fact(name: str, text: str) -> Line:
    return Cell(f"{FACTS[name]:<11}", Tone.QUIET), Cell(printable(text))
