"""The wallboard's routes: who gets which page, the cookie and its flags, what is refused and how."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie

import httpx
import pytest
import pytest_asyncio

from ivr.supervision.access.sessions import COOKIE, LIFE, Sessions
from ivr.supervision.api.wallboard import HEADERS, MOST_BYTES, POLICY
from tests.fakes.wallboard_examples import NOW
from tests.fakes.wallboard_server import ADMIN, LIMITED, RIGHT, FakeNews, FakeTokens, app_of

JSON = {"content-type": "application/json"}
PREFERRED = "(prefers-color-scheme: dark)"


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = app_of(Sessions(FakeTokens(), lambda: NOW), FakeNews(()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://wall.example:8080") as made:
        yield made


async def signed_in(client: httpx.AsyncClient, token: str = RIGHT) -> httpx.Response:
    return await client.post("/wallboard/session", json={"token": token})


async def test_without_a_session_the_page_asks_for_a_token(client: httpx.AsyncClient) -> None:
    before = await client.get("/wallboard")
    assert (before.status_code, 'id="token"' in before.text, 'id="figures"' in before.text) == (200, True, False)
    assert (await signed_in(client)).status_code == 204
    after = await client.get("/wallboard")
    assert (after.status_code, 'id="token"' in after.text, 'id="figures"' in after.text) == (200, False, True)
    assert (await client.post("/wallboard/end")).status_code == 204
    assert 'id="token"' in (await client.get("/wallboard")).text


@pytest.mark.parametrize(("scheme", "secure"), [("http", ""), ("https", True)])
async def test_the_cookie_and_its_flags(client: httpx.AsyncClient, scheme: str, secure: object) -> None:
    client.base_url = httpx.URL(f"{scheme}://wall.example")
    answer = await signed_in(client)
    flags = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert (flags["httponly"], flags["samesite"].lower(), flags["path"]) == (True, "strict", "/")
    assert (flags["secure"], int(flags["max-age"]), flags["domain"]) == (secure, LIFE.total_seconds(), "")
    assert answer.content == b""
    assert RIGHT not in str(answer.headers)
    ended = SimpleCookie((await client.post("/wallboard/end")).headers["set-cookie"])[COOKIE]
    assert (ended.value, ended["max-age"], ended["secure"]) == ("", "0", secure)


async def test_an_admins_token_gives_the_same_session(client: httpx.AsyncClient) -> None:
    assert (await signed_in(client, ADMIN)).status_code == 204
    assert 'id="figures"' in (await client.get("/wallboard")).text


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (JSON, b'{"token": "wrong"}', 401),
        (JSON, b'{"token": ""}', 400),
        (JSON, b'{"token": 7}', 400),
        (JSON, b'{"token": ["x"]}', 400),
        (JSON, b'["right-token-0123456789"]', 400),
        (JSON, b"{", 400),
        (JSON, b"\xff\xfe", 400),
        (JSON, b"[" * 4000, 400),
        (JSON, b"", 400),
        (JSON, b'{"token": "' + b"x" * MOST_BYTES + b'"}', 413),
        ({"content-type": "application/x-www-form-urlencoded"}, b"token=right-token-0123456789", 415),
        ({"content-type": "text/plain"}, b'{"token": "right-token-0123456789"}', 415),
        ({}, b'{"token": "right-token-0123456789"}', 415),
        (JSON | {"origin": "http://evil.example"}, b'{"token": "right-token-0123456789"}', 403),
        (JSON | {"origin": "null"}, b'{"token": "right-token-0123456789"}', 403),
        (JSON | {"origin": "http://[bad"}, b'{"token": "right-token-0123456789"}', 403),
        (JSON | {"sec-fetch-site": "cross-site"}, b'{"token": "right-token-0123456789"}', 403),
        (JSON | {"sec-fetch-site": "same-site"}, b'{"token": "right-token-0123456789"}', 403),
        (JSON | {"origin": "http://wall.example:8080"}, b'{"token": "right-token-0123456789"}', 204),
        ({"content-type": "application/json; charset=utf-8"}, b'{"token": "right-token-0123456789"}', 204),
    ],
)
async def test_what_begins_a_session(
    client: httpx.AsyncClient, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = await client.post("/wallboard/session", content=body, headers=headers)
    assert answer.status_code == status
    assert ("set-cookie" in answer.headers) is (status == 204)
    if status != 204:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert "right-token" not in answer.text


async def test_who_guesses_is_told_when_to_come_back(client: httpx.AsyncClient) -> None:
    answer = await signed_in(client, LIMITED)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "17")


async def test_another_site_ends_no_session(client: httpx.AsyncClient) -> None:
    await signed_in(client)
    answer = await client.post("/wallboard/end", headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert 'id="figures"' in (await client.get("/wallboard")).text


async def test_a_token_in_the_address_signs_nobody_in(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/wallboard?token={RIGHT}")
    assert 'id="token"' in answer.text
    assert RIGHT not in answer.text
    assert (await client.get(f"/wallboard/session?token={RIGHT}")).status_code == 405
    assert (await client.post(f"/wallboard/session?token={RIGHT}", json={})).status_code == 400


@pytest.mark.parametrize(
    ("query", "language", "dark"),
    [
        ("", "lv", PREFERRED),
        ("?service=kryvyi-rih", "uk", PREFERRED),
        ("?service=nobody&service=plovdiv", "bg", PREFERRED),
        ("?service=plovdiv,jelgava", "bg", PREFERRED),
        ("?service=plovdiv&language=ru&theme=dark", "ru", "all"),
        ("?theme=light", "lv", "not all"),
        ("?language=xx&theme=pink", "lv", PREFERRED),
        ('?language="><script>&theme="><script>&service=<b>', "lv", PREFERRED),
    ],
)
async def test_language_and_look(client: httpx.AsyncClient, query: str, language: str, dark: str) -> None:
    for _ in range(2):
        text = (await client.get(f"/wallboard{query}")).text
        assert f'<html lang="{language}"' in text
        assert f'dark.css" media="{dark}"' in text
        assert "<script>" not in text
        await signed_in(client)


@pytest.mark.parametrize("path", ["/wallboard", "/wallboard/static/board.js", "/wallboard/static/nothing"])
async def test_every_answer_has_the_headers(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


async def test_only_the_files_of_the_list_are_served(client: httpx.AsyncClient) -> None:
    types = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", "json": "application/json"}
    for name in ("board.js", "enter.js", "board.css", "dark.css", "words-lv.json", "words-en.json", "version.json"):
        answer = await client.get(f"/wallboard/static/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == types[name[name.rindex(".") :] if "json" not in name else "json"]
    for name in ("board.html", "head.html", "lv.po", "..%2fmodels.py", "%2e%2e/models.py", "board.js%00", "x" * 3000):
        assert (await client.get(f"/wallboard/static/{name}")).status_code == 404, name


async def test_the_page_knows_its_version(client: httpx.AsyncClient) -> None:
    version = (await client.get("/wallboard/static/version.json")).json()["version"]
    assert f'data-version="{version}"' in (await client.get("/wallboard")).text
