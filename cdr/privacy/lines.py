"""Tokens and numbers in journal lines, put in another's place; numbers in what is no line, hidden. PURE."""

import re
import zlib
from collections.abc import Callable, Iterator

_TOKEN = re.compile(rb"[~^][0-9a-f]{16}")
_TIME = rb"(?<![0-9])[0-9]{10}\.[0-9]{1,9}(?![0-9])"  # also the end of a uniqueid
_NUMBER = rb"\+[0-9][0-9 ()-]{4,}|[0-9]{5,}"  # rather too much than a number
_HIDDEN = re.compile(_TIME + rb"|(" + _NUMBER + rb")")
_DIGIT = re.compile(rb"[0-9]")
_LEVEL = 1  # as `cdr.store.packed` packs


def with_tokens(packed: bytes, change: Callable[[str], str]) -> bytes:
    """Give packed lines in which each token or pseudonym is what `change` makes of it; packed as before."""
    plain = packed[:1] in b'@"'
    text = packed if plain else zlib.decompress(packed)
    changed = _TOKEN.sub(lambda found: change(found[0].decode()).encode(), text)
    return changed if plain else zlib.compress(changed, _LEVEL)


def places_of(text: bytes, number: str) -> Iterator[int]:
    """Give where a number begins in journal text, wherever it stands as a word of its own."""
    word = re.escape(number.encode())
    return (found.start() for found in re.finditer(rb"(?<![0-9A-Za-z+])" + word + rb"(?![0-9A-Za-z])", text))


def hidden(piece: bytes) -> bytes:
    """Give a piece with `*` for every digit of what may be a telephone number; times and uniqueids stay.

    For pieces that nobody could read: no field tells there what a number is.
    """
    return _HIDDEN.sub(lambda found: _DIGIT.sub(b"*", found[0]) if found[1] else found[0], piece)


def hidden_text(text: str) -> str:
    """Give a text likewise, as for a log: what is wrong with a piece may hold a part of it."""
    return hidden(text.encode()).decode()
