"""The marks in the record store, and which calls they concern. Each runs within a transaction of `cdr.store.store`. EDGE."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.journal.clock import ClockStep, may_follow
from cdr.journal.line import JournalEvent, parse_line
from cdr.journal.marks import Mark, MarkKind, identity_of, mark_in, steps_of
from cdr.journal.places import Place, to_text
from cdr.store.packed import last_time
from cdr.store.statements import CallKey, chunks
from cdr.store.tables import LOST, OPEN, calls, journals, marks

ENDED_BEFORE = 5000  # calls that ended last before a step of the clock was told, and may have ended after the step
PARSED = 4096  # marks that need not be read again for each batch


async def add_marks(connection: AsyncConnection, found: Iterable[Mark]) -> list[Mark]:
    """Keep marks, each once, at the first of its places; give those that are new or have got an earlier place."""
    by_digest: dict[str, Mark] = {}
    for one in found:
        key = _digest(one)
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
    found = (_mark(row.line, row.byte_offset, row.file, row.node) for row in rows)
    return [one for one in found if one is not None]


async def concerned(connection: AsyncConnection, new: Sequence[Mark]) -> set[CallKey]:
    """Give the calls whose rows may be others because of new marks; rather some too many."""
    acting = [one for one in new if one.kind is not MarkKind.LEADER]
    if not acting:
        return set()
    found = await _names(connection, select(journals.c.node, journals.c.linkedid).where(OPEN))
    for one in acting:
        for step in steps_of([one]):
            found |= await _around(connection, step)
    if await _late(connection, acting):
        found |= await _names(connection, select(calls.c.node, calls.c.linkedid).where(LOST))
    nodes = {one.by.node for one in acting}
    return {(node, linkedid) for node, linkedid in found if node in nodes and identity_of(linkedid) is not None}


async def _around(connection: AsyncConnection, step: ClockStep) -> set[CallKey]:
    """Give the calls in which a step of the clock lies: those around its telling, and those that ended just before."""
    place, ends = to_text(step.place), journals.c.last_place
    names = select(journals.c.node, journals.c.linkedid)
    around = names.where(ends > place, journals.c.first_place < place)
    before = (
        names.add_columns(journals.c.lines).where(ends < place, func.length(journals.c.lines) > 0).order_by(ends.desc())
    )
    rows = await connection.execute(before.limit(ENDED_BEFORE))
    ended = {(node, linkedid) for node, linkedid, lines in rows if may_follow(last_time(lines), step)}
    return ended | await _names(connection, around)


async def _late(connection: AsyncConnection, new: Sequence[Mark]) -> bool:
    """Tell whether marks that stand after a new one are known already: a file was read late."""
    own = [to_text(one.place) for one in new]
    later = select(marks.c.place).where(marks.c.place > min(own), marks.c.place.not_in(own)).limit(1)
    return (await connection.execute(later)).first() is not None


async def _names(connection: AsyncConnection, query: Select[Any]) -> set[CallKey]:
    return {(node, linkedid) for node, linkedid in await connection.execute(query)}


@lru_cache(PARSED)
def _mark(line: bytes, offset: int, file: str, node: str) -> Mark | None:
    events = (one for one in parse_line(line, offset, file) if isinstance(one, JournalEvent))
    mark = next(map(mark_in, events), None)
    return None if mark is None else replace(mark, by=replace(mark.by, node=node))


def _digest(one: Mark) -> str:
    """Name a mark by its line; and by its PBX, where the line does not tell that."""
    told = identity_of(one.event.uniqueid)
    other = b"" if told is None or told.node == one.by.node else one.by.node.encode() + b"\0"
    return sha256(other + one.event.line).hexdigest()


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
