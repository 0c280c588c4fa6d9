"""Secrets in files: read only if nobody else may read them.

Rule 1: a secret comes from the environment or from such a file, never from a command line: every user sees those.
Rule 2: no message here holds the secret, not even a part of it.
"""

import os
import secrets
import stat
from pathlib import Path

from ivr.errors import SettingsError

OTHERS = 0o077
"""The rights of group and others; a secret's file has none of them."""
MOST_BYTES = 1000
"""A header of the manager's protocol holds no more."""


def read_secret(path: Path, setting: str) -> str:
    """Read the secret that `setting` (an environment variable) points to: the file's first line.

    Raises SettingsError if it is missing, empty, longer than a secret can be, owned by another user than ours or root,
    or if group or others have any right to it.
    """
    try:
        with path.open("rb") as handle:
            found = os.fstat(handle.fileno())
            wrong = complaint(path, found.st_mode, found.st_uid, os.geteuid())
            text = "" if wrong else handle.read(MOST_BYTES + 1).decode("utf-8", "replace")
    except OSError as error:
        raise SettingsError(
            f"{setting}: {path} cannot be read ({error.strerror}); write the secret into it and run: chmod 600 {path}"
        ) from None
    lines = text.strip().splitlines()
    if not wrong and (len(lines) != 1 or len(text) > MOST_BYTES):
        wrong = f"{path} must hold the secret as its only line, of at most {MOST_BYTES} bytes; write it again"
    if wrong:
        raise SettingsError(f"{setting}: {wrong}")
    return lines[0].strip()


def complaint(path: Path, mode: int, owner: int, us: int) -> str:
    """Say why a file with this mode (st_mode) and owner (user id) is no place for a secret of user `us`; "" if it is one."""
    if not stat.S_ISREG(mode):
        return f"{path} is not a file; name the file that holds the secret"
    if owner not in (us, 0):
        return f"{path} belongs to user {owner}, who may change it; run: chown {us} {path}"
    if mode & OTHERS:
        return f"{path} holds a secret and others may use it (mode {stat.S_IMODE(mode):04o}); run: chmod 600 {path}"
    return ""


def kept_secret(path: Path) -> str:
    """Read a secret of our own; make it first if there is none. Raises SettingsError as `read_secret` does."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(18) + "\n", encoding="utf-8")
    return read_secret(path, str(path.name))
