"""What the app is built from. Each part is known by what it must be able to do; None is a part that is not there (503)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.supervision.access.audit import Audit
from ivr.supervision.access.auth import Door, Who
from ivr.supervision.models import (
    CallDetail,
    Calls,
    Change,
    DestinationNow,
    Done,
    Health,
    Listening,
    OverrideNow,
    RulesNow,
    Today,
)
from ivr.supervision.orders import (
    AnnounceOrder,
    ClearOrder,
    ExplainOrder,
    HangUpOrder,
    ListenOrder,
    OverrideOrder,
    ReloadOrder,
    TopicOrder,
    TransferOrder,
)


class View(Protocol):
    """The live view."""

    @property
    def filled(self) -> bool:
        """Whether it holds every call that is under way by the journal."""

    def calls(self) -> Calls:
        """Give all calls under way."""

    def call(self, name: str) -> CallDetail | None:
        """Give a call with its journey; None if it is not under way."""

    def number_of(self, call: str) -> str | None:
        """Give a caller's whole number; "" if withheld or unknown, None if there is no such call."""


class Message(Protocol):
    """A change on its way."""

    @property
    def change(self) -> Change:
        """The change."""

    @property
    def text(self) -> str:
        """The change as JSON, in one line; made once for all."""


class Batch(Protocol):
    """Messages that go out together."""

    @property
    def events(self) -> bytes:
        """The messages as server-sent events; made once for all that get this batch."""

    def __iter__(self) -> Iterator[Message]: ...


class Subscription(Protocol):
    """What somebody gets of the hub: first everything, then each change."""

    async def batch(self) -> Batch:
        """Wait for news, and give all that is new. Raises StopAsyncIteration once it is closed."""

    def close(self) -> None:
        """End it."""


class Hub(Protocol):
    """Hands each change to all that look."""

    def subscribe(self) -> Subscription:
        """Begin to look."""


class State(Protocol):
    """What is refreshed in the background."""

    def destinations(self) -> tuple[DestinationNow, ...]:
        """Give the destinations."""

    def today(self) -> Today | None:
        """Give today's figures; None if there are none yet."""

    def health(self) -> Health:
        """Give how the parts are."""

    def rules(self) -> RulesNow:
        """Give the rules in use. Raises OperatorError."""

    async def overrides(self, every: bool, /) -> tuple[OverrideNow, ...]:
        """Give the overrides that hold, or all that were ever ordered. Raises OperatorError."""

    async def metrics(self) -> str:
        """Give all figures in Prometheus' text form."""


class Actions(Protocol):
    """What is done for people. Each answers when Asterisk has confirmed it. Each raises ActionRefused."""

    async def transfer(self, call: str, order: TransferOrder, who: Who) -> Done:
        """Pass the caller of a call that talks on."""

    async def send(self, call: str, order: TransferOrder, who: Who) -> Done:
        """Send a call at any stage to a destination."""

    async def hang_up(self, call: str, order: HangUpOrder, who: Who) -> Done:
        """End a call."""

    async def announce(self, order: AnnounceOrder, who: Who) -> Done:
        """Play a recording to callers who wait."""

    async def topic(self, call: str, order: TopicOrder, who: Who) -> Done:
        """Say what a call is about."""

    async def override_add(self, order: OverrideOrder, who: Who) -> Done:
        """Close, open or redirect a destination."""

    async def override_clear(self, override: str, order: ClearOrder, who: Who) -> Done:
        """End an override before its time."""

    async def rules_check(self) -> Done:
        """Check the file of the rules as it is now."""

    async def rules_reload(self, order: ReloadOrder, who: Who) -> Done:
        """Let the engines take the file of the rules."""

    async def explain(self, order: ExplainOrder) -> Done:
        """Tell where a call would go, and why."""


class Listenings(Protocol):
    """Who listens to which call. Each raises ActionRefused."""

    async def start(self, call: str, order: ListenOrder, who: Who) -> Listening:
        """Call a phone and let it hear a call."""

    async def end(self, listening: str, who: Who) -> Listening:
        """End it."""

    def all(self) -> tuple[Listening, ...]:
        """Give those under way."""


class Sessions(Protocol):
    """The wallboards' sessions."""

    def who(self, cookie: str | None) -> str | None:
        """Give the name of the token that a cookie stands for; None if it stands for nothing."""


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts. `clock` gives the aware time; `pbx_up` tells whether the link to Asterisk holds."""

    door: Door
    audit: Audit
    clock: Callable[[], datetime]
    sessions: Sessions
    view: View | None = None
    hub: Hub | None = None
    state: State | None = None
    actions: Actions | None = None
    listenings: Listenings | None = None
    pbx_up: Callable[[], bool] = lambda: False
    counted: Callable[[str, str], None] = lambda _what, _result: None
    """Told of each action and its result: done, refused, failed (a fault of ours), or unknown."""
