"""What a request may look like, where supervision may listen, and how a client reads a stream."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import SettingsError
from ivr.settings import load
from ivr.supervision.api.permissions import PERMISSIONS, WEBSOCKET, NoSuchPlace, Place, place_of
from ivr.supervision.api.shapes import (
    Hosts,
    bearer,
    cookie,
    proxied,
    twice,
    wrong_body,
    wrong_host,
    wrong_path,
    wrong_query,
)
from ivr.supervision.api.sockets import address_of, hosts_of
from ivr.supervision.client.streamed import MOST_WAIT, Reader, Waits
from ivr.supervision.models import Change, Role

HOSTS = Hosts(frozenset({"ivr.example", "127.0.0.1:8443"}), "https")


@pytest.mark.parametrize("path", [b"/", b"/api/calls", b"/api/calls/pbx-1795311670.0", b"/wallboard/static/a~b_c.js"])
def test_a_plain_path_is_fine(path: bytes) -> None:
    assert wrong_path(path) is None


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"api",
        b"//",
        b"//api/calls",
        b"/api//calls",
        b"/api/calls/",
        b"/api/../metrics",
        b"/..",
        b"/./api",
        b"/api/%2e%2e/metrics",
        b"/api/calls/%00",
        b"/api/calls/a\x00b",
        b"/api/calls/%2F",
        b"/api/calls;x=1",
        b"/api/calls/\xc3\xa9",
        b"/api\\calls",
        b"/api/calls/a b",
        b"*",
        b"http://other/api/calls",
    ],
)
def test_any_other_path_is_refused(path: bytes) -> None:
    found = wrong_path(path)
    assert found is not None
    assert found.status == 400


def test_a_long_path_and_a_long_query_are_refused() -> None:
    for found in (wrong_path(b"/" + b"a" * 600), wrong_query(b"a=" + b"b" * 5000)):
        assert found is not None
        assert found.status == 414


@given(st.binary(max_size=60))
def test_a_path_that_is_let_in_is_found_as_it_is_or_not_at_all(raw: bytes) -> None:
    if wrong_path(raw) is None:
        assert b"%" not in raw
        assert b"//" not in raw
        assert raw.startswith(b"/")


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        (b"ivr.example", None, 0),
        (b"IVR.Example", None, 0),
        (b"127.0.0.1:8443", None, 0),
        (b"ivr.example", b"https://ivr.example", 0),
        (b"ivr.example", b"https://127.0.0.1:8443", 0),
        (b"", None, 421),
        (b"ivr.example:1", None, 421),
        (b"rebound.example", None, 421),
        (b"ivr.example.rebound.example", None, 421),
        (b"\xff", None, 421),
        (b"ivr.example", b"null", 403),
        (b"ivr.example", b"", 403),
        (b"ivr.example", b"http://ivr.example", 403),
        (b"ivr.example", b"https://ivr.example.evil.example", 403),
        (b"ivr.example", b"https://evil.example", 403),
        (b"ivr.example", b"https://ivr.example/path", 403),
        (b"ivr.example", b"https://[", 403),
        (b"ivr.example", b"https://evil@ivr.example", 403),
    ],
)
def test_hosts_and_origins(host: bytes, origin: bytes | None, status: int) -> None:
    headers = {b"host": host, **({} if origin is None else {b"origin": origin})}
    found = wrong_host(headers, HOSTS)
    assert (found.status if found else 0) == status


@pytest.mark.parametrize("name", [b"x-forwarded-for", b"forwarded", b"via", b"x-real-ip", b"origin"])
def test_nobody_asks_for_others_over_the_socket(name: bytes) -> None:
    found = proxied({name: b"x"})
    assert found is not None
    assert found.status == 403
    assert proxied({b"host": b"x"}) is None


def test_headers_that_count_come_once() -> None:
    assert twice([(b"accept", b"a"), (b"accept", b"b"), (b"host", b"x")]) is None
    for name in (b"authorization", b"host", b"origin", b"cookie", b"content-length"):
        assert twice([(name, b"a"), (b"x", b""), (name, b"a")]) is not None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 0),
        ({b"content-length": b"65536"}, 0),
        ({b"content-length": b"65537"}, 413),
        ({b"content-length": b"-1"}, 413),
        ({b"content-length": b"x"}, 413),
        ({b"content-length": b"9" * 30}, 413),
        ({b"content-length": b"9" * 5000}, 413),  # more digits than Python reads
        ({b"transfer-encoding": b"chunked"}, 411),
    ],
)
def test_bodies(headers: dict[bytes, bytes], status: int) -> None:
    found = wrong_body(headers)
    assert (found.status if found else 0) == status


@pytest.mark.parametrize(
    ("value", "token"),
    [
        (b"Bearer abc", "abc"),
        (b"bearer  abc ", "abc"),
        (b"Basic abc", None),
        (b"Bearer", None),
        (b"Bearer ", None),
        (b"", None),
    ],
)
def test_a_bearer(value: bytes, token: str | None) -> None:
    assert bearer(value) == token


def test_a_cookie_among_others() -> None:
    assert cookie(b"a=1; ivr=x=y; b", "ivr") == "x=y"
    assert cookie(b"xivr=1", "ivr") is None


# --- the table of permissions


def test_each_place_of_the_table_is_found_and_needs_what_it_says() -> None:
    for (method, template), needed in PERMISSIONS.items():
        path = template.replace("{call}", "c-1.0").replace("{listening}", "l1").replace("{override}", "o1")
        assert place_of(method, path.replace("{name}", "a.js")) == Place(template, needed)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/nothing", ()),
        ("GET", "/api/calls/a/b", ()),
        ("GET", "/api/calls/", ()),
        ("DELETE", "/api/calls", ("GET",)),
        ("HEAD", "/api/calls", ("GET",)),
        ("GET", "/api/calls/a/hangup", ("POST",)),
        ("PUT", "/api/overrides", ("GET", "POST")),
        ("GET", "/api/events/ws", ()),
        (WEBSOCKET, "/api/calls", ("GET",)),
    ],
)
def test_what_is_not_in_the_table_is_not_there(method: str, path: str, allowed: tuple[str, ...]) -> None:
    assert place_of(method, path) == NoSuchPlace(allowed)


def test_only_looking_is_for_viewers_and_only_little_is_open() -> None:
    assert all(method in ("GET", WEBSOCKET) for (method, _), needed in PERMISSIONS.items() if needed is Role.VIEWER)
    assert {path for (_, path), needed in PERMISSIONS.items() if needed == "open" and "/wallboard" not in path} == {
        "/healthz",
        "/readyz",
    }


# --- where it listens


def test_it_listens_nowhere_on_the_network_by_itself() -> None:
    assert address_of(load(supervision_listen="")) is None


@pytest.mark.parametrize("listen", ["127.0.0.1:8080", "[::1]:8080", "localhost:0"])
def test_loopback_needs_no_certificate(listen: str) -> None:
    found = address_of(load(supervision_listen=listen))
    assert found is not None
    assert found.scheme == "http"


@pytest.mark.parametrize("listen", ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:443", "ivr.example:443"])
def test_others_must_not_read_tokens_on_the_way(listen: str) -> None:
    with pytest.raises(SettingsError, match="IVR_SUPERVISION_CERT"):
        address_of(load(supervision_listen=listen))


@pytest.mark.parametrize("listen", ["8080", ":8080", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1:-1"])
def test_an_address_is_host_and_port(listen: str) -> None:
    with pytest.raises(SettingsError, match="IVR_SUPERVISION_LISTEN"):
        address_of(load(supervision_listen=listen))


def test_a_certificate_and_its_key_come_together_and_the_key_is_secret(tmp_path: Path) -> None:
    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    with pytest.raises(SettingsError, match="together"):
        address_of(load(supervision_listen="0.0.0.0:1", supervision_cert=cert))
    with pytest.raises(SettingsError, match="cannot be read"):
        address_of(load(supervision_listen="0.0.0.0:1", supervision_cert=cert, supervision_key=key))
    cert.touch()
    key.touch(mode=0o644)
    key.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        address_of(load(supervision_listen="0.0.0.0:1", supervision_cert=cert, supervision_key=key))
    key.chmod(0o600)
    found = address_of(load(supervision_listen="0.0.0.0:1", supervision_cert=cert, supervision_key=key))
    assert found is not None
    assert found.scheme == "https"


def test_the_names_by_which_it_is_reached() -> None:
    address = address_of(load(supervision_listen="127.0.0.1:0"))
    assert address is not None
    names = hosts_of(address, 8080, "board.example, ").names
    assert {"127.0.0.1:8080", "localhost:8080", "[::1]:8080", "board.example", "board.example:8080"} == set(names)
    assert "127.0.0.1" in hosts_of(address, 80, "").names


# --- a client's stream


def test_a_stream_is_read_line_by_line() -> None:
    reader = Reader()
    lines = ["retry: 2000", "", ": alive", "", "id: 7", 'data: {"sequence": 7,', 'data: "kind": "notice"}', ""]
    found = [change for line in lines if (change := reader.line(line))]
    assert found == [Change(sequence=7, kind="notice")]


def test_what_is_no_change_is_an_error() -> None:
    reader = Reader()
    reader.line("data: {}")
    with pytest.raises(ValueError, match="sequence"):
        reader.line("")


@given(st.floats(0, 1, exclude_max=True))
def test_it_waits_longer_and_longer_and_begins_anew_once_it_worked(chance: float) -> None:
    waits = Waits(lambda: chance)
    assert not waits.worked()
    found = []
    for number in range(20):
        found.append(waits.next())
        assert waits.is_first is (number == 0)
    assert all(0.15 <= wait <= MOST_WAIT for wait in found)
    assert found == sorted(found)
    assert waits.worked()
    assert waits.next() < 0.31
