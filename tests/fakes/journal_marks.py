"""Marks of the PBX as journal lines, and the records that a whole journal gives, told without a store."""

import json
from collections import defaultdict
from collections.abc import Iterable

from cdr.fold.fold import fold
from cdr.journal.line import JournalEvent, parse_line, split_lines
from cdr.journal.marks import NONE, call_of_line, identity_of, mark_in, marks_by_node
from cdr.journal.places import file_name
from cdr.record.record import CallRecord
from tests.fakes.call_table import START, micros, quoted


def mark(kind: str, after: str, uniqueid: str = "pbx-1795009999.9000", **values: str) -> bytes:
    """Give the line of a mark that was written so many seconds after the beginning of every table."""
    extra = json.dumps({"extra": json.dumps(values)})
    return mark_line(kind, START + micros(after), uniqueid, extra)


def mark_line(kind: str, at: int, uniqueid: str, extra: str = "", ours: bool = True) -> bytes:
    """Give a line of a mark's channel. `at` is in microseconds since 1970."""
    when = f"{at // 1_000_000}.{at % 1_000_000:06d}"
    channel = "Local/boot@ivr-mark-00000000;2"
    name = kind if ours else ""
    return quoted([kind, when, "", "boot", "ivr-mark", channel, "", "", uniqueid, uniqueid, "", "", name, extra])


def around(kind: str, after: str, uniqueid: str = "pbx-1795009999.9000", **values: str) -> list[bytes]:
    """Give all lines of a mark's channel as Asterisk writes them."""
    at = START + micros(after)
    begins = mark_line("CHAN_START", at - 20, uniqueid, ours=False)
    ends = [mark_line(one, at + 20, uniqueid, ours=False) for one in ("HANGUP", "CHAN_END", "LINKEDID_END")]
    return [begins, mark(kind, after, uniqueid, **values), *ends]


def read(data: bytes) -> list[JournalEvent]:
    """Give the events of a journal file with their places."""
    name = file_name(data)
    found = (one for offset, line in split_lines(data) for one in parse_line(line, offset, name))
    return [one for one in found if isinstance(one, JournalEvent)]


def folded(lines: Iterable[bytes]) -> dict[str, CallRecord]:
    """Give the records of a journal's calls by linkedid."""
    calls: dict[str, list[JournalEvent]] = defaultdict(list)
    marks = []
    for event in read(b"".join(lines)):
        found = mark_in(event)
        marks += [found] if found else []
        linkedid = call_of_line(event)
        if linkedid is not None:
            calls[linkedid].append(event)
    by_node = marks_by_node(marks)
    nodes = {name: identity_of(name) for name in calls}
    return {
        name: fold(events, by_node.get(who.node, NONE) if who else NONE)
        for (name, events), who in zip(calls.items(), nodes.values(), strict=True)
    }
