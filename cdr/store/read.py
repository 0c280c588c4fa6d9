"""What can be asked of the record store. Each runs within a transaction of `cdr.store.store`. EDGE."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.journal.line import BadLine
from cdr.record.record import CallRecord
from cdr.record.rows import Rows, record_from
from cdr.store.folding import records_now
from cdr.store.lines import Lines
from cdr.store.statements import CallKey, chunks
from cdr.store.tables import calls, details, journals, quarantine, same_call
from cdr.times import to_micros


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A piece of the journal that could not be read, and where it stood."""

    file: str
    bad_line: BadLine


def calls_between(service: str | None, since: datetime | None, until: datetime | None) -> Select[Any]:
    """Ask for the calls of a service that started in [since, until), the newest first."""
    query = select(calls).order_by(calls.c.started_us.desc(), calls.c.node.desc(), calls.c.linkedid.desc())
    query = query if service is None else query.where(calls.c.service == service)
    query = query if since is None else query.where(calls.c.started_us >= to_micros(since))
    return query if until is None else query.where(calls.c.started_us < to_micros(until))


async def calls_named(connection: AsyncConnection, linkedid: str, node: str | None) -> list[CallKey]:
    """Give the calls with a linkedid: of one PBX, or of each that has one."""
    query = select(journals.c.node, journals.c.linkedid).where(journals.c.linkedid == linkedid)
    query = query if node is None else query.where(journals.c.node == node)
    return [(found, linkedid) for found, _ in await connection.execute(query.order_by(journals.c.node))]


async def records_of(connection: AsyncConnection, query: Select[Any], lines: Lines) -> list[CallRecord]:
    """Put together the records of the calls that a query gives, in its order."""
    rows = (await connection.execute(query)).all()
    content = await _details(connection, [row.started_us for row in rows])
    missing = [(row.node, row.linkedid) for row in rows if (row.node, row.linkedid) not in content]
    folded = await records_now(connection, missing, lines) if missing else {}
    found: list[CallRecord] = []
    for row in rows:
        name = (row.node, row.linkedid)
        if name in content:
            found.append(record_from(Rows(row._mapping, {"content": content[name]})))
        elif name in folded:
            found.append(folded[name])
    return found


async def _details(connection: AsyncConnection, starts: Sequence[int]) -> dict[CallKey, str]:
    found: dict[CallKey, str] = {}
    for some in chunks(sorted(set(starts))):
        query = select(details.c.node, details.c.linkedid, details.c.content).where(details.c.started_us.in_(some))
        found |= {(node, linkedid): content for node, linkedid, content in await connection.execute(query)}
    return found


async def find(connection: AsyncConnection, part: str, limit: int) -> list[str]:
    """Give the linkedids that begin or end with a text, the newest first; an exact one alone."""
    exact = select(calls.c.linkedid).join(journals, same_call(calls, journals))
    ends = calls.c.linkedid.endswith(part, autoescape=True)
    begins = calls.c.linkedid.startswith(part, autoescape=True)
    query = select(calls.c.linkedid).where(begins | ends).order_by(calls.c.started_us.desc()).limit(limit)
    for one in (exact.where(journals.c.linkedid == part), query):
        found = list(dict.fromkeys((await connection.execute(one)).scalars()))
        if found:
            return found
    return []


async def quarantined(connection: AsyncConnection) -> list[Quarantined]:
    """Give the pieces of the journal that could not be read, by file and place."""
    rows = await connection.execute(select(quarantine).order_by(quarantine.c.file, quarantine.c.byte_offset))
    return [Quarantined(row.file, BadLine(row.byte_offset, row.reason, row.line)) for row in rows]
