"""Who may what: every route of the app, asked by everybody; what is answered to a browser; what if something is away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from ivr.supervision.access.auth import Who
from ivr.supervision.access.peers import Peer
from ivr.supervision.access.sessions import COOKIE, Sessions
from ivr.supervision.api import wallboard
from ivr.supervision.api.app import bare_app
from ivr.supervision.api.openapi import PATH
from ivr.supervision.api.permissions import PERMISSIONS, WEBSOCKET
from ivr.supervision.models import Role
from ivr.supervision.refusals import AuditUnwritable
from tests.fakes.supervision_asks import client, order_of, problem
from tests.fakes.supervision_parts import AT, CALL, SESSION, Fakes, fakes

ROUTES = [(method, path) for (method, path), needed in PERMISSIONS.items() if needed != "open"]
HTTP_ROUTES = [(method, path) for method, path in ROUTES if method != WEBSOCKET]
STREAM = "/api/events"


@pytest.fixture
def made(tmp_path: Path) -> Fakes:
    return fakes(tmp_path)


def named(path: str) -> str:
    return path.replace("{call}", CALL).replace("{listening}", "l1").replace("{override}", "o1")


def _routes(app: Any) -> Iterator[tuple[str, str]]:
    for one in iter_route_contexts(app.routes):
        methods = getattr(one, "methods", None)
        for method in methods or {WEBSOCKET}:
            if (method, one.path) != ("HEAD", PATH):
                yield method, one.path


def test_the_table_has_every_route_and_no_other(made: Fakes) -> None:
    app = bare_app(made.parts, wallboard.router(Sessions(made.parts.door, lambda: AT, None), dict))
    found = sorted(_routes(app))
    assert found == sorted(PERMISSIONS)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("method", "path"), HTTP_ROUTES)
async def test_nobody_comes_in_without_a_token(made: Fakes, method: str, path: str) -> None:
    async with client(made.gate()) as asks:
        found = await asks.request(method, named(path))
    assert problem(found).status == 401
    assert found.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), HTTP_ROUTES)
@pytest.mark.parametrize("role", list(Role))
async def test_each_role_may_what_the_table_says(made: Fakes, method: str, path: str, role: Role) -> None:
    if path == STREAM:
        made.parts = made.parts.__class__(
            **{name: getattr(made.parts, name) for name in made.parts.__slots__} | {"hub": None}
        )
    needed = PERMISSIONS[method, path]
    assert needed != "open"
    may = Who("x", role, "token").may(needed)
    order = order_of(path) if method == "POST" else None
    if path.startswith("/api/listenings/{"):
        async with client(made.gate()) as asks:
            await asks.post(f"/api/calls/{CALL}/listen", json={}, headers=made.bearer(Role.ADMIN))
    before = len(made.actions.done)
    async with client(made.gate()) as asks:
        found = await asks.request(method, named(path), json=order, headers=made.bearer(role))
    if may:
        assert found.status_code == (503 if path == STREAM else 200), found.text
    else:
        assert f"role {needed}" in problem(found).detail
        assert found.status_code == 403
        assert len(made.actions.done) == before


@pytest.mark.parametrize(("method", "path"), HTTP_ROUTES)
async def test_a_token_in_the_address_is_refused_everywhere(
    made: Fakes, method: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = made.secrets[Role.ADMIN]
    with caplog.at_level("DEBUG"):
        async with client(made.gate()) as asks:
            for query in (f"token={token}", f"x={token}", token):
                found = await asks.request(method, f"{named(path)}?{query}", headers=made.bearer(Role.ADMIN))
                assert problem(found).status == 400
                assert "Authorization" in found.text
                assert token not in found.text
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("ivr")]
    assert ours
    assert not [line for line in ours if token in line]


@pytest.mark.parametrize("where", ["path", "header"])
async def test_no_token_is_in_the_log(made: Fakes, where: str, caplog: pytest.LogCaptureFixture) -> None:
    token = made.secrets[Role.ADMIN]
    path = f"/api/calls/{token}" if where == "path" and token[0].isalnum() else "/api/calls/x"
    with caplog.at_level("DEBUG"):
        async with client(made.gate()) as asks:
            found = await asks.get(path, headers=made.bearer(Role.ADMIN))
    assert found.status_code == 404
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("ivr")]
    assert ours == ["a-admin (token) GET /api/calls/{call} 404"]


async def test_what_is_open_needs_nothing(made: Fakes) -> None:
    async with client(made.gate()) as asks:
        assert (await asks.get("/healthz")).text == "ok\n"
        assert (await asks.get("/readyz")).text == "ok\n"


async def test_who_is_ready_has_a_view_and_a_link(made: Fakes) -> None:
    async with client(made.gate(pbx_up=lambda: False)) as asks:
        assert "Asterisk" in problem(await asks.get("/readyz")).detail
    async with client(made.gate(view=None)) as asks:
        assert "live view" in problem(await asks.get("/readyz")).detail
        assert (await asks.get("/healthz")).status_code == 200


# --- other ways in


async def test_a_user_at_the_socket_is_known_by_the_kernel(made: Fakes) -> None:
    made.peers = lambda peer: Who("anna", Role.SUPERVISOR, "socket") if peer.uid == 1001 else None
    gate = made.gate()

    def at_socket(uid: int) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope["state"] = {"peer": Peer(1, uid, frozenset())}
            await gate(scope, receive, send)

        return app

    async with client(at_socket(1001)) as asks:
        assert (await asks.get("/api/calls")).status_code == 200
        assert (await asks.get("/api/audit")).status_code == 403
        assert (await asks.get("/api/audit", headers=made.bearer(Role.ADMIN))).status_code == 200
        assert (await asks.get("/api/calls", headers={"Authorization": "Bearer wrong"})).status_code == 401
        assert problem(await asks.get("/api/calls", headers={"X-Forwarded-For": "1.2.3.4"})).status == 403
    async with client(at_socket(1002)) as asks:
        assert problem(await asks.get("/api/calls")).status == 401


async def test_the_session_of_a_wallboard_only_looks(made: Fakes) -> None:
    async with client(made.gate()) as asks:
        asks.cookies.set(COOKIE, SESSION)
        assert (await asks.get("/api/calls")).status_code == 200
        assert (await asks.get("/api/audit")).status_code == 401
        assert (await asks.post(f"/api/calls/{CALL}/hangup", json={"reason": "x"})).status_code == 401
        evil = {"Origin": "http://evil.example"}
        assert problem(await asks.get("/api/calls", headers=evil)).status == 403
        asks.cookies.set(COOKIE, "another")
        assert (await asks.get("/api/calls")).status_code == 401
    assert made.actions.done == []


async def test_a_page_of_another_site_gets_nothing_even_with_a_token(made: Fakes) -> None:
    async with client(made.gate()) as asks:
        for origin in ("http://evil.example", "null", "https://ivr.example"):
            found = await asks.get("/api/calls", headers=made.bearer(Role.ADMIN) | {"Origin": origin})
            assert problem(found).status == 403
            assert "access-control-allow-origin" not in found.headers
        ours = await asks.get("/api/calls", headers=made.bearer(Role.ADMIN) | {"Origin": "http://ivr.example"})
        assert ours.status_code == 200
        assert not [name for name in ours.headers if name.startswith("access-control")]
        assert (await asks.options("/api/calls", headers={"Origin": "http://ivr.example"})).status_code == 405


async def test_a_name_that_was_bound_to_our_address_gets_nothing(made: Fakes) -> None:
    async with client(made.gate()) as asks:
        for host in ("rebound.example", "ivr.example:81", ""):
            found = await asks.get("/healthz", headers={"Host": host})
            assert problem(found).status == 421


@pytest.mark.parametrize("path", ["/healthz", "/api/calls", "/nothing", "/api/%2e%2e"])
async def test_every_answer_has_the_headers_that_bind_browsers(made: Fakes, path: str) -> None:
    async with client(made.gate()) as asks:
        found = await asks.get(path)
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in found.headers["content-security-policy"]
    assert found.headers["referrer-policy"] == "no-referrer"
    assert found.headers["x-frame-options"] == "DENY"
    assert "server" not in found.headers


# --- what is away


async def test_parts_that_are_not_there_are_named(made: Fakes) -> None:
    gone = dict.fromkeys(("view", "hub", "state", "actions", "listenings"))
    async with client(made.gate(**gone)) as asks:
        for method, path in HTTP_ROUTES:
            if path in ("/api/audit", "/api/openapi.json"):
                continue
            order = order_of(path) if method == "POST" else None
            found = await asks.request(method, named(path), json=order, headers=made.bearer(Role.ADMIN))
            assert problem(found).status == 503, path


async def test_an_audit_that_cannot_be_written_stops_everything_but_looking(
    made: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: object) -> None:
        raise AuditUnwritable

    monkeypatch.setattr(made.parts.audit, "add", full)
    unaudited = {"/api/rules/check", "/api/rules/explain"}  # they change nothing and tell nothing that is secret
    async with client(made.gate()) as asks:
        for method, path in HTTP_ROUTES:
            if method == "POST" and path not in unaudited:
                found = await asks.post(named(path), json=order_of(path), headers=made.bearer(Role.ADMIN))
                assert problem(found).status == 503, path
                assert "audit" in found.text
        assert (await asks.get("/api/calls", headers=made.bearer(Role.ADMIN))).status_code == 200
    assert made.actions.done == []
    assert made.parts.listenings is not None
    assert made.parts.listenings.all() == ()
