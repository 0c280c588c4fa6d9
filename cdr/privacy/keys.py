"""The secrets that numbers are sealed with, in files. EDGE.

Rule 1: `records.key` is made once, when the store is; who loses it can read no number of the store any more, and calls of
before and after cannot be told to be the same citizen's. It belongs into the backup, apart from the store's.
Rule 2: beside it lies a key for each month whose numbers are being let go, `month-2026-11.key`. It is destroyed when the
month is done: then nobody can test which pseudonym a number had.
Rule 3: a key that others may read is refused.
"""

import hmac
import os
import re
import secrets
import stat
from base64 import b64decode
from pathlib import Path

from cdr.errors import KeyUnusable
from cdr.privacy.sealing import Keys, as_text

SIZE = 64  # bytes of a secret
_MONTH = re.compile(r"month-(\d{4}-\d{2})\.key")


class KeyFiles:
    """The key of a store at `path`, and those of months beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keys(self, *, make: bool = True) -> Keys:
        """Read the store's key; make it if there is none and `make`. Raises `KeyUnusable`."""
        secret = _read(self.path) if self.path.exists() or not make else _made(self.path)
        return Keys(*(hmac.digest(secret, purpose, "sha512") for purpose in (b"naming", b"sealing")))

    def month(self, name: str, *, make: bool = False) -> bytes | None:
        """Read the key of a month such as `2026-11`, None if there is none and not `make`. Raises `KeyUnusable`."""
        path = self._month(name)
        if path.exists():
            return _read(path)
        return _made(path) if make else None

    def months(self) -> list[str]:
        """Give the months that have a key, in order."""
        found = (_MONTH.fullmatch(path.name) for path in self.path.parent.glob("month-*.key"))
        return sorted(one[1] for one in found if one)

    def destroy(self, name: str) -> None:
        """Destroy the key of a month: overwrite it, then remove it."""
        path = self._month(name)
        path.write_bytes(os.urandom(SIZE * 2))
        path.unlink()

    def _month(self, name: str) -> Path:
        return self.path.with_name(f"month-{name}.key")


def _made(path: Path) -> bytes:
    secret = secrets.token_bytes(SIZE)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial.touch(mode=0o600)
        partial.write_text(as_text(secret) + "\n", encoding="ascii")
        try:
            os.link(partial, path)  # two processes that begin at once get the same key
        except FileExistsError:
            return _read(path)
        finally:
            partial.unlink()
    except OSError as error:
        raise KeyUnusable.at(str(path), str(error)) from error
    return secret


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            text = file.read(4 * SIZE)
    except OSError as error:
        raise KeyUnusable.at(str(path), str(error)) from error
    if found.st_uid not in (os.geteuid(), 0):
        raise KeyUnusable.at(str(path), f"it belongs to user {found.st_uid}")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise KeyUnusable.at(str(path), f"others may read it (mode {stat.S_IMODE(found.st_mode):04o})")
    try:
        secret = b64decode(text.strip(), validate=True)
    except ValueError:
        secret = b""
    if len(secret) != SIZE:
        raise KeyUnusable.at(str(path), "it does not hold a key")
    return secret
