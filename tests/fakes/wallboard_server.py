"""The wallboard's routes on a real port of this machine, with news that the tests tell."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from ivr.supervision.access.sessions import COOKIE, Grant, Refused, Sessions
from ivr.supervision.api.wallboard import router
from ivr.supervision.models import Change
from tests.fakes.wallboard_examples import NOW

RIGHT, ADMIN, REMOVED, LIMITED = "right-token-0123456789", "admin-token", "removed-token", "limited-token"
HOST = "127.0.0.1"
LANGUAGES = {"jelgava": "lv", "kryvyi-rih": "uk", "plovdiv": "bg"}
PATIENCE = 10.0  # seconds until the server must have started or ended


class FakeTokens:
    """Knows two tokens. `gone` are those that were removed since."""

    def __init__(self) -> None:
        self.gone: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    async def grant(self, token: str, address: str) -> Grant | Refused:
        """Tell whose token it is."""
        self.asked.append((token, address))
        if token == LIMITED:
            return Refused(429, "Too many wrong tokens came from here.", 17)
        if token not in (RIGHT, ADMIN) or token in self.gone:
            return Refused(401, "No such token.")
        return Grant(f"id-of-{token}", "hall" if token == RIGHT else "boss")

    def holds(self, grant: str) -> bool:
        """Tell whether a token was not removed."""
        return grant.removeprefix("id-of-") not in self.gone


class FakeNews:
    """Tells all that look: first `whole`, then what is told. Everything but `events` is called from the test's thread."""

    def __init__(self, whole: Sequence[Change]) -> None:
        self.whole = tuple(whole)
        self.status = 200
        self.connected = 0
        self._listeners: set[asyncio.Queue[str | bytes | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def events(self) -> AsyncIterator[str | bytes]:
        """Give the stream's text."""
        self._loop = asyncio.get_running_loop()
        mine: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._listeners.add(mine)
        self.connected += 1
        try:
            yield "retry: 2000\n\n" + "".join(map(as_text, self.whole))
            while (text := await mine.get()) is not None:
                yield text
        finally:
            self._listeners.discard(mine)

    def tell(self, *changes: Change) -> None:
        """Tell changes to all that look."""
        self.send("".join(map(as_text, changes)))

    def send(self, text: str | bytes | None) -> None:
        """Send text as it is; None ends every stream."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._send, text)

    def over(self) -> None:
        """Forget the loop of a server that has ended."""
        self._loop = None

    def _send(self, text: str | bytes | None) -> None:
        for one in self._listeners:
            one.put_nowait(text)


def as_text(change: Change) -> str:
    """Write a change as the API does."""
    return f"id: {change.sequence}\ndata: {change.model_dump_json(exclude_none=True)}\n\n"


def app_of(sessions: Sessions, news: FakeNews) -> FastAPI:
    """Build the wallboard with its news."""
    app = FastAPI()
    app.include_router(router(sessions, lambda: LANGUAGES))

    @app.get("/api/events")
    async def events(request: Request) -> Response:
        if sessions.who(request.cookies.get(COOKIE)) is None:
            return Response(status_code=401)
        if news.status != 200:
            return Response(status_code=news.status)
        return StreamingResponse(news.events(), media_type="text/event-stream")

    return app


class WallboardServer:
    """A server that can be ended and started again on its port."""

    def __init__(self, whole: Sequence[Change]) -> None:
        self.tokens = FakeTokens()
        self.sessions = Sessions(self.tokens, lambda: NOW)
        self.news = FakeNews(whole)
        self.port = 0
        self._thread: threading.Thread | None = None
        self._server: uvicorn.Server | None = None

    @property
    def url(self) -> str:
        """Give its address."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Listen; the first time on a port that is free."""
        place = socket.create_server((HOST, self.port), reuse_port=False)
        self.port = place.getsockname()[1]
        config = uvicorn.Config(
            app_of(self.sessions, self.news), lifespan="off", ws="none", log_level="critical", date_header=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [place]}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it and all its connections."""
        if self._server is None or self._thread is None:
            return
        self.news.send(None)
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self.news.over()
        self._server = None

    def cookie(self, token: str = RIGHT) -> str:
        """Begin a session without a browser."""
        answer = httpx.post(f"{self.url}/wallboard/session", json={"token": token})
        assert answer.status_code == 204, answer.text
        return answer.cookies[COOKIE]


@contextmanager
def served(whole: Sequence[Change]) -> Iterator[WallboardServer]:
    """Run a server while a test uses it."""
    server = WallboardServer(whole)
    server.start()
    try:
        yield server
    finally:
        server.stop()
