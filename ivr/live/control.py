"""The engine's control socket: one JSON object a line, in and out, for commands on the same machine (`ivr.live.client`).

    {"do": "status"}                          -> {"ok": true, "version": ..., "since": ..., "last": {...}, ...}
    {"do": "reload", "release": ["police"]}   -> {"ok": true, "before": ..., "after": ..., "problems": [...], ...}
    what else the engine offers               -> {"ok": true, ...}
    anything else                             -> {"ok": false, "error": "..."}

Rule 1: only the owner may connect (mode 0600). Lines and waiting are bounded.
Rule 2: each engine of an instance has a socket of its own; the name without an engine is a link to the one that leads, or
that began last. Sockets that dead engines left are removed.
"""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ivr.errors import LinkError, OperatorError
from ivr.live.client import REQUEST_SECONDS, lives, siblings
from ivr.rulebook.reload import Reloaded, Reloader
from ivr.vocabulary import DestinationId

LONGEST_LINE = 64 * 1024  # bytes of a request
MOST_CLIENTS = 16

logger = logging.getLogger(__name__)


Order = Callable[[Mapping[str, str]], Awaitable[Mapping[str, Any]]]
"""Carries out a request with these values; raises OperatorError or LinkError with what is wrong."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What an engine offers beside its rules: more of its status, and requests by name with the values that each needs."""

    status: Callable[[], Mapping[str, Any]] = dict
    orders: Mapping[str, tuple[frozenset[str], Order]] = field(default_factory=dict)


class Control:
    """Answers requests about `reloader`, and what else is offered; `engine` is the engine's name."""

    def __init__(self, path: Path, reloader: Reloader, engine: str, offer: Offer | None = None) -> None:
        self._known_as = path
        self._path = path.with_name(f"{path.stem}-{'-'.join(engine.split('-')[-2:])}{path.suffix}")
        self._reloader = reloader
        self._engine = engine
        self._offer = offer or Offer()
        self._clients = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen until the end of the block. Raises OperatorError."""
        _sweep(self._known_as)
        listening = _bound(self._path)
        server = await asyncio.start_unix_server(self._client, sock=listening, limit=LONGEST_LINE)
        self.lead()
        try:
            yield
        finally:
            server.close()
            self._path.unlink(missing_ok=True)
            with suppress(OSError):
                if self._known_as.readlink().name == self._path.name:  # it may be a successor's already
                    self._known_as.unlink()

    def lead(self) -> None:
        """Let the name without an engine mean this one."""
        partial = self._path.with_suffix(".link")
        partial.unlink(missing_ok=True)
        partial.symlink_to(self._path.name)
        partial.replace(self._known_as)

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
            request: Any = json.loads(line)
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
            case {"do": str(name), **more} if name in self._offer.orders:
                return await self._ordered(name, {str(key): value for key, value in more.items()})
            case _:
                return _no(f"unknown request; known are {', '.join(['status', 'reload', *self._offer.orders])}")

    async def _ordered(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        wanted, order = self._offer.orders[name]
        if set(given) != wanted or not all(isinstance(value, str) for value in given.values()):
            return _no(f"{name} needs {', '.join(sorted(wanted)) or 'nothing else'}, each a text")
        try:
            return {"ok": True, **await order(given)}
        except (OperatorError, LinkError) as error:
            return _no(str(error))

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
            **self._offer.status(),
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


def _sweep(path: Path) -> None:
    for one in siblings(path):
        if not lives(one):
            one.unlink(missing_ok=True)
