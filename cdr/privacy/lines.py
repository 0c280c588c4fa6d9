"""Tokens and numbers in journal lines, put in another's place. PURE."""

import re
import zlib
from collections.abc import Callable, Iterator

_TOKEN = re.compile(rb"[~^][0-9a-f]{16}")
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
