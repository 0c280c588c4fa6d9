"""Sessions of wallboards: bound in time and number, only as good as their token, kept over a restart."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.supervision.access.sessions import LIFE, MOST_EACH, Begun, Refused, Sessions
from tests.fakes.wallboard_examples import NOW
from tests.fakes.wallboard_server import ADMIN, LIMITED, RIGHT, FakeTokens

HERE = "192.0.2.7"


class Clock:
    def __init__(self) -> None:
        self.now = NOW


async def begun(sessions: Sessions, token: str = RIGHT) -> str:
    found = await sessions.begin(token, HERE)
    assert isinstance(found, Begun)
    return found.cookie


def files(place: Path) -> list[Path]:
    return list(place.iterdir())


def sessions_of(file: Path | None = None) -> tuple[Sessions, FakeTokens, Clock]:
    tokens, clock = FakeTokens(), Clock()
    return Sessions(tokens, lambda: clock.now, file), tokens, clock


async def test_a_session_is_its_tokens() -> None:
    sessions, tokens, _ = sessions_of()
    cookie = await begun(sessions)
    assert sessions.who(cookie) == "hall"
    assert tokens.asked == [(RIGHT, HERE)]
    assert RIGHT not in cookie


@pytest.mark.parametrize("cookie", [None, "", "x", "x" * 5000, "\ud800", "ā"])
async def test_what_is_no_session_is_nobody(cookie: str | None) -> None:
    sessions, _, _ = sessions_of()
    await begun(sessions)
    assert sessions.who(cookie) is None
    await sessions.end(cookie)


@pytest.mark.parametrize(("token", "status", "retry"), [("wrong", 401, None), (LIMITED, 429, 17)])
async def test_a_refusal_is_handed_on(token: str, status: int, retry: int | None) -> None:
    sessions, _, _ = sessions_of()
    found = await sessions.begin(token, HERE)
    assert isinstance(found, Refused)
    assert (found.status, found.retry_after) == (status, retry)


async def test_a_session_ends_by_itself() -> None:
    sessions, _, clock = sessions_of()
    cookie = await begun(sessions)
    clock.now = NOW + LIFE - timedelta(seconds=1)
    assert sessions.who(cookie) == "hall"
    clock.now = NOW + LIFE
    assert sessions.who(cookie) is None


async def test_a_session_ends_with_its_token_and_no_other() -> None:
    sessions, tokens, _ = sessions_of()
    cookie, other = await begun(sessions), await begun(sessions, ADMIN)
    tokens.gone.add(RIGHT)
    assert (sessions.who(cookie), sessions.who(other)) == (None, "boss")


async def test_a_session_is_ended() -> None:
    sessions, _, _ = sessions_of()
    cookie, other = await begun(sessions), await begun(sessions)
    await sessions.end(cookie)
    assert (sessions.who(cookie), sessions.who(other)) == (None, "hall")


async def test_one_token_has_so_many_screens_and_the_oldest_goes() -> None:
    sessions, _, clock = sessions_of()
    boss = await begun(sessions, ADMIN)
    cookies = []
    for _ in range(MOST_EACH + 2):
        clock.now += timedelta(seconds=1)
        cookies.append(await begun(sessions))
    assert [sessions.who(one) for one in cookies] == [None, None, *(["hall"] * MOST_EACH)]
    assert sessions.who(boss) == "boss"


async def test_a_restart_ends_no_session_and_the_file_has_no_cookie(tmp_path: Path) -> None:
    file = tmp_path / "sessions.json"
    sessions, tokens, clock = sessions_of(file)
    cookie, ended = await begun(sessions), await begun(sessions)
    await sessions.end(ended)
    again = Sessions(tokens, lambda: clock.now, file)
    assert (again.who(cookie), again.who(ended)) == ("hall", None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text(encoding="utf-8")
    assert cookie not in text
    assert RIGHT not in text.replace(f"id-of-{RIGHT}", "")
    assert {path.name for path in files(tmp_path)} == {"sessions.json"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '{"a": 1}',
        '{"a": []}',
        '{"a": ["x", "y", "z"]}',
        '{"a": ["x", "y", "2030-01-01T00:00"]}',
        "\xff",
    ],
)
async def test_a_file_that_cannot_be_read_only_ends_the_sessions(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sessions.json"
    file.write_text(text, encoding="latin-1")
    file.chmod(0o600)
    sessions, _, _ = sessions_of(file)
    cookie = await begun(sessions)
    assert list(json.loads(file.read_text(encoding="utf-8"))) != ["a"]
    assert sessions.who(cookie) == "hall"


async def test_a_file_that_others_could_write_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "sessions.json"
    sessions, tokens, clock = sessions_of(file)
    cookie = await begun(sessions)
    file.chmod(0o660)
    assert Sessions(tokens, lambda: clock.now, file).who(cookie) is None
    file.chmod(0o600)
    assert Sessions(tokens, lambda: clock.now, file).who(cookie) == "hall"


async def test_a_session_begins_though_it_cannot_be_kept(tmp_path: Path) -> None:
    sessions, _, _ = sessions_of(tmp_path / "missing" / "sessions.json")
    assert sessions.who(await begun(sessions)) == "hall"
