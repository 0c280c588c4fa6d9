"""Adds journal lines to the record store: to their calls, and what marks among them change. EDGE.

Rule 1: the rows of a call are made from its lines and the marks of its PBX alone, so they are the same however the lines
came. A mark that is new is therefore applied to every call that it may concern, also to those that ended before.
Rule 2: a call is known by its PBX and its linkedid: those of two PBXs may be alike.
Rule 3: a call whose lines were purged takes no lines any more.
Rule 4: while much has to be caught up with, a call that goes on only gets its lines: its rows are made once, when its end
has come or when there is time (`fold` is 0 until then).
Rule 5: runs within a transaction of `cdr.store.store`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace as changed_to

from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.fold.call import as_written
from cdr.journal.line import JournalEvent
from cdr.journal.marks import Mark, call_of_line, identity_of, is_of_mark, mark_in
from cdr.journal.reader import Batch
from cdr.store.folding import Call, fold_again, folded_all, unfolded
from cdr.store.lines import Lines
from cdr.store.marks import add_marks, concerned
from cdr.store.statements import CallKey, Known, known_lines, replace, replace_lines

BUSY_LINES = 3000  # lines in one batch from which on much has to be caught up with


async def add(connection: AsyncConnection, batch: Batch, lines: Lines) -> tuple[int, int]:
    """Add the lines of a batch. Gives the numbers of new lines and new marks together, and of calls that they changed."""
    fresh, found = _sorted_out(batch.events, batch.node)
    new_marks = await add_marks(connection, found)
    known = await known_lines(connection, fresh)
    changed: dict[CallKey, Call] = {}
    for name, added in fresh.items():
        before = known.get(name)
        if before is None or not before.purged:
            call = _joined(lines.read(before.lines) if before else [], added)
            if call is not None:
                changed[name] = call
    await _write(connection, changed, known, lines, behind=len(batch.events) >= BUSY_LINES)
    others = await concerned(connection, new_marks) - changed.keys() if new_marks else set()
    await fold_again(connection, others, lines)
    new = sum(call.new for call in changed.values())
    return new + sum(is_of_mark(one.event) for one in new_marks), len(changed) + len(others)


async def _write(
    connection: AsyncConnection,
    changed: Mapping[CallKey, Call],
    known: Mapping[CallKey, Known],
    lines: Lines,
    *,
    behind: bool,
) -> None:
    later = {name: call for name, call in changed.items() if behind and not call.is_over}
    now = {name: call for name, call in changed.items() if name not in later}
    packed, made = await folded_all(connection, now) if now else ([], [])
    await replace(connection, packed, made, {name: known[name] for name in now if name in known})
    waiting = [unfolded(name, call, known.get(name)) for name, call in later.items()]
    await replace_lines(connection, waiting, [name for name in later if name in known])
    for row, call in zip([*packed, *waiting], [*now.values(), *later.values()], strict=True):
        if not row["complete"]:
            lines.remember(row["lines"], call.written)


def _sorted_out(events: Iterable[JournalEvent], node: str) -> tuple[dict[CallKey, list[JournalEvent]], list[Mark]]:
    """Give the lines by call, and the marks."""
    fresh: dict[str, list[JournalEvent]] = defaultdict(list)
    marks: list[Mark] = []
    for one in events:
        mark = mark_in(one)
        if mark is not None:
            marks.append(mark if mark.by.node else changed_to(mark, by=changed_to(mark.by, node=node)))
        linkedid = call_of_line(one)
        if linkedid is not None:
            fresh[linkedid].append(one)
    return {(_node_of(linkedid) or node, linkedid): some for linkedid, some in fresh.items()}, marks


def _node_of(linkedid: str) -> str:
    found = identity_of(linkedid)
    return found.node if found else ""


def _joined(known: list[JournalEvent], added: list[JournalEvent]) -> Call | None:
    """Put old and new lines together; None if nothing is new, no line and no place."""
    if not known:
        written = as_written(added)
        return Call(written, len(written))
    places = {one.line: (one.file, one.offset) for one in known}
    written = as_written([*known, *added])
    if all(places.get(one.line) == (one.file, one.offset) for one in written):
        return None
    return Call(written, len(written) - len(places))
