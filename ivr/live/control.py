"""The engine's control socket: one JSON object a line, in and out, for commands on the same machine.

    {"do": "status"}                          -> {"ok": true, "version": ..., "since": ..., "last": {...}, ...}
    {"do": "reload", "release": ["police"]}   -> {"ok": true, "before": ..., "after": ..., "problems": [...], ...}
    anything else                             -> {"ok": false, "error": "..."}

Rule 1: only the owner may connect (mode 0600). Lines and waiting are bounded.
Rule 2: a socket that a dead engine left is replaced; that of a living one is not touched.
"""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ivr.errors import OperatorError
from ivr.rulebook.reload import Reloaded, Reloader
from ivr.vocabulary import DestinationId

LONGEST_LINE = 64 * 1024  # bytes of a request
LONGEST_ANSWER = 16 * 1024 * 1024  # bytes
MOST_CLIENTS = 16
REQUEST_SECONDS = 5.0  # for a request to come, and for an answer to be taken
ANSWER_SECONDS = 300.0  # for a client to wait; a reload of a large file takes its time

logger = logging.getLogger(__name__)


class ControlTaken(OperatorError):
    """Another engine of this instance runs already; stop it first, or give this one another IVR_INSTANCE."""


class NoEngine(OperatorError):
    """No engine of this instance answers; start one (`ivr engine`), or name the right one with IVR_INSTANCE."""


class Control:
    """Answers requests about `reloader`; `engine` is the engine's name."""

    def __init__(self, path: Path, reloader: Reloader, engine: str) -> None:
        self._path = path
        self._reloader = reloader
        self._engine = engine
        self._clients = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen until the end of the block. Raises ControlTaken."""
        listening = _bound(self._path)
        inode = self._path.stat().st_ino
        server = await asyncio.start_unix_server(self._client, sock=listening, limit=LONGEST_LINE)
        try:
            yield
        finally:
            server.close()
            with suppress(FileNotFoundError):
                if self._path.stat().st_ino == inode:  # it may be that of a successor already
                    self._path.unlink()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                line = await reader.readline()
            answer = await self._answer(line) if self._clients <= MOST_CLIENTS else _no("too many ask at once")
            writer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
            async with asyncio.timeout(REQUEST_SECONDS):
                await writer.drain()
        except ValueError:
            writer.write(json.dumps(_no(f"a request has at most {LONGEST_LINE} bytes")).encode() + b"\n")
        except (TimeoutError, ConnectionError):
            pass  # whoever asked is gone, or never said what
        finally:
            self._clients -= 1
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return _no("this is no JSON object in one line")
        match request:
            case {"do": "status", **more} if not more:
                return self._status()
            case {"do": "reload", **more} if set(more) <= {"release"}:
                release = more.get("release", [])
                if isinstance(release, list) and all(isinstance(name, str) for name in release):
                    return await self._reload(release)
                return _no("release is a list of destinations")
            case _:
                return _no("unknown request; known are status and reload")

    def _status(self) -> dict[str, Any]:
        reloader = self._reloader
        rules, last = reloader.rules, reloader.last
        return {
            "ok": True,
            "engine": self._engine,
            "file": str(rules.path),
            "version": rules.current.version,
            "since": reloader.since.isoformat(timespec="seconds"),
            "kept": [older.version for older in rules.kept],
            "overrides": [one.id for orders in rules.overrides.values() for one in orders],
            "last": None if last is None else _attempt(last),
        }

    async def _reload(self, release: list[str]) -> dict[str, Any]:
        unknown = [name for name in release if name not in self._reloader.rules.current.destinations]
        if unknown:
            return _no(f"{', '.join(unknown)}: no destination of the rules in use has this name")
        logger.info("reload asked for, releasing %s", release or "nothing", extra={"action": "reload_asked"})
        return {"ok": True, **_attempt(await self._reloader.reload(frozenset(map(DestinationId, release))))}


def _attempt(done: Reloaded) -> dict[str, Any]:
    return {
        "at": done.at.isoformat(timespec="seconds"),
        "before": done.before,
        "after": done.after,
        "changed": done.changed,
        "seconds": round(done.seconds, 3),
        "problems": [{**asdict(problem), "text": str(problem)} for problem in done.problems],
    }


def _no(error: str) -> dict[str, Any]:
    return {"ok": False, "error": error}


def _bound(path: Path) -> socket.socket:
    """Give the listening socket. Nobody can connect before it has its mode, because it listens only then."""
    if _lives(path):
        raise ControlTaken
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        made.bind(str(path))
        path.chmod(0o600)
        made.listen(MOST_CLIENTS)
    except OSError as error:
        made.close()
        raise OperatorError(
            f"the control socket {path} cannot be made ({error}); a path has at most 107 characters, see IVR_STATE"
        ) from error
    return made


def _lives(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(REQUEST_SECONDS)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def ask(path: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Ask the engine that listens at `path` and wait for its answer. Raises NoEngine."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(ANSWER_SECONDS)
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
