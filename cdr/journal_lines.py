"""The lines of one call as the store keeps them. PURE.

Rule 1: the bytes are those of the journal, each line once, in the order of `in_order`. So records can be made again,
and `ivr records show ID --output journal` gives back what Asterisk wrote.
"""

import zlib
from collections.abc import Iterable

from cdr.fold_call import in_order
from cdr.fold_outcome import LOST
from cdr.journal_line import JournalEvent, parse_line, split_lines

_LEVEL = 1  # the fastest; a call of 15 kB shrinks to 1.5 kB


def pack(events: Iterable[JournalEvent], *, compressed: bool) -> bytes:
    """Put the lines of one call together."""
    text = b"".join(event.line + b"\n" for event in in_order(events))
    return zlib.compress(text, _LEVEL) if compressed else text


def unpack(packed: bytes) -> bytes:
    """Give the lines as they stood in the journal. A plain line begins with a quote, compressed ones never do."""
    return packed if packed.startswith(b'"') else zlib.decompress(packed)


def events_in(text: bytes) -> list[JournalEvent]:
    """Read lines that were put together by `pack`."""
    found = (one for _, line in split_lines(text, final=True) for one in parse_line(line))
    return [one for one in found if isinstance(one, JournalEvent)]


def lost_line(linkedid: str, at: int) -> JournalEvent:
    """Make the line that closes a call which Asterisk will never end. `at` is its last line's time, microseconds."""
    columns = [LOST, f"{at // 1_000_000}.{at % 1_000_000:06d}", *[""] * 6, linkedid, linkedid, "", "", LOST, ""]
    quoted = ",".join('"' + text.replace('"', '""') + '"' for text in columns)
    return events_in(quoted.encode())[0]
