"""HTTP on our sockets: uvicorn's protocols, with a bound for everything that somebody at the other end could draw out.

Rule 1: a request comes within `REQUEST_SECONDS`, whole; an answer is taken in pieces that each go within `ANSWER_SECONDS`;
a connection without a request ends after `IDLE_SECONDS`. Whoever does not keep to it is cut off.
Rule 2: the two sockets have bounds of their own: strangers on the network cannot keep out the users of this machine.
"""

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ivr.supervision.access.peers import peer_of

REQUEST_SECONDS = 10.0
ANSWER_SECONDS = 10.0
IDLE_SECONDS = 30
CLOSING_SECONDS = 2
MOST_HEADER_BYTES = 16 * 1024
MOST_MESSAGE_BYTES = 1024  # sent to us over a WebSocket
MOST_CONNECTIONS = 700
MOST_OF_AN_ADDRESS = 100
BACKLOG = 128

logger = logging.getLogger(__name__)


class Patience:
    """Cuts a connection off when something took too long."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._due: asyncio.TimerHandle | None = None

    def begins(self, seconds: float) -> None:
        """Let it end in so many seconds; what began before goes on."""
        if self._due is None:
            self._due = self._loop.call_later(seconds, self._transport.abort)

    def is_over(self) -> None:
        """Say that it came in time."""
        if self._due is not None:
            self._due.cancel()
            self._due = None


class BoundWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket whose other end must read."""

    _taking: Patience

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        """Begin."""
        self._taking = Patience(transport, self.loop)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._taking.is_over()
        super().connection_lost(exc)

    async def send(self, message: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        """Send. uvicorn takes a handshake that was refused for one without an end, and would log an error for each."""
        await super().send(message)
        self.handshake_complete = self.handshake_complete or self.close_sent

    def pause_writing(self) -> None:
        """Wait for the other end to read, not for ever."""
        self._taking.begins(ANSWER_SECONDS)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Go on."""
        self._taking.is_over()
        super().resume_writing()


class BoundHttp(H11Protocol):
    """HTTP whose other end must ask and read, and be one of not too many."""

    _asking: Patience
    _taking: Patience

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        """Begin; a connection too many is told so and closed."""
        self._asking, self._taking = Patience(transport, self.loop), Patience(transport, self.loop)
        super().connection_made(transport)
        peer = peer_of(transport.get_extra_info("socket"))
        self.app_state = {**self.app_state, "peer": peer}
        if self._is_too_many():
            transport.write(
                _raw(503, "Service Unavailable", "too many are connected; try again later", "Retry-After: 5\r\n")
            )
            transport.close()
        self._asking.begins(REQUEST_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._asking.is_over()
        self._taking.is_over()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a request that has begun must come to its end."""
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._asking.begins(REQUEST_SECONDS)
        else:
            self._asking.is_over()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand over to the WebSocket."""
        self._asking.is_over()
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or more than a header may be."""
        self.transport.write(_raw(400, "Bad Request", f"{msg} A header here has at most {MOST_HEADER_BYTES} bytes."))
        self.transport.close()

    def pause_writing(self) -> None:
        """Wait for the other end to read, not for ever."""
        self._taking.begins(ANSWER_SECONDS)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Go on."""
        self._taking.is_over()
        super().resume_writing()

    def _is_too_many(self) -> bool:
        if len(self.connections) > MOST_CONNECTIONS:
            return True
        if self.app_state["peer"] is not None or self.client is None:
            return False
        clients: Iterator[tuple[str, int] | None] = (getattr(one, "client", None) for one in self.connections)
        return sum(client is not None and client[0] == self.client[0] for client in clients) > MOST_OF_AN_ADDRESS


class Server(uvicorn.Server):
    """A server that leaves the signals to the process that it is in."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.servers: list[asyncio.base_events.Server] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen. uvicorn's own would wait a minute for the handshake of TLS."""
        config, state = self.config, self.server_state
        await self.lifespan.startup()

        def made() -> asyncio.Protocol:
            return BoundHttp(config, state, self.lifespan.state)

        loop = asyncio.get_running_loop()
        hurry = REQUEST_SECONDS if config.ssl else None
        for one in sockets or []:
            listening = await loop.create_server(
                made, sock=one, ssl=config.ssl, backlog=config.backlog, ssl_handshake_timeout=hurry
            )
            self.servers.append(listening)
        self.started = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def server(app: ASGIApp, cert: Path | None = None, key: Path | None = None) -> Server:
    """Give a server for sockets that listen; with a certificate it speaks TLS. Run `serve(sockets=[...])`."""
    return Server(
        uvicorn.Config(
            app,
            http=BoundHttp,
            ws=BoundWebSocket,
            loop="none",
            lifespan="off",
            log_config=None,
            log_level="warning",  # below that uvicorn writes whole addresses
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=CLOSING_SECONDS,
            h11_max_incomplete_event_size=MOST_HEADER_BYTES,
            ws_max_size=MOST_MESSAGE_BYTES,
            ws_per_message_deflate=False,
            ssl_certfile=cert,
            ssl_keyfile=key,
        )
    )


def _raw(status: int, phrase: str, detail: str, more: str = "") -> bytes:
    """Write an answer without the app."""
    problem = {"type": "about:blank", "title": phrase, "status": status, "detail": detail}
    body = json.dumps(problem).encode()
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nContent-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n"
        f"{more}Connection: close\r\n\r\n"
    )
    return head.encode() + body
