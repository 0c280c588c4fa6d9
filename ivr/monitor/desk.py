"""What the screens share: the board, the sorting, what was said last; and the way to the API.

Rule 1: times shown are supervision's own: the clock of this terminal may be wrong, and only its difference counts.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from ivr.errors import OperatorError
from ivr.monitor.board import Board, Key, Lost, key_of
from ivr.monitor.cells import Tone, printable
from ivr.monitor.order import Sort, Wanted, arranged, shown
from ivr.monitor.orders import Order, Supervision, carried_out, named, tagged
from ivr.monitor.tables import SeenCall
from ivr.monitor.words import ASKED, LISTENS, LISTENS_NO_MORE
from ivr.supervision.models import Call, Change
from ivr.supervision.zones import zone_of

TOLD_KEPT = 50  # lines
TOLD_SECONDS = 15  # how long a line stays at the bottom
ANSWER_SECONDS = 5  # how long nothing else takes the place of what came of an order
ANSWERS = (Tone.TITLE, Tone.BAD)


@dataclass(frozen=True, slots=True)
class Told:
    """A line for the person at the terminal."""

    at: datetime
    text: str
    tone: Tone


class Desk:
    """The state of one monitor. `clock` gives the time in UTC; `zone` is where it is shown, None is this machine's."""

    def __init__(self, supervision: Supervision, clock: Callable[[], datetime]) -> None:
        self.supervision = supervision
        self.zone: tzinfo | None = None
        self.board = Board()
        self.sort = Sort.WAIT
        self.backwards = False
        self.filter = Wanted()
        self.filter_text = ""
        self.told: deque[Told] = deque(maxlen=TOLD_KEPT)
        self.changed = True
        self._clock = clock
        self._ahead = timedelta(0)
        self._arranged: list[Call] = []

    def now(self) -> datetime:
        """Give the whole second that it is where supervision runs; everything ticks at once, once a second."""
        return (self._clock() + self._ahead).replace(microsecond=0)

    def seen_at(self) -> datetime:
        """Give the moment that the tables show: now, or when supervision went away."""
        return self.now() if self.board.lost is None else self.board.lost.at.replace(microsecond=0)

    def take(self, change: Change) -> None:
        """Take a change from supervision."""
        if change.calls is not None:
            self._ahead = change.calls.at - self._clock()
        if change.health is not None:
            self.zone = zone_of(change.health.zone)
        if change.call is not None:
            self._listeners(self.board.calls.get(key_of(change.call)), change.call)
        if change.notice is not None:
            self.say(change.notice.text, Tone.WARN if change.notice.trouble else Tone.PLAIN)
        before = self.board.lost
        self.board.take(change)
        self.changed = True
        if self.board.lost is not None:  # the client, which said it, goes by this machine's clock
            self._lost(before, self.board.lost.why)

    def lose(self, why: str) -> None:
        """Note that supervision tells nothing."""
        self._lost(self.board.lost, why)
        self.changed = True

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Tell the person at the terminal something."""
        self.told.append(Told(self.now(), printable(text), tone))
        self.changed = True

    def last_told(self, at: datetime) -> Told | None:
        """Give the last line that was told, while it is new; what came of an order goes before what was only seen."""
        for one in reversed(self.told):
            if one.tone in ANSWERS and abs(at - one.at) <= timedelta(seconds=ANSWER_SECONDS):
                return one
        if not self.told or abs(at - self.told[-1].at) > timedelta(seconds=TOLD_SECONDS):
            return None  # also what was told before supervision said how wrong this machine's clock is
        return self.told[-1]

    def arrange(self) -> None:
        """Put the calls into their order again, after something has changed."""
        self._arranged = arranged(self.board.calls.values(), self.sort, self.backwards)

    def rows(self, at: datetime) -> list[Call]:
        """Give the calls that are shown, in their order."""
        return list(shown(self._arranged, self.filter, at, self.board.within)) if self.filter else self._arranged

    def seen(self, call: Call, at: datetime) -> SeenCall:
        """Give a call as it is at a moment."""
        return SeenCall(call, at, self.board.within(call.service))

    def ended(self, key: Key) -> bool:
        """Tell whether a call is over."""
        return key not in self.board.calls

    async def order(self, order: Order) -> None:
        """Have an order carried out, and tell what happened."""
        self.say(tagged(ASKED, order), Tone.QUIET)
        try:
            self.say(tagged(await carried_out(self.supervision, order), order), Tone.TITLE)
        except OperatorError as error:
            self.say(f"! {tagged(str(error), order)}", Tone.BAD)

    def _lost(self, before: Lost | None, why: str) -> None:
        self.board.lost = Lost(self.now() if before is None else before.at, why)

    def _listeners(self, before: Call | None, call: Call) -> None:
        old, new = set(before.listened if before else ()), set(call.listened)
        for phones, words in ((new - old, LISTENS), (old - new, LISTENS_NO_MORE)):
            for phone in sorted(phones):
                self.say(f"{words.format(phone=phone)} ({named(call)})")
