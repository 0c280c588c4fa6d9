"""Cases in the record store: written by (source, reference), counted for a report. EDGE."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, and_, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.cases.cases import Case
from cdr.store.tables import calls, cases
from cdr.times import to_micros

TOGETHER = 500  # cases in one statement


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: new cases, changed ones, and ones that were there already just so."""

    new: int
    changed: int
    same: int


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests of a span of time: by channel (`phone` from the calls), by (topic, channel), and cases by status.

    `by_status` counts the cases of all channels that name one, so it may know fewer requests than `by_channel`.
    """

    by_channel: dict[str, int]
    by_topic: dict[tuple[str, str], int]
    by_status: dict[str, int]

    @property
    def total(self) -> int:
        """Give the number of requests, each once."""
        return sum(self.by_channel.values())

    def of_topic(self, topic: str) -> int:
        """Give the number of requests of a topic by all channels."""
        return sum(count for (name, _), count in self.by_topic.items() if name == topic)


async def put_cases(connection: AsyncConnection, source: str, given: Sequence[Case]) -> Imported:
    """Write cases of a source; those that are there already are replaced where they differ."""
    counts: Counter[str] = Counter()
    for part in _parts(given):
        rows = {one.reference: _row(source, one) for one in part}
        keys = [(source, reference) for reference in rows]
        query = select(cases).where(tuple_(cases.c.source, cases.c.reference).in_(keys))
        known = {row.reference: dict(row._mapping) for row in await connection.execute(query)}
        new = [row for reference, row in rows.items() if reference not in known]
        changed = [row for reference, row in rows.items() if reference in known and known[reference] != row]
        if new:
            await connection.execute(insert(cases), new)
        for row in changed:
            here = and_(cases.c.source == source, cases.c.reference == row["reference"])
            await connection.execute(update(cases).where(here).values(row))
        counts.update(new=len(new), changed=len(changed), same=len(rows) - len(new) - len(changed))
    return Imported(counts["new"], counts["changed"], counts["same"])


async def requests_of(
    connection: AsyncConnection, services: Sequence[str] | None, since: datetime, until: datetime
) -> Requests:
    """Count the requests of [since, until); `services` None: of all."""
    span = (to_micros(since), to_micros(until))
    registered = (
        select(calls.c.topic, func.count())
        .where(calls.c.started_us >= span[0], calls.c.started_us < span[1], calls.c.result == "registered")
        .where(*_of(calls.c.service, services))
        .group_by(calls.c.topic)
    )
    made = (
        select(cases.c.channel, cases.c.topic, cases.c.status, func.count())
        .where(cases.c.at_us >= span[0], cases.c.at_us < span[1])
        .where(*_of(cases.c.service, services))
        .group_by(cases.c.channel, cases.c.topic, cases.c.status)
    )
    topics: Counter[tuple[str, str]] = Counter()
    status: Counter[str] = Counter()
    for topic, count in await connection.execute(registered):
        topics[topic, "phone"] += count
    for channel, topic, state, count in await connection.execute(made):
        if channel != "phone":
            topics[topic, channel] += count
        if state:
            status[state] += count
    channels: Counter[str] = Counter()
    for (_, channel), count in topics.items():
        channels[channel] += count
    return Requests(dict(channels), dict(topics), dict(status))


def _of(column: ColumnElement[str], services: Sequence[str] | None) -> list[ColumnElement[bool]]:
    return [] if services is None else [column.in_(services)]


def _row(source: str, one: Case) -> dict[str, object]:
    return {
        "source": source,
        "reference": one.reference,
        "at_us": to_micros(one.at),
        "service": one.service,
        "channel": one.channel,
        "topic": one.topic,
        "status": one.status,
        "opened_us": None if one.opened is None else to_micros(one.opened),
        "closed_us": None if one.closed is None else to_micros(one.closed),
    }


def _parts(given: Sequence[Case]) -> Iterator[list[Case]]:
    rest = iter(given)
    while part := list(islice(rest, TOGETHER)):
        yield part
