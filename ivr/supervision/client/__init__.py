"""Asks supervision: over its socket on this machine, or at IVR_SUPERVISION_URL with IVR_SUPERVISION_TOKEN.

Rule 1: nothing is asked twice by itself: whoever gets no answer to an order does not know whether it was carried out.
Rule 2: `events()` goes on for ever: it says when supervision is lost, tries again, and begins anew with everything.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from ivr.errors import OperatorError, SettingsError, Unanswered
from ivr.exposure import loopback
from ivr.secret_files import read_secret
from ivr.settings import Settings
from ivr.supervision.client import requests
from ivr.supervision.client.methods import AsyncMethods, Methods
from ivr.supervision.client.requests import Asked
from ivr.supervision.client.streamed import Reader, Waits, back, lost
from ivr.supervision.models import Change, Problem

T = TypeVar("T")
Pause = Callable[[float], Awaitable[None]]
TIMEOUT = 15.0  # seconds for an answer; an action may take 5 until Asterisk has confirmed it
SILENCE = 40.0  # seconds without even a comment after which a stream counts as lost
_STREAM = {"accept": "text/event-stream"}
MOST_TOLD = 300  # characters of an answer that is none of ours


class NoSupervision(Unanswered):
    """No supervision answers; start it (`ivr supervision`), or name the right one with IVR_INSTANCE or IVR_SUPERVISION_URL."""


class NotDone(OperatorError):
    """Supervision refused; `problem` has its status and words."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class Client(Methods):
    """Asks and waits for the answer. Raises NoSupervision, and NotDone with what was refused. Close it in the end."""

    def __init__(
        self, settings: Settings, timeout: float = TIMEOUT, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._place = _place(settings)
        self._unix = _socket(settings)
        self._pause = pause
        transport = httpx.HTTPTransport(uds=_socket(settings), verify=_verify(settings))
        self._http = httpx.Client(transport=transport, **_kept(settings, timeout))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def ask(self, asked: Asked[T]) -> T:
        """Carry out a request."""
        try:
            _there(self._unix)
            found = self._http.request(asked.method, asked.path, **_sent(asked))
        except httpx.HTTPError as error:
            raise NoSupervision(_words(self._place, error)) from error
        return _read(asked, found)

    def metrics(self) -> str:
        """Give all figures in Prometheus' text form."""
        try:
            _there(self._unix)
            found = self._http.get(requests.METRICS)
        except httpx.HTTPError as error:
            raise NoSupervision(_words(self._place, error)) from error
        return _fine(found).text

    def events(self) -> Iterator[Change]:
        """Give every change, for ever; while nobody answers, one notice that says so, and one when somebody does again.

        Raises NotDone if supervision refuses: a wrong token does not get better.
        """
        waits = Waits()
        while True:
            try:
                _there(self._unix)
                with self._http.stream("GET", requests.EVENTS, timeout=_patience(), headers=_STREAM) as stream:
                    if stream.status_code != httpx.codes.OK:
                        stream.read()
                        _fine(stream)
                    if waits.worked():
                        yield back(_now())
                    reader = Reader()
                    for line in stream.iter_lines():
                        if (change := reader.line(line)) is not None:
                            yield change
                why = "it ended the stream"
            except (httpx.HTTPError, ValidationError) as error:
                why = _why(error)
            wait = waits.next()
            if waits.is_first:
                yield lost(_now(), why)
            self._pause(wait)


class AsyncClient(AsyncMethods):
    """The same for coroutines: every method is awaited. Close it in the end."""

    def __init__(self, settings: Settings, timeout: float = TIMEOUT, pause: Pause = asyncio.sleep) -> None:
        self._place = _place(settings)
        self._pause = pause
        transport = httpx.AsyncHTTPTransport(uds=_socket(settings), verify=_verify(settings))
        self._http = httpx.AsyncClient(transport=transport, **_kept(settings, timeout))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection."""
        await self._http.aclose()

    async def ask(self, asked: Asked[T]) -> T:
        """Carry out a request."""
        try:
            found = await self._http.request(asked.method, asked.path, **_sent(asked))
        except httpx.HTTPError as error:
            raise NoSupervision(_words(self._place, error)) from error
        return _read(asked, found)

    async def metrics(self) -> str:
        """Give all figures in Prometheus' text form."""
        try:
            found = await self._http.get(requests.METRICS)
        except httpx.HTTPError as error:
            raise NoSupervision(_words(self._place, error)) from error
        return _fine(found).text

    async def events(self) -> AsyncIterator[Change]:
        """Give every change, for ever; see `Client.events`."""
        waits = Waits()
        while True:
            try:
                async with self._http.stream("GET", requests.EVENTS, timeout=_patience(), headers=_STREAM) as stream:
                    if stream.status_code != httpx.codes.OK:
                        await stream.aread()
                        _fine(stream)
                    if waits.worked():
                        yield back(_now())
                    reader = Reader()
                    async for line in stream.aiter_lines():
                        if (change := reader.line(line)) is not None:
                            yield change
                why = "it ended the stream"
            except (httpx.HTTPError, ValidationError) as error:
                why = _why(error)
            wait = waits.next()
            if waits.is_first:
                yield lost(_now(), why)
            await self._pause(wait)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - notices made here carry this machine's time


def _socket(settings: Settings) -> str | None:
    return None if settings.supervision_url else str(settings.supervision_socket)


def _there(unix: str | None) -> None:
    """See whether somebody listens: httpcore does not close a unix socket that could not connect. Raises ConnectError."""
    if unix is None:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(TIMEOUT)
        try:
            probe.connect(unix)
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error


def _verify(settings: Settings) -> ssl.SSLContext | bool:
    if settings.supervision_ca is None:
        return settings.supervision_url.startswith("https:")
    return ssl.create_default_context(cafile=settings.supervision_ca)


def _place(settings: Settings) -> str:
    return settings.supervision_url or str(settings.supervision_socket)


def _patience() -> httpx.Timeout:
    return httpx.Timeout(TIMEOUT, read=SILENCE)


def _kept(settings: Settings, timeout: float) -> dict[str, Any]:
    """Give what every request of a client has: where to, how long, and the token if there is one."""
    token = ""
    if settings.supervision_token_file is not None:
        token = read_secret(settings.supervision_token_file, "IVR_SUPERVISION_TOKEN_FILE")
    elif settings.supervision_token is not None:
        token = settings.supervision_token.get_secret_value()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    place = settings.supervision_url or "http://supervision"
    found = urlsplit(settings.supervision_url)
    if token and found.scheme == "http" and not loopback(found.hostname or ""):
        raise SettingsError(
            f"IVR_SUPERVISION_URL: {found.hostname} is not this machine, so the token needs https there"
        )
    return {"base_url": place, "timeout": timeout, "headers": headers, "trust_env": False}


def _sent(asked: Asked[Any]) -> dict[str, Any]:
    """Give what this request has beside its method and path."""
    more: dict[str, Any] = {} if asked.seconds is None else {"timeout": asked.seconds}
    if asked.order is None:
        return more
    return {"content": asked.order.model_dump_json(), "headers": {"Content-Type": "application/json"}, **more}


def _read(asked: Asked[T], found: httpx.Response) -> T:
    try:
        return asked.answer.validate_json(_fine(found).content)
    except ValidationError as error:
        raise NoSupervision(f"what answers is no supervision of this release: {_first(error)}") from error


def _fine(found: httpx.Response) -> httpx.Response:
    if found.is_success:
        return found
    try:
        problem = Problem.model_validate_json(found.content)
    except ValidationError:
        text = found.text[:MOST_TOLD]
        problem = Problem(title=found.reason_phrase or "Error", status=found.status_code, detail=text)
    raise NotDone(problem)


def _words(place: str, error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.ReadTimeout):
        return f"supervision at {place} took longer than it may; whether it was done is not known: look before you ask again"
    if isinstance(error.__cause__, PermissionError) or "Permission denied" in str(error):
        return f"{place} is for members of its group; run this as one of them, or use IVR_SUPERVISION_URL with a token"
    return (
        f"no supervision answers at {place} ({_why(error)}); start it (`ivr supervision`), or name the right one with "
        "IVR_INSTANCE or IVR_SUPERVISION_URL"
    )


def _why(error: Exception) -> str:
    return _first(error) if isinstance(error, ValidationError) else str(error) or type(error).__name__


def _first(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)[:1])
