"""Today's figures from a real store: against a count in plain Python, by local days, and only when something changed."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from cdr.errors import OperatorFault, StoreAway, StoreMissing
from cdr.journal.reader import Batch, Position
from cdr.record.parts import Visit
from cdr.record.record import CallRecord
from cdr.record.words import Disposition, VisitResult
from cdr.statistics.outcomes import outcomes
from cdr.statistics.scope import DAY, Scope, midnight
from cdr.statistics.today import DestinationDay, ServiceDay, day
from cdr.store.store import Store
from cdr.store.tables import positions
from ivr.routing.rules import Ruleset
from ivr.supervision.now.today import ANYWAY, Records, together
from ivr.vocabulary import ServiceId
from tests.fakes.any_records import any_records
from tests.fakes.plain_record import STARTED, plain_record
from tests.fakes.record_rows import hold
from tests.fakes.rules_text import FULL, read_text
from tests.postgresql import Server

RIGA = ZoneInfo("Europe/Riga")
SECOND = timedelta(seconds=1)
NOT_TAKEN = {VisitResult.BUSY, VisitResult.NO_ANSWER, VisitResult.UNREACHABLE, VisitResult.FULL}
UNKNOWN = {Disposition.PBX_LOST, Disposition.JOURNAL_GAP}


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(request.getfixturevalue("database") if request.param == "postgresql" else tmp_path / "records.sqlite3")


def town(*services: tuple[str, str]) -> Ruleset:
    """Give rules with services of these names in these zones."""
    rules = read_text(FULL)
    one = rules.services[ServiceId("town")]
    made = [replace(one, id=ServiceId(name), zone=ZoneInfo(zone)) for name, zone in services]
    return replace(rules, services={service.id: service for service in made})


def counted(records: Iterable[CallRecord]) -> tuple[dict[str, ServiceDay], dict[str, DestinationDay]]:
    """Count plainly: calls, answered, lost, closed by service; answered, lost, in a row by destination."""
    found: dict[str, Counter[str]] = {}
    met: dict[str, list[tuple[datetime, str]]] = {}
    for one in records:
        here = found.setdefault(one.service, Counter())
        here["calls"] += 1
        here[_end(one)] += 1
        for name in {visit.destination for visit in one.visits if visit.destination}:
            met.setdefault(name, []).append(_met([visit for visit in one.visits if visit.destination == name]))
    services = {
        name: ServiceDay(here["calls"], here["answered"], here["lost"], here["closed"]) for name, here in found.items()
    }
    return services, {name: _destination(visits) for name, visits in met.items()}


def _end(one: CallRecord) -> str:
    if one.disposition is Disposition.ANSWERED:
        return "answered"
    if one.disposition in UNKNOWN | {Disposition.OPEN} or one.connected is not None:
        return ""
    if one.asked is not None or one.disposition is Disposition.FULL:
        return "lost"
    return "closed" if one.met_closed else ""


def _met(visits: list[Visit]) -> tuple[datetime, str]:
    at = max(visit.at for visit in visits)
    if any(visit.connected for visit in visits):
        return at, "answered"
    gave_up = any(visit.result is VisitResult.ABANDONED and visit.asked for visit in visits)
    return at, "lost" if gave_up or any(visit.result in NOT_TAKEN for visit in visits) else ""


def _destination(visits: list[tuple[datetime, str]]) -> DestinationDay:
    last = max((at for at, how in visits if how == "answered"), default=datetime.min.replace(tzinfo=UTC))
    ends = Counter(how for _, how in visits)
    return DestinationDay(ends["answered"], ends["lost"], sum(how == "lost" and at > last for at, how in visits))


@pytest.mark.parametrize("seed", range(4))
async def test_the_same_as_a_count_in_plain_python(place: str, seed: int) -> None:
    records = any_records(random.Random(seed), 250)
    async with Store(place) as store:
        await hold(store, records)
        for local in (date(2026, 10, 25), date(2027, 3, 28), date(2026, 10, 1), date(2026, 10, 31)):
            for services in (None, ("kekava", "jelgava")):
                scope = Scope(services, midnight(local, RIGA), midnight(local + DAY, RIGA), RIGA)
                inside = [
                    one
                    for one in records
                    if scope.since <= one.started < scope.until and (services is None or one.service in services)
                ]
                async with store.reading() as connection:
                    found, ends = await day(connection, scope, 20), await outcomes(connection, scope)
                by_service, by_destination = counted(inside)
                told = {
                    name: replace(one, level=None, wait_p50=None, wait_p90=None) for name, one in found.services.items()
                }
                assert (told, found.destinations) == (by_service, by_destination)
                assert sum(one.calls for one in found.services.values()) == ends.calls
                for one in found.services.values():
                    assert one.answered + one.lost + one.closed <= one.calls


async def test_level_and_waits_are_those_of_the_statistics(place: str) -> None:
    quick = plain_record()
    slow = plain_record(linkedid="1.2")
    connected = slow.connected + 30 * SECOND if slow.connected else None
    slow = replace(slow, connected=connected, waiting=35 * SECOND, talking=30 * SECOND)
    async with Store(place) as store:
        await hold(store, [quick, slow])
        reader = Records(place)
        found = await reader.figures(town(("kekava", "Europe/Riga"), ("empty", "Europe/Riga")), STARTED)
        await reader.close()
    assert found is not None
    kekava, empty = found.services
    assert (kekava.service_level, kekava.within, kekava.wait_p50, kekava.wait_p90) == (0.5, 20, 5.0, 35.0)
    assert (kekava.calls, kekava.answered, kekava.lost, kekava.outside_hours) == (2, 2, 0, 0)
    assert (empty.calls, empty.service_level, empty.wait_p50) == (0, None, None)
    assert found.destinations == {"kekava-information": DestinationDay(2, 0, 0)}


@pytest.mark.parametrize(
    ("zone", "change", "hours"),
    [("Europe/Riga", date(2026, 10, 25), 25), ("Europe/Riga", date(2027, 3, 28), 23), ("Europe/Kyiv", date(2026, 11, 23), 24)],
)  # fmt: skip
async def test_a_local_day_has_as_many_hours_as_its_clock_shows(
    tmp_path: Path, zone: str, change: date, hours: int
) -> None:
    begins = midnight(change, ZoneInfo(zone)).astimezone(UTC)
    starts = [begins + number * timedelta(hours=1) for number in range(-2, 28)]
    place, rules = tmp_path / "records.sqlite3", town(("kekava", zone))
    async with Store(place) as store:
        await hold(store, [plain_record(started=at, linkedid=f"1.{number}") for number, at in enumerate(starts)])
    reader = Records(place)
    days = []
    for at in (
        begins - SECOND,
        begins,
        begins + hours * timedelta(hours=1) - SECOND,
        begins + hours * timedelta(hours=1),
    ):
        found = await reader.figures(rules, at)
        days.append(None if found is None else (found.services[0].day, found.services[0].calls))
    await reader.close()
    before, after = change - DAY, change + DAY
    assert days == [(before, 2), (change, hours), (change, hours), (after, 28 - hours)]


async def test_each_service_has_the_day_of_its_own_clock(tmp_path: Path) -> None:
    place, at = tmp_path / "records.sqlite3", datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    async with Store(place) as store:
        records = [
            plain_record(started=at - timedelta(minutes=5)),
            plain_record(started=at - timedelta(hours=3), linkedid="1.2"),
        ]
        await hold(
            store, [*records, *(replace(one, service="lisbon", linkedid=f"2.{one.linkedid}") for one in records)]
        )
    reader = Records(place)
    found = await reader.figures(town(("kekava", "Europe/Riga"), ("lisbon", "Europe/Lisbon")), at)
    await reader.close()
    assert found is not None
    assert [(one.service, one.day.day, one.calls) for one in found.services] == [("kekava", 24, 1), ("lisbon", 23, 2)]
    assert found.destinations == {"kekava-information": DestinationDay(3, 0, 0)}


async def test_it_is_read_again_only_when_something_changed(place: str) -> None:
    rules, at = town(("kekava", "Europe/Riga")), STARTED
    async with Store(place) as store:
        await hold(store, [plain_record()])
        await store.write(Batch("journal", (), (), Position("journal", "0", 0, 100)))
        reader = Records(place)
        seen = [await reader.figures(rules, at), await reader.figures(rules, at + 5 * SECOND)]
        await hold(store, [plain_record(), plain_record(linkedid="1.2")])
        seen.append(await reader.figures(rules, at + 10 * SECOND))  # without the journal nothing says so
        async with store.writing() as connection:
            await connection.execute(update(positions).values(read_to=200))
        seen.append(await reader.figures(rules, at + 15 * SECOND))
        seen.append(await reader.figures(rules, at + 20 * SECOND))
        seen.append(await reader.figures(rules, at + 15 * SECOND + ANYWAY))
        seen.append(await reader.figures(rules, at))  # the clock was set back
        seen.append(await reader.figures(rules, at + DAY))
        await reader.close()
    calls = [None if one is None else one.services[0].calls for one in seen]
    assert calls == [1, None, None, 2, None, 2, 2, 0]


async def test_before_the_first_record_there_is_no_call_and_a_store_that_has_gone_is_named(tmp_path: Path) -> None:
    place, rules = tmp_path / "records.sqlite3", town(("kekava", "Europe/Riga"))
    reader = Records(place)
    none = await reader.figures(rules, STARTED)
    assert none is not None
    assert [(one.service, one.calls, one.day) for one in none.services] == [("kekava", 0, STARTED.date())]
    assert (none.destinations, place.exists()) == ({}, False)
    async with Store(place) as store:
        await hold(store, [plain_record()])
    found = await reader.figures(rules, STARTED)
    assert found is not None
    assert found.services[0].calls == 1
    place.rename(tmp_path / "away")
    with pytest.raises(StoreMissing):
        await reader.figures(rules, STARTED + SECOND)
    await reader.close()


async def test_a_store_that_took_the_place_of_another_is_read_instead(tmp_path: Path) -> None:
    place, rules = tmp_path / "records.sqlite3", town(("kekava", "Europe/Riga"))
    async with Store(place) as store:
        await hold(store, [plain_record()])
    reader = Records(place)
    assert await reader.figures(rules, STARTED) is not None
    async with Store(tmp_path / "other") as store:
        await hold(store, [plain_record(), plain_record(linkedid="1.2")])
    (tmp_path / "other").rename(place)
    found = await reader.figures(rules, STARTED + SECOND)
    assert found is not None
    assert found.services[0].calls == 2
    await reader.close()


async def test_a_store_of_another_release_is_left_as_it_is(tmp_path: Path) -> None:
    place, rules = tmp_path / "records.sqlite3", town(("kekava", "Europe/Riga"))
    async with Store(place) as store, store.writing() as connection:
        await connection.exec_driver_sql("update alembic_version set version_num = '0001'")
    before = await asyncio.to_thread(place.read_bytes)
    reader = Records(place)
    with pytest.raises(OperatorFault, match="another release"):
        await reader.figures(rules, STARTED)
    await reader.close()
    assert await asyncio.to_thread(place.read_bytes) == before


async def test_a_server_that_goes_is_told_and_read_again_when_it_is_back(postgresql_alone: Server) -> None:
    rules, reader = town(("kekava", "Europe/Riga")), Records(postgresql_alone.url)
    async with Store(postgresql_alone.url) as store:
        await hold(store, [plain_record()])
    assert await reader.figures(rules, STARTED) is not None
    await asyncio.to_thread(postgresql_alone.stop)
    with pytest.raises(StoreAway):
        await reader.figures(rules, STARTED + DAY)
    await asyncio.to_thread(postgresql_alone.start)
    assert await reader.figures(rules, STARTED) is None  # as it was
    found = await reader.figures(rules, STARTED + DAY)
    await reader.close()
    assert found is not None
    assert found.services[0].calls == 0


async def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.supervision.now.today.LONGEST", 0.1)
    came: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: came.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader = Records(f"postgresql://ivr:secret@127.0.0.1:{port}/records")
    try:
        with pytest.raises(
            StoreAway, match=r"no answer within 0\.1 s"
        ) as told:  # on a busy machine it is not even asked by then
            await reader.figures(town(("kekava", "Europe/Riga")), STARTED)
        assert "secret" not in str(told.value)
    finally:
        await reader.close()
        server.close()
        for writer in came:
            writer.close()
            await writer.wait_closed()


def test_services_of_several_zones_share_their_destinations() -> None:
    one = {"desk": DestinationDay(1, 2, 2), "help": DestinationDay(0, 1, 1)}
    other = {"desk": DestinationDay(3, 1, 0)}
    assert together([one, other]) == {"desk": DestinationDay(4, 3, 0), "help": DestinationDay(0, 1, 1)}
