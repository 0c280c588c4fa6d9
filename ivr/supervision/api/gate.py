"""The gate before the app: nothing reaches a route before it is known who asks, and that this role may. ASGI.

Rule 1: the table of permissions is asked with the path as it was sent; a route that is not in it is not there.
Rule 2: the log has the route, never the path as it was sent and never a query: they may hold what nobody should read.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ivr.errors import OperatorError
from ivr.supervision.access.auth import Door, Who
from ivr.supervision.access.peers import Peer
from ivr.supervision.access.sessions import COOKIE
from ivr.supervision.access.tokens import TokenFile
from ivr.supervision.api import problems
from ivr.supervision.api.parts import Sessions
from ivr.supervision.api.permissions import WEBSOCKET, NoSuchPlace, Place, place_of
from ivr.supervision.api.shapes import (
    Hosts,
    Refusal,
    bearer,
    cookie,
    proxied,
    twice,
    wrong_body,
    wrong_host,
    wrong_path,
    wrong_query,
)
from ivr.supervision.models import Role
from ivr.supervision.refusals import NotKnown

HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
OVER_TLS = {b"strict-transport-security": b"max-age=31536000"}
UNIX, TCP = "unix", "tcp"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe: tokens, sessions of wallboards, users of this machine, and which hosts we are over TCP."""

    door: Door
    tokens: TokenFile
    sessions: Sessions
    known_here: Callable[[Peer], Who | None]
    hosts: Hosts
    clock: Callable[[], datetime]


class Refused(Exception):
    """A request that does not come in."""

    def __init__(self, refusal: Refusal, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal
        self.headers = headers


class Gate:
    """Lets requests in to `app`. What came over a unix socket has `peer` in its state, else it came over TCP."""

    def __init__(self, app: ASGIApp, trust: Trust) -> None:
        self._app = app
        self._trust = trust

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or open one WebSocket."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        told = _Told(scope, send)
        scope["state"] = {**scope.get("state", {}), "who": None, "place": "-", "holds": _for_ever}
        try:
            who = await self._let_in(scope)
        except Refused as refused:
            answer = problems.answer(refused.refusal.status, refused.refusal.detail, refused.headers)
        except OperatorError as error:
            answer = problems.of_error(error)
        else:
            scope["state"]["who"] = who
            await self._app(scope, receive, told.send)
            return
        await _refuse(answer, scope, receive, told.send)

    async def _let_in(self, scope: Scope) -> Who | None:
        headers = dict(scope["headers"])
        _unless(wrong_path(scope.get("raw_path") or scope["path"].encode()))
        place = _place(scope)
        scope["state"]["place"] = place.path
        _unless(twice(scope["headers"]))
        _unless(wrong_body(headers))
        _unless(wrong_query(scope.get("query_string", b"")))
        peer: Peer | None = scope["state"].get("peer")
        _unless(proxied(headers) if peer else wrong_host(headers, self._trust.hosts))
        if place.needed == "open":
            return None
        who = await self._known(scope, headers, peer, place)
        if not who.may(place.needed):
            raise Refused(Refusal(403, f"this needs the role {place.needed}; {who.name} has the role {who.role}"))
        return who

    async def _known(self, scope: Scope, headers: Mapping[bytes, bytes], peer: Peer | None, place: Place) -> Who:
        """Tell who asks: by the token if there is one, else the user at the socket, else the session. Raises NotKnown."""
        shown = headers.get(b"authorization")
        if shown is not None:
            token = bearer(shown)
            if token is None:
                raise NotKnown("the header Authorization must be `Bearer TOKEN`")
            who = await self._trust.door.known(token, _address(scope))
            scope["state"]["holds"] = lambda: self._holds(token)
            return who
        if peer is not None:
            found = self._trust.known_here(peer)
            if found is None:
                raise NotKnown("this user is neither the one that supervision runs as, nor in its group; show a token")
            return found
        shown_cookie = cookie(headers.get(b"cookie", b""), COOKIE)
        name = self._trust.sessions.who(shown_cookie)
        if name is None or place.needed is not Role.VIEWER:
            raise NotKnown
        if scope["type"] == "websocket" and b"origin" not in headers:
            raise Refused(Refusal(403, "a WebSocket with a cookie needs the header Origin"))
        scope["state"]["holds"] = lambda: self._trust.sessions.who(shown_cookie) is not None
        return Who(name, Role.VIEWER, "session")

    def _holds(self, token: str) -> bool:
        return self._trust.tokens.find(token, self._trust.clock()) is not None


class _Told:
    """Sends an answer with our headers, and logs it without anything that was sent to us."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        is_tls = scope.get("scheme") in ("https", "wss")
        self._more = {**HEADERS, **OVER_TLS} if is_tls else HEADERS

    async def send(self, message: Message) -> None:
        """Pass a message on to the server."""
        kind = message["type"]
        if kind in ("http.response.start", "websocket.http.response.start"):
            given = list(message.get("headers", ()))
            names = {name.lower() for name, _ in given}
            message["headers"] = [*given, *(pair for pair in self._more.items() if pair[0] not in names)]
            self._log(message["status"])
        elif kind == "websocket.accept":
            self._log(101)
        await self._send(message)

    def _log(self, status: int) -> None:
        state = self._scope["state"]
        who: Who | None = state["who"]
        level = logging.DEBUG if status < 400 else logging.INFO
        name = f"{who.name} ({who.how})" if who else "-"
        method = self._scope.get("method", WEBSOCKET)
        logger.log(level, "%s %s %s %d", name, method, state["place"], status, extra={"action": "asked"})


def _for_ever() -> bool:
    """Tell that a user of this machine is one as long as he is connected."""
    return True


def _place(scope: Scope) -> Place:
    method = WEBSOCKET if scope["type"] == "websocket" else scope["method"]
    match place_of(method, scope["path"]):
        case Place() as found:
            return found
        case NoSuchPlace(allowed=()):
            raise Refused(Refusal(404, "there is no such place; GET /api/openapi.json names all"))
        case NoSuchPlace(allowed=methods):
            allow = ", ".join(methods)
            raise Refused(Refusal(405, f"this place is for {allow}"), {"Allow": allow})


def _unless(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise Refused(refusal)


def _address(scope: Scope) -> str:
    if scope["state"].get("peer") is not None:
        return "the socket"
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


async def _refuse(answer: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the refusal; to a WebSocket as an answer to its handshake if the server can, else by closing it."""
    if scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
        await answer(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close", "code": 1008})


def who_asks(connection: HTTPConnection) -> Who:
    """Give who the gate let in. Raises NotKnown where the gate lets in anybody."""
    who: Who | None = connection.scope["state"]["who"]
    if who is None:
        raise NotKnown
    return who
