"""The streams of the API on real sockets: server-sent events, WebSockets, and how they end."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect, unix_connect

from ivr.supervision.api import events, wire
from ivr.supervision.models import Change, Role
from tests.fakes.raw_requests import LONGEST, head, notice, raw, rest, told
from tests.fakes.supervision_parts import CALL, SESSION, Served, fakes, serving

SHORT = 0.3  # seconds instead of ten


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(events, "HEARTBEAT", SHORT)
    with serving(fakes(tmp_path)) as found:
        yield found


def test_a_stream_begins_with_everything_and_goes_on_and_beats(served: Served) -> None:
    lines: list[str] = []
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(served.unix)), timeout=LONGEST) as ours:  # noqa: SIM117
        with ours.stream("GET", "http://s/api/events", headers={"Last-Event-ID": "12"}) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                lines.append(line)
                if line.startswith(": alive") and not [one for one in lines if "hello" in one]:
                    served.on_loop(lambda: served.made.hub.publish("notice", notice("hello")))
                if "hello" in line:
                    break
    assert lines[0] == "retry: 2000"
    data = [Change.model_validate_json(line[6:]) for line in lines if line.startswith("data: ")]
    assert [one.kind for one in data] == ["calls", "notice"]
    assert data[0].calls is not None
    assert [one.call for one in data[0].calls.calls] == [CALL]
    assert f"id: {data[1].sequence}" in lines


def test_a_stream_that_is_left_is_forgotten(served: Served) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(served.unix))) as ours:  # noqa: SIM117
        with ours.stream("GET", "http://s/api/events") as stream:
            lines = stream.iter_lines()  # httpx closes the stream with this
            next(lines)
            assert served.made.hub.size == 1
    _until_nobody_looks(served)


def _until_nobody_looks(served: Served) -> None:
    deadline = time.monotonic() + LONGEST
    while served.made.hub.size:
        assert time.monotonic() < deadline
        served.on_loop(lambda: None)


def test_a_websocket_has_the_same_messages(served: Served) -> None:
    with unix_connect(str(served.unix), "ws://s/api/events/ws") as made:
        first = Change.model_validate_json(made.recv(LONGEST))
        served.on_loop(lambda: served.made.hub.publish("notice", notice("hello")))
        made.send("what is sent to it is not looked at")
        second = Change.model_validate_json(made.recv(LONGEST))
    assert (first.kind, second.kind) == ("calls", "notice")
    _until_nobody_looks(served)


def test_a_websocket_takes_no_large_message(served: Served) -> None:
    with unix_connect(str(served.unix), "ws://s/api/events/ws") as made:
        made.recv(LONGEST)
        made.send("x" * 5000)
        with pytest.raises(ConnectionClosed):
            made.recv(LONGEST)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Cookie": f"ivr-wallboard={SESSION}"}, 403),
        ({"Cookie": f"ivr-wallboard={SESSION}", "Origin": "http://evil.example"}, 403),
        ({"bearer": "", "Origin": "http://evil.example"}, 403),
        ({"bearer": "", "Origin": "null"}, 403),
    ],
)
def test_a_websocket_is_refused_as_any_request(
    served: Served, headers: dict[str, str], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    if "bearer" in headers:
        headers = headers | served.made.bearer(Role.ADMIN)
    given = {name: value for name, value in headers.items() if name not in ("bearer", "Origin")}
    with pytest.raises(InvalidStatus) as refused:
        connect(
            f"ws://127.0.0.1:{served.port}/api/events/ws",
            additional_headers=given,
            origin=headers.get("Origin"),  # type: ignore[arg-type]
        )
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body or b"{}")["status"] == status
    assert served.made.hub.size == 0
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


def test_the_session_of_a_wallboard_may_open_a_websocket_from_its_page(served: Served) -> None:
    with connect(
        f"ws://127.0.0.1:{served.port}/api/events/ws",
        additional_headers={"Cookie": f"ivr-wallboard={SESSION}"},
        origin=f"http://127.0.0.1:{served.port}",  # type: ignore[arg-type]
    ) as made:
        assert Change.model_validate_json(made.recv(LONGEST)).kind == "calls"


def test_no_token_in_an_address_comes_into_the_log(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    token = served.made.secrets[Role.ADMIN]
    with caplog.at_level("INFO"):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://127.0.0.1:{served.port}/api/events/ws?token={token}")
        assert refused.value.response.status_code == 400
        with raw(served) as made:
            made.sendall(head(served, f"GET /api/calls?token={token} HTTP/1.1", "Connection: close\r\n"))
            assert told(rest(made))[0] == 400
    assert token not in caplog.text


def test_a_stream_ends_with_its_token(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "RIGHT_LOOKED_AT", 0.05)
    headers = served.made.bearer(Role.VIEWER)
    url = f"127.0.0.1:{served.port}/api/events"
    with connect(f"ws://{url}/ws", additional_headers=headers) as made, httpx.Client(timeout=LONGEST) as theirs:
        assert made.recv(LONGEST)
        with theirs.stream("GET", f"http://{url}", headers=headers) as stream:
            lines = stream.iter_lines()
            next(lines)
            served.made.tokens.remove("a-viewer")
            assert "data" in "".join(lines)
        with pytest.raises(ConnectionClosed) as closed:
            made.recv(LONGEST)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    _until_nobody_looks(served)


def test_everything_ends_with_the_server(tmp_path: Path) -> None:
    """Streams come to their end, so the end does not wait for those who look."""
    made = fakes(tmp_path)
    with serving(made) as found:
        stream = raw(found)
        stream.sendall(head(found, "GET /api/events HTTP/1.1"))
        assert stream.recv(10)
        since = time.monotonic()
    assert time.monotonic() - since < wire.CLOSING_SECONDS * 3
    assert b"retry" in rest(stream)
    stream.close()


async def test_a_watch_of_nothing_is_over_when_its_hub_closes_it(tmp_path: Path) -> None:
    made = fakes(tmp_path)
    text = events.texts(made.hub, LONGEST, lambda: True)
    assert await anext(text) == "retry: 2000\n\n"
    assert b"calls" in await anext(text)
    waiting = asyncio.ensure_future(anext(text, "the end"))
    await asyncio.sleep(0)
    made.hub.close()
    assert await waiting == "the end"
    assert made.hub.size == 0
