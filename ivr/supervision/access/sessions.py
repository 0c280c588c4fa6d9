"""The sessions of wallboards: what a browser holds instead of a token.

Rule 1: a session only looks, whatever its token may do, and it ends with its token.
Rule 2: only the SHA-256 of a cookie is kept, in a file of our own, so that a restart of supervision ends no session:
nobody stands beside a screen on a wall to type a token again.
"""

import asyncio
import hashlib
import json
import logging
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from ivr.secret_files import complaint

logger = logging.getLogger(__name__)

COOKIE = "ivr-wallboard"
LIFE = timedelta(days=7)
MOST_EACH = 20
"""Screens that one token may have at once; one more ends the oldest."""
LONGEST_COOKIE = 128  # characters that are looked at


@dataclass(frozen=True, slots=True)
class Grant:
    """A token that holds: `id` names it for good, also against a later one of the same name; `name` is for people."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no session: an HTTP status, words, and after how many seconds to try again."""

    status: int
    detail: str
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A new session: what the browser gets, and when that ends."""

    cookie: str
    until: datetime


class Tokens(Protocol):
    """What sessions must know of tokens."""

    async def grant(self, token: str, address: str) -> Grant | Refused:
        """Tell whose token this is; guesses from an address are slowed and limited."""

    def holds(self, grant: str) -> bool:
        """Tell whether the token of a grant's id still exists and is not over."""


@dataclass(frozen=True, slots=True)
class _Session:
    grant: str
    name: str
    until: datetime


class Sessions:
    """The sessions under way. `clock` gives the time, aware; without a `file` a restart ends them all."""

    def __init__(self, tokens: Tokens, clock: Callable[[], datetime], file: Path | None = None) -> None:
        self._tokens = tokens
        self._clock = clock
        self._file = file
        self._held = _read(file) if file else {}
        self._writing = asyncio.Lock()

    async def begin(self, token: str, address: str) -> Begun | Refused:
        """Begin a session for whoever shows a token; `address` is where from."""
        grant = await self._tokens.grant(token, address)
        if isinstance(grant, Refused):
            return grant
        cookie = secrets.token_urlsafe(32)
        until = self._clock() + LIFE
        self._tidy(grant.id)
        self._held[_mark(cookie)] = _Session(grant.id, grant.name, until)
        await self._write()
        return Begun(cookie, until)

    def who(self, cookie: str | None) -> str | None:
        """Give the name of the token that a cookie stands for; None if the session is none or over."""
        if not cookie or len(cookie) > LONGEST_COOKIE:
            return None
        found = self._held.get(_mark(cookie))
        if found is None or not self._holds(found):
            return None
        return found.name

    async def end(self, cookie: str | None) -> None:
        """End a session; one that is none is no matter."""
        if cookie and self._held.pop(_mark(cookie[:LONGEST_COOKIE]), None) is not None:
            await self._write()

    def _holds(self, session: _Session) -> bool:
        return self._clock() < session.until and self._tokens.holds(session.grant)

    def _tidy(self, grant: str) -> None:
        self._held = {mark: one for mark, one in self._held.items() if self._holds(one)}
        of_it = sorted((one.until, mark) for mark, one in self._held.items() if one.grant == grant)
        for _, mark in of_it[: max(0, len(of_it) - MOST_EACH + 1)]:
            del self._held[mark]

    async def _write(self) -> None:
        if self._file is None:
            return
        async with self._writing:
            try:
                await asyncio.to_thread(_write, self._file, dict(self._held))
            except OSError as error:
                logger.warning(
                    "wallboard sessions are not kept over a restart: %s",
                    error,
                    extra={"action": "sessions_not_kept", "file": str(self._file)},
                )


def _mark(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()


def _write(file: Path, held: Mapping[str, _Session]) -> None:
    text = json.dumps({m: [one.grant, one.name, one.until.isoformat()] for m, one in held.items()}, indent=1)
    beside = file.with_name(f"{file.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text + "\n")
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)


def _read(file: Path) -> dict[str, _Session]:
    """Read what was kept. What others could have written, or cannot be read, is not believed: all sign in again."""
    try:
        with file.open("rb") as handle:
            found = os.fstat(handle.fileno())
            wrong = complaint(file, found.st_mode, found.st_uid, os.geteuid())
            if wrong:
                raise ValueError(wrong)
            kept = json.loads(handle.read())
        return {mark: _Session(str(a), str(b), _aware(c)) for mark, (a, b, c) in kept.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        logger.warning("wallboard sessions begin anew: %s", error, extra={"action": "sessions_lost", "file": str(file)})
        return {}


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        message = f"{text} has no time zone"
        raise ValueError(message)
    return at
