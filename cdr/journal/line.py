"""One line of the journal as an event. PURE.

Rule 1: bytes in, values out, never an exception: what cannot be read becomes a `BadLine` with its place and reason.
Rule 2: a line ends at a newline outside quotes. A newline inside quotes belongs to the value, unless what follows
looks like the start of a line: inside a quoted value every quote is doubled, so `"NAME","123.456","` cannot be there.
Rule 3: text is UTF-8; bytes that are not, lone surrogates and NUL become U+FFFD, so that every store takes them.
Rule 4: where a line ends does not depend on how many bytes after it are already there.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, make_dataclass
from operator import attrgetter
from typing import Any

from cdr.journal.extra import clean, extra_of, note_of

MAX_LINE = 262_144  # bytes; a longer line is cut and reported
LOOK_AHEAD = 128  # bytes; a line's start is recognised within these, so wait for them before a cut
COLUMNS = 14
BROKEN_OFF = "the line breaks off and another begins within it"
NOTES = "IVR_NOTES"  # several events of ours in one line
_CSV_LIMIT = 131_072  # characters that `csv` takes as one value
LATEST = 253_402_300_800_000_000  # microseconds since 1970: the year 10000, which `datetime` cannot tell

_PLAIN, _NEEDED, _QUOTED = '"([^"]*+)"', '"([^"]++)"', '"([^"]*+(?:""[^"]*+)*+)"'
_AT = '"([0-9]{1,11})[.]([0-9]{6})"'
_QUICK = re.compile(",".join([_NEEDED, _AT, *[_PLAIN] * 5, _QUOTED, _NEEDED, _NEEDED, _PLAIN, _PLAIN, _PLAIN, _QUOTED]))
"""What Asterisk writes. Quotes within a value are doubled; they are looked for only where there are any."""

_LINE_START = re.compile(rb'"[^"\n]{1,80}","\d{1,12}\.\d{1,6}","')
_LOST_START = re.compile(rb'"[A-Z][A-Z_0-9]*","\d{9,12}\.\d{6}","')


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """One journal line. `at` is in microseconds since 1970, UTC; `line` is the line as it stood in the file.

    `file` and `offset` (bytes) are its place, see `places`; `file` is `""` where that is not known. `extra` holds the
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


# What cannot be changed is slow to fill: each value goes through `object.__setattr__`. So a twin with the same slots is
# filled and then made a JournalEvent: a quarter of the time that a line takes.
_Unfrozen: Any = make_dataclass("_Unfrozen", list(JournalEvent.__slots__), slots=True)
_values = attrgetter(*JournalEvent.__slots__)
_NUMBERS = {name: number for number, name in enumerate(JournalEvent.__slots__)}


def changed(event: JournalEvent, **values: object) -> JournalEvent:
    """Give an event with other values: `dataclasses.replace` in a third of its time."""
    content = [*_values(event)]
    for name, value in values.items():
        content[_NUMBERS[name]] = value
    return _frozen(_Unfrozen(*content))


def with_caller(event: JournalEvent, number: str, line: bytes) -> JournalEvent:
    """Give an event with another caller, in its values and its line: `changed` in half of its time, for each line sealed."""
    one = event
    more = (one.uniqueid, one.linkedid, one.peer, one.userfield, one.user_type, one.extra, line, one.file, one.offset)
    return _frozen(
        _Unfrozen(one.type, one.at, number, one.exten, one.context, one.channel, one.app, one.app_data, *more)
    )


def _frozen(unfrozen: Any) -> JournalEvent:  # noqa: ANN401 - a class that is made here has no name for the checker
    unfrozen.__class__ = JournalEvent
    event: JournalEvent = unfrozen
    return event


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
    start = scan = quotes = 0
    size, find, count = len(data), data.find, data.count
    while start < size:
        newline = find(b"\n", scan)
        end = newline if newline >= 0 else size - LOOK_AHEAD
        if end - start > MAX_LINE:
            yield start, data[start : start + MAX_LINE]
            start = scan = start + MAX_LINE
            quotes = 0
            continue
        if newline < 0:
            break
        quotes += count(b'"', scan, newline)
        scan = newline + 1
        if quotes % 2 == 0 or _LINE_START.match(data, scan):
            yield start, data[start:scan]
            start, quotes = scan, 0
    if final and start < size:
        yield start, data[start:]


def parse_line(line: bytes, offset: int = 0, file: str = "") -> list[Parsed]:
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
            *parse_line(line, offset + start, file),
            *parse_line(rest, offset + start + len(line) + 1, file),
        ]
    return [before, *parse_line(body[start:], offset + start, file)]


def parse_lines(
    data: bytes, offset: int = 0, file: str = "", *, final: bool = False
) -> tuple[list[JournalEvent], list[BadLine], int]:
    """Read the whole lines of a buffer that begins at a place: the events, the bad lines, and how many bytes that were."""
    events: list[JournalEvent] = []
    bad: list[BadLine] = []
    end = 0
    for start, line in split_lines(data, final=final):
        end = start + len(line)
        found = _event(line.rstrip(b"\r\n"), offset + start, file)
        if isinstance(found, JournalEvent):
            events.append(found)
            continue
        for one in parse_line(line, offset + start, file):
            if isinstance(one, JournalEvent):
                events.append(one)
            else:
                bad.append(one)
    return events, bad, end


def to_microseconds(text: str) -> int | None:
    """Read `seconds.fraction` exactly, without a float; None if it is no time that `datetime` can tell."""
    whole, _, fraction = text.partition(".")
    if not (whole.isdecimal() and fraction.isdecimal() and len(whole) < 13 and len(fraction) < 7):
        return None
    at = int(whole + fraction.ljust(6, "0"))
    return at if at < LATEST else None


def _event(body: bytes, offset: int, file: str) -> Parsed:
    text = body.decode("utf-8", "replace")
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    quick = _QUICK.fullmatch(text) if len(text) < _CSV_LIMIT else None
    if quick is None:
        return _event_slowly(text, body, offset, file)
    # each column by its name, since lists and calls on the way would take longer than the columns themselves
    kind, second, fraction, a, b, c, d, e, data, f, g, h, i, j, extra = quick.groups()
    at = int(second + fraction)
    if '"' in data:
        data = data.replace('""', '"')
    values = extra_of(extra.replace('""', '"')) if extra else {}
    event: JournalEvent = _Unfrozen(kind, at, a, b, c, d, e, data, f, g, h, i, j, values, body, file, offset)
    event.__class__ = JournalEvent
    return event


def _event_slowly(text: str, body: bytes, offset: int, file: str) -> Parsed:
    """Read a line that is not as Asterisk writes it, or say what is wrong with it."""
    try:
        columns = next(csv.reader([text], strict=True))
    except csv.Error as error:
        return BadLine(offset, f"the quotes are wrong: {error}", body)
    if len(columns) != COLUMNS:
        return BadLine(offset, f"{len(columns)} columns instead of {COLUMNS}", body)
    kind, when, *middle, extra = columns
    if '"' in kind:  # of a line that was begun within another's first value
        return BadLine(offset, "the event type holds a quote", body)
    at = to_microseconds(when)
    if at is None:
        return BadLine(offset, f"the time {when[:40]!r} is no number of seconds with a fraction", body)
    if not (kind and middle[6] and middle[7]):
        return BadLine(offset, "event type, uniqueid or linkedid is empty", body)
    return _frozen(_Unfrozen(kind, at, *middle, extra_of(extra) if extra else {}, body, file, offset))


def unpacked(event: JournalEvent) -> Iterator[JournalEvent]:
    """Give the events that one `IVR_NOTES` line tells, in their order; any other event as it is.

    What is told in the wrong form is left out.
    """
    if event.type != NOTES:
        yield event
        return
    for name, text in event.extra.items():
        fields = note_of(text)
        if fields is not None:
            yield changed(event, type=name, user_type=name, extra=fields)
