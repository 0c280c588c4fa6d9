"""Supervision as commands meet it: real HTTP on a real unix socket, whose answers a test says."""

import json
import socket
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel

from ivr.supervision.models import (
    AuditEntry,
    Call,
    CallDetail,
    Calls,
    Change,
    DestinationNow,
    Done,
    Ended,
    Health,
    Listening,
    OverrideNow,
    Problem,
    Stage,
)

AT = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LONGEST = 30.0  # seconds until something has happened that must happen


def call(name: str = "pbx-1795311670.0", **changes: Any) -> Call:
    """Give a call that rings at Ķekava's utility emergencies."""
    values: dict[str, Any] = {
        "call": name,
        "service": "kekava",
        "number": "8488",
        "caller": "29…56",
        "language": "lv",
        "started": AT - timedelta(seconds=40),
        "stage": Stage.RINGING,
        "since": AT - timedelta(seconds=12),
        "waiting_since": AT - timedelta(seconds=12),
        "destination": "kekava-utility",
        "phone": "kekava-utility-1",
        "rule": "destinations.kekava-utility",
        "led_by": "engine",
    }
    return Call(**{**values, **changes})


def destination(name: str = "kekava-utility", **changes: Any) -> DestinationNow:
    """Give a destination that is open and well."""
    values: dict[str, Any] = {
        "destination": name,
        "title": "Avārijas dienests",
        "services": ("kekava",),
        "safety": False,
        "open": True,
        "why": "at every hour",
        "until": None,
        "waiting": 1,
        "talking": 2,
        "answered_today": 30,
        "lost_today": 4,
        "phones": ("kekava-utility-1", "kekava-utility-2"),
    }
    return DestinationNow(**{**values, **changes})


def health(**changes: Any) -> Health:
    """Give the health of a house where all is well."""
    values: dict[str, Any] = {
        "at": AT,
        "ok": True,
        "problems": (),
        "pbx": "up",
        "engines": (),
        "journal_lag": 0.1,
        "records": "ok",
        "rules": "abc123",
        "alarms": (),
        "calls": 2,
        "subscribers": 1,
    }
    return Health(**{**values, **changes})


@dataclass
class Answers:
    """What supervision knows, and what it answers to orders: by path, else that it is done."""

    calls: Sequence[Call] = ()
    destinations: Sequence[DestinationNow] = ()
    health: Health | Problem = field(default_factory=health)
    listenings: Sequence[Listening] = ()
    overrides: Sequence[OverrideNow] = ()
    audit: Sequence[AuditEntry] = ()
    orders: dict[str, BaseModel] = field(default_factory=dict)
    no_stream: Problem | None = None
    """If it is set: what is answered to who wants all changes."""
    delay: threading.Event | None = None
    """If it is set: answers come when this happens."""


class Supervision:
    """The server of a test. `asked` are the requests: method, path, query, body."""

    def __init__(self, path: Path, answers: Answers) -> None:
        self.path = path
        self.answers = answers
        self.asked: list[tuple[str, str, dict[str, list[str]], Any]] = []
        self.streams: list[SimpleQueue[Change | None]] = []
        self.subscribed = threading.Semaphore(0)
        self.sequence = 0

    def view(self) -> Change:
        """Give the whole view as a change."""
        self.sequence += 1
        view = Calls(at=AT, sequence=self.sequence, calls=tuple(self.answers.calls))
        return Change(sequence=self.sequence, kind="calls", calls=view)

    def tell(self, **value: Any) -> None:
        """Send a change to whoever listens."""
        self.sequence += 1
        (kind,) = value
        for stream in self.streams:
            stream.put(Change(sequence=self.sequence, kind=kind, **value))

    def ends(self, one: Call, disposition: str = "answered") -> None:
        """Tell that a call is over."""
        self.answers.calls = [other for other in self.answers.calls if other.call != one.call]
        ended = Ended(call=one.call, service=one.service, destination=one.destination, disposition=disposition, at=AT)
        self.tell(ended=ended)

    @contextmanager
    def running(self) -> Iterator["Supervision"]:
        """Serve at the socket until the end of the block; then all that are connected are cut off."""
        self.path.unlink(missing_ok=True)
        with _Server(str(self.path), _handler(self)) as server, self._serving(server):
            yield self
        self.path.unlink(missing_ok=True)

    @contextmanager
    def elsewhere(self) -> Iterator[str]:
        """Serve as on another machine; give the address."""
        with _Remote(("127.0.0.1", 0), _handler(self)) as server, self._serving(server):
            yield f"http://127.0.0.1:{server.server_address[1]}"

    @contextmanager
    def _serving(self, server: socketserver.BaseServer) -> Iterator[None]:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            for stream in self.streams:
                stream.put(None)
            self.streams.clear()
            server.shutdown()
            thread.join(LONGEST)


class _Threads(socketserver.ThreadingMixIn, socketserver.TCPServer):
    block_on_close = False
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that went away."""


class _Server(_Threads):
    address_family = socket.AF_UNIX


class _Remote(_Threads):
    pass


def _handler(house: Supervision) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self._asked(None)
            if path == "/api/events" and house.answers.no_stream is None:
                self._stream()
            elif path.startswith("/api/calls/"):
                name = path.removeprefix("/api/calls/")
                found = next((one for one in house.answers.calls if one.call == name), None)
                gone = Problem(title="Not Found", status=404, detail=f"no call {name} is under way")
                self._say(gone if found is None else _detail(found))
            else:
                self._say(_known(house, path))

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self._asked(json.loads(text) if text else None)
            self._say(house.answers.orders.get(path, Done(text=f"done: {path}")))

        def _asked(self, body: Any) -> str:
            parts = urlsplit(self.path)
            house.asked.append((self.command, parts.path, parse_qs(parts.query), body))
            if house.answers.delay is not None:
                house.answers.delay.wait(LONGEST)
            return parts.path

        def _say(self, value: BaseModel | Sequence[BaseModel]) -> None:
            plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else _plain(value)
            kind = "application/problem+json" if isinstance(value, Problem) else "application/json"
            text = json.dumps(plain).encode()
            self.send_response(value.status if isinstance(value, Problem) else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def _stream(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            stream: SimpleQueue[Change | None] = SimpleQueue()
            stream.put(house.view())
            house.streams.append(stream)
            house.subscribed.release()
            try:
                while (change := stream.get()) is not None:
                    self.wfile.write(f"id: {change.sequence}\ndata: {change.model_dump_json()}\n\n".encode())
            except OSError:
                house.streams.remove(stream)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def _known(house: Supervision, path: str) -> BaseModel | Sequence[BaseModel]:
    view = house.view().calls
    assert view is not None
    lists: dict[str, BaseModel | Sequence[BaseModel]] = {
        "/api/calls": view,
        "/api/destinations": house.answers.destinations,
        "/api/health": house.answers.health,
        "/api/listenings": house.answers.listenings,
        "/api/overrides": house.answers.overrides,
        "/api/audit": house.answers.audit,
        "/api/events": house.answers.no_stream or (),
    }
    return lists.get(path, Problem(title="Not Found", status=404, detail=f"no route {path}"))


def _plain(values: Sequence[BaseModel]) -> list[Any]:
    return [one.model_dump(mode="json") for one in values]


def _detail(found: Call) -> CallDetail:
    step = {"at": found.started, "kind": "welcome", "text": "heard the welcome"}
    leg = {"channel": "PJSIP/trunk-0", "role": "caller", "phone": "", "destination": "", "started": found.started}
    return CallDetail.model_validate(
        {"call": found, "journey": [step], "legs": [{**leg, "answered": None, "ended": None}]}
    )
