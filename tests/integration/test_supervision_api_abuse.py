"""The API asked in ways that nobody should: strange paths, headers, bodies; guesses; faults of ours."""

from pathlib import Path

import pytest
from starlette.types import Message

from ivr.supervision.api.gate import Gate
from ivr.supervision.models import Role
from tests.fakes.supervision_asks import client, problem
from tests.fakes.supervision_parts import CALL, Fakes, fakes


@pytest.fixture
def made(tmp_path: Path) -> Fakes:
    return fakes(tmp_path)


RAW_PATHS = [
    b"//api/calls", b"/api/calls/%2e%2e", b"/api/calls/..", b"/api/%00", b"/api/calls/\x00", b"/a" * 4000, "/ž".encode(),
    b"/api/calls/%ff%fe", b"/api/calls/%E2%80%AE", b"/api/calls/" + b"a" * 81, b"/api/calls/.", b"/%", b"/api\\calls", b"",
    b"*",
]  # fmt: skip
HEADERS: list[tuple[bytes, bytes]] = [
    (b"authorization", b"Bearer"),
    (b"authorization", b"Bearer \xff\xfe"),
    (b"authorization", b"Basic YTpi"),
    (b"authorization", b"Bearer " + b"a" * 10_000),
    (b"cookie", b"ivr-wallboard=\xff; ;=;"),
    (b"cookie", b"a" * 9000),
    (b"last-event-id", b"\xff" * 50),
    (b"content-length", b"99999999999999999999"),
    (b"content-type", b"text/\xff; charset=nothing"),
    (b"accept", b"\x80"),
    (b"origin", b"http://[::1"),
    (b"range", b"bytes=0-1"),
    (b"x-http-method-override", b"DELETE"),
]


async def raw(
    gate: Gate, path: bytes, headers: list[tuple[bytes, bytes]], method: str = "GET", body: bytes = b""
) -> int:
    """Send a request as no client would, and give its status."""
    sent: list[Message] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.decode("utf-8", "replace"),
        "raw_path": path,
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"ivr.example"), *headers],
        "client": ("192.0.2.9", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await gate(scope, receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize("path", RAW_PATHS, ids=lambda path: repr(path)[:30])
async def test_a_strange_path_has_a_defined_answer(made: Fakes, path: bytes) -> None:
    bearer = [(name.lower().encode(), value.encode()) for name, value in made.bearer(Role.ADMIN).items()]
    assert await raw(made.gate(), path, bearer) in (400, 404, 414)


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: repr(header)[:40])
async def test_a_strange_header_has_a_defined_answer(made: Fakes, header: tuple[bytes, bytes]) -> None:
    bearer = [(name.lower().encode(), value.encode()) for name, value in made.bearer(Role.ADMIN).items()]
    given = [header] if header[0] == b"authorization" else [*bearer, header]
    assert await raw(made.gate(), b"/api/calls", given) in (200, 400, 401, 403, 413)
    assert await raw(made.gate(), b"/api/overrides", given, "POST", b"\xff{") in (400, 401, 403, 413)


async def test_a_header_that_counts_comes_once(made: Fakes) -> None:
    twice = [(b"authorization", f"Bearer {made.secrets[role]}".encode()) for role in (Role.ADMIN, Role.VIEWER)]
    assert await raw(made.gate(), b"/api/calls", twice) == 400


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"7", b'"x"', b'{"reason": 7}', b'{"reason": ""}', b'{"reason": "x", "more": 1}', b"\xff\xfe",
     b"[" * 30_000, b'{"reason": "' + b"x" * 201 + b'"}', b'{"reason": "\\ud800"}', b'{"reason": NaN}'],
    ids=lambda body: repr(body)[:30],
)  # fmt: skip
async def test_a_wrong_order_is_answered_with_what_was_expected(made: Fakes, body: bytes) -> None:
    headers = made.bearer(Role.ADMIN) | {"Content-Type": "application/json"}
    async with client(made.gate()) as asks:
        found = await asks.post(f"/api/calls/{CALL}/hangup", content=body, headers=headers)
    assert problem(found).status == 400
    assert made.actions.done == []


async def test_an_order_that_no_page_of_another_site_could_send_otherwise(made: Fakes) -> None:
    async with client(made.gate()) as asks:
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            headers = made.bearer(Role.ADMIN) | {"Content-Type": kind}
            found = await asks.post(f"/api/calls/{CALL}/hangup", content=b'{"reason": "x"}', headers=headers)
            assert problem(found).status == 400
    assert made.actions.done == []


async def test_a_large_order_is_refused_before_it_is_read(made: Fakes) -> None:
    async with client(made.gate()) as asks:
        found = await asks.post("/api/overrides", content=b"x" * 65_537, headers=made.bearer(Role.ADMIN))
    assert problem(found).status == 413


async def test_guesses_are_limited_for_an_address_and_others_are_not_held_up(made: Fakes) -> None:
    gate = made.gate()
    async with client(gate) as asks:
        found = [await asks.get("/api/calls", headers={"Authorization": f"Bearer guess{n}"}) for n in range(7)]
        assert [one.status_code for one in found] == [401] * 5 + [429] * 2
        assert int(found[-1].headers["retry-after"]) == 10
        assert (await asks.get("/api/calls", headers=made.bearer(Role.VIEWER))).status_code == 200
    async with client(gate, "192.0.2.8") as asks:
        assert (await asks.get("/api/calls", headers={"Authorization": "Bearer guess"})).status_code == 401
    assert len(made.passed) == 6


async def test_a_fault_of_ours_is_told_without_its_inside(made: Fakes) -> None:
    made.actions.refusal = ZeroDivisionError("the inside")
    async with client(made.gate()) as asks:
        found = await asks.post(f"/api/calls/{CALL}/hangup", json={"reason": "x"}, headers=made.bearer(Role.ADMIN))
    assert problem(found).status == 500
    assert "inside" not in found.text
    assert ("hangup", "failed") in made.counted
