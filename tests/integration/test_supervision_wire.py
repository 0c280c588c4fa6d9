"""The API on real sockets: who is slow, who sends rubbish, who never reads, who comes too often."""

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import httpx
import pytest

from ivr.supervision.api import wire
from ivr.supervision.models import Role
from tests.fakes.raw_requests import LONGEST, head, notice, raw, rest, told
from tests.fakes.supervision_asks import certificate
from tests.fakes.supervision_parts import CALL, Served, fakes, serving

SHORT = 0.3  # seconds instead of ten


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(fakes(tmp_path)) as found:
        yield found


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "REQUEST_SECONDS", SHORT)
    monkeypatch.setattr(wire, "ANSWER_SECONDS", SHORT)


# --- who is slow


@pytest.mark.parametrize("begun", [b"", b"GET", b"GET /api/calls HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "])
@pytest.mark.usefixtures("impatient")
def test_who_does_not_say_what_he_wants_is_cut_off(served: Served, begun: bytes) -> None:
    with raw(served) as made:
        made.sendall(begun)
        since = time.monotonic()
        assert rest(made) == b""
        assert SHORT * 0.5 < time.monotonic() - since < LONGEST / 2


@pytest.mark.usefixtures("impatient")
def test_who_drips_his_headers_is_cut_off_all_the_same(served: Served) -> None:
    with raw(served) as made:
        made.settimeout(SHORT / 4)
        begin = time.monotonic()
        made.sendall(b"GET /api/calls HTTP/1.1\r\n")
        cut = False
        while not cut and time.monotonic() - begin < LONGEST:
            try:
                made.sendall(b"X: y\r\n")
                cut = made.recv(10) == b""
            except TimeoutError:
                continue
            except OSError:
                cut = True
        assert cut
        assert time.monotonic() - begin < LONGEST / 2


@pytest.mark.usefixtures("impatient")
def test_who_does_not_send_the_order_that_he_announced_is_cut_off(served: Served) -> None:
    line = f"POST /api/calls/{CALL}/hangup HTTP/1.1"
    with raw(served) as made:
        made.sendall(head(served, line, "Content-Type: application/json\r\nContent-Length: 20\r\n") + b'{"rea')
        rest(made)
    assert served.made.actions.done == []


def read_one(answers: BinaryIO) -> int:
    """Read one answer of a connection that stays; give its status."""
    status, length = int(answers.readline().split()[1]), 0
    while (line := answers.readline().strip()) != b"":
        length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else length
    answers.read(length)
    return status


def test_a_connection_that_asks_again_stays_until_it_is_slow(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw(served) as made, made.makefile("rb") as answers:
        for _ in range(3):
            made.sendall(head(served))
            assert read_one(answers) == 200
        monkeypatch.setattr(wire, "REQUEST_SECONDS", SHORT)
        since = time.monotonic()
        made.sendall(b"GET /api/calls HTTP/1.1\r\nHost: ")
        assert rest(made) == b""
        assert time.monotonic() - since < LONGEST / 2 < wire.IDLE_SECONDS


@pytest.mark.usefixtures("impatient")
def test_who_does_not_read_his_stream_is_cut_off_and_forgotten(served: Served) -> None:
    with raw(served) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.sendall(head(served, "GET /api/events HTTP/1.1"))
        deadline = time.monotonic() + LONGEST
        seen = False
        while time.monotonic() < deadline:
            served.on_loop(lambda: [served.made.hub.publish("notice", notice("x" * 4000)) for _ in range(200)])
            size = served.made.hub.size
            seen = seen or size == 1
            if seen and size == 0:
                break
        assert seen
        assert served.made.hub.size == 0
    assert httpx.get(f"http://127.0.0.1:{served.port}/healthz").status_code == 200


async def test_who_begins_no_tls_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "REQUEST_SECONDS", SHORT)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        made = wire.server(fakes(tmp_path).gate(), *certificate(tmp_path))
        serves = asyncio.ensure_future(made.serve(sockets=[listening]))
        async with asyncio.timeout(LONGEST):
            reader, writer = await asyncio.open_connection("127.0.0.1", listening.getsockname()[1])
            assert await reader.read() == b""
            writer.close()
            made.should_exit = True
            await serves


# --- who sends rubbish


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0" * 100,
        b"GET\r\n\r\n",
        b"\r\n\r\nX\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * 20_000,
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
    ids=lambda rubbish: repr(rubbish)[:40],
)
def test_what_is_no_http_is_answered_so_and_closed(served: Served, rubbish: bytes) -> None:
    with raw(served) as made:
        made.sendall(rubbish)
        status, problem = told(rest(made))
    assert status == 400
    assert problem["status"] == 400
    assert "header here has at most 16384 bytes" in problem["detail"]


def test_an_order_in_pieces_is_refused(served: Served) -> None:
    more = "Transfer-Encoding: chunked\r\nContent-Type: application/json\r\nConnection: close\r\n"
    with raw(served) as made:
        made.sendall(head(served, "POST /api/overrides HTTP/1.1", more) + b"3\r\n{}\n\r\n0\r\n\r\n")
        status, _ = told(rest(made))
    assert status == 411


@pytest.mark.parametrize("path", ["//api/calls", "/api/%2e%2e/metrics", "/api/calls/%00", "/" + "a" * 600])
def test_a_strange_path_is_answered(served: Served, path: str) -> None:
    with raw(served) as made:
        made.sendall(head(served, f"GET {path} HTTP/1.1", "Connection: close\r\n"))
        status, _ = told(rest(made))
    assert status in (400, 414)


# --- who comes too often


def test_an_address_has_so_many_connections_and_the_socket_is_free(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_OF_AN_ADDRESS", 5)
    monkeypatch.setattr(wire, "REQUEST_SECONDS", LONGEST)
    held = [raw(served) for _ in range(5)]
    try:
        with raw(served) as more:
            status, problem = told(rest(more))
        assert status == 503
        assert "too many" in problem["detail"]
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(served.unix))) as ours:
            assert ours.get("http://s/api/calls").status_code == 200
    finally:
        for one in held:
            one.close()


def test_there_are_so_many_connections_in_all(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST_CONNECTIONS", 0)
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(served.unix))) as ours:
        found = ours.get("http://s/api/calls")
    assert (found.status_code, found.headers["retry-after"]) == (503, "5")


# --- the socket of this machine


def test_who_comes_by_the_socket_is_known_without_a_token(served: Served) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(served.unix)), base_url="http://s") as ours:
        assert ours.get("/api/audit").status_code == 200
        assert ours.get("/api/calls", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 403
        assert ours.get("/api/calls", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert httpx.get(f"http://127.0.0.1:{served.port}/api/calls").status_code == 401


def test_a_name_that_was_bound_to_our_address_gets_nothing(served: Served) -> None:
    headers = served.made.bearer(Role.ADMIN) | {"Host": f"rebound.example:{served.port}"}
    assert httpx.get(f"http://127.0.0.1:{served.port}/api/calls", headers=headers).status_code == 421
