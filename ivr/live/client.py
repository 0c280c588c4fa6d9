"""Asks running engines over their control sockets (`ivr.live.control` says what). Loads nothing of an engine."""

import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from ivr.errors import Unanswered

LONGEST_ANSWER = 16 * 1024 * 1024  # bytes
REQUEST_SECONDS = 5.0  # for a request to come, and for an answer to be taken
ANSWER_SECONDS = 300.0  # for a client to wait; a reload of a large file takes its time


class NoEngine(Unanswered):
    """No engine of this instance answers; start one (`ivr engine`), or name the right one with IVR_INSTANCE."""


def lives(path: Path) -> bool:
    """Tell whether somebody listens at a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(REQUEST_SECONDS)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def siblings(path: Path) -> list[Path]:
    """Give the sockets of all engines of an instance, the youngest first."""
    found = [one for one in path.parent.glob(f"{path.stem}-*{path.suffix}") if one.is_socket()]
    return sorted(found, key=lambda one: one.stat().st_mtime, reverse=True)


def engines(path: Path) -> list[dict[str, Any]]:
    """Ask every engine of an instance for its status; those that do not answer are left out."""
    found = []
    for one in siblings(path):
        with suppress(NoEngine):
            found.append(_ask(one, {"do": "status"}, REQUEST_SECONDS))
    return found


def ask(path: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Ask the engine that leads, or else another of the instance, and wait for its answer. Raises NoEngine."""
    for one in (path, *siblings(path)):
        if lives(one):
            return _ask(one, request, ANSWER_SECONDS)
    return _ask(path, request, ANSWER_SECONDS)


def _ask(path: Path, request: dict[str, Any], seconds: float) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(seconds)
        try:
            client.connect(str(path))
            client.sendall(json.dumps(request).encode() + b"\n")
            with client.makefile("rb") as answers:
                line = answers.readline(LONGEST_ANSWER)
            found = json.loads(line)
        except PermissionError as error:
            raise NoEngine(f"{path} belongs to another user ({error}); run this as the user of the engine") from error
        except (OSError, ValueError) as error:
            raise NoEngine(
                f"no engine answers at {path} ({error}); start one (`ivr engine`), or name the right one with IVR_INSTANCE"
            ) from error
    return found if isinstance(found, dict) else {}
