"""The composition root of supervision: builds every part from the settings, joins them, and serves the API.

Rule 1: supervision depends on nothing that runs: without PBX, engines, journal or store it serves, and says what is away.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import cast

from cdr.journal.sources import source_of
from cdr.live.follow import Follower, Source
from ivr.notify import Notifier
from ivr.settings import Settings
from ivr.supervision.access.audit import Audit
from ivr.supervision.access.auth import Door
from ivr.supervision.access.peers import known_here
from ivr.supervision.access.sessions import Sessions
from ivr.supervision.access.tokens import TokenFile
from ivr.supervision.acting.actions import Actions
from ivr.supervision.acting.listening import Listenings
from ivr.supervision.acting.pbx import Pbx
from ivr.supervision.acting.phones import allowed_phones
from ivr.supervision.api import wallboard
from ivr.supervision.api.app import app
from ivr.supervision.api.gate import Trust
from ivr.supervision.api.parts import Parts
from ivr.supervision.api.shapes import Hosts
from ivr.supervision.api.sockets import Address, address_of, hosts_of, tcp_socket, unix_socket
from ivr.supervision.api.wire import Server, server
from ivr.supervision.going import Work, every, going
from ivr.supervision.hub import Hub
from ivr.supervision.live.compare import Comparer
from ivr.supervision.live.view import View
from ivr.supervision.models import Notice, NoticeKind
from ivr.supervision.now.health import JournalHow
from ivr.supervision.now.metrics import Metrics
from ivr.supervision.now.state import Sources, State
from ivr.vocabulary import DestinationId

RULES_EVERY = 1.0  # seconds between looks whether other destinations are private now
NOWHERE = Hosts(frozenset(), "http")

logger = logging.getLogger(__name__)


def now() -> datetime:
    """Give the time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the composition root's clock


class Supervision:
    """All parts of one instance, joined."""

    def __init__(self, settings: Settings, journal: str) -> None:
        self._private: frozenset[str] = frozenset()
        self.counters = Metrics()
        self.hub = Hub(now)
        self.follower = Follower(cast("Source", source_of(journal, settings.node)), settings.store)
        self.view = View(self.follower, self.hub, now, self, self.counters)
        self.pbx = Pbx(settings, now)
        sources = Sources(lambda: self.view.calls().calls, self._journal, lambda: self.pbx.why)
        self.state = State(settings, self.hub, sources, now, self.counters)
        self.audit = Audit(settings.supervision_audit)
        self.listenings = Listenings(
            self.pbx,
            self.view,
            lambda: allowed_phones(self.state.ruleset, settings.supervisor_phones),
            now,
            default=settings.supervisor_phone,
            changed=self.view.refresh,
            write=self.audit.write,
        )
        self.actions = Actions(settings, self.pbx, self.view, lambda: self.state.ruleset, now)
        self.comparer = Comparer(
            lambda: self.follower.live,
            self,
            lambda: self.follower.tell(self.view),
            self._told_of_ghosts,
            self.counters.corrected,
        )

    def private(self, destination: str) -> bool:
        """Tell whether nobody may listen to calls of a destination."""
        found = self.state.ruleset.destinations.get(DestinationId(destination))
        return found is not None and found.private

    def listened(self, call: str) -> tuple[str, ...]:
        """Give the phones that listen to a call now."""
        return self.listenings.listened(call)

    async def channels(self) -> frozenset[str] | None:
        """Give the calls that Asterisk has; None while it cannot be asked."""
        return await self.pbx.channels() if self.pbx.up else None

    def works(self) -> list[Work]:
        """Give what goes on in the background, by name."""
        return [
            ("the live view", lambda: self.follower.run(self.view)),
            *self.state.works(),
            ("the link to Asterisk", self.pbx.run),
            ("listening", lambda: self.listenings.run(lambda: self.view.calls().calls)),
            ("the comparison with Asterisk", self.comparer.run),
            ("what is private", lambda: every(RULES_EVERY, self._look_at_rules)),
        ]

    def parts(self, door: Door, sessions: Sessions) -> Parts:
        """Give what the API is built from."""
        return Parts(
            door=door,
            audit=self.audit,
            clock=now,
            sessions=sessions,
            view=self.view,
            hub=self.hub,
            state=self.state,
            actions=self.actions,
            listenings=self.listenings,
            pbx_up=lambda: self.pbx.up,
            counted=self.counters.acted,
        )

    def languages(self) -> dict[str, str]:
        """Give the first language of every service."""
        return {str(name): str(one.languages[0]) for name, one in self.state.ruleset.services.items()}

    def _journal(self) -> JournalHow:
        return JournalHow(self.follower.lag(), self.follower.trouble)

    def _told_of_ghosts(self, text: str) -> None:
        self.hub.publish("notice", Notice(kind=NoticeKind.JOURNAL, at=now(), text=text))

    async def _look_at_rules(self) -> None:
        """Show calls anew when other destinations are private than before."""
        destinations = self.state.ruleset.destinations.values()
        found = frozenset(str(one.id) for one in destinations if one.private)
        if found != self._private:
            self._private = found
            self.view.refresh_all()


@asynccontextmanager
async def supervising(settings: Settings, journal: str, stopped: asyncio.Event) -> AsyncIterator[Supervision]:
    """Run supervision during the block. `stopped` is set when it ends by itself. Raises OperatorError."""
    address = address_of(settings)
    house = Supervision(settings, journal)
    tokens = TokenFile(settings.supervision_tokens)
    door = Door(tokens, now, asyncio.get_running_loop().time)
    sessions = Sessions(door, now, settings.state / f"supervision-{settings.instance}.sessions")
    parts, routes = house.parts(door, sessions), wallboard.router(sessions, house.languages)
    notifier = Notifier()

    def served(hosts: Hosts, at: Address | None = None) -> Server:
        made = app(parts, Trust(door, tokens, sessions, known_here, hosts, now), routes)
        return server(made, at.cert, at.key) if at else server(made)

    async with AsyncExitStack() as stack:
        places = [str(settings.supervision_socket)]
        unix = stack.enter_context(unix_socket(settings.supervision_socket))
        listening = [(served(NOWHERE), unix)]
        if address is not None:
            tcp = tcp_socket(address)
            port = int(tcp.getsockname()[1])
            listening.append((served(hosts_of(address, port, settings.supervision_hosts), address), tcp))
            places.append(f"{address.scheme}://{address.host}:{port}")
        stack.push_async_callback(house.state.close)
        # The loop itself feeds the watchdog: a stuck one does not.
        fed = ("the watchdog", lambda: notifier.keep(lambda: True))
        await stack.enter_async_context(going([*house.works(), fed]))
        await stack.enter_async_context(_serving(listening, stopped))
        stack.callback(house.hub.close)
        stack.callback(notifier.stopping, "supervision ends")
        notifier.ready(f"at {', '.join(places)}")
        logger.info("supervision answers at %s", ", ".join(places), extra={"action": "supervision_up"})
        yield house


@asynccontextmanager
async def _serving(listening: Sequence[tuple[Server, socket.socket]], stopped: asyncio.Event) -> AsyncIterator[None]:
    """Serve during the block."""
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(one.serve(sockets=[at]), name="http") for one, at in listening]
    for task in tasks:
        task.add_done_callback(lambda _: stopped.set())
    try:
        yield
    finally:
        for one, _ in listening:
            one.should_exit = True
        await asyncio.gather(*tasks)
