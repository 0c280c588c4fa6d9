"""The record store on a real PostgreSQL: partitions, one writer at a time, and a server that goes away and comes back."""

import asyncio
import logging
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from cdr.errors import OperatorFault, StoreAway, StoreDamaged, StoreLocked, StoreMissing, StoreRefused, StoreTooNew
from cdr.journal.reader import Batch, Journal, Position
from cdr.recorder import follow, ingest_once
from cdr.status import Status
from cdr.store.store import Store
from cdr.store.tables import metadata, positions
from tests.fakes.call_pieces import IN, TALKS, ends
from tests.fakes.call_table import events_of, lines_of
from tests.fakes.journal_load import busy_journal
from tests.fakes.restless_journal import moved
from tests.fakes.store_dump import dump
from tests.postgresql import Server, new_database

ROOT = Path(__file__).parents[2]
BUSY = busy_journal(30, seed=3) + b"rubbish\n"
MONTH = 31 * 86_400_000_000  # microseconds
WHOLE = IN + TALKS + ends(20, "info-1")


async def without_positions(place: Path | str) -> dict[str, list[tuple[object, ...]]]:
    found = dump(place)
    found.pop("positions")
    return found


async def filled(place: Path | str, journal: Path) -> dict[str, list[tuple[object, ...]]]:
    async with Store(place) as store:
        await ingest_once(journal, store)
    return await without_positions(place)


async def test_both_databases_hold_the_same(tmp_path: Path, database: str) -> None:
    journal = tmp_path / "journal.csv"
    journal.write_bytes(BUSY)
    assert await filled(database, journal) == await filled(tmp_path / "records.sqlite3", journal)


async def test_migrations_make_the_tables_of_this_release(empty_database: str) -> None:
    async with Store(empty_database) as store:
        await store.write(Batch("j", tuple(events_of(WHOLE)), (), Position("j", "h", 1, 1)))

    def differences(connection: Connection) -> list[object]:
        ours = {"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
        return compare_metadata(MigrationContext.configure(connection, opts=ours), metadata)

    engine = create_async_engine(empty_database.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def partitions(store: Store, table: str) -> list[str]:
    query = text("SELECT relid::text FROM pg_partition_tree(:name) WHERE isleaf ORDER BY 1")
    async with store.reading() as connection:
        return list((await connection.execute(query, {"name": table})).scalars())


async def test_each_month_has_its_partition_and_only_when_it_is_needed(tmp_path: Path, database: str) -> None:
    journal = tmp_path / "journal.csv"
    journal.write_bytes(b"".join(moved(line, MONTH * number) for number in (0, 2) for line in lines_of(WHOLE, number)))
    async with Store(database) as store:
        assert await partitions(store, "calls") == []
        await ingest_once(journal, store)
        for name in ("calls", "details", "keys", "visits", "announcements", "passes"):
            assert await partitions(store, name) == [f"{name}_2026_11", f"{name}_2027_01"]
        async with store.writing() as connection:  # as a purge of whole months does
            await connection.exec_driver_sql("DROP TABLE calls_2026_11, details_2026_11")
            await connection.exec_driver_sql(
                "DROP TABLE keys_2026_11, visits_2026_11, announcements_2026_11, passes_2026_11"
            )
        await store.make_stale()
        assert await store.refold() == 2
        assert len(await partitions(store, "calls")) == len(await store.records()) == 2


@pytest.mark.parametrize(
    ("at", "name"),
    [
        (datetime(2026, 12, 31, 23, 59, 59, 999999, UTC), "calls_2026_12"),
        (datetime(2027, 1, 1, tzinfo=UTC), "calls_2027_01"),
        (datetime(1970, 1, 1, tzinfo=UTC), "calls_1970_01"),
        (datetime(9999, 12, 31, tzinfo=UTC), "calls_9999_12"),
    ],
)
async def test_the_months_are_those_of_utc(database: str, at: datetime, name: str) -> None:
    (event,) = events_of("0.0 caller CHAN_START")
    micros = (at - datetime(1970, 1, 1, tzinfo=UTC)) // (datetime.resolution)
    line = moved(event.line, micros - event.at)
    changed = [type(event)(**{**_fields(event), "at": micros, "line": line})]
    async with Store(database) as store:
        await store.write(Batch("j", tuple(changed), (), Position("j", "h", 1, 1)))
        assert await partitions(store, "calls") == [name]
        assert [one.started for one in await store.records(since=at)] == [at]


def _fields(event: object) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__slots__}  # type: ignore[attr-defined]


async def test_two_recorders_write_at_once_and_nothing_is_lost_or_doubled(tmp_path: Path, database: str) -> None:
    places = [tmp_path / "one.csv", tmp_path / "two.csv", tmp_path / "both.csv"]
    some = [[moved(line, MONTH * n) for n in range(4) for line in lines_of(WHOLE, 10 * n + k)] for k in (1, 2)]
    for place, lines in zip(places, [some[0], some[1], [*some[0], *some[1]]], strict=True):
        place.write_bytes(b"".join(lines))

    async def read(path: Path) -> None:
        journal = Journal(path, 3000)
        async with Store(database) as store:
            while (batch := journal.read_once(await store.position(str(path)))) is not None:
                await store.write(batch)

    await asyncio.gather(*map(read, places))
    async with Store(database) as store:
        assert len(await store.records()) == 8
    assert len(dump(database)["calls"]) == 8


async def test_a_writer_that_does_not_end_is_said(tmp_path: Path, database: str) -> None:
    (tmp_path / "journal.csv").write_bytes(BUSY)
    async with Store(database) as other, Store(database, busy_timeout=0.05) as store:
        async with other.writing():
            with pytest.raises(StoreLocked) as caught:
                await ingest_once(tmp_path / "journal.csv", store)
            assert await store.records() == []
        assert "Another process" in str(caught.value)
        assert (await ingest_once(tmp_path / "journal.csv", store)).calls == 30


async def refused(url: str, *, create: bool = True) -> OperatorFault:
    with pytest.raises(OperatorFault) as caught:
        await Store(url).open(create=create)
    assert url.partition("@")[2] in str(caught.value)
    assert "Traceback" not in str(caught.value)
    return caught.value


async def test_servers_that_do_not_let_us_in(postgresql_alone: Server) -> None:
    server = postgresql_alone
    assert isinstance(await refused(server.url_of("nobody")), StoreRefused)
    assert isinstance(await refused(server.url.replace("ivr@", "stranger@")), StoreRefused)
    assert isinstance(await refused(server.url, create=False), StoreMissing)
    server.sql("CREATE ROLE guest LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    assert isinstance(await refused(server.url.replace("ivr@", "guest@")), StoreRefused)
    server.stop()
    fault = await refused(server.url)
    assert isinstance(fault, StoreAway)
    assert "start it" in str(fault)


async def test_a_password_is_never_shown(postgresql_alone: Server) -> None:
    url = postgresql_alone.url.replace("ivr@", "ivr:hidden@")
    assert "hidden" not in Store(url).place
    postgresql_alone.stop()
    with pytest.raises(StoreAway) as caught:
        await Store(url).open()
    assert "hidden" not in str(caught.value)


async def test_other_tables_in_the_database_are_left_alone(postgresql: Server, empty_database: str) -> None:
    name = empty_database.rpartition("/")[2]
    postgresql.sql("CREATE TABLE cel (id int)", name)
    async with Store(empty_database) as store:
        assert await store.records() == []
    foreign = new_database(postgresql)
    postgresql.sql("DROP TABLE alembic_version", foreign.rpartition("/")[2])
    fault = await refused(foreign)
    assert isinstance(fault, StoreDamaged)
    assert "calls" in str(fault)


async def test_a_newer_store_is_left_alone(postgresql: Server, database: str) -> None:
    postgresql.sql("UPDATE alembic_version SET version_num = '9999'", database.rpartition("/")[2])
    fault = await refused(database)
    assert isinstance(fault, StoreTooNew)
    assert "9999" in str(fault)


async def test_texts_are_ordered_by_their_bytes(database: str) -> None:
    names = ["b", "Ā", "a", "B", "-", "é"]
    async with Store(database) as store, store.writing() as connection:
        await connection.execute(
            insert(positions), [{"journal": name, "head": "", "head_size": 0, "read_to": 1} for name in names]
        )
        found = await connection.execute(select(positions.c.journal).order_by(positions.c.journal))
        assert list(found.scalars()) == sorted(names)


class Waits:
    """Stands in for `asyncio.sleep`: acts at each pause; cancels after the last act."""

    def __init__(self, *acts: object) -> None:
        self.acts = list(acts)

    async def __call__(self, _: float) -> None:
        if not self.acts:
            raise asyncio.CancelledError
        act = self.acts.pop(0)
        if callable(act):
            await asyncio.to_thread(act)


@pytest.mark.parametrize("abruptly", [False, True], ids=["stopped", "crashed"])
async def test_a_server_that_goes_away_and_comes_back_has_all_rows(
    tmp_path: Path, postgresql_alone: Server, caplog: pytest.LogCaptureFixture, abruptly: bool
) -> None:
    server, path = postgresql_alone, tmp_path / "journal.csv"
    half = BUSY.find(b"\n", len(BUSY) // 2) + 1
    path.write_bytes(BUSY[:half])

    def away() -> None:
        server.stop(abruptly=abruptly)
        path.write_bytes(BUSY)

    async with Store(server.url) as store:
        with caplog.at_level(logging.INFO), pytest.raises(asyncio.CancelledError):
            await follow(Journal(path, 20_000), store, wait=Waits(*[None] * 4, away, None, server.start, *[None] * 9))
    actions = [record.action for record in caplog.records if hasattr(record, "action")]
    assert actions[0] == "records_stopped"
    assert actions[1:] == ["records_resumed", "journal_line_bad"]
    assert await without_positions(server.url) == await filled(tmp_path / "undisturbed.sqlite3", path)


async def test_the_process_waits_for_a_server_that_is_not_there_yet(tmp_path: Path, postgresql_alone: Server) -> None:
    server, path, status = postgresql_alone, tmp_path / "journal.csv", tmp_path / "recorder.json"
    path.write_bytes(BUSY)
    server.stop()
    command = [sys.executable, "-m", "cdr", str(path), server.url, str(status)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    try:
        async with asyncio.timeout(60):
            assert b"does not answer" in await process.stderr.readline()
            await asyncio.to_thread(server.start)
            while b"quarantine" not in (line := await process.stderr.readline()):
                assert line
            process.send_signal(signal.SIGTERM)
            await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    assert await without_positions(server.url) == await filled(tmp_path / "undisturbed.sqlite3", path)


def test_a_status_names_the_trouble(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    status = Status(path, Journal(tmp_path / "j"), "store", lambda: datetime(2026, 11, 22, tzinfo=UTC))
    status.failed(StoreAway.at("postgresql://ivr@db/ivr"))
    status.write()
    assert '"store_away"' in path.read_text("utf-8")
