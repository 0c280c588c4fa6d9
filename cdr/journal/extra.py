"""The last column of a journal line: JSON, or JSON within JSON, as plain texts. PURE.

Rule 1: text in, values out, never an exception: what is no JSON object is a text.
Rule 2: the same texts come again and again (menus, sounds), so what was read last is remembered. Nobody changes it.
"""

import json
from collections.abc import Mapping
from functools import lru_cache

REMEMBERED = 4096  # texts, of `LONGEST` characters at most
LONGEST = 400

_DECODER = json.JSONDecoder()


def extra_of(text: str) -> Mapping[str, str]:
    """Give the values of `eventextra`; for our own events those of the JSON inside it, or `{"text": ...}` of plain text."""
    return _remembered(text) if len(text) <= LONGEST else _read(text)


def note_of(text: str) -> Mapping[str, str] | None:
    """Give the values of an object as JSON, None if it is none."""
    return _remembered_note(text) if len(text) <= LONGEST else _note(text)


def object_in(text: str) -> dict[str, object] | None:
    """Read a JSON object, None if it is none."""
    if not text.startswith("{"):
        return None
    try:
        value, end = _DECODER.raw_decode(text)
        if end != len(text):
            value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def plain(values: Mapping[str, object]) -> dict[str, str]:
    """Give plain texts; an object within becomes its JSON text, a list is left out."""
    found: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, str):
            found[clean(key)] = clean(value)
        elif isinstance(value, int | float):
            found[clean(key)] = str(value)
        elif isinstance(value, dict):
            found[clean(key)] = clean(json.dumps(value))
    return found


def clean(text: str) -> str:
    """Replace what no store takes: NUL and lone surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _read(text: str) -> Mapping[str, str]:
    outer = object_in(text)
    if outer is None:
        return {"text": text}
    inner = outer.get("extra")
    if not isinstance(inner, str):
        return plain(outer)
    decoded = object_in(inner)
    return {"text": clean(inner)} if decoded is None else plain(decoded)


def _note(text: str) -> Mapping[str, str] | None:
    fields = object_in(text)
    return None if fields is None else plain(fields)


_remembered = lru_cache(maxsize=REMEMBERED)(_read)
_remembered_note = lru_cache(maxsize=REMEMBERED)(_note)
