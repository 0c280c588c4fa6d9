"""What the monitor knows: the calls, lines, figures and troubles that the changes have told so far. PURE.

Rule 1: `calls` changes replace all calls, so what was missed while supervision was away cannot stay.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from ivr.supervision.models import Call, Calls, Change, DestinationNow, Ended, Health, Notice, NoticeKind, Today

Key = tuple[str, str]
"""A call's node and name."""
ENDED_KEPT = 200  # calls whose end is remembered, for dialogs that are still open
LOCAL = 0  # the sequence of what the client says itself: that supervision is away, or back


@dataclass(frozen=True, slots=True)
class Lost:
    """Supervision is away since `at`; `why` says it in words."""

    at: datetime
    why: str


def key_of(call: Call | Ended) -> Key:
    """Give what tells a call from all others."""
    return call.node, call.call


class Board:
    """All that is known now. Changes are taken in the order in which they came."""

    def __init__(self) -> None:
        self.calls: dict[Key, Call] = {}
        self.ended: OrderedDict[Key, Ended] = OrderedDict()
        self.destinations: tuple[DestinationNow, ...] = ()
        self.today: Today | None = None
        self.health: Health | None = None
        self.troubles: dict[NoticeKind, Notice] = {}
        self.lost: Lost | None = None
        self.filled = False

    def take(self, change: Change) -> None:
        """Take one change. What is of another kind than `kind` says is not looked at."""
        if change.calls is not None:
            self._all(change.calls)
        elif change.call is not None:
            self.calls[key_of(change.call)] = change.call
        elif change.ended is not None:
            self._end(change.ended)
        elif change.notice is not None:
            self._notice(change.notice, change.sequence)
        else:
            self._state(change)

    def destination(self, name: str) -> DestinationNow | None:
        """Give a line by its name."""
        return next((one for one in self.destinations if one.destination == name), None)

    def within(self, service: str) -> int | None:
        """Give the seconds within which calls of a service should be answered; None if it is not known."""
        if self.today is None:
            return None
        return next((one.within for one in self.today.services if one.service == service), None)

    def _all(self, calls: Calls) -> None:
        self.calls = {key_of(call): call for call in calls.calls}
        self.filled = True
        self.lost = None

    def _end(self, ended: Ended) -> None:
        self.calls.pop(key_of(ended), None)
        self.ended[key_of(ended)] = ended
        while len(self.ended) > ENDED_KEPT:
            self.ended.popitem(last=False)

    def _notice(self, notice: Notice, sequence: int) -> None:
        if sequence == LOCAL:
            if notice.trouble:  # it is over with the calls that come next: until then what is shown is old
                self.lost = Lost(notice.at, notice.text)
        elif notice.trouble and notice.kind is not NoticeKind.DROPPED:
            self.troubles[notice.kind] = notice
        else:
            self.troubles.pop(notice.kind, None)

    def _state(self, change: Change) -> None:
        if change.destinations is not None:
            self.destinations = change.destinations
        elif change.today is not None:
            self.today = change.today
        elif change.health is not None:
            self.health = change.health
