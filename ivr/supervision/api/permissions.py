"""Who may use which route: the one table. PURE. A route that is not in it cannot be reached."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ivr.supervision.models import Role

Needed = Role | Literal["open"]
WEBSOCKET = "WEBSOCKET"
"""Stands for the method where a WebSocket is opened."""

_VIEWER, _SUPERVISOR, _ADMIN = Role
_OPEN: Literal["open"] = "open"

PERMISSIONS: Mapping[tuple[str, str], Needed] = {
    ("GET", "/healthz"): _OPEN,
    ("GET", "/readyz"): _OPEN,
    ("GET", "/wallboard"): _OPEN,
    ("GET", "/wallboard/static/{name}"): _OPEN,
    ("POST", "/wallboard/session"): _OPEN,
    ("POST", "/wallboard/end"): _OPEN,
    ("GET", "/api/openapi.json"): _VIEWER,
    ("GET", "/api/calls"): _VIEWER,
    ("GET", "/api/calls/{call}"): _VIEWER,
    ("GET", "/api/events"): _VIEWER,
    (WEBSOCKET, "/api/events/ws"): _VIEWER,
    ("GET", "/api/destinations"): _VIEWER,
    ("GET", "/api/overrides"): _VIEWER,
    ("GET", "/api/rules"): _VIEWER,
    ("GET", "/api/today"): _VIEWER,
    ("GET", "/api/health"): _VIEWER,
    ("GET", "/api/listenings"): _VIEWER,
    ("GET", "/metrics"): _VIEWER,
    ("POST", "/api/calls/{call}/transfer"): _SUPERVISOR,
    ("POST", "/api/calls/{call}/send"): _SUPERVISOR,
    ("POST", "/api/calls/{call}/hangup"): _SUPERVISOR,
    ("POST", "/api/calls/{call}/listen"): _SUPERVISOR,
    ("POST", "/api/calls/{call}/topic"): _SUPERVISOR,
    ("POST", "/api/calls/{call}/caller"): _SUPERVISOR,
    ("POST", "/api/listenings/{listening}/end"): _SUPERVISOR,
    ("POST", "/api/announce"): _SUPERVISOR,
    ("POST", "/api/overrides"): _SUPERVISOR,
    ("POST", "/api/overrides/{override}/clear"): _SUPERVISOR,
    ("POST", "/api/rules/explain"): _SUPERVISOR,
    ("POST", "/api/rules/check"): _ADMIN,
    ("POST", "/api/rules/reload"): _ADMIN,
    ("GET", "/api/audit"): _ADMIN,
}


@dataclass(frozen=True, slots=True)
class Place:
    """A route that was found: its path as the table has it, and the role that it needs."""

    path: str
    needed: Needed


@dataclass(frozen=True, slots=True)
class NoSuchPlace:
    """No route: `allowed` are the methods that the path has, none if there is no such path."""

    allowed: tuple[str, ...]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in _parts(path)))


def _parts(path: str) -> Iterator[str]:
    return (part for part in re.split(r"(\{\w+\})", path) if part)


_PATTERNS = tuple((method, path, _pattern(path)) for method, path in PERMISSIONS)


def place_of(method: str, path: str) -> Place | NoSuchPlace:
    """Find the route of a request."""
    allowed = []
    for one, template, pattern in _PATTERNS:
        if pattern.fullmatch(path):
            if one == method:
                return Place(template, PERMISSIONS[one, template])
            allowed.append(one)
    return NoSuchPlace(tuple(one for one in allowed if one != WEBSOCKET))
