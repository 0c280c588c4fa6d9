"""Parts of supervision that only remember and answer: for tests of its API and of who uses it."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ivr.supervision.access.audit import Audit
from ivr.supervision.access.auth import Door, Who
from ivr.supervision.access.peers import Peer, known_here
from ivr.supervision.access.tokens import TokenFile
from ivr.supervision.api.app import app
from ivr.supervision.api.examples import EXAMPLES
from ivr.supervision.api.gate import Gate, Trust
from ivr.supervision.api.parts import Parts
from ivr.supervision.api.shapes import Hosts
from ivr.supervision.api.wire import Server, server
from ivr.supervision.hub import Hub
from ivr.supervision.models import (
    Call,
    CallDetail,
    Calls,
    DestinationNow,
    Done,
    Health,
    Listening,
    OverrideNow,
    Role,
    RulesNow,
    Today,
)
from ivr.supervision.orders import ListenOrder
from ivr.supervision.refusals import ActionRefused

AT = datetime(2026, 11, 24, 8, 15, 30, tzinfo=UTC)
CALL = str(EXAMPLES["Call"]["call"])
NUMBER = "37120000056"
SESSION = "a-session-of-a-wallboard"
HOSTS = Hosts(frozenset({"ivr.example"}), "http")


def example(model: type[Any]) -> Any:
    """Give the example of a model that the API's description has."""
    return model.model_validate(EXAMPLES[model.__name__])


class FakeView:
    """A view of the one call that the examples tell of."""

    filled = True

    def __init__(self) -> None:
        self.held: dict[str, Call] = {CALL: example(Call)}

    def calls(self) -> Calls:
        return Calls(at=AT, sequence=17, calls=tuple(self.held.values()))

    def call(self, name: str) -> CallDetail | None:
        return example(CallDetail) if name in self.held else None

    def number_of(self, call: str) -> str | None:
        return NUMBER if call in self.held else None


class FakeState:
    """The examples."""

    def destinations(self) -> tuple[DestinationNow, ...]:
        return (example(DestinationNow),)

    def today(self) -> Today | None:
        found: Today = example(Today)
        return found

    def health(self) -> Health:
        found: Health = example(Health)
        return found

    def rules(self) -> RulesNow:
        found: RulesNow = example(RulesNow)
        return found

    async def overrides(self, every: bool, /) -> tuple[OverrideNow, ...]:
        one: OverrideNow = example(OverrideNow)
        return (one, one.model_copy(update={"id": "older", "state": "over"})) if every else (one,)

    async def metrics(self) -> str:
        return "# TYPE ivr_calls gauge\nivr_calls 1\n"


@dataclass
class FakeActions:
    """Remembers what was ordered; `refusal` is raised instead, `first` is awaited before."""

    known: set[str]
    done: list[tuple[Any, ...]] = field(default_factory=list)
    refusal: Exception | None = None
    first: Callable[[], Awaitable[None]] | None = None

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Done]]:
        if name.startswith("_"):
            raise AttributeError(name)

        async def act(*given: Any) -> Done:
            if self.first is not None:
                await self.first()
            if self.refusal is not None:
                raise self.refusal
            if name in ("transfer", "send", "hang_up", "topic") and given[0] not in self.known:
                raise ActionRefused(404, f"there is no call {given[0]} under way")
            self.done.append((name, *given))
            return Done(text=f"{name} was done")

        return act


@dataclass
class FakeListenings:
    """Remembers who listens."""

    held: dict[str, Listening] = field(default_factory=dict)

    async def start(self, call: str, order: ListenOrder, who: Who) -> Listening:
        one = Listening(
            id=f"l{len(self.held) + 1}",
            call=call,
            phone=order.phone or "s1",
            mode=order.mode,
            by=who.name,
            since=AT,
            state="ringing",
        )
        self.held[one.id] = one
        return one

    async def end(self, listening: str, who: Who) -> Listening:
        if listening not in self.held:
            raise ActionRefused(404, f"there is no listening {listening}")
        return self.held.pop(listening).model_copy(update={"state": "ended", "reason": "ended"})

    def all(self) -> tuple[Listening, ...]:
        return tuple(self.held.values())


class FakeSessions:
    """Knows one cookie."""

    def who(self, cookie: str | None) -> str | None:
        return "wall" if cookie == SESSION else None


@dataclass
class Fakes:
    """A whole supervision of fakes, with a token for each role."""

    folder: Path
    tokens: TokenFile
    parts: Parts
    view: FakeView
    actions: FakeActions
    hub: Hub
    secrets: dict[Role, str]
    counted: list[tuple[str, str]]
    passed: list[float]
    """Seconds that were waited for."""
    peers: Callable[[Peer], Who | None] = known_here

    def gate(self, hosts: Hosts = HOSTS, **changes: Any) -> Gate:
        """Build the app."""
        parts = replace(self.parts, **changes)
        return app(parts, Trust(parts.door, self.tokens, parts.sessions, self.peers, hosts, lambda: AT))

    def bearer(self, role: Role) -> dict[str, str]:
        """Give the header of somebody with a role."""
        return {"Authorization": f"Bearer {self.secrets[role]}"}


def fakes(folder: Path) -> Fakes:
    """Build fakes whose files are in a folder; nothing waits, and the time stands still."""
    tokens = TokenFile(folder / "tokens")
    secrets = {role: tokens.add(f"a-{role.value}", role, AT, None) for role in Role}
    passed: list[float] = []
    counted: list[tuple[str, str]] = []

    async def pause(seconds: float) -> None:
        passed.append(seconds)

    door = Door(tokens, lambda: AT, lambda: 0.0, pause)
    view, hub = FakeView(), Hub(lambda: AT)
    hub.tell_of(lambda: tuple(view.held.values()))
    actions = FakeActions({CALL})
    parts = Parts(
        door=door,
        audit=Audit(folder / "audit.jsonl"),
        clock=lambda: AT,
        sessions=FakeSessions(),
        view=view,
        hub=hub,
        state=FakeState(),
        actions=actions,
        listenings=FakeListenings(),
        pbx_up=lambda: True,
        counted=lambda what, result: counted.append((what, result)),
    )
    return Fakes(folder, tokens, parts, view, actions, hub, secrets, counted, passed)


@dataclass
class Served:
    """A server of fakes on real sockets, in a thread of its own."""

    unix: Path
    port: int
    loop: asyncio.AbstractEventLoop
    made: Fakes

    def on_loop(self, work: Callable[[], None]) -> None:
        """Do something on the server's loop, and wait until it is done."""

        async def do() -> None:
            work()

        asyncio.run_coroutine_threadsafe(do(), self.loop).result(10)


@contextmanager
def serving(made: Fakes) -> Iterator[Served]:
    """Serve the fakes over a unix socket and over TCP."""
    path = made.folder / "s.sock"
    unix = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    unix.bind(str(path))
    unix.listen()
    tcp = socket.create_server(("127.0.0.1", 0))
    tcp.setblocking(False)
    port = int(tcp.getsockname()[1])
    hosts = Hosts(frozenset({f"127.0.0.1:{port}"}), "http")
    servers = [server(made.gate(hosts)), server(made.gate(hosts))]
    begun: threading.Event = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        tasks = [asyncio.ensure_future(one.serve(sockets=[at])) for one, at in zip(servers, (unix, tcp), strict=True)]
        begun.set()
        await asyncio.gather(*tasks)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        begun.wait(10)
        yield Served(path, port, loops[0], made)
    finally:
        _ended(servers, made, loops)
        thread.join(20)
        for one in (unix, tcp):
            with suppress(OSError):
                one.close()
    assert not thread.is_alive()


def _ended(servers: list[Server], made: Fakes, loops: list[asyncio.AbstractEventLoop]) -> None:
    for one in servers:
        one.should_exit = True
    loops[0].call_soon_threadsafe(made.hub.close)
