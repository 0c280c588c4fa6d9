"""Requests to a served API as bytes, as no client would send them."""

import json
import socket
from typing import Any

from ivr.supervision.models import Notice, NoticeKind, Role
from tests.fakes.supervision_parts import AT, Served

LONGEST = 20.0  # seconds until something must have happened


def raw(served: Served) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", served.port), timeout=LONGEST)
    made.settimeout(LONGEST)
    return made


def rest(made: socket.socket) -> bytes:
    """Read until the other end closes."""
    found = b""
    try:
        while piece := made.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    return found


def head(served: Served, line: str = "GET /api/calls HTTP/1.1", more: str = "") -> bytes:
    token = served.made.secrets[Role.ADMIN]
    return f"{line}\r\nHost: 127.0.0.1:{served.port}\r\nAuthorization: Bearer {token}\r\n{more}\r\n".encode()


def told(answer: bytes) -> tuple[int, Any]:
    first, _, body = answer.partition(b"\r\n\r\n")
    return int(first.split()[1]), json.loads(body)


def notice(text: str) -> Notice:
    return Notice(kind=NoticeKind.PBX, at=AT, text=text)
