"""The marks in the record store, and which calls they concern. Each runs within a transaction of `cdr.store`. EDGE."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.fold_clock import ClockStep, may_follow
from cdr.journal_line import JournalEvent, parse_line
from cdr.journal_lines import last_time
from cdr.marks import Mark, MarkKind, identity_of, mark_in, steps_of
from cdr.places import Place, to_text
from cdr.record_words import Disposition
from cdr.store_rows import chunks
from cdr.tables import calls, journals, marks

ENDED_BEFORE = 5000  # calls that ended last before a step of the clock was told, and may have ended after the step
_CLOSED = (Disposition.PBX_LOST.value, Disposition.JOURNAL_GAP.value)


async def add_marks(connection: AsyncConnection, found: Iterable[Mark]) -> list[Mark]:
    """Keep marks, each once, at the first of its places; give those that are new or have got an earlier place."""
    by_digest: dict[str, Mark] = {}
    for one in found:
        key = sha256(one.event.line).hexdigest()
        if key not in by_digest or one.place < by_digest[key].place:
            by_digest[key] = one
    known: dict[str, Place] = {}
    for some in chunks(list(by_digest)):
        rows = await connection.execute(select(marks).where(marks.c.digest.in_(some)))
        known |= {row.digest: (row.file, row.byte_offset) for row in rows}
    new = {key: one for key, one in by_digest.items() if key not in known or one.place < known[key]}
    for some in chunks(list(new)):
        await connection.execute(delete(marks).where(marks.c.digest.in_(some)))
    if new:
        await connection.execute(insert(marks), [_row(key, one) for key, one in new.items()])
    return list(new.values())


async def marks_after(connection: AsyncConnection, place: Place) -> list[Mark]:
    """Give the marks that stand after a place."""
    rows = await connection.execute(select(marks).where(marks.c.place > to_text(place)))
    events = (one for row in rows for one in parse_line(row.line, row.byte_offset, row.file))
    found = (mark_in(one) for one in events if isinstance(one, JournalEvent))
    return [one for one in found if one is not None]


async def concerned(connection: AsyncConnection, new: Sequence[Mark]) -> set[str]:
    """Give the linkedids of the calls whose records may be others because of new marks; rather some too many."""
    acting = [one for one in new if one.kind is not MarkKind.LEADER]
    if not acting:
        return set()
    found = await _names(connection, select(journals.c.linkedid).where(journals.c.complete.is_(False)))
    for one in acting:
        for step in steps_of([one]):
            found |= await _around(connection, step)
    if await _late(connection, acting):
        found |= await _names(connection, select(calls.c.linkedid).where(calls.c.disposition.in_(_CLOSED)))
    nodes = {one.by.node for one in acting}
    return {name for name in found if (who := identity_of(name)) is not None and who.node in nodes}


async def _around(connection: AsyncConnection, step: ClockStep) -> set[str]:
    """Give the calls in which a step of the clock lies: those around its telling, and those that ended just before."""
    place, ends = to_text(step.place), journals.c.last_place
    around = select(journals.c.linkedid).where(ends > place, journals.c.first_place < place)
    before = select(journals.c.linkedid, journals.c.lines).where(ends < place).order_by(ends.desc()).limit(ENDED_BEFORE)
    rows = await connection.execute(before)
    ended = {row.linkedid for row in rows if may_follow(last_time(row.lines), step)}
    return ended | await _names(connection, around)


async def _late(connection: AsyncConnection, new: Sequence[Mark]) -> bool:
    """Tell whether marks that stand after a new one are known already: a file was read late."""
    own = [to_text(one.place) for one in new]
    later = select(marks.c.place).where(marks.c.place > min(own), marks.c.place.not_in(own)).limit(1)
    return (await connection.execute(later)).first() is not None


async def _names(connection: AsyncConnection, query: Select[Any]) -> set[str]:
    return set((await connection.execute(query)).scalars())


def _row(digest: str, one: Mark) -> dict[str, object]:
    file, offset = one.place
    return {
        "digest": digest,
        "node": one.by.node,
        "kind": one.kind.name.lower(),
        "place": to_text(one.place),
        "file": file,
        "byte_offset": offset,
        "line": one.event.line,
    }
