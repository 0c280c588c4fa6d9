"""Stores of earlier releases: upgraded with what they hold, and what they held goes on."""

import asyncio
import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, create_engine, insert, inspect, select
from sqlalchemy.ext.asyncio import create_async_engine

from cdr.fold.fold import fold
from cdr.journal.line import JournalEvent
from cdr.journal.places import to_text
from cdr.journal.reader import Batch, Position
from cdr.record.record import Disposition
from cdr.record.rows import rows_of
from cdr.recorder import ingest_once
from cdr.store.packed import pack
from cdr.store.store import Store
from cdr.store.tables import SCHEMA, announcements, journals, metadata
from tests.fakes.call_pieces import ARRIVES, IN, RINGS, TOLD, ends
from tests.fakes.call_table import START, events_of, lines_of, linkedid_of
from tests.fakes.journal_marks import around
from tests.fakes.store_dump import dump
from tests.postgresql import NewPlace

EARLIER = ("0001", "0002", "0003")
ADDED = {
    "0001": {"announcements", "marks"},
    "0002": {"marks"},
    "0003": set(),
}
NEW = {"details", "keys", "visits", "passes", "numbers", "audit", "cases"}
FIRST_FILE = "0" * 18 + "-00000000"  # before all others
WHOLE, OPEN = TOLD + ends(9), ARRIVES
Content = dict[str, list[dict[str, Any]]]


def migrate(connection: Connection, revision: str, *, up: bool = True) -> None:
    config = Config()
    config.set_main_option("script_location", "cdr:migrations")
    config.attributes["connection"] = connection
    (command.upgrade if up else command.downgrade)(config, revision)


def old_store(place: Path, revision: str) -> None:
    """Make a store as an earlier release did, with a call that is over and one that is open."""
    engine = create_engine(f"sqlite:///{place}")
    with engine.begin() as connection:
        fill(connection, revision)
    engine.dispose()


def fill(connection: Connection, revision: str) -> None:
    migrate(connection, revision)
    tables = MetaData()
    tables.reflect(connection)
    for number, table in enumerate((WHOLE, OPEN), start=1):
        for name, some in rows_then(table, number, revision).items():
            if name in tables.tables and some:
                known = tables.tables[name].c.keys()
                fitting = [{key: one[key] for key in known if key in one} for one in some]
                connection.execute(insert(tables.tables[name]), fitting)


def rows_then(table: str, number: int, revision: str) -> Content:
    """Give the rows of a call as releases before 0004 wrote them."""
    record = fold(placed(table, number))
    text = b"".join(lines_of(table, number))
    if revision == "0003":
        lines = pack(placed(table, number), compressed=record.complete)
    else:
        lines = zlib.compress(text, 1) if record.complete else text
    first, *_, last = (to_text((one.file, one.offset)) for one in placed(table, number))
    journal = {"linkedid": record.linkedid, "complete": record.complete, "lines": lines}
    rows = rows_of(record)
    of_call = {"linkedid": record.linkedid, "place": 0}
    step = of_call | {"at_us": START, "kind": "engine"}
    leg = of_call | {"uniqueid": record.linkedid, "role": "caller", "started_us": START}
    return {
        "journals": [journal | {"first_place": first, "last_place": last}],
        "calls": [dict(rows.call)],
        "steps": [step],
        "legs": [leg],
        "announcements": [dict(one) for one in rows.announcements],
    }


def placed(table: str, number: int) -> list[JournalEvent]:
    return [replace(one, file=FIRST_FILE, offset=place) for place, one in enumerate(events_of(table, number))]


@pytest.fixture(params=EARLIER)
def revision(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_what_it_held_is_there_and_goes_on(tmp_path: Path, revision: str) -> None:
    place = tmp_path / "records.sqlite3"
    await asyncio.to_thread(old_store, place, revision)
    async with Store(place) as opened:
        assert await opened.record(linkedid_of(1)) == fold(events_of(WHOLE, 1), node="pbx")
        assert await opened.record(linkedid_of(2)) == fold(events_of(OPEN, 2), node="pbx")
        assert await opened.journal_of(linkedid_of(1)) == b"".join(lines_of(WHOLE, 1))
        async with opened.reading() as connection:
            heard = await connection.execute(select(announcements.c.announcement).distinct())
            counted = sorted(heard.scalars())
        assert counted == ([] if revision == "0001" else ["roads", "water"])
        await opened.write(Batch("journal", tuple(placed(WHOLE, 2)), (), Position("journal", "head", 4, 9)))
        assert await opened.record(linkedid_of(2)) == fold(events_of(WHOLE, 2), node="pbx")
    async with Store(place) as opened:
        assert len(await opened.records()) == 2


async def test_its_rows_are_made_again_and_are_those_of_a_new_store(
    tmp_path: Path, new_place: NewPlace, revision: str
) -> None:
    place, again = tmp_path / "records.sqlite3", new_place()
    await asyncio.to_thread(old_store, place, revision)
    async with Store(place) as opened:
        before = await opened.records()
        assert [await opened.stale(), await opened.refold(1), await opened.stale()] == [2, 1, 1]
        assert await opened.records() == before
        assert [await opened.refold(), await opened.refold(), await opened.stale()] == [1, 0, 0]
        assert await opened.records() == before
        lines = [await opened.journal_of(linkedid_of(number)) for number in (1, 2)]
    async with Store(again) as opened:
        events = [*placed(WHOLE, 1), *placed(OPEN, 2)]
        if revision != "0003":  # their lines have no places
            events = [replace(one, file="", offset=0) for one in events]
        await opened.write(Batch("journal", tuple(events), (), Position("journal", "head", 4, 9)))
        assert [await opened.journal_of(linkedid_of(number)) for number in (1, 2)] == lines
    made, new = dump(place), dump(again)
    assert {name: made[name] for name in made if name != "positions"} == {
        name: new[name] for name in new if name != "positions"
    }


async def test_an_earlier_store_on_postgresql_is_upgraded_too(empty_database: str, revision: str) -> None:
    engine = create_async_engine(empty_database.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.begin() as connection:
        await connection.run_sync(fill, revision)
    await engine.dispose()
    async with Store(empty_database) as opened:
        assert await opened.record(linkedid_of(1)) == fold(events_of(WHOLE, 1), node="pbx")
        assert await opened.refold() == 2
        assert await opened.record(linkedid_of(2)) == fold(events_of(OPEN, 2), node="pbx")


async def test_linkedids_that_are_none_of_asterisks_keep_their_lines(tmp_path: Path) -> None:
    place = tmp_path / "records.sqlite3"
    await asyncio.to_thread(old_store, place, "0003")
    odd = ("north-12", "north-1.2.3", "-1795000000.7", "1795000000.8", "a-b-1795000000.9", "strange")
    with closing(sqlite3.connect(place)) as database, database:
        lines = (b"".join(lines_of(WHOLE, 1)),)
        database.executemany(
            "INSERT INTO journals (linkedid, complete, lines) VALUES (?, 1, ?)", [(name, *lines) for name in odd]
        )
    async with Store(place) as opened, opened.reading() as connection:
        rows = await connection.execute(select(journals.c.linkedid, journals.c.node))
        found = {linkedid: node for linkedid, node in rows if linkedid in odd}
    assert found == dict.fromkeys(odd, "") | {"a-b-1795000000.9": "a-b"}


async def test_its_lines_get_their_places_when_the_journal_is_read_again(tmp_path: Path, revision: str) -> None:
    place, journal = tmp_path / "records.sqlite3", tmp_path / "journal.csv"
    await asyncio.to_thread(old_store, place, revision)
    journal.write_bytes(b"".join([*lines_of(WHOLE, 1), *lines_of(OPEN, 2)]))
    async with Store(place) as opened:
        done = await ingest_once(journal, opened)
        assert (done.calls, done.lines) == (0 if revision == "0003" else 2, 0)
        assert (await ingest_once(journal, opened)).calls == 0
        assert await opened.record(linkedid_of(1)) == fold(events_of(WHOLE, 1), node="pbx")


async def test_its_open_calls_are_ended_by_a_restart_of_the_pbx(tmp_path: Path, revision: str) -> None:
    place, journal = tmp_path / "records.sqlite3", tmp_path / "journal.csv"
    await asyncio.to_thread(old_store, place, revision)
    journal.write_bytes(b"".join([*around("IVR_BOOT", "100.0", "pbx-1795000100.0"), *lines_of(IN + RINGS, 3)]))
    async with Store(place) as opened:
        await ingest_once(journal, opened)
        found = {one.linkedid: one.disposition for one in await opened.records()}
    assert found[linkedid_of(2)] is Disposition.PBX_LOST
    assert found[linkedid_of(3)] is Disposition.OPEN


def test_the_step_back_leaves_the_tables_of_that_release(tmp_path: Path, revision: str) -> None:
    place = tmp_path / "records.sqlite3"
    old_store(place, revision)
    engine = create_engine(f"sqlite:///{place}")
    with engine.begin() as connection:
        migrate(connection, SCHEMA)
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())
        migrate(connection, revision, up=False)
        left = set(inspect(connection).get_table_names())
        assert set(metadata.tables) - left == ADDED[revision] | NEW
        assert connection.exec_driver_sql("SELECT count(*) FROM calls").scalar_one() == 2
    engine.dispose()
