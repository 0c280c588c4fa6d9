"""What is told to all that look: one log of changes, of bounded length, that each subscriber reads at its own pace.

Rule 1: publishing costs the same for one subscriber and for 500, and waits for none: a subscriber is a place in the log.
Rule 2: of several changes of one call that a slow subscriber has not read, it gets the last; likewise of the destinations,
of today, and of health.
Rule 3: the more subscribers there are, the longer changes wait for each other, so that they go out together.
Rule 4: a subscriber that falls behind by more than the log holds gets a notice that messages were dropped, and then
everything anew.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Literal, Self, assert_never

from ivr.supervision.models import (
    Call,
    Calls,
    Change,
    DestinationNow,
    Ended,
    Health,
    Notice,
    NoticeKind,
    Today,
)

EACH, MOST = 0.0002, 0.1  # seconds that changes wait for more of them, for each subscriber, and for any number
KEPT = 2048  # changes in the log: two seconds at 1,000 a second
DROPPED = "you read too slowly: changes were left out, and everything follows anew"

Kind = Literal["call", "ended", "destinations", "today", "health", "notice"]
Value = Call | Ended | Notice | Today | Health | tuple[DestinationNow, ...]
Key = tuple[str, str]
_STATES = ("destinations", "today", "health")


class Message:
    """A change on its way; its JSON is made once for all subscribers."""

    __slots__ = ("_event", "_text", "change", "key")

    def __init__(self, change: Change, key: Key) -> None:
        self.change = change
        self.key = key
        self._text: str | None = None
        self._event: str | None = None

    @property
    def event(self) -> str:
        """Give the change as a server-sent event."""
        if self._event is None:
            self._event = f"id: {self.change.sequence}\ndata: {self.text}\n\n"
        return self._event

    @property
    def text(self) -> str:
        """Give the change as JSON, of its values only the one that its kind names."""
        if self._text is None:
            self._text = self.change.model_dump_json(include={"sequence", "kind", self.change.kind})
        return self._text


class Batch(list[Message]):
    """Messages that go out together. Many subscribers get the same one; none of them changes it."""

    @cached_property
    def events(self) -> bytes:
        """Give them as server-sent events; made once for all that get this batch."""
        return "".join([one.event for one in self]).encode()


class Hub:
    """Tells subscribers what changes. `dropped` counts how often one had to begin anew.

    Used within one event loop. `kept` is how many changes the log holds.
    """

    def __init__(self, clock: Callable[[], datetime], kept: int = KEPT) -> None:
        self._clock = clock
        self._calls: Callable[[], tuple[Call, ...]] = tuple
        self._log: deque[Message] = deque(maxlen=kept)
        self._latest: dict[Key, int] = {}
        self._states: dict[str, Change] = {}
        self._whole: list[Message] | None = None
        self._pending: dict[int, Batch] = {}
        self._subscribers: set[Subscription] = set()
        self._news = asyncio.Event()
        self._told = True
        self.sequence = 0
        self.dropped = 0

    @property
    def size(self) -> int:
        """Give how many subscribers there are."""
        return len(self._subscribers)

    def tell_of(self, calls: Callable[[], tuple[Call, ...]]) -> None:
        """Name who gives all calls under way, as they are after the last change that was published."""
        self._calls = calls

    def publish(self, kind: Kind, value: Value) -> None:
        """Tell all subscribers of a value. Never waits."""
        self.sequence += 1
        message = _message(self.sequence, kind, value)
        if len(self._log) == self._log.maxlen:
            old = self._log[0]
            if self._latest.get(old.key) == old.change.sequence:
                del self._latest[old.key]
        self._log.append(message)
        self._latest[message.key] = self.sequence
        self._whole = None
        self._pending.clear()
        if kind in _STATES:
            self._states[kind] = message.change
        if self._told and self._subscribers:
            self._told = False
            wait = min(MOST, EACH * len(self._subscribers))
            asyncio.get_running_loop().call_later(wait, self._wake)

    def subscribe(self) -> "Subscription":
        """Give what tells everything first, and then each change. Close it when it is no longer read."""
        made = Subscription(self)
        self._subscribers.add(made)
        return made

    def close(self) -> None:
        """End all subscriptions: whoever reads one comes to its end."""
        for one in list(self._subscribers):
            one.close()

    def leave(self, subscription: "Subscription") -> None:
        """Forget a subscriber; safe to call twice."""
        self._subscribers.discard(subscription)
        self._wake()

    def anew(self, *, dropped: bool) -> list[Message]:
        """Give what a subscriber must have to go on from here; `dropped` tells it that it lost something."""
        if self._whole is None:
            calls = Calls(at=self._clock(), sequence=self.sequence, calls=self._calls())
            first = Change(sequence=self.sequence, kind="calls", calls=calls)
            states = (one.model_copy(update={"sequence": self.sequence}) for one in self._states.values())
            self._whole = [Message(one, (one.kind, "")) for one in (first, *states)]
        if not dropped:
            return self._whole
        self.dropped += 1
        notice = Notice(kind=NoticeKind.DROPPED, at=self._clock(), text=DROPPED)
        return [_message(self.sequence, "notice", notice), *self._whole]

    def first_after(self, sequence: int) -> Message | None:
        """Give the first change after one that no later one replaces; None if there is none. Raises as `after`."""
        return next(self._left(sequence), None)

    def after(self, sequence: int) -> Batch:
        """Give all such changes; the same batch to all that ask for the same.

        Raises `LookupError` if changes after it are no longer in the log.
        """
        found = self._pending.get(sequence)
        if found is None:
            found = self._pending[sequence] = Batch(self._left(sequence))
        return found

    def _left(self, sequence: int) -> Iterator[Message]:
        begins = self.sequence - len(self._log)
        if sequence < begins:
            raise LookupError
        some = islice(self._log, sequence - begins, None)
        return (one for one in some if self._latest.get(one.key) == one.change.sequence)

    async def news(self) -> None:
        """Wait until something is published."""
        await self._news.wait()

    def _wake(self) -> None:
        self._told = True
        self._news.set()
        self._news.clear()


class Subscription:
    """One subscriber's place in the log: an async iterator of changes that ends when it is closed."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._begun = False
        self._read = 0
        self._first: deque[Message] = deque()
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        return (await self.message()).change

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it; safe to call twice. Whoever waits for it gets its end."""
        self._closed = True
        self._hub.leave(self)

    async def batch(self) -> Batch:
        """Wait for something new, and give all of it. Raises `StopAsyncIteration` once it is closed.

        For who looks at many changes a second: one awakening, and one writing, for all of them.
        """
        while not self._closed:
            found = self.pending()
            if found:
                return found
            await self._hub.news()
        raise StopAsyncIteration

    async def message(self) -> Message:
        """Give the next message, with its JSON. Raises as `batch`."""
        while not self._closed:
            found = self.next()
            if found is not None:
                return found
            await self._hub.news()
        raise StopAsyncIteration

    def pending(self) -> Batch:
        """Give all that is new now, and count it as read."""
        if not self._begun:
            self._begin(dropped=False)
        try:
            later = self._hub.after(self._read)
        except LookupError:
            self._begin(dropped=True)
            later = Batch()
        found = Batch([*self._first, *later]) if self._first else later
        self._first.clear()
        self._read = self._hub.sequence
        return found

    def next(self) -> Message | None:
        """Give the first message that is new now; None if there is none."""
        if not self._begun:
            self._begin(dropped=False)
        if not self._first:
            try:
                found = self._hub.first_after(self._read)
            except LookupError:
                self._begin(dropped=True)
            else:
                self._read = found.change.sequence if found else self._hub.sequence
                return found
        return self._first.popleft()

    def _begin(self, *, dropped: bool) -> None:
        self._begun = True
        self._first = deque(self._hub.anew(dropped=dropped))
        self._read = self._hub.sequence


def _message(sequence: int, kind: Kind, value: Value) -> Message:
    match value:
        case Call():
            return Message(Change(sequence=sequence, kind="call", call=value), ("call", value.call))
        case Ended():
            return Message(Change(sequence=sequence, kind="ended", ended=value), ("call", value.call))
        case Notice():
            return Message(Change(sequence=sequence, kind="notice", notice=value), ("notice", str(sequence)))
        case Today():
            return Message(Change(sequence=sequence, kind="today", today=value), (kind, ""))
        case Health():
            return Message(Change(sequence=sequence, kind="health", health=value), (kind, ""))
        case tuple():
            return Message(Change(sequence=sequence, kind="destinations", destinations=value), (kind, ""))
        case _:
            assert_never(value)
