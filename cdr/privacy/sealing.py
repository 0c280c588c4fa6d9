"""Numbers of citizens become tokens before anything is stored. PURE.

Rule 1: a number is stored once, in the table `numbers`; everywhere else stands its token, `~` and 16 hexadecimal digits.
Rule 2: the same number gives the same token under the same key, so lines that come twice are the same line, and a
citizen's calls can be found by the number. Without the key nobody can tell which number a token stands for.
Rule 3: numbers of up to `INNER` digits are telephones and services of the house, no citizen's.
"""

import hmac
import re
from base64 import b64encode
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TypedDict

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from cdr.journal.line import JournalEvent, with_caller
from cdr.record.masking import country_of, masked

INNER = 6  # digits
REMEMBERED = 65_536  # numbers whose tokens need not be made again
TOKEN = re.compile(r"~[0-9a-f]{16}")
PSEUDONYM = re.compile(r"\^[0-9a-f]{16}")

_INNER = re.compile(rf"[0-9*#]{{0,{INNER}}}")
_DIGITS = re.compile(rb"\+?[0-9]{7,}")
_BEFORE, _AFTER = rb"(?<![0-9A-Za-z.-])", rb"(?![0-9A-Za-z.-])"  # a word of its own, no part of a uniqueid or a name
_CALLER_FIELD = re.compile(rb'"[^"]*","[0-9.]*","((?:[^"]|"")*)"')


class Mode(Enum):
    """What is kept of a number: `encrypted` (the key's owner can read it), `hashed` (nobody can), `plain` (as it is)."""

    ENCRYPTED = "encrypted"
    HASHED = "hashed"
    PLAIN = "plain"


class NumberRow(TypedDict):
    """A row of the table `numbers`; `seen_us` is when the number called, in microseconds since 1970."""

    token: str
    sealed: bytes | None
    shown: str
    seen_us: int


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The secrets of one store: `naming` makes tokens (any length), `sealing` encrypts (64 bytes)."""

    naming: bytes
    sealing: bytes


def is_citizens(number: str) -> bool:
    """Tell whether a caller's number is a citizen's: not withheld, not an inner one, and no token already."""
    if not number or TOKEN.fullmatch(number) or PSEUDONYM.fullmatch(number):
        return False
    return _INNER.fullmatch(number) is None


def token_of(number: str, key: bytes) -> str:
    """Give the token of a number."""
    return "~" + _digest(key, number)


def pseudonym_of(token: str, key: bytes) -> str:
    """Give what stands for a token once its number was let go; `key` is that of the month."""
    return "^" + _digest(key, token)


class Sealing:
    """Seals with the keys of a store. `mode` is not `plain`."""

    def __init__(self, keys: Keys, mode: Mode) -> None:
        self._keys = keys
        self._mode = mode
        self._cipher = AESSIV(keys.sealing)
        self._token = lru_cache(maxsize=REMEMBERED)(lambda number: token_of(number, keys.naming))
        self._is_citizens = lru_cache(maxsize=REMEMBERED)(is_citizens)

    def seal(self, event: JournalEvent, rows: dict[str, NumberRow]) -> JournalEvent:
        """Give an event with a token, and put what is to be kept of its number into `rows`, by token."""
        number = event.caller_number
        if not self._is_citizens(number):
            return event
        token = self._token(number)
        row = rows.get(token)
        if row is None:
            rows[token] = self.row(number, event.at)
        elif row["seen_us"] < event.at:
            row["seen_us"] = event.at
        return with_caller(event, token, _line_sealed(event.line, token.encode()))

    def row(self, number: str, seen_us: int) -> NumberRow:
        """Give what is kept of a number."""
        encrypted = self._mode is Mode.ENCRYPTED
        sealed = self.sealed(number) if encrypted else None
        shown = masked(number) if encrypted else country_of(number)
        return {"token": self._token(number), "sealed": sealed, "shown": shown, "seen_us": seen_us}

    def sealed(self, number: str) -> bytes:
        """Encrypt a number, always to the same bytes."""
        return self._cipher.encrypt(number.encode("utf-8", "replace"), None)

    def number_of(self, sealed: bytes) -> str:
        """Read a number again. Raises `cryptography.exceptions.InvalidTag` with another key than it was sealed with."""
        return self._cipher.decrypt(sealed, None).decode()


def _line_sealed(line: bytes, token: bytes) -> bytes:
    """Put a token in the place of a line's caller number.

    Elsewhere in the line only a number of digits is replaced, and only behind the extension: a caller who calls himself
    by a context's or a channel's name changes nothing but his own number.
    """
    found = _CALLER_FIELD.match(line)
    if found is None:
        return line
    number, start, end = found[1], *found.span(1)
    rest = line[end:]
    if number in rest and _DIGITS.fullmatch(number):
        dialled, mark, behind = _split_behind_extension(rest)
        rest = dialled + mark + re.sub(_BEFORE + re.escape(number) + _AFTER, token, behind)
    return line[:start] + token + rest


def _split_behind_extension(rest: bytes) -> tuple[bytes, bytes, bytes]:
    """Cut what follows the caller's number behind the next field: `","8488","from-trunk"...`."""
    place = rest.find(b'","', 3)
    return (rest, b"", b"") if place < 0 else (rest[:place], rest[place : place + 3], rest[place + 3 :])


def _digest(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode("utf-8", "replace"), "sha256")[:8].hex()


def as_text(secret: bytes) -> str:
    """Write a secret as text for its file."""
    return b64encode(secret).decode()
