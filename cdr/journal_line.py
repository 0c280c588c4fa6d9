"""One line of the journal as an event. PURE.

Rule 1: bytes in, values out, never an exception: what cannot be read becomes a `BadLine` with its place and reason.
Rule 2: a line ends at a newline outside quotes. A newline inside quotes belongs to the value, unless what follows
looks like the start of a line: inside a quoted value every quote is doubled, so `"NAME","123.456","` cannot be there.
Rule 3: text is UTF-8; bytes that are not, lone surrogates and NUL become U+FFFD, so that every store takes them.
Rule 4: where a line ends does not depend on how many bytes after it are already there.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

MAX_LINE = 262_144  # bytes; a longer line is cut and reported
LOOK_AHEAD = 128  # bytes; a line's start is recognised within these, so wait for them before a cut
COLUMNS = 14
BROKEN_OFF = "the line breaks off and another begins within it"
NOTES = "IVR_NOTES"  # several events of ours in one line
LATEST = 253_402_300_800_000_000  # microseconds since 1970: the year 10000, which `datetime` cannot tell

_LINE_START = re.compile(rb'"[^"\n]{1,80}","\d{1,12}\.\d{1,6}","')
_LOST_START = re.compile(rb'"[A-Z][A-Z_0-9]*","\d{9,12}\.\d{6}","')
_TIME = re.compile(r"(\d{1,12})\.(\d{1,6})")


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """One journal line. `at` is in microseconds since 1970, UTC; `line` is the line as it stood in the file.

    `file` and `offset` (bytes) are its place, see `cdr.places`; `file` is `""` where that is not known. `extra` holds the
    values of `eventextra`; for our own events those of the JSON inside it, or `{"text": ...}` where that is plain text.
    """

    type: str
    at: int
    caller_number: str
    exten: str
    context: str
    channel: str
    app: str
    app_data: str
    uniqueid: str
    linkedid: str
    peer: str = ""
    userfield: str = ""
    user_type: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    line: bytes = b""
    file: str = ""
    offset: int = 0

    def get(self, key: str) -> str:
        """Give a value of `extra`, `""` if it is not there."""
        return self.extra.get(key, "")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A piece of the journal that is no event: where it begins (bytes), why, and its bytes."""

    offset: int
    reason: str
    line: bytes

    @property
    def text(self) -> str:
        """Give the beginning of the piece, readable."""
        return clean(self.line[:400].decode("utf-8", "replace"))


Parsed = JournalEvent | BadLine


def split_lines(data: bytes, *, final: bool = False) -> Iterator[tuple[int, bytes]]:
    """Cut a buffer into whole lines with their offsets; what follows the last one is not complete yet.

    `final` says that nothing more will come, so that the rest is a line too.
    """
    start = scan = 0
    quotes = 0
    while start < len(data):
        newline = data.find(b"\n", scan)
        end = newline if newline >= 0 else len(data) - LOOK_AHEAD
        if end - start > MAX_LINE:
            yield start, data[start : start + MAX_LINE]
            start = scan = start + MAX_LINE
            quotes = 0
            continue
        if newline < 0:
            break
        quotes += data.count(b'"', scan, newline)
        scan = newline + 1
        if quotes % 2 == 0 or _LINE_START.match(data, scan):
            yield start, data[start : newline + 1]
            start, quotes = scan, 0
    if final and start < len(data):
        yield start, data[start:]


def parse_line(line: bytes, offset: int = 0, file: str = "") -> list[Parsed]:
    """Read one line at a place; a second line begun in the middle of a broken one is found again.

    Gives nothing for an empty line, else at least one value.
    """
    body = line.rstrip(b"\r\n")
    if not body:
        return []
    found = _event(body, offset, file)
    if isinstance(found, JournalEvent):
        return [found]
    starts = [match.start() for match in _LOST_START.finditer(body, 1)]
    if not starts:
        return [found]
    lost = BadLine(offset, BROKEN_OFF, body[: starts[-1]])
    return [lost, *parse_line(body[starts[-1] :], offset + starts[-1], file)]


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


def unpacked(event: JournalEvent) -> Iterator[JournalEvent]:
    """Give the events that one `IVR_NOTES` line tells, in their order; any other event as it is.

    What is told in the wrong form is left out.
    """
    if event.type != NOTES:
        yield event
        return
    for name, text in event.extra.items():
        fields = _object(text)
        if fields is not None:
            yield replace(event, type=name, user_type=name, extra=_plain(fields))
