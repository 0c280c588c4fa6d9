"""Today's figures from the record store: read only, and only if the store has changed. EDGE.

Rule 1: nothing here writes to the store; one that another release made is not brought up to date but named as trouble.
Rule 2: a service's day is that of its own clock. Services of one zone are read together.
Rule 3: what changes without the journal (a purge, a rebuild) is seen within `ANYWAY` seconds.
Rule 4: where there never was a store there was no call yet: the recorder makes it with the first line. One that has gone is
trouble, and one that another has taken the place of is read instead.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.errors import OperatorFault, StoreAway, StoreMissing
from cdr.statistics.scope import DAY, Scope, midnight
from cdr.statistics.service_level import SECONDS
from cdr.statistics.today import Day, DestinationDay, ServiceDay, day, read_to
from cdr.store.database import Database
from cdr.store.schema import revision_of
from cdr.store.tables import SCHEMA
from ivr.routing.rules import Ruleset, Service
from ivr.supervision.models import ServiceToday
from ivr.vocabulary import RulesVersion

ANYWAY = timedelta(seconds=60)
PATIENCE = 2.0  # seconds to wait for whoever has the store
LONGEST = 15.0  # seconds for all figures; a server that takes longer counts as away

_Key = tuple[frozenset[tuple[str, str, int]], RulesVersion, tuple[date, ...]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Today's figures, read at `at`."""

    at: datetime
    services: tuple[ServiceToday, ...]
    destinations: Mapping[str, DestinationDay]


class Records:
    """Reads the store at `place`. Close it after use."""

    def __init__(self, place: Path | str) -> None:
        self._place = place
        self._database: Database | None = None
        self._file: tuple[int, int] | None = None
        self._was_there = False
        self._key: _Key | None = None
        self._read_at: datetime | None = None

    async def figures(self, rules: Ruleset, at: datetime) -> Figures | None:
        """Give today's figures at `at`; None if nothing has changed. Raises `CdrError`: then they are read again next time."""
        try:
            async with asyncio.timeout(LONGEST):
                return await self._read(rules, at)
        except StoreMissing:
            if self._was_there:
                raise
            return _figures(rules, at, {})
        except TimeoutError:
            raise StoreAway.at(str(Database(self._place).place), f"no answer within {LONGEST:g} s") from None

    async def _read(self, rules: Ruleset, at: datetime) -> Figures | None:
        zones = _zones(rules)
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context((await self._opened()).reading())
            key = (await read_to(connection), rules.version, tuple(at.astimezone(zone).date() for zone in zones))
            fresh = self._read_at is not None and timedelta() <= at - self._read_at < ANYWAY
            if fresh and key == self._key:
                return None
            self._key = self._read_at = None
            days = {zone: await _day(connection, zone, zones, at) for zone in zones}
        self._key, self._read_at, self._was_there = key, at, True
        return _figures(rules, at, days)

    async def close(self) -> None:
        """Close the connections; safe to call twice."""
        database, self._database = self._database, None
        if database is not None:
            await database.close()

    async def _opened(self) -> Database:
        file = await asyncio.to_thread(_mark, self._place)
        if file != self._file:
            await self.close()
            self._key, self._file = None, file
        if self._database is None:
            database = Database(self._place, PATIENCE)
            database.open(create=False)
            try:
                async with database.reading() as connection:
                    revision = await connection.run_sync(revision_of, database.place)
                _know(revision, database.place)
            except BaseException:
                await database.close()
                raise
            self._database = database
        return self._database


def _mark(place: Path | str) -> tuple[int, int] | None:
    """Give what tells a store's file from another one at its place; None if there is no file."""
    try:
        found = Path(place).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _figures(rules: Ruleset, at: datetime, days: Mapping[ZoneInfo, Day]) -> Figures:
    services = (
        service_today(one, days[one.zone].services if one.zone in days else {}, at) for one in rules.services.values()
    )
    return Figures(at, tuple(services), together(one.destinations for one in days.values()))


def service_today(service: Service, services: Mapping[str, ServiceDay], at: datetime) -> ServiceToday:
    """Give the figures of one service; zeros if it had no call."""
    found = services.get(service.id, ServiceDay())
    titles = (service.title[language] for language in service.languages if language in service.title)
    return ServiceToday(
        service=service.id,
        title=next(titles, str(service.id)),
        day=at.astimezone(service.zone).date(),
        calls=found.calls,
        answered=found.answered,
        lost=found.lost,
        outside_hours=found.closed,
        service_level=found.level,
        within=SECONDS,
        wait_p50=_seconds(found.wait_p50),
        wait_p90=_seconds(found.wait_p90),
    )


def together(days: Iterable[Mapping[str, DestinationDay]]) -> dict[str, DestinationDay]:
    """Join what services of several zones had at the same destinations; answered for one of them is answered."""
    found: dict[str, DestinationDay] = {}
    for one in days:
        for name, new in one.items():
            old = found.get(name)
            found[name] = new if old is None else _both(old, new)
    return found


def _both(one: DestinationDay, other: DestinationDay) -> DestinationDay:
    in_a_row = min(one.in_a_row, other.in_a_row)
    return DestinationDay(one.answered + other.answered, one.lost + other.lost, in_a_row)


def _zones(rules: Ruleset) -> dict[ZoneInfo, tuple[str, ...]]:
    found: dict[ZoneInfo, list[str]] = {}
    for service in rules.services.values():
        found.setdefault(service.zone, []).append(service.id)
    return {zone: tuple(names) for zone, names in found.items()}


async def _day(
    connection: AsyncConnection, zone: ZoneInfo, zones: Mapping[ZoneInfo, tuple[str, ...]], at: datetime
) -> Day:
    today = at.astimezone(zone).date()
    services = None if len(zones) == 1 else zones[zone]
    return await day(connection, Scope(services, midnight(today, zone), midnight(today + DAY, zone), zone), SECONDS)


def _know(revision: str | None, place: str) -> None:
    """Raises `OperatorFault` unless the tables are those of this release."""
    if revision is None:
        raise StoreMissing.at(place)
    if revision != SCHEMA:
        raise OperatorFault(
            f"{place}: its tables are those of another release ({revision}, this one knows {SCHEMA}); "
            "start the engine of this release, which brings them up to date"
        )


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else round(span.total_seconds(), 1)
