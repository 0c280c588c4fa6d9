"""The tokens of those who use the API over the network: a file that holds of each only its SHA-256.

Rule 1: a token is 32 random bytes and is shown once. What is kept cannot be turned back into it.
Rule 2: who adds or removes a token has effect at once, also on supervision that runs: the file is looked at each time.
Rule 3: a file that others could have written lets nobody in (`ivr.secret_files`).
"""

import fcntl
import hashlib
import hmac
import json
import logging
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ivr.errors import OperatorError
from ivr.secret_files import complaint
from ivr.supervision.models import Role
from ivr.supervision.refusals import TokensUnusable

TOKEN_BYTES = 32
LONGEST_TOKEN = 200
"""Characters of a token that are looked at; a longer one is none of ours."""
MARK = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a token. `expires` is None for one that holds until it is removed; `sha256` is in hexadecimal."""

    name: str
    role: Role
    sha256: str
    created: datetime
    expires: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Tell whether it is not over at an instant."""
        return self.expires is None or at < self.expires


class TokenFile:
    """The tokens in a file; there are none if there is no file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._kept: tuple[Kept, ...] = ()

    def find(self, token: str, at: datetime) -> Kept | None:
        """Give what a token stands for; None if it is wrong or over. All entries are compared, to the end."""
        shown = _mark(token) if len(token) <= LONGEST_TOKEN else ""
        found = None
        for kept in self._now():
            if hmac.compare_digest(kept.sha256, shown):
                found = kept
        return found if found is not None and found.holds(at) else None

    def holds(self, sha256: str, at: datetime) -> bool:
        """Tell whether a token is still there and not over."""
        return any(kept.sha256 == sha256 and kept.holds(at) for kept in self._now())

    def all(self) -> Sequence[Kept]:
        """Give what is kept of all tokens, in the order of their names. Raises TokensUnusable."""
        return sorted(self._read(), key=lambda kept: kept.name)

    def add(self, name: str, role: Role, at: datetime, expires: datetime | None) -> str:
        """Make a token and give it: nobody can read it again. Raises TokensUnusable, and OperatorError if the name is taken."""
        if not NAME.fullmatch(name):
            raise OperatorError(f"{name!r} is no name: letters, digits and _ . - are, with a letter or digit first")
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._alone() as kept:
            if any(one.name == name for one in kept):
                raise OperatorError(
                    f"there is a token of this name; remove it first: ivr supervision token remove {name}"
                )
            self._write([*kept, Kept(name, role, _mark(token), at, expires)])
        return token

    def remove(self, name: str) -> bool:
        """Remove a token; False if there is none of this name. Raises TokensUnusable."""
        with self._alone() as kept:
            rest = [one for one in kept if one.name != name]
            if len(rest) < len(kept):
                self._write(rest)
        return len(rest) < len(kept)

    def _now(self) -> tuple[Kept, ...]:
        """Give the tokens as they are; none if the file cannot be used, which is said once for each change of it."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._seen, self._kept = None, ()
            return ()
        except OSError:
            return ()
        seen = (found.st_mtime_ns, found.st_ino, found.st_ctime_ns)
        if seen != self._seen:
            self._seen, self._kept = seen, ()
            try:
                self._kept = self._read()
            except TokensUnusable as error:
                logger.error("nobody is let in over the network: %s", error, extra={"action": "tokens_unusable"})
        return self._kept

    def _read(self) -> tuple[Kept, ...]:
        try:
            with self._path.open("rb") as handle:
                found = os.fstat(handle.fileno())
                wrong = complaint(self._path, found.st_mode, found.st_uid, os.geteuid())
                if wrong:
                    raise TokensUnusable(wrong)
                return tuple(_kept(one) for one in json.loads(handle.read())["tokens"])
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise TokensUnusable(f"{self._path} cannot be read ({error.strerror}); run this as its owner") from None
        except (ValueError, KeyError, TypeError) as error:
            raise TokensUnusable(f"{self._path} is damaged ({error}); remove it and add the tokens again") from None

    @contextmanager
    def _alone(self) -> Iterator[tuple[Kept, ...]]:
        """Read the tokens while nobody else changes them."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = self._path.with_name(f"{self._path.name}.lock")
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise TokensUnusable(
                f"{lock} cannot be written ({error.strerror}); run this as the user of supervision"
            ) from None
        try:
            self._give_away(handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield self._read()
        finally:
            os.close(handle)

    def _give_away(self, handle: int) -> None:
        """Let a file that root makes belong to the user that supervision runs as: the owner of the state's folder."""
        if os.geteuid() == 0:
            folder = self._path.parent.stat()
            os.fchown(handle, folder.st_uid, folder.st_gid)

    def _write(self, tokens: Sequence[Kept]) -> None:
        text = json.dumps({"tokens": [_row(one) for one in tokens]}, indent=1) + "\n"
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            beside.unlink(missing_ok=True)
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                self._give_away(handle)
                os.fsync(out.fileno())
            beside.replace(self._path)
        except OSError as error:
            raise TokensUnusable(f"{self._path} cannot be written ({error.strerror}); nothing has changed") from None


def _mark(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _row(kept: Kept) -> dict[str, str | None]:
    until = None if kept.expires is None else kept.expires.isoformat()
    made = kept.created.isoformat()
    return {"name": kept.name, "role": kept.role.value, "sha256": kept.sha256, "created": made, "expires": until}


def _kept(row: dict[str, Any]) -> Kept:
    if not MARK.fullmatch(str(row["sha256"])):
        message = f"the token {row['name']} has no SHA-256"
        raise ValueError(message)
    made = Kept(str(row["name"]), Role(row["role"]), str(row["sha256"]), _aware(row["created"]))
    return replace(made, expires=_aware(row["expires"])) if row["expires"] else made


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        message = f"{text} has no time zone"
        raise ValueError(message)
    return at
