"""Each change of the dialled phone or of the destination, after the first. PURE.

Rule 1: the reason is why the call left the place before (busy, no_answer, unreachable, full, closed, override), else
why the new one was chosen.
Rule 2: a destination that is decided on and then rings is one place, and so are a transfer and the destination that
takes it: the second line only tells more exactly where the call went.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cdr.fold.call import Call, result_of
from cdr.fold.transfers import HANDS_ON, RETURNED, Transfer
from cdr.journal.line import JournalEvent
from cdr.record.parts import Redirection
from cdr.record.words import SHUT
from cdr.times import to_datetime

_MATTERS = frozenset({"IVR_DECISION", "IVR_RING", "IVR_DIALSTATUS", "IVR_MENU", "BRIDGE_ENTER"})
_LEAVES = frozenset({"busy", "no_answer", "unreachable", "full"})


@dataclass(slots=True)
class _Route:
    """Where the call is now, and how it came there. `phone` is `""` until one rings."""

    found: list[Redirection] = field(default_factory=list)
    destination: str | None = None
    phone: str = ""
    why: str = ""
    handed_on: bool = False

    def decided(self, event: JournalEvent) -> None:
        reason, destination = event.get("reason"), event.get("destination")
        if self.handed_on or destination != self.destination:
            self._go(event.at, destination, "", self.why or reason)
            self.why = ""
        if reason in SHUT:
            self.why = reason

    def rung(self, event: JournalEvent) -> None:
        self._go(event.at, event.get("destination"), event.get("phone"), self.why)
        self.why = ""
        self.handed_on = False

    def failed(self, result: str) -> None:
        self.handed_on = False
        if result in _LEAVES:
            self.why = result

    def transferred(self, at: int, transfer: Transfer) -> None:
        if transfer.reason == RETURNED:
            self.why = ""
        self.phone = transfer.from_phone or self.phone
        self.handed_on = False
        self._go(at, transfer.to_destination, transfer.to_phone, transfer.reason)
        self.handed_on = True

    def _go(self, at: int, destination: str, phone: str, reason: str) -> None:
        here, there = (self.destination, self.phone), (destination, phone)
        same_place = self.handed_on or (destination == self.destination and not self.phone)
        if self.destination is None or here == there:
            pass
        elif same_place:
            self.found[-1:] = [replace(one, to_destination=destination, to_phone=phone) for one in self.found[-1:]]
        else:
            self.found.append(Redirection(to_datetime(at), self.destination, self.phone, destination, phone, reason))
        self.destination, self.phone = destination, phone


def redirections_of(call: Call, transfers: Mapping[bytes, Transfer]) -> tuple[Redirection, ...]:
    """Give the redirections of a call in order."""
    route = _Route()
    for event in call.events:
        transfer = transfers.get(event.line) if event.type in HANDS_ON else None
        if transfer is not None:
            route.transferred(event.at, transfer)
        elif event.type in _MATTERS and event.uniqueid == call.caller:
            _follow(route, event)
    return tuple(route.found)


def _follow(route: _Route, event: JournalEvent) -> None:
    match event.type:
        case "IVR_DECISION":
            route.decided(event)
        case "IVR_RING":
            route.rung(event)
        case "IVR_DIALSTATUS":
            route.failed(result_of(event))
        case _:  # a menu, or somebody to talk to
            route.handed_on = False
