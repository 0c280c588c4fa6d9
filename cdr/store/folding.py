"""Calls to rows within the record store: folded from their lines and the marks of their PBX. EDGE.

Rule 1: `journals.fold` says which fold made a call's rows. Rows of an older one are made again, some at a time, so that
neither an upgrade nor a rebuild holds up what comes in.
Rule 2: a call that the fold stumbles over keeps its lines, and has no rows until the fold is mended.
Rule 3: runs within a transaction of `cdr.store.store`.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.errors import EmptyCall
from cdr.fold.fold import VERSION, fold_written
from cdr.journal.line import JournalEvent
from cdr.journal.marks import NONE, Marks, marks_by_node
from cdr.journal.places import Place, to_text
from cdr.record.record import CallRecord
from cdr.record.rows import Row, Rows, rows_of
from cdr.store.lines import Lines
from cdr.store.marks import marks_after
from cdr.store.packed import pack_written
from cdr.store.statements import CallKey, Known, journals_between, known_lines, replace
from cdr.store.tables import journals

logger = logging.getLogger(__name__)

BREATH = 20  # calls folded before other tasks of the loop get their turn


@dataclass(slots=True)
class Call:
    """One call as it is now: all its lines in the order of the journal, and how many of them are new.

    `purged` tells that it takes no lines any more.
    """

    written: list[JournalEvent]
    new: int = 0
    purged: bool = False

    @property
    def is_over(self) -> bool:
        """Tell whether the line is there after which Asterisk writes no more of the call."""
        return any(event.type == "LINKEDID_END" for event in self.written)

    @property
    def begins(self) -> Place:
        """Give the place of the first line."""
        return self.written[0].file, self.written[0].offset

    @property
    def ends(self) -> Place:
        """Give the place of the last line."""
        return self.written[-1].file, self.written[-1].offset


async def folded_all(connection: AsyncConnection, some: Mapping[CallKey, Call]) -> tuple[list[Row], list[Rows]]:
    """Give the journal rows of calls, in their order, and the rows that are made from them."""
    by_node = marks_by_node(await marks_after(connection, min(call.begins for call in some.values())))
    packed: list[Row] = []
    made: list[Rows] = []
    for number, (name, call) in enumerate(some.items()):
        record = _folded(name, call, by_node.get(name[0], NONE))
        rows = None if record is None else rows_of(record)
        if rows is not None:
            made.append(rows)
        packed.append(_packed(name, call, rows))
        if number % BREATH == 0:
            await asyncio.sleep(0)
    return packed, made


async def records_now(
    connection: AsyncConnection, names: Collection[CallKey], lines: Lines
) -> dict[CallKey, CallRecord]:
    """Fold calls whose rows are of an older release, without writing anything."""
    some = _calls(await known_lines(connection, names), lines)
    if not some:
        return {}
    by_node = marks_by_node(await marks_after(connection, min(call.begins for call in some.values())))
    found = {name: _folded(name, call, by_node.get(name[0], NONE)) for name, call in some.items()}
    return {name: record for name, record in found.items() if record is not None}


async def fold_again(connection: AsyncConnection, names: Collection[CallKey], lines: Lines) -> None:
    """Make the rows of some calls again from their lines. The rows of calls without lines stay as they are."""
    known = await known_lines(connection, names)
    some = _calls(known, lines)
    if some:
        packed, made = await folded_all(connection, some)
        await replace(connection, packed, made, {name: known[name] for name in some})
    for node, linkedid in known.keys() - some.keys():
        which = (journals.c.node == node, journals.c.linkedid == linkedid)
        await connection.execute(update(journals).where(*which).values(fold=VERSION))


def _calls(known: Mapping[CallKey, Known], lines: Lines) -> dict[CallKey, Call]:
    some = {name: one for name, one in known.items() if one.lines}
    return {name: Call(lines.read(one.lines), purged=one.purged) for name, one in some.items()}


async def any_stale(connection: AsyncConnection) -> bool:
    """Tell whether a call has rows of an older fold."""
    query = select(journals.c.fold).where(journals.c.fold < VERSION).limit(1)
    return (await connection.execute(query)).first() is not None


async def count_stale(connection: AsyncConnection) -> int:
    """Give how many calls have rows of an older fold."""
    query = select(func.count()).select_from(journals).where(journals.c.fold < VERSION)
    return (await connection.execute(query)).scalar_one()


async def fold_stale(connection: AsyncConnection, limit: int, lines: Lines) -> int:
    """Make the rows of calls again whose rows are of an older fold, the oldest fold first; give how many."""
    old = select(journals.c.node, journals.c.linkedid).where(journals.c.fold < VERSION)
    rows = (await connection.execute(old.order_by(journals.c.fold).limit(limit))).all()
    await fold_again(connection, [(row.node, row.linkedid) for row in rows], lines)
    return len(rows)


async def make_stale(
    connection: AsyncConnection, service: str | None, since: datetime | None, until: datetime | None
) -> int:
    """Have the rows of the calls of a service that began in [since, until) made again; give how many."""
    which = (func.length(journals.c.lines) > 0, *journals_between(service, since, until))
    return (await connection.execute(update(journals).values(fold=0).where(*which))).rowcount


def unfolded(name: CallKey, call: Call, known: Known | None) -> Row:
    """Give the journal row of a call that goes on and is to be folded later; the rows that it has stay until then."""
    return _row(name, call, None if known is None else known.started, complete=False, version=0)


def _packed(name: CallKey, call: Call, rows: Rows | None) -> Row:
    if rows is None:
        return _row(name, call, None, complete=False, version=VERSION)
    return _row(name, call, rows.call["started_us"], complete=rows.call["complete"], version=VERSION)


def _row(name: CallKey, call: Call, started: int | None, *, complete: bool, version: int) -> Row:
    return {
        "node": name[0],
        "linkedid": name[1],
        "started_us": started,
        "complete": complete,
        "lines": pack_written(call.written, compressed=complete),
        "first_place": to_text(call.begins),
        "last_place": to_text(call.ends),
        "fold": version,
        "purged": call.purged,
    }


def _folded(name: CallKey, call: Call, marks: Marks) -> CallRecord | None:
    try:
        return fold_written(call.written, marks, name[0])
    except EmptyCall:  # what was told of a call whose own lines are not there, or not yet
        return None
    except Exception:  # whatever it is: one strange call must not stop the records of all others
        extra = {"action": "fold_failed", "linkedid": name[1]}
        logger.exception("Call %s has no record: its journal lines are kept; report them", name[1], extra=extra)
        return None
