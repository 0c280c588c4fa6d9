"""What is kept of one citizen, given out or erased. EDGE.

Rule 1: a citizen is found by the number: its token, and its pseudonyms of the months whose keys are still there. Calls
whose number was let go longer ago are nobody's any more, also not to us.
Rule 2: erasing leaves the calls as figures, with a withheld number: topics, durations and counts stay right. The number
is gone from the store, and from the journal's files, where zeros stand in its place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Select, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.privacy.audit import Entry, note
from cdr.privacy.keys import KeyFiles
from cdr.privacy.lines import places_of, with_tokens
from cdr.privacy.sealing import is_citizens, pseudonym_of, token_of
from cdr.record.record import CallRecord
from cdr.store.statements import chunks
from cdr.store.store import Store
from cdr.store.tables import calls, journals, numbers


@dataclass(frozen=True, slots=True)
class Subject:
    """A citizen: the number as given, and what stands for it in the store."""

    number: str
    callers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: calls that were made anonymous, and journal files in which the number stood."""

    calls: int
    files: tuple[Path, ...]


def subject_of(number: str, files: KeyFiles) -> Subject:
    """Find what stands for a number. Raises `KeyUnusable`; `ValueError` for a number that is no citizen's."""
    if not is_citizens(number):
        raise ValueError(f"{number!r} is no citizen's number: give it as the network sends it, such as +37129123456")
    token = token_of(number, files.keys(make=False).naming)
    months = (files.month(name) for name in files.months())
    return Subject(number, (token, *(pseudonym_of(token, key) for key in months if key)))


async def calls_of(store: Store, subject: Subject) -> list[CallRecord]:
    """Give the records of a citizen's calls, the oldest first."""
    async with store.reading() as connection:
        found = (await connection.execute(_ids(subject))).all()
    records = [await store.record(row.linkedid, node=row.node) for row in found]
    return [one for one in records if one is not None]


async def exported(store: Store, subject: Subject, who: str, why: str, at: datetime) -> dict[str, object]:
    """Give everything that is kept of a citizen as plain values for JSON, and note it in the audit."""
    records = await calls_of(store, subject)
    lines = [(await store.journal_of(one.linkedid, one.node)).decode("utf-8", "replace") for one in records]
    async with store.writing() as connection:
        entry = Entry(at, who, "subject_export", why, ", ".join(subject.callers[:1]), f"{len(records)} calls given out")
        await note(connection, entry)
    told = (one.as_dict() | {"caller": subject.number} for one in records)
    journal = (_named(text, subject) for text in lines)
    return {
        "number": subject.number,
        "calls": [one | {"journal": text} for one, text in zip(told, journal, strict=True)],
    }


async def erased(store: Store, subject: Subject, paths: Iterable[Path], who: str, why: str, at: datetime) -> Erased:
    """Make a citizen's calls anonymous, and note it in the audit. Raises `OSError` if a journal file cannot be written."""
    files = tuple(path for path in paths if _zeroed(path, subject.number))
    async with store.writing() as connection:
        rows = (await connection.execute(_ids(subject))).all()
        await _forget(connection, subject, [(row.linkedid, row.node) for row in rows])
        told = f"{len(rows)} calls made anonymous, {len(files)} journal files changed"
        await note(connection, Entry(at, who, "subject_erase", why, "", told))
    return Erased(len(rows), files)


async def _forget(connection: AsyncConnection, subject: Subject, ids: Sequence[tuple[str, str]]) -> None:
    for linkedid, node in ids:
        one = and_(journals.c.linkedid == linkedid, journals.c.node == node)
        lines = (await connection.execute(select(journals.c.lines).where(one))).scalar_one_or_none()
        if lines is not None:
            changed = _anonymous(lines, subject) if lines else lines
            await connection.execute(update(journals).where(one).values(lines=changed, purged=True))
    mine = calls.c.caller.in_(subject.callers)
    await connection.execute(update(calls).where(mine).values(caller="", previous_us=None))
    for some in chunks(subject.callers):
        await connection.execute(delete(numbers).where(numbers.c.token.in_(some)))


def _anonymous(lines: bytes, subject: Subject) -> bytes:
    return with_tokens(lines, lambda token: "" if token in subject.callers else token)


def _ids(subject: Subject) -> Select[tuple[str, str]]:
    found = select(calls.c.linkedid, calls.c.node).where(calls.c.caller.in_(subject.callers))
    return found.order_by(calls.c.started_us, calls.c.node, calls.c.linkedid)


def _named(text: str, subject: Subject) -> str:
    for one in subject.callers:
        text = text.replace(one, subject.number)
    return text


def _zeroed(path: Path, number: str) -> bool:
    """Put zeros in the place of a number in a file; its length stays, and Asterisk may go on writing at its end."""
    with path.open("r+b") as file:
        places = list(places_of(file.read(), number))
        for place in places:
            file.seek(place)
            file.write(b"0" * len(number.encode()))
    return bool(places)
