"""Tokens, guesses at them, and who is at the other end of a socket."""

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import OperatorError
from ivr.supervision.access import auth
from ivr.supervision.access.auth import Door, Who, site_of
from ivr.supervision.access.buckets import Buckets
from ivr.supervision.access.peers import Peer, peer_of, who_is
from ivr.supervision.access.sessions import Grant, Refused
from ivr.supervision.access.tokens import TokenFile
from ivr.supervision.models import Role
from ivr.supervision.refusals import NotKnown, TokensUnusable, TooMany

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "tokens")


def test_a_token_is_found_and_is_nowhere_in_its_file(file: TokenFile, tmp_path: Path) -> None:
    token = file.add("anna", Role.SUPERVISOR, AT, None)
    found = file.find(token, AT)
    assert found is not None
    assert (found.name, found.role) == ("anna", Role.SUPERVISOR)
    assert token not in (tmp_path / "tokens").read_text()
    assert (tmp_path / "tokens").stat().st_mode & 0o777 == 0o600
    assert len(token) >= 43


@pytest.mark.parametrize("wrong", ["", "x", "x" * 43, "ž" * 43, "\ud800", "x" * 100_000])
def test_a_wrong_token_is_none(file: TokenFile, wrong: str) -> None:
    file.add("anna", Role.ADMIN, AT, None)
    assert file.find(wrong, AT) is None


def test_each_of_several_tokens_is_found(file: TokenFile) -> None:
    made = {name: file.add(name, Role.VIEWER, AT, None) for name in ("a", "b", "c")}
    assert {name: kept.name for name, token in made.items() if (kept := file.find(token, AT))} == {n: n for n in made}


def test_a_token_ends_at_its_instant(file: TokenFile) -> None:
    token = file.add("anna", Role.ADMIN, AT, AT + timedelta(hours=1))
    kept = file.find(token, AT + timedelta(minutes=59))
    assert kept is not None
    assert file.holds(kept.sha256, AT)
    assert file.find(token, AT + timedelta(hours=1)) is None
    assert not file.holds(kept.sha256, AT + timedelta(hours=1))


def test_what_another_process_adds_or_removes_holds_at_once(file: TokenFile, tmp_path: Path) -> None:
    assert file.find("x", AT) is None
    other = TokenFile(tmp_path / "tokens")
    token = other.add("anna", Role.ADMIN, AT, None)
    assert file.find(token, AT) is not None
    assert other.remove("anna")
    assert file.find(token, AT) is None
    assert not other.remove("anna")


def test_a_name_is_taken_once_and_is_plain(file: TokenFile) -> None:
    file.add("anna", Role.ADMIN, AT, None)
    with pytest.raises(OperatorError, match="remove it first"):
        file.add("anna", Role.VIEWER, AT, None)
    for bad in ("", "-a", "two words", "a\nb", "a/b", "x" * 81):
        with pytest.raises(OperatorError, match="no name"):
            file.add(bad, Role.VIEWER, AT, None)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_may_read_lets_nobody_in(file: TokenFile, tmp_path: Path, mode: int) -> None:
    token = file.add("anna", Role.ADMIN, AT, None)
    (tmp_path / "tokens").chmod(mode)
    assert file.find(token, AT) is None
    with pytest.raises(TokensUnusable, match="chmod 600"):
        file.all()
    (tmp_path / "tokens").chmod(0o600)
    assert file.find(token, AT) is not None


ROW = '{"tokens": [{"name": "a", "role": "admin", "created": "2026-11-24T08:00:00+00:00", "expires": null, "sha256": "%s"}]}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"tokens": [{}]}',
        '{"tokens": 7}',
        '{"tokens": [{"name": "a", "role": "king"}]}',
        "\0",
        ROW % "",
        ROW % "ž",
        ROW % ("A" * 64),
        (ROW % ("a" * 64)).replace("+00:00", ""),
    ],
)
def test_a_damaged_file_lets_nobody_in_and_is_not_written_over(file: TokenFile, tmp_path: Path, text: str) -> None:
    token = file.add("anna", Role.ADMIN, AT, None)
    (tmp_path / "tokens").write_text(text)
    assert file.find(token, AT) is None
    with pytest.raises(TokensUnusable):
        file.add("bert", Role.ADMIN, AT, None)
    assert (tmp_path / "tokens").read_text() == text


# --- guesses


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 6))
def test_no_more_happens_than_burst_and_rate_allow(pauses: list[float], burst: int) -> None:
    buckets, at, taken = Buckets(0.5, burst), 0.0, 0
    for pause in pauses:
        at += pause
        if buckets.wait("a", at) <= 0:
            buckets.take("a", at)
            taken += 1
    assert taken <= burst + 0.5 * at + 1e-6


def test_after_the_wait_it_may_happen_again_and_others_are_free() -> None:
    buckets = Buckets(0.5, 1)
    buckets.take("a", 0)
    wait = buckets.wait("a", 0)
    assert wait == pytest.approx(2)
    assert buckets.wait("b", 0) == 0
    assert buckets.wait("a", wait) == pytest.approx(0)


def test_buckets_are_bounded() -> None:
    buckets = Buckets(1, 1, most_keys=3)
    for number in range(100):
        buckets.take(str(number), 0)
    assert len(buckets._held) == 3


class Clock:
    """A time that goes on when it is told to, and by what is waited for."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waited: list[float] = []

    async def pause(self, seconds: float) -> None:
        self.waited.append(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(file: TokenFile, clock: Clock) -> Door:
    return Door(file, lambda: AT, lambda: clock.seconds, clock.pause)


async def guess(door: Door, address: str) -> str:
    try:
        await door.known("wrong", address)
    except NotKnown:
        return "slowed"
    except TooMany as error:
        return f"limited for {error.retry_after:g} s"
    return "in"


async def test_wrong_tokens_are_slowed_and_then_limited_for_an_address(door: Door, clock: Clock) -> None:
    found = [await guess(door, "192.0.2.1") for _ in range(auth.EACH_BURST + 2)]
    assert found == ["slowed"] * auth.EACH_BURST + ["limited for 10 s"] * 2
    assert clock.waited == [auth.SLOWED] * auth.EACH_BURST
    assert await guess(door, "192.0.2.2") == "slowed"
    clock.seconds = 10.0
    assert await guess(door, "192.0.2.1") == "slowed"


async def test_wrong_tokens_from_everywhere_are_limited_in_all(door: Door) -> None:
    found = [await guess(door, f"192.0.2.{number}") for number in range(auth.ALL_BURST + 1)]
    assert found == ["slowed"] * auth.ALL_BURST + ["limited for 0.5 s"]


async def test_a_right_token_is_never_held_up(door: Door, file: TokenFile, clock: Clock) -> None:
    token = file.add("anna", Role.SUPERVISOR, AT, None)
    for _ in range(100):
        await guess(door, "192.0.2.1")
    clock.waited.clear()
    assert await door.known(token, "192.0.2.1") == Who("anna", Role.SUPERVISOR, "token")
    assert clock.waited == []


async def test_a_household_of_ipv6_is_one_guesser(door: Door) -> None:
    found = [await guess(door, f"2001:db8:1:2::{number:x}") for number in range(1, auth.EACH_BURST + 2)]
    assert found[-1].startswith("limited")
    assert site_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert site_of("the socket") == "the socket"


async def test_a_session_is_granted_to_a_right_token_and_ends_with_it(door: Door, file: TokenFile) -> None:
    token = file.add("wall", Role.ADMIN, AT, None)
    granted = await door.grant(token, "192.0.2.1")
    assert isinstance(granted, Grant)
    assert granted.name == "wall"
    assert door.holds(granted.id)
    file.remove("wall")
    file.add("wall", Role.ADMIN, AT, None)  # another one of the same name
    assert not door.holds(granted.id)


async def test_a_session_is_refused_to_a_guess(door: Door) -> None:
    found = [await door.grant("wrong", "192.0.2.1") for _ in range(auth.EACH_BURST + 1)]
    assert [one.status for one in found if isinstance(one, Refused)] == [401] * auth.EACH_BURST + [429]
    assert isinstance(found[-1], Refused)
    assert found[-1].retry_after == 10


async def test_no_guess_stands_in_the_log(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"), pytest.raises(NotKnown):
        await door.known("a-guess-that-may-be-almost-right", "192.0.2.1")
    assert "192.0.2.1" in caplog.text
    assert "a-guess" not in caplog.text


# --- the other end of a socket


@pytest.mark.parametrize(
    ("uid", "groups", "role"),
    [
        (1000, {1000}, Role.ADMIN),
        (0, {0}, Role.ADMIN),
        (1001, {1001, 500}, Role.SUPERVISOR),
        (1001, {500}, Role.SUPERVISOR),
        (1001, {1001}, None),
        (1001, {0}, None),
        (1001, set(), None),
    ],
)
def test_who_is_at_the_socket(uid: int, groups: set[int], role: Role | None) -> None:
    found = who_is(Peer(1, uid, frozenset(groups)), us=1000, our_group=500)
    assert (found.role if found else None) == role


def test_a_real_peer_is_ourselves() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        found = peer_of(ours)
    assert found is not None
    assert (found.pid, found.uid) == (os.getpid(), os.getuid())
    assert {os.getgid(), *os.getgroups()} <= found.groups


def test_who_comes_over_the_network_is_no_peer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()) as made:
        assert peer_of(made) is None


@pytest.mark.parametrize(
    ("has", "may"),
    [(Role.VIEWER, [Role.VIEWER]), (Role.SUPERVISOR, [Role.VIEWER, Role.SUPERVISOR]), (Role.ADMIN, [*Role])],
)
def test_a_role_may_what_those_before_it_may(has: Role, may: list[Role]) -> None:
    assert [role for role in Role if Who("x", has, "token").may(role)] == may
