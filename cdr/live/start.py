"""Where following begins: what the record store holds of calls that are open. EDGE.

Rule 1: one reading transaction. The store is neither made nor changed, also if another release made it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.fold.call import as_written
from cdr.journal.line import JournalEvent
from cdr.journal.marks import Mark
from cdr.journal.places import Place
from cdr.journal.reader import Position
from cdr.privacy.sealing import TOKEN
from cdr.store.database import Database
from cdr.store.marks import marks_after
from cdr.store.packed import events_of
from cdr.store.statements import chunks
from cdr.store.tables import OPEN, journals, numbers, positions

MOST = 5000  # open calls; of more the latest
WAIT = 1.0  # seconds for another process that writes: it is asked once, and nobody waits for it


@dataclass(frozen=True, slots=True)
class Start:
    """The open calls (linkedid, PBX, lines in order), the marks after their first line, and where to read on.

    `last` is the last place of all lines in the store; `shown` is what may be shown of numbers kept as tokens.
    """

    calls: Sequence[tuple[str, str, list[JournalEvent]]] = ()
    marks: Sequence[Mark] = ()
    position: Position | None = None
    last: Place | None = None
    shown: Mapping[str, str] = field(default_factory=dict)


async def start_of(place: Path | str, journal: str) -> Start:
    """Read what a store holds of open calls; `journal` is the source's name.

    Raises the errors of `cdr.store.database` if there is no store, or none that can be read.
    """
    database = Database(place, WAIT)
    database.open(create=False)
    try:
        async with database.reading() as connection:
            return await _read(connection, journal)
    finally:
        await database.close()


async def _read(connection: AsyncConnection, journal: str) -> Start:
    row = (await connection.execute(select(positions).where(positions.c.journal == journal))).one_or_none()
    if row is None:  # of another journal: its places mean nothing here
        return Start()
    open_ = select(journals.c.linkedid, journals.c.node, journals.c.lines).where(OPEN)
    rows = (await connection.execute(open_.order_by(journals.c.last_place.desc()).limit(MOST))).all()
    calls = [(one.linkedid, one.node, as_written(events_of(one.lines))) for one in reversed(rows) if one.lines]
    calls = [one for one in calls if one[2]]
    begins = min(((lines[0].file, lines[0].offset) for _, _, lines in calls), default=None)
    marks = await marks_after(connection, begins) if begins else []
    marks.sort(key=lambda mark: mark.place)
    last = select(journals.c.last_place).order_by(journals.c.last_place.desc()).limit(1)
    found = (await connection.execute(last)).scalar_one_or_none()
    callers = {event.caller_number for _, _, lines in calls for event in lines}
    return Start(calls, marks, Position(*row), _place(found), await _shown(connection, callers))


async def _shown(connection: AsyncConnection, callers: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(sorted(one for one in callers if TOKEN.fullmatch(one))):
        query = select(numbers.c.token, numbers.c.shown).where(numbers.c.token.in_(some))
        found |= {row.token: row.shown for row in await connection.execute(query)}
    return found


def _place(text: str | None) -> Place | None:
    """Read what `cdr.journal.places.to_text` wrote."""
    file, _, offset = (text or "").rpartition("+")
    return (file, int(offset)) if file and offset.isdecimal() else None
