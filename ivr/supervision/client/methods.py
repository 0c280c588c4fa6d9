"""The requests of `ivr.supervision.client.requests` as methods, for clients that wait and for coroutines."""

from abc import ABC, abstractmethod
from typing import TypeVar

from ivr.supervision.client import requests
from ivr.supervision.client.requests import Asked
from ivr.supervision.models import (
    AuditEntry,
    CallDetail,
    CallerNumber,
    Calls,
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
    CallerOrder,
    ClearOrder,
    ExplainOrder,
    HangUpOrder,
    ListenOrder,
    OverrideOrder,
    ReloadOrder,
    TopicOrder,
    TransferOrder,
)

T = TypeVar("T")


class Methods(ABC):
    """What a client can ask; it waits for each answer."""

    @abstractmethod
    def ask(self, asked: Asked[T]) -> T:
        """Carry out a request."""

    def calls(self) -> Calls:
        """Give all calls under way."""
        return self.ask(requests.CALLS)

    def call(self, name: str) -> CallDetail:
        """Give a call with its journey."""
        return self.ask(requests.call(name))

    def destinations(self) -> tuple[DestinationNow, ...]:
        """Give all destinations now."""
        return self.ask(requests.DESTINATIONS)

    def today(self) -> Today:
        """Give today's figures."""
        return self.ask(requests.TODAY)

    def health(self) -> Health:
        """Give how the parts are."""
        return self.ask(requests.HEALTH)

    def rules(self) -> RulesNow:
        """Give the rules in use."""
        return self.ask(requests.RULES)

    def overrides(self, *, every: bool = False) -> tuple[OverrideNow, ...]:
        """Give the overrides that hold, or all."""
        return self.ask(requests.overrides(every=every))

    def listenings(self) -> tuple[Listening, ...]:
        """Give who listens now."""
        return self.ask(requests.LISTENINGS)

    def audit(self, who: str = "", what: str = "", call: str = "", limit: int = 100) -> tuple[AuditEntry, ...]:
        """Give the newest entries of the audit."""
        return self.ask(requests.audit(who, what, call, limit))

    def transfer(self, call: str, order: TransferOrder) -> Done:
        """Pass a caller on."""
        return self.ask(requests.transfer(call, order))

    def send(self, call: str, order: TransferOrder) -> Done:
        """Send a call at any stage to a destination."""
        return self.ask(requests.send(call, order))

    def hangup(self, call: str, order: HangUpOrder) -> Done:
        """End a call."""
        return self.ask(requests.hangup(call, order))

    def listen(self, call: str, order: ListenOrder) -> Listening:
        """Listen to a call."""
        return self.ask(requests.listen(call, order))

    def end_listening(self, listening: str) -> Listening:
        """End a listening."""
        return self.ask(requests.end_listening(listening))

    def topic(self, call: str, order: TopicOrder) -> Done:
        """Say what a call is about."""
        return self.ask(requests.topic(call, order))

    def caller(self, call: str, order: CallerOrder) -> CallerNumber:
        """Give a caller's whole number; who asked and why is kept."""
        return self.ask(requests.caller(call, order))

    def announce(self, order: AnnounceOrder) -> Done:
        """Play a recording to callers who wait."""
        return self.ask(requests.announce(order))

    def override_add(self, order: OverrideOrder) -> Done:
        """Close, open or redirect a destination."""
        return self.ask(requests.override_add(order))

    def override_clear(self, override: str, order: ClearOrder) -> Done:
        """End an override."""
        return self.ask(requests.override_clear(override, order))

    def rules_check(self) -> Done:
        """Check the file of the rules."""
        return self.ask(requests.rules_check())

    def rules_reload(self, order: ReloadOrder) -> Done:
        """Take the file of the rules."""
        return self.ask(requests.rules_reload(order))

    def explain(self, order: ExplainOrder) -> Done:
        """Tell where a call would go."""
        return self.ask(requests.explain(order))


class AsyncMethods(ABC):
    """The same, awaited."""

    @abstractmethod
    async def ask(self, asked: Asked[T]) -> T:
        """Carry out a request."""

    async def calls(self) -> Calls:
        """Give all calls under way."""
        return await self.ask(requests.CALLS)

    async def call(self, name: str) -> CallDetail:
        """Give a call with its journey."""
        return await self.ask(requests.call(name))

    async def destinations(self) -> tuple[DestinationNow, ...]:
        """Give all destinations now."""
        return await self.ask(requests.DESTINATIONS)

    async def today(self) -> Today:
        """Give today's figures."""
        return await self.ask(requests.TODAY)

    async def health(self) -> Health:
        """Give how the parts are."""
        return await self.ask(requests.HEALTH)

    async def rules(self) -> RulesNow:
        """Give the rules in use."""
        return await self.ask(requests.RULES)

    async def overrides(self, *, every: bool = False) -> tuple[OverrideNow, ...]:
        """Give the overrides that hold, or all."""
        return await self.ask(requests.overrides(every=every))

    async def listenings(self) -> tuple[Listening, ...]:
        """Give who listens now."""
        return await self.ask(requests.LISTENINGS)

    async def audit(self, who: str = "", what: str = "", call: str = "", limit: int = 100) -> tuple[AuditEntry, ...]:
        """Give the newest entries of the audit."""
        return await self.ask(requests.audit(who, what, call, limit))

    async def transfer(self, call: str, order: TransferOrder) -> Done:
        """Pass a caller on."""
        return await self.ask(requests.transfer(call, order))

    async def send(self, call: str, order: TransferOrder) -> Done:
        """Send a call at any stage to a destination."""
        return await self.ask(requests.send(call, order))

    async def hangup(self, call: str, order: HangUpOrder) -> Done:
        """End a call."""
        return await self.ask(requests.hangup(call, order))

    async def listen(self, call: str, order: ListenOrder) -> Listening:
        """Listen to a call."""
        return await self.ask(requests.listen(call, order))

    async def end_listening(self, listening: str) -> Listening:
        """End a listening."""
        return await self.ask(requests.end_listening(listening))

    async def topic(self, call: str, order: TopicOrder) -> Done:
        """Say what a call is about."""
        return await self.ask(requests.topic(call, order))

    async def caller(self, call: str, order: CallerOrder) -> CallerNumber:
        """Give a caller's whole number; who asked and why is kept."""
        return await self.ask(requests.caller(call, order))

    async def announce(self, order: AnnounceOrder) -> Done:
        """Play a recording to callers who wait."""
        return await self.ask(requests.announce(order))

    async def override_add(self, order: OverrideOrder) -> Done:
        """Close, open or redirect a destination."""
        return await self.ask(requests.override_add(order))

    async def override_clear(self, override: str, order: ClearOrder) -> Done:
        """End an override."""
        return await self.ask(requests.override_clear(override, order))

    async def rules_check(self) -> Done:
        """Check the file of the rules."""
        return await self.ask(requests.rules_check())

    async def rules_reload(self, order: ReloadOrder) -> Done:
        """Take the file of the rules."""
        return await self.ask(requests.rules_reload(order))

    async def explain(self, order: ExplainOrder) -> Done:
        """Tell where a call would go."""
        return await self.ask(requests.explain(order))
