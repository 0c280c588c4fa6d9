"""Letting go of what has been kept for long enough, class by class. EDGE.

Rule 1: a number is let go without its figures: that the same citizen called again within a week stays known
(`previous_us`), and within a month the calls of one caller keep one pseudonym, made with a key that is then destroyed.
Rule 2: everything is done in pieces of `PIECE` calls, each a transaction of its own. A purge that was interrupted goes on
with the next one.
Rule 3: who purges, when and how much stands in the audit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Row, Update, and_, bindparam, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.privacy.audit import Entry, note
from cdr.privacy.keys import KeyFiles
from cdr.privacy.lines import with_tokens
from cdr.privacy.sealing import pseudonym_of
from cdr.store.store import Store
from cdr.store.tables import BY_MONTH, calls, cases, journals, numbers
from cdr.times import to_datetime, to_micros

PIECE = 500  # calls in one transaction
AGAIN = timedelta(days=7)  # the longest time in which a second call counts as a repeated one
DAY = timedelta(days=1)

_TOKENS = calls.c.caller.like("~%")
_KEY = (calls.c.started_us, calls.c.node, calls.c.linkedid)


@dataclass(frozen=True, slots=True)
class Purged:
    """What was let go of one class, or would be: things older than `before`; `size` in bytes where they are files."""

    what: str
    before: datetime
    count: int
    size: int = 0


async def purge_numbers(store: Store, files: KeyFiles, before: datetime, *, dry_run: bool) -> Purged:
    """Let go of the numbers of calls that started before an instant. Raises `KeyUnusable`."""
    old = and_(_TOKENS, calls.c.started_us < to_micros(before))
    async with store.reading() as connection:
        count = (await connection.execute(select(func.count()).select_from(calls).where(old))).scalar_one()
    if not dry_run:
        await _keep_repeats(store, before)
        while await _piece_of_numbers(store, files, before):
            pass
        async with store.writing() as connection:
            await connection.execute(delete(numbers).where(numbers.c.seen_us < to_micros(before)))
        for name in files.months():
            if name < f"{before:%Y-%m}":
                files.destroy(name)
    return Purged("numbers", before, count)


async def purge_journal(store: Store, paths: Sequence[Path], before: datetime, *, dry_run: bool) -> list[Purged]:
    """Let go of the kept lines of calls, and of rotated journal files that were last written before an instant."""
    old = and_(journals.c.started_us < to_micros(before), journals.c.complete.is_(True), journals.c.lines != b"")
    sums = select(func.count(), func.coalesce(func.sum(func.length(journals.c.lines)), 0)).where(old)
    async with store.reading() as connection:
        count, size = (await connection.execute(sums)).one()
    while not dry_run and await _piece_of_lines(store, old):
        pass
    return [
        Purged("journal lines", before, count, int(size)),
        purge_files("journal files", paths, before, dry_run=dry_run),
    ]


async def purge_calls(store: Store, before: datetime, *, dry_run: bool) -> Purged:
    """Let go of calls that started before an instant, with everything about them, and of cases as old."""
    until = to_micros(before)
    async with store.reading() as connection:
        range_of = select(func.count(), func.min(calls.c.started_us)).where(calls.c.started_us < until)
        count, first = (await connection.execute(range_of)).one()
    if not dry_run and first is not None:
        day = to_datetime(first)
        while to_micros(day) < until:
            day += DAY
            await _calls_until(store, min(to_micros(day), until))
    return Purged("calls", before, count)


def purge_files(what: str, paths: Sequence[Path], before: datetime, *, dry_run: bool) -> Purged:
    """Remove files that were last written before an instant."""
    found = [(path, path.stat()) for path in paths if path.is_file()]
    old = [(path, about) for path, about in found if about.st_mtime < before.timestamp()]
    for path, _ in old if not dry_run else ():
        path.unlink(missing_ok=True)
    return Purged(what, before, len(old), sum(about.st_size for _, about in old))


async def _keep_repeats(store: Store, before: datetime) -> None:
    """Write the start of each caller's call before, for calls that are let go and for those just after them."""
    until = to_micros(before + AGAIN)
    previous = func.lag(calls.c.started_us).over(
        partition_by=(calls.c.service, calls.c.caller), order_by=[calls.c.started_us, calls.c.node, calls.c.linkedid]
    )
    inner = select(*_KEY, calls.c.previous_us, previous.label("before_us")).where(_TOKENS, calls.c.started_us < until)
    one = inner.subquery()
    close = one.c.started_us - one.c.before_us <= literal(AGAIN // timedelta(microseconds=1))
    query = select(one.c.started_us, one.c.node, one.c.linkedid, one.c.before_us).where(
        one.c.before_us.is_not(None), one.c.previous_us.is_(None), close
    )
    async with store.reading() as connection:
        rows = [dict(row._mapping) for row in await connection.execute(query)]
    change = _of_key(update(calls)).values(previous_us=bindparam("b_previous"))
    for start in range(0, len(rows), PIECE):
        async with store.writing() as connection:
            some = [_key_of(row) | {"b_previous": row["before_us"]} for row in rows[start : start + PIECE]]
            await connection.execute(change, some)


async def _piece_of_numbers(store: Store, files: KeyFiles, before: datetime) -> int:
    """Put pseudonyms in the place of tokens in some calls; give in how many."""
    old = select(*_KEY, calls.c.caller).where(_TOKENS, calls.c.started_us < to_micros(before)).order_by(*_KEY)
    async with store.writing() as connection:
        rows = (await connection.execute(old.limit(PIECE))).all()
        for row in rows:
            month = files.month(f"{to_datetime(row.started_us):%Y-%m}", make=True) or b""
            await _pseudonymised(connection, row, month)
    return len(rows)


async def _pseudonymised(connection: AsyncConnection, row: Row[int, str, str, str], month: bytes) -> None:
    call = and_(*(column == getattr(row, column.name) for column in _KEY))
    await connection.execute(update(calls).where(call).values(caller=pseudonym_of(row.caller, month)))
    kept = and_(journals.c.linkedid == row.linkedid, journals.c.node == row.node)
    lines = (await connection.execute(select(journals.c.lines).where(kept))).scalar_one_or_none()
    if lines is not None:
        changed = with_tokens(lines, lambda one: _other(one, month)) if lines else lines
        await connection.execute(update(journals).where(kept).values(lines=changed, purged=True))


def _other(one: str, month: bytes) -> str:
    return pseudonym_of(one, month) if one.startswith("~") else one


async def _piece_of_lines(store: Store, old: ColumnElement[bool]) -> int:
    async with store.writing() as connection:
        query = select(journals.c.linkedid, journals.c.node).where(old).limit(PIECE)
        rows = (await connection.execute(query)).all()
        for row in rows:
            one = and_(journals.c.linkedid == row.linkedid, journals.c.node == row.node)
            await connection.execute(update(journals).where(one).values(lines=b"", purged=True))
    return len(rows)


async def _calls_until(store: Store, until: int) -> None:
    async with store.writing() as connection:
        for table in BY_MONTH:
            await connection.execute(delete(table).where(table.c.started_us < until))
        await connection.execute(delete(journals).where(journals.c.started_us < until))
        await connection.execute(delete(cases).where(cases.c.at_us < until))


def _of_key(statement: Update) -> Update:
    return statement.where(*(column == bindparam(f"b_{column.name}") for column in _KEY))


def _key_of(row: dict[str, Any]) -> dict[str, Any]:
    return {f"b_{column.name}": row[column.name] for column in _KEY}


async def purged_noted(store: Store, done: Sequence[Purged], who: str, at: datetime) -> None:
    """Note in the audit what was let go."""
    told = ", ".join(f"{one.count} {one.what} before {one.before:%Y-%m-%d}" for one in done) or "nothing"
    async with store.writing() as connection:
        await note(connection, Entry(at, who, "purge", "retention", "", told))
