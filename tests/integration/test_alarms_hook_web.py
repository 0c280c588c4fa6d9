"""Web addresses as alarm hooks: a real server on loopback, also at its worst."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from ivr.alarms.delivery import Delivery, HookFailed
from ivr.alarms.hook_web import WebHook
from ivr.alarms.metrics import Metrics
from ivr.errors import SettingsError
from tests.fakes.alarm_payload import ALARM

TOKEN = "T0ken-9f3c"
LONG = 60.0  # seconds: longer than any test


@dataclass
class Web:
    """A web server that answers as it is told, and keeps what it got."""

    answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    port: int = 0
    got: list[bytes] = field(default_factory=list)
    clients: "list[asyncio.Task[None] | None]" = field(default_factory=list)

    def hook(self, seconds: float = LONG, path: str = f"/{TOKEN}") -> WebHook:
        return WebHook(f"http://127.0.0.1:{self.port}{path}", seconds)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Web"]:
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self
            await asyncio.gather(*filter(None, self.clients))

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients.append(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._served(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        self.got.append(head + await reader.readexactly(length))
        writer.write(self.answer)
        await writer.drain()


async def test_an_address_gets_the_alarm_as_json() -> None:
    async with Web().serving() as web:
        await web.hook().send(ALARM)
    head, _, body = web.got[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST /{TOKEN} HTTP/1.1".encode())
    assert b"content-type: application/json" in head.lower()
    assert json.loads(body) == ALARM


@pytest.mark.parametrize("status", [b"404 Not Found", b"500 Oh", b"302 Found\r\nLocation: http://127.0.0.1:1/"])
async def test_an_address_that_refuses(status: bytes) -> None:
    async with Web(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n").serving() as web:
        with pytest.raises(HookFailed, match=f"status {status[:3].decode()}"):
            await web.hook().send(ALARM)
    assert len(web.got) == 1


async def test_an_address_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel takes the call, nobody answers
        hook = Web(port=silent.getsockname()[1]).hook(seconds=0.2)
        with pytest.raises(HookFailed, match=r"within 0\.2 s|ReadTimeout"):
            await hook.send(ALARM)


@pytest.mark.parametrize("answer", [b"garbage\r\n\r\n", b"", b"HTTP/1.1 99999 x\r\n\r\n"])
async def test_an_address_that_answers_nonsense(answer: bytes) -> None:
    async with Web(answer).serving() as web:
        with pytest.raises(HookFailed):
            await web.hook().send(ALARM)


async def test_an_endless_answer_is_not_read() -> None:
    async with Web(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 100_000).serving() as web:
        await web.hook().send(ALARM)


async def test_nobody_listens_and_no_log_line_shows_the_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Web().serving() as web:
        hook = web.hook()
        await hook.send(ALARM)
    metrics = Metrics()
    assert await Delivery(hook, metrics, pauses=(0,)).deliver(ALARM) is False
    assert metrics.hook_failures == {"web 127.0.0.1": 2}
    assert "alarm hook web 127.0.0.1: ConnectError" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"http://example.org/{TOKEN}", "example.org unencrypted"),
        (f"http://10.0.0.1/{TOKEN}", "unencrypted"),
        (f"ftp://127.0.0.1/{TOKEN}", "begins with https"),
        (f"/{TOKEN}", "needs a host"),
        (f"https:///{TOKEN}", "needs a host"),
        (f"https://[{TOKEN}", "needs a host"),
        (f"https://host:{TOKEN}/", "no address"),
    ],
)
def test_addresses_that_may_not_be_used(url: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as caught:
        WebHook(url, 1)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://example.org/x", "http://localhost:1/", "http://[::1]:1/", "http://127.3.2.1/"]
)
def test_addresses_that_may(url: str) -> None:
    assert WebHook(url, 1).name.startswith("web ")
