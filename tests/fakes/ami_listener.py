"""A link attached to the scripted manager, and what it told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from ivr.asterisk.framing import Message
from ivr.asterisk.link import Link, LinkSettings, LinkState
from tests.fakes.ami_server import GRACE, SECRET, USER, FakeAmi, soon

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
QUICK = LinkSettings(
    "127.0.0.1",
    0,
    USER,
    SECRET,
    backoff_first=0.01,
    backoff_most=0.05,
    wanted_events=frozenset({"Hangup", "AsyncAGIExec", "E"}),
)


class Listener:
    """What a link told: its events and states in order, and a way to wait for them."""

    def __init__(self) -> None:
        self.events: list[Message] = []
        self.states: list[tuple[LinkState, str]] = []
        self._changed = asyncio.Event()

    def on_event(self, event: Message) -> None:
        self.events.append(event)
        self._changed.set()

    def on_state(self, state: LinkState, reason: str) -> None:
        self.states.append((state, reason))
        self._changed.set()

    def count(self, state: LinkState) -> int:
        return sum(one is state for one, _ in self.states)

    async def state(self, state: LinkState, count: int = 1) -> str:
        """Wait until a state was reached `count` times; return the reason given with the last."""
        while self.count(state) < count:
            self._changed.clear()
            await soon(self._changed.wait())
        return [reason for one, reason in self.states if one is state][count - 1]

    async def heard(self, count: int) -> list[Message]:
        """Wait for a number of events in all."""
        while len(self.events) < count:
            self._changed.clear()
            await soon(self._changed.wait())
        return self.events


@asynccontextmanager
async def running_link(
    ami: FakeAmi,
    listener: Listener,
    settings: LinkSettings = QUICK,
    on_answered: Callable[[float], None] = lambda _: None,
) -> AsyncIterator[Link]:
    """Run a link against the fake until the block ends; close it there and see that `run()` came to its end."""
    settings = replace(settings, port=ami.port)
    link = Link(
        settings,
        on_event=listener.on_event,
        on_state=listener.on_state,
        clock=lambda: AT,
        on_answered=on_answered,
    )
    running = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        await soon(link.close())
        await asyncio.wait([running], timeout=GRACE)
        assert running.done()
        if not running.cancelled():
            running.exception()
