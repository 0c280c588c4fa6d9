"""One TCP connection to the manager: panoramisk's protocol and manager with their dangerous parts replaced.

Kept from panoramisk: the transport's life, the table of requests by id, actions and ids. Replaced: reading (cuts bytes,
not text), matching (own end conditions), writing (checked, bounded), the end (nothing queued for replay, no own
reconnect), dispatch (one synchronous, guarded callback).
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from ivr.asterisk import framing
from ivr.asterisk.framing import Framer, Message
from ivr.asterisk.requests import CHANNEL_LEFT, Action, Request, encode, next_action_id
from ivr.errors import LinkLost, UnsafeValue

MAX_UNSENT = 4 * 1024 * 1024  # bytes that wait because the peer does not read
MAX_BATCHED = 50_000  # unanswered actions of batches that are remembered; older ones are forgotten
FULLY_BOOTED = b"FullyBooted"
CLOSED_BY_US = "the link was closed"

_AGI_EVENTS = frozenset({b"AsyncAGIExec", *(name.encode() for name in CHANNEL_LEFT)})

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears a connection: `on_event` gets each event whose name is in `wanted`; `clock` stamps the messages."""

    on_event: Callable[[Message], None]
    wanted: frozenset[str]
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Batched:
    """One action of a batch: what it was, its place in the batch, and who hears of a refusal."""

    verb: str
    index: int
    on_refused: Callable[[int, str], None] | None


def _action_id(raw: bytes) -> bytes:
    return framing.header_value(raw, b"ActionID: ")


class Connection(AMIProtocol):  # type: ignore[misc] # panoramisk has no types
    """One connection, from the first byte to the last. Not used again after `lost` is set.

    `booted` is set when Asterisk said FullyBooted. `lost` gets the reason when the connection went. `heard` counts
    reads. `responses` has the requests that wait, under each id by which an answer may name them.
    """

    def __init__(self, ears: Ears) -> None:
        loop = asyncio.get_running_loop()
        self.ears = ears
        self.wanted = frozenset(name.encode() for name in ears.wanted)
        self.booted = asyncio.Event()
        self.lost: asyncio.Future[str] = loop.create_future()
        self.gone = asyncio.Event()
        self.heard = 0
        self.farewell = ""
        self.framer = Framer()
        self.batched: dict[bytes, _Batched] = {}
        self.responses: dict[str, Request] = {}
        self.transport: asyncio.Transport | None = None

    # --- reading

    def data_received(self, data: bytes) -> None:
        """Cut what came into messages and hand them on in order; a stream that cannot go on ends the connection."""
        self.heard += 1
        frames = self.framer.feed(data)
        if frames:
            at = self.ears.clock()
            for raw in frames:
                if self.lost.done():
                    return
                self._take(raw, at)
        if self.framer.broken:
            self.fail(self.framer.broken)

    def _take(self, raw: bytes, at: datetime) -> None:
        """Decode a framed message only if somebody wants it; other bytes are dropped as they are."""
        name = framing.event_name(raw)
        if name:
            if name in self.wanted or name == FULLY_BOOTED or (self.responses and self._may_answer(name, raw)):
                self.handle_message(framing.parse(raw, at))
        elif raw.startswith(framing.RESPONSE):
            self._take_response(raw, at)

    def _may_answer(self, name: bytes, raw: bytes) -> bool:
        return name in _AGI_EVENTS or _action_id(raw).decode("utf-8", "replace") in self.responses

    def _take_response(self, raw: bytes, at: datetime) -> None:
        """Give a response to its request. Good answers to batches are ticked off undecoded: many that say nothing."""
        action_id = _action_id(raw)
        batched = self.batched.pop(action_id, None)
        if batched is None:
            self.handle_message(framing.parse(raw, at))
        elif raw.startswith(b"Response: Error"):
            self._refused(batched, framing.parse(raw, at).get("Message", "no reason given"))

    def _refused(self, batched: _Batched, reason: str) -> None:
        logger.warning("Asterisk refused %s: %s", batched.verb, reason, extra={"action": "link.refused"})
        if batched.on_refused is None:
            return
        try:
            batched.on_refused(batched.index, reason)
        except Exception:  # a fault in a callback must not end the link for all other calls
            extra = {"action": "link.callback_failed"}
            logger.exception("The callback for a refused %s failed", batched.verb, extra=extra)

    def handle_message(self, message: Message) -> None:
        """Give a message to the request it answers, else to the listener."""
        if self.responses and message.name in CHANNEL_LEFT:
            self._channel_left(message)
        request = self._request_of(message)
        if request is not None:
            if request.add_message(message):
                self.forget(request)
            return
        if message.name == "FullyBooted":
            self.booted.set()
        if message.name in self.ears.wanted and not self.farewell:
            self._hear(message)

    def _request_of(self, message: Message) -> Request | None:
        key = message.get("CommandId") if message.name == "AsyncAGIExec" else message.get("ActionID")
        request = self.responses.get(key)
        return request if request is not None and request.wants(message) else None

    def _channel_left(self, message: Message) -> None:
        """Fail the AGI commands of a channel that has left its AGI: their answers never come."""
        for request in [one for one in self.responses.values() if one.left_by(message)]:
            self.forget(request)
            request.channel_left()

    def _hear(self, message: Message) -> None:
        try:
            self.ears.on_event(message)
        except Exception:  # a fault in one call's handling must not end the link for all others
            call = message.get("Linkedid", "none")
            extra = {"action": "link.callback_failed", "linkedid": call}
            logger.exception("The listener failed at %s of call %s", message.name, call, extra=extra)

    # --- writing

    def send(self, request: Request) -> None:
        """Write one request and remember it until its answer is complete. Raises LinkLost and UnsafeValue."""
        if not self.responses.keys().isdisjoint(request.keys_of_answers):
            raise UnsafeValue(f"{request.verb}: its CommandID belongs to a command that still waits; nothing was sent.")
        for key in request.keys_of_answers:
            self.responses[key] = request
        self._write(request.wire)

    def send_batch(self, actions: Sequence[Action], on_refused: Callable[[int, str], None] | None) -> None:
        """Write several actions at once, in order. Raises UnsafeValue (then nothing was written) and LinkLost."""
        ids = [next_action_id() for _ in actions]
        wire = b"".join(encode(action, action_id) for action, action_id in zip(actions, ids, strict=True))
        for index, (action, action_id) in enumerate(zip(actions, ids, strict=True)):
            self.batched[action_id.encode()] = _Batched(str(action["Action"]), index, on_refused)
        while len(self.batched) > MAX_BATCHED:
            del self.batched[next(iter(self.batched))]
        self._write(wire)

    def _write(self, wire: bytes) -> None:
        if self.transport is None or self.lost.done() or self.transport.is_closing() or self.farewell:
            raise LinkLost("The AMI link is not attached; nothing was sent.")
        self.transport.write(wire)
        waiting = self.transport.get_write_buffer_size()
        if waiting > MAX_UNSENT:
            self.fail(f"Asterisk does not read: {waiting} bytes wait to be sent")
            raise LinkLost(f"{LinkLost.__doc__} ({waiting} bytes were waiting, Asterisk does not read)")

    # --- the end

    def forget(self, request: Request) -> None:
        """Stop waiting for a request's answer; what still comes of it is a message like any other."""
        for key in request.keys_of_answers:
            if self.responses.get(key) is request:
                del self.responses[key]

    def fail(self, reason: str) -> None:
        """End the connection at once and with it everything that waits for an answer. Nothing is kept for replay."""
        if self.lost.done():
            return
        self.lost.set_result(reason)
        waiting, self.responses, self.batched = self.responses, {}, {}
        for request in waiting.values():
            request.fail(LinkLost(f"{LinkLost.__doc__} ({request.verb}: {reason})"))
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read; panoramisk resets its own state here."""
        super().connection_made(transport)
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say why the connection went. Never a second connection from here: the link decides that."""
        self.closed = True
        self.gone.set()
        self.fail(self.farewell or (f"the connection broke: {exc}" if exc else "Asterisk closed the connection"))

    def eof_received(self) -> None:
        """Close as soon as the peer has said its last."""

    async def close(self, seconds: float) -> None:
        """Send what waits, for at most `seconds`, then end the connection. Nothing is heard any more."""
        if self.transport is not None and not self.lost.done():
            self.farewell = CLOSED_BY_US
            # Only our direction is shut: to close with bytes unread would reset the connection and lose what was sent.
            # TLS cannot do that by halves; it says goodbye after what was sent.
            (self.transport.write_eof if self.transport.can_write_eof() else self.transport.close)()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.gone.wait(), seconds)
        self.fail(CLOSED_BY_US)


class Dialler(Manager):  # type: ignore[misc] # panoramisk has no types
    """panoramisk's manager without its timers, patterns, login and replay: it holds the address and connects once."""

    def __init__(self, host: str, port: int, ears: Ears, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(host=host, port=port, encoding="utf-8", protocol_factory=lambda: Connection(ears))
        self._tls = tls

    async def connect(self) -> Connection:
        """Open one connection. Raises OSError, also if the other side's certificate is not the right one."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            self.config["protocol_factory"], self.config["host"], self.config["port"], ssl=self._tls
        )
        return cast("Connection", connection)
