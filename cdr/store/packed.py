"""The lines of one call as the store keeps them. PURE.

Rule 1: the bytes are those of the journal, each line once, in the order in which they stood there. So records can be made
again, and `ivr records show ID --output journal` gives back what Asterisk wrote.
Rule 2: before the lines stands one that begins with `@` and tells their places: `@FILE:BYTES,MORE,...;FILE:...`, the
first line's place in each file and then the distance of each from the one before. Lines of older stores have none.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby
from operator import attrgetter, sub

from cdr.fold.call import as_written
from cdr.journal.line import JournalEvent, parse_line, split_lines
from cdr.journal.places import Place

_LEVEL = 1  # the fastest; a call of 15 kB shrinks to 1.5 kB


def pack(events: Iterable[JournalEvent], *, compressed: bool) -> bytes:
    """Put the lines of one call together."""
    return pack_written(as_written(events), compressed=compressed)


def pack_written(written: Sequence[JournalEvent], *, compressed: bool) -> bytes:
    """Put the lines of one call together that are as `cdr.fold.call.as_written` gives them."""
    text = _places(written) + b"\n".join([event.line for event in written]) + b"\n"
    return zlib.compress(text, _LEVEL) if compressed else text


def unpack(packed: bytes) -> bytes:
    """Give the lines as they stood in the journal."""
    return _parts(packed)[1]


def events_of(packed: bytes) -> list[JournalEvent]:
    """Read what `pack` put together, with the places of the lines."""
    header, text = _parts(packed)
    places = list(_read_places(header))
    lines = [line for _, line in split_lines(text, final=True)]
    if len(places) != len(lines):  # of an older store
        places = [("", 0)] * len(lines)
    return _events((line, *place) for line, place in zip(lines, places, strict=True))


def last_time(packed: bytes) -> int:
    """Give the time of the last line, in microseconds since 1970."""
    text = unpack(packed)
    for one in parse_line(text[text.rfind(b'\n"', 0, -1) + 1 :]):
        if isinstance(one, JournalEvent):
            return one.at
    return events_of(packed)[-1].at  # a value of the last line holds a newline


def _events(lines: Iterable[tuple[bytes, str, int]]) -> list[JournalEvent]:
    found = (one for line, file, offset in lines for one in parse_line(line, offset, file))
    return [one for one in found if isinstance(one, JournalEvent)]


def _parts(packed: bytes) -> tuple[bytes, bytes]:
    """Give the places and the lines. What is compressed begins with neither `@` nor a quote."""
    text = packed if packed[:1] in b'@"' else zlib.decompress(packed)
    if not text.startswith(b"@"):
        return b"", text
    header, _, lines = text.partition(b"\n")
    return header, lines


def _places(written: Sequence[JournalEvent]) -> bytes:
    if written[0].file == written[-1].file:  # most calls: they are sorted by file
        return f"@{_in_file(written[0].file, written)}\n".encode()
    parts = [_in_file(file, list(some)) for file, some in groupby(written, key=attrgetter("file"))]
    return f"@{';'.join(parts)}\n".encode()


def _in_file(file: str, some: Sequence[JournalEvent]) -> str:
    offsets = [event.offset for event in some]
    return f"{file}:{','.join(map(str, map(sub, offsets, [0, *offsets])))}"


def _read_places(header: bytes) -> Iterator[Place]:
    for part in header.decode()[1:].split(";") if header else ():
        file, _, steps = part.partition(":")
        for offset in accumulate(map(int, steps.split(","))):
            yield file, offset
