"""Adds journal lines to the record store: to their calls, and what marks among them change. EDGE.

Rule 1: the rows of a call are made from its lines and the marks of its PBX alone, so they are the same however the lines
came. A mark that is new is therefore applied to every call that it may concern, also to those that ended before.
Rule 2: runs within a transaction of `cdr.store`.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.fold import fold_written
from cdr.fold_call import as_written
from cdr.journal_line import JournalEvent
from cdr.journal_lines import events_of, pack_written
from cdr.marks import NONE, Mark, Marks, identity_of, is_of_mark, mark_in, marks_by_node
from cdr.places import Place, to_text
from cdr.record import CallRecord
from cdr.rows import Rows, rows_of
from cdr.store_marks import add_marks, concerned, marks_after
from cdr.store_rows import known_lines, replace

logger = logging.getLogger(__name__)

BREATH = 20  # calls folded before other tasks of the loop get their turn


@dataclass(slots=True)
class _Call:
    """One call as it is now: all its lines in the order of the journal, and how many of them are new."""

    written: list[JournalEvent]
    new: int

    @property
    def begins(self) -> Place:
        return self.written[0].file, self.written[0].offset

    @property
    def ends(self) -> Place:
        return self.written[-1].file, self.written[-1].offset


async def add(connection: AsyncConnection, events: Iterable[JournalEvent]) -> tuple[int, int]:
    """Add lines; give the numbers of new lines and new marks together, and of calls whose rows they changed."""
    fresh, found = _sorted_out(events)
    new_marks = await add_marks(connection, found)
    known = await known_lines(connection, list(fresh))
    calls = {name: _joined(events_of(known[name]) if name in known else [], added) for name, added in fresh.items()}
    changed = {name: call for name, call in calls.items() if call is not None}
    if new_marks:
        names = await concerned(connection, new_marks) - changed.keys()
        again = await known_lines(connection, sorted(names))
        changed |= {name: _Call(as_written(events_of(text)), 0) for name, text in again.items()}
        known |= again
    if changed:
        by_node = marks_by_node(await marks_after(connection, min(call.begins for call in changed.values())))
        packed, made = await _folded_all(changed, by_node)
        await replace(connection, packed, made, [name for name in changed if name in known])
    lines = sum(call.new for call in changed.values())
    return lines + sum(is_of_mark(one.event) for one in new_marks), len(changed)


def _sorted_out(events: Iterable[JournalEvent]) -> tuple[dict[str, list[JournalEvent]], list[Mark]]:
    """Give the lines by call, and the marks."""
    fresh: dict[str, list[JournalEvent]] = defaultdict(list)
    marks: list[Mark] = []
    for one in events:
        mark = mark_in(one)
        if mark is not None:
            marks.append(mark)
        if not is_of_mark(one):
            fresh[one.linkedid].append(one)
    return fresh, marks


def _joined(known: list[JournalEvent], added: list[JournalEvent]) -> _Call | None:
    """Put old and new lines together; None if nothing is new, no line and no place."""
    if not known:
        written = as_written(added)
        return _Call(written, len(written))
    places = {one.line: (one.file, one.offset) for one in known}
    written = as_written([*known, *added])
    if all(places.get(one.line) == (one.file, one.offset) for one in written):
        return None
    return _Call(written, len(written) - len(places))


async def _folded_all(
    changed: Mapping[str, _Call], by_node: Mapping[str, Marks]
) -> tuple[list[dict[str, Any]], list[Rows]]:
    """Give the packed lines of calls, and their rows."""
    packed: list[dict[str, Any]] = []
    made: list[Rows] = []
    for number, (linkedid, call) in enumerate(changed.items()):
        identity = identity_of(linkedid)
        marks = by_node.get(identity.node, NONE) if identity else NONE
        record = _folded(linkedid, call.written, marks)
        made += [rows_of(record)] if record else []
        packed.append(_packed(linkedid, call, complete=record is not None and record.complete))
        if number % BREATH == 0:
            await asyncio.sleep(0)
    return packed, made


def _packed(linkedid: str, call: _Call, *, complete: bool) -> dict[str, Any]:
    return {
        "linkedid": linkedid,
        "complete": complete,
        "lines": pack_written(call.written, compressed=complete),
        "first_place": to_text(call.begins),
        "last_place": to_text(call.ends),
    }


def _folded(linkedid: str, written: Sequence[JournalEvent], marks: Marks) -> CallRecord | None:
    """Fold a call; one that the fold stumbles over keeps its lines and has no record until the fold is mended."""
    try:
        return fold_written(written, marks)
    except Exception:  # whatever it is: one strange call must not stop the records of all others
        extra = {"action": "fold_failed", "linkedid": linkedid}
        logger.exception("Call %s has no record: its journal lines are kept; report them", linkedid, extra=extra)
        return None
