"""Stores of earlier releases: upgraded with what they hold, and what they held goes on."""

import asyncio
import zlib
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, create_engine, insert, inspect

from cdr.fold import fold
from cdr.journal import Batch, Position
from cdr.record import Disposition
from cdr.recorder import ingest_once
from cdr.rows import rows_of
from cdr.store import Store
from cdr.tables import SCHEMA, metadata
from tests.fakes.call_pieces import ARRIVES, IN, RINGS, TOLD, ends
from tests.fakes.call_table import events_of, lines_of, linkedid_of
from tests.fakes.journal_marks import around

EARLIER = ("0001", "0002")
ADDED = {"0001": {"announcements", "marks"}, "0002": {"marks"}}
WHOLE, OPEN = TOLD + ends(9), ARRIVES


def migrate(connection: Connection, revision: str, *, up: bool = True) -> None:
    config = Config()
    config.set_main_option("script_location", "cdr:migrations")
    config.attributes["connection"] = connection
    (command.upgrade if up else command.downgrade)(config, revision)


def old_store(place: Path, revision: str) -> None:
    """Make a store as an earlier release did, with a call that is over and one that is open."""
    engine = create_engine(f"sqlite:///{place}")
    with engine.begin() as connection:
        migrate(connection, revision)
        tables = MetaData()
        tables.reflect(connection)
        for number, table in enumerate((WHOLE, OPEN), start=1):
            record = fold(events_of(table, number))
            text = b"".join(lines_of(table, number))
            lines = zlib.compress(text, 1) if record.complete else text
            journal = {"linkedid": record.linkedid, "complete": record.complete, "lines": lines}
            rows = rows_of(record)
            content: dict[str, list[Any]] = {"journals": [journal], "calls": [rows.call]}
            for name in ("steps", "redirections", "legs", "announcements"):
                content[name] = list(getattr(rows, name))
            for name, some in content.items():
                if name in tables.tables and some:
                    known = tables.tables[name].c.keys()
                    fitting = [{key: one[key] for key in known if key in one} for one in some]
                    connection.execute(insert(tables.tables[name]), fitting)
    engine.dispose()


@pytest.fixture(params=EARLIER)
def revision(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_what_it_held_is_there_and_goes_on(tmp_path: Path, revision: str) -> None:
    place = tmp_path / "records.sqlite3"
    await asyncio.to_thread(old_store, place, revision)
    async with Store(place) as opened:
        assert await opened.record(linkedid_of(1)) == fold(events_of(WHOLE, 1))
        assert await opened.record(linkedid_of(2)) == fold(events_of(OPEN, 2))
        assert await opened.journal_of(linkedid_of(1)) == b"".join(lines_of(WHOLE, 1))
        counted = [one.announcement for one in await opened.announcement_counts()]
        assert counted == ([] if revision == "0001" else ["roads", "water"])
        await opened.write(Batch("journal", tuple(events_of(WHOLE, 2)), (), Position("journal", "head", 4, 9)))
        assert await opened.record(linkedid_of(2)) == fold(events_of(WHOLE, 2))
    async with Store(place) as opened:
        assert len(await opened.records()) == 2


async def test_its_lines_get_their_places_when_the_journal_is_read_again(tmp_path: Path, revision: str) -> None:
    place, journal = tmp_path / "records.sqlite3", tmp_path / "journal.csv"
    await asyncio.to_thread(old_store, place, revision)
    journal.write_bytes(b"".join([*lines_of(WHOLE, 1), *lines_of(OPEN, 2)]))
    async with Store(place) as opened:
        done = await ingest_once(journal, opened)
        assert (done.calls, done.lines) == (2, 0)
        assert (await ingest_once(journal, opened)).calls == 0
        assert await opened.record(linkedid_of(1)) == fold(events_of(WHOLE, 1))


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
        assert set(metadata.tables) - left == ADDED[revision]
        assert connection.exec_driver_sql("SELECT count(*) FROM calls").scalar_one() == 2
    engine.dispose()
