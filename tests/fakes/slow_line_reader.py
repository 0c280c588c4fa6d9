"""The first, slow reader of journal lines, kept as the truth that the quick one is compared with."""

import csv
import json
import re

from cdr.journal.line import BROKEN_OFF, COLUMNS, LATEST, BadLine, JournalEvent, Parsed

_LOST_START = re.compile(rb'"[A-Z][A-Z_0-9]*","\d{9,12}\.\d{6}","')
_TIME = re.compile(r"(\d{1,12})\.(\d{1,6})")


def slow_parse_line(line: bytes, offset: int = 0, file: str = "") -> list[Parsed]:
    """Read one line at a place; a second line that was begun in the middle of a broken one is found again.

    Gives nothing for an empty line, else at least one value.
    """
    body = line.rstrip(b"\r\n")
    if not body:
        return []
    found = _event(body, offset, file)
    if isinstance(found, JournalEvent):
        return [found]
    starts = [match.start() for match in _LOST_START.finditer(body, 1)]
    return _recovered(body, starts[-1], offset, file) if starts else [found]


def _recovered(body: bytes, start: int, offset: int, file: str) -> list[Parsed]:
    """Read a line that begins at `start` within another: what is before it, the line, and what follows it."""
    before = BadLine(offset, BROKEN_OFF, body[:start])  # even if it looks whole: its last value may be cut at a quote
    line, newline, rest = body[start:].partition(b"\n")
    if newline and isinstance(_event(line, 0, file), JournalEvent):  # the rest of the broken one stands behind it
        return [
            before,
            *slow_parse_line(line, offset + start, file),
            *slow_parse_line(rest, offset + start + len(line) + 1, file),
        ]
    return [before, *slow_parse_line(body[start:], offset + start, file)]


def clean(text: str) -> str:
    """Replace what no store takes: NUL and lone surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def to_microseconds(text: str) -> int | None:
    """Read `seconds.fraction` exactly, without a float; None if it is no time that `datetime` can tell."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    at = int(match[1]) * 1_000_000 + int(match[2].ljust(6, "0"))
    return at if at < LATEST else None


def _event(body: bytes, offset: int, file: str) -> Parsed:
    try:
        rows = list(csv.reader([body.decode("utf-8", "replace")], strict=True))
    except csv.Error as error:
        return BadLine(offset, f"the quotes are wrong: {error}", body)
    columns = rows[0] if body.isascii() and b"\0" not in body else [clean(text) for text in rows[0]]
    if len(columns) != COLUMNS:
        return BadLine(offset, f"{len(columns)} columns instead of {COLUMNS}", body)
    kind, when, *middle = columns[:-1]
    if '"' in kind:  # of a line that was begun within another's first value
        return BadLine(offset, "the event type holds a quote", body)
    at = to_microseconds(when)
    if at is None:
        return BadLine(offset, f"the time {when[:40]!r} is no number of seconds with a fraction", body)
    number, exten, context, channel, app, app_data, uniqueid, linkedid, peer, userfield, user_type = middle
    if not (kind and uniqueid and linkedid):
        return BadLine(offset, "event type, uniqueid or linkedid is empty", body)
    texts = (number, exten, context, channel, app, app_data, uniqueid, linkedid, peer, userfield, user_type)
    return JournalEvent(kind, at, *texts, extra=_extra(columns[-1]), line=body, file=file, offset=offset)


def _extra(text: str) -> dict[str, str]:
    if not text:
        return {}
    outer = _object(text)
    if outer is None:
        return {"text": text}
    inner = outer.get("extra")
    if not isinstance(inner, str):
        return _plain(outer)
    decoded = _object(inner)
    return {"text": clean(inner)} if decoded is None else _plain(decoded)


def _object(text: str) -> dict[str, object] | None:
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _plain(values: dict[str, object]) -> dict[str, str]:
    """Give plain values; an object within becomes its JSON text."""
    texts = {key: json.dumps(value) if isinstance(value, dict) else value for key, value in values.items()}
    return {clean(key): clean(str(value)) for key, value in texts.items() if isinstance(value, str | int | float)}
