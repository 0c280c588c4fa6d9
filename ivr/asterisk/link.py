"""The AMI link: keeps one connection to Asterisk, tells what happens there, and asks.

Rule 1: nothing is ever repeated. When the connection goes, what waits fails with `LinkLost`: its outcome is unknown,
and who asked reads Asterisk's state again after `ATTACHED`.
Rule 2: every wait has an end: connect, login, each request, and silence of the peer (Ping).
Rule 3: a refused login is final and loud. Everything else is tried again, later and later, with jitter.
Rule 4: no value of an action stands in a log line or in an error's text.
"""

import asyncio
import inspect
import logging
import random as random_module
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from ivr.asterisk.connection import Connection, Dialler, Ears
from ivr.asterisk.framing import Message
from ivr.asterisk.requests import Action, End, Request
from ivr.errors import LinkError, LinkLost, LoginRefused, RequestRefused, RequestTimeout

__all__ = ["Action", "End", "Link", "LinkSettings", "LinkState", "Message"]

CLOSE_SECONDS = 1.0  # seconds to send what waits when the link is closed
BOOT_WARNING = 30.0  # seconds without FullyBooted after which the log says so
PING_ROUNDS = 3  # how often a late Pong is waited for while the peer talks or our own loop was blocked
LATE = 0.25  # seconds that a timer may be late before the event loop counts as blocked

logger = logging.getLogger(__name__)


class LinkState(Enum):
    """Where the link is: trying, usable, broken (tries again by itself), refused (final), closed (final)."""

    CONNECTING = "connecting"
    ATTACHED = "attached"
    LOST = "lost"
    REFUSED = "refused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Where Asterisk's manager is and how patient the link is; all times in seconds.

    A silent peer is found within `ping_interval + ping_timeout`. `wanted_events` are the names of the events that reach
    `on_event`; all others are dropped undecoded. `tls` is None for a link in plain text.
    """

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    connect_timeout: float = 5.0
    login_timeout: float = 5.0
    request_timeout: float = 5.0
    ping_interval: float = 3.0
    ping_timeout: float = 3.0
    backoff_first: float = 0.2
    backoff_most: float = 3.0
    wanted_events: frozenset[str] = frozenset()
    tls: ssl.SSLContext | None = field(default=None, repr=False)


class Link:
    """Keeps the link to one Asterisk.

    `on_event` gets each wanted event that answers no pending request, in order, on the event loop; it must not block.
    `on_state` gets each new state and its reason in words. Exceptions in either are logged and end nothing.
    `clock` gives the aware time for `Message.at`; `random` gives the jitter, in [0, 1). `on_answered` gets how many
    seconds each request of `End.RESPONSE` took; it must not raise.
    """

    def __init__(
        self,
        settings: LinkSettings,
        *,
        on_event: Callable[[Message], None],
        on_state: Callable[[LinkState, str], None],
        clock: Callable[[], datetime],
        random: Callable[[], float] = random_module.random,
        on_answered: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        if inspect.iscoroutinefunction(on_event) or inspect.iscoroutinefunction(on_state):
            raise TypeError("on_event and on_state are plain functions: coroutines would run unbounded, out of order")
        self.settings = settings
        self.state = LinkState.CONNECTING
        self.reason = ""
        self._ears = Ears(on_event, settings.wanted_events, clock)
        self._on_state = on_state
        self._random = random
        self._on_answered = on_answered
        self._connection: Connection | None = None
        self._settled = asyncio.Event()  # attached, or never again
        self._closing = asyncio.Event()
        self._attached_at: float | None = None
        self._running: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Connect, keep the connection, connect again; return after `close()`. Raises LoginRefused."""
        if self._closing.is_set():
            return
        self._running = asyncio.create_task(self._stay())
        try:
            await self._running
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._closing.is_set() or (task is not None and task.cancelling()):
                raise

    async def attached(self) -> None:
        """Wait until requests can be made. Raises LoginRefused or LinkLost if that will never be."""
        while self.state is not LinkState.ATTACHED:
            await self._settled.wait()
            if self.state is LinkState.REFUSED:
                raise LoginRefused(self.reason)
            if self.state is LinkState.CLOSED:
                raise LinkLost("The AMI link was closed.")

    async def request(
        self,
        action: Action,
        *,
        end: End = End.RESPONSE,
        timeout: float | None = None,  # noqa: ASYNC109 - the deadline belongs to the answer: late parts are forgotten
    ) -> tuple[Message, ...]:
        """Send one action and return all messages of its answer, in order; which one is the last, `end` says.

        A request that Asterisk answers with an error raises RequestRefused; an Originate that nobody answers does not:
        see its `OriginateResponse`. Further raises LinkLost and RequestTimeout (the outcome is unknown) and UnsafeValue
        (not sent). `timeout` is in seconds, else that of the settings; an Originate has its own ringing time on top.
        """
        return await self._ask(self._attached_connection(), Request(action, end), timeout)

    def send(self, actions: Sequence[Action], *, on_refused: Callable[[int, str], None] | None = None) -> None:
        """Write several actions at once, in order; their results come as events.

        If Asterisk answers number i with an error, `on_refused(i, message)` is called. Raises LinkLost if the link is
        not attached, UnsafeValue if any value is unsafe; then nothing was sent.
        """
        self._attached_connection().send_batch(actions, on_refused)

    async def close(self) -> None:
        """End everything: the connection, `run()`, and every request with LinkLost. Can be called again."""
        self._closing.set()
        connection, running = self._connection, self._running
        self._set(LinkState.CLOSED, "closed by us")
        if connection is not None:
            await connection.close(CLOSE_SECONDS)
        if running is not None and running is not asyncio.current_task():
            running.cancel()
            await asyncio.wait([running])

    # --- one connection after the other

    async def _stay(self) -> None:
        failures = 0
        while True:
            self._set(LinkState.CONNECTING, f"to {self.settings.host}:{self.settings.port}")
            self._attached_at = None
            try:
                reason = await self._one_connection()
            except LoginRefused as error:
                self._set(LinkState.REFUSED, str(error))
                raise
            except (OSError, LinkError) as error:
                reason = str(error) or f"no connection within {self.settings.connect_timeout} s"
            if self._lasted():
                failures = 0
            delay = self._delay(failures)
            failures += 1
            self._set(LinkState.LOST, f"{reason}; next attempt in {delay:.1f} s")
            await asyncio.sleep(delay)

    def _lasted(self) -> bool:
        """Tell whether the last connection held for a while; one that breaks as soon as it is made is a failure too."""
        since = self._attached_at
        return since is not None and asyncio.get_running_loop().time() - since >= self.settings.backoff_most

    def _delay(self, failures: int) -> float:
        """Return the seconds before the next attempt: doubling, between a half and the whole of it at random."""
        whole = min(self.settings.backoff_most, self.settings.backoff_first * 2.0 ** min(failures, 30))
        return whole * (0.5 + 0.5 * self._random())

    async def _one_connection(self) -> str:
        """Connect, log in, keep; return why it ended. Raises OSError (a timeout too) and LinkError before that."""
        settings = self.settings
        dialler = Dialler(settings.host, settings.port, self._ears, settings.tls)
        async with asyncio.timeout(settings.connect_timeout):
            connection = await dialler.connect()
        watchdog: asyncio.Task[None] | None = None
        try:
            await self._log_in(connection)
            watchdog = asyncio.create_task(self._watch(connection))
            await self._wait_for_boot(connection)
            self._attached_at = asyncio.get_running_loop().time()
            self._connection = connection
            self._set(LinkState.ATTACHED, f"Asterisk's manager version {connection.framer.version}")
            return await asyncio.shield(connection.lost)
        finally:
            self._connection = None
            if watchdog is not None:
                watchdog.cancel()
            connection.fail("the link was closed")

    async def _log_in(self, connection: Connection) -> None:
        settings = self.settings
        login = {"Action": "Login", "Username": settings.username, "Secret": settings.secret, "Events": "on"}
        try:
            await self._ask(connection, Request(login, End.RESPONSE), settings.login_timeout)
        except RequestRefused as error:
            raise LoginRefused(f"{LoginRefused.__doc__} ({settings.host}:{settings.port}, {error})") from None

    async def _wait_for_boot(self, connection: Connection) -> None:
        """Wait until Asterisk has started fully, for as long as it lives; say so in the log if that takes long."""
        booted = asyncio.create_task(connection.booted.wait())
        either: set[asyncio.Future[Any]] = {booted, connection.lost}
        try:
            while not booted.done():
                done, _ = await asyncio.wait(either, timeout=BOOT_WARNING, return_when=asyncio.FIRST_COMPLETED)
                if connection.lost in done:
                    raise LinkLost(connection.lost.result())
                if not done:
                    text = "Asterisk has not said FullyBooted yet; does the AMI user have `read = system`?"
                    logger.warning(text, extra={"action": "link.not_booted"})
        finally:
            booted.cancel()

    # --- asking

    def _attached_connection(self) -> Connection:
        if self._connection is None or self.state is not LinkState.ATTACHED:
            raise LinkLost("The AMI link is not attached; nothing was sent.")
        return self._connection

    async def _ask(self, connection: Connection, request: Request, seconds: float | None) -> tuple[Message, ...]:
        if seconds is None:
            seconds = request.patience(self.settings.request_timeout)
        began = asyncio.get_running_loop().time()
        try:
            connection.send(request)
            async with asyncio.timeout(seconds):
                messages: tuple[Message, ...] = await request.future
        except TimeoutError:
            raise RequestTimeout(f"{RequestTimeout.__doc__} ({request.verb}, {seconds:g} s)") from None
        finally:
            connection.forget(request)
        if request.end is End.RESPONSE:
            self._on_answered(asyncio.get_running_loop().time() - began)
        return messages

    async def _watch(self, connection: Connection) -> None:
        """Ping for as long as the connection lives, and end it when no Pong comes."""
        while not connection.lost.done():
            await asyncio.sleep(self.settings.ping_interval)
            request = Request({"Action": "Ping"}, End.RESPONSE)
            try:
                connection.send(request)
            except LinkLost:
                return
            if not await self._pong(connection, request):
                connection.fail(f"no answer to Ping within {self.settings.ping_timeout:g} s")

    async def _pong(self, connection: Connection, request: Request) -> bool:
        """Wait for a Pong; longer if bytes come in or if our own loop was blocked, for then it may be under way."""
        loop = asyncio.get_running_loop()
        for _ in range(PING_ROUNDS):
            heard, due = connection.heard, loop.time() + self.settings.ping_timeout
            await asyncio.wait({request.future}, timeout=self.settings.ping_timeout)
            if request.future.done():
                return True
            if connection.heard == heard and loop.time() - due < LATE:
                return False
        return False

    # --- telling

    def _set(self, state: LinkState, reason: str) -> None:
        """Take a new state; CLOSED and REFUSED are final."""
        if self.state is LinkState.CLOSED or (self.state is LinkState.REFUSED and state is not LinkState.CLOSED):
            return
        self.state, self.reason = state, reason
        if state is LinkState.ATTACHED or state in {LinkState.REFUSED, LinkState.CLOSED}:
            self._settled.set()
        else:
            self._settled.clear()
        level = {LinkState.LOST: logging.WARNING, LinkState.REFUSED: logging.ERROR}.get(state, logging.INFO)
        logger.log(level, "AMI link %s: %s", state.value, reason, extra={"action": f"link.{state.value}"})
        try:
            self._on_state(state, reason)
        except Exception:  # a fault in the listener must not end the link
            logger.exception("The listener failed at state %s", state.value, extra={"action": "link.callback_failed"})
