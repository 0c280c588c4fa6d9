"""A row of the table that Asterisk's `cel_pgsql` writes, as the line that `cel_custom` would have written. PURE.

Rule 1: the same bytes: 14 values in quotes, quotes within doubled, the time with six decimals. So a call that was
journalled into both is one call, each line once.
Rule 2: a row is a line as a whole; nothing in a value can end it.
"""

from collections.abc import Mapping
from typing import Any

from cdr.journal.line import BadLine, JournalEvent, parse_line

_TEXTS = (
    "eventtype", "eventtime", "cid_num", "exten", "context", "channame", "appname", "appdata", "uniqueid", "linkedid",
    "peer", "userfield", "userdeftype", "extra",
)  # fmt: skip
COLUMNS = {name: name if name == "eventtime" else f"convert_to({name}, 'SQL_ASCII') AS {name}" for name in _TEXTS}
"""The columns in the order of the journal, and how to ask for them: texts as bytes, whatever their encoding."""
_NUMBERS = {"id": ("bigint", "integer"), "eventtime": ("double precision",)}
_PLAIN = ("text", "character varying")


def line_of(row: Mapping[str, Any]) -> bytes:
    """Give a row's line, without a newline. Texts are bytes or None, `eventtime` is a float of seconds since 1970."""
    values = (b"%.6f" % row[name] if name == "eventtime" else row[name] or b"" for name in _TEXTS)
    return b",".join([b'"' + value.replace(b'"', b'""') + b'"' for value in values])


def event_of(row: Mapping[str, Any], place: str) -> JournalEvent | BadLine:
    """Read a row; its place is the table's name for places and its id."""
    line = line_of(row)
    found = parse_line(line, row["id"], place)
    if len(found) == 1:
        return found[0]
    broken = found[0]
    return BadLine(row["id"], broken.reason if isinstance(broken, BadLine) else "no event", line)


def missing(types: Mapping[str, str]) -> str:
    """Say which columns a table lacks, or has with a type that loses something; "" if it will do."""
    needed = {name: _NUMBERS.get(name, _PLAIN) for name in ("id", *_TEXTS)}
    return ", ".join(f"{name} {kinds[0]}" for name, kinds in needed.items() if types.get(name) not in kinds)
