"""The record store on both databases: what goes in comes out, once, however it came."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from cdr.errors import OperatorFault, StoreCannotOpen, StoreDamaged, StoreLocked, StoreMissing, StoreTooNew
from cdr.fold.fold import fold
from cdr.journal.line import BadLine
from cdr.journal.reader import Batch, Journal, Position
from cdr.record.record import Disposition
from cdr.recorder import ingest_once
from cdr.store.store import Store
from cdr.store.tables import SCHEMA, metadata
from tests.fakes.call_pieces import IN, TALKS, ends
from tests.fakes.call_table import START, events_of, linkedid_of
from tests.fakes.journal_load import CALLS, busy_journal
from tests.fakes.store_dump import dump
from tests.postgresql import NewPlace

BUSY = busy_journal(15)
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # a smaller example costs minutes of writing stores
BEGAN = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=START)


@pytest.fixture
async def store(new_place: NewPlace) -> AsyncIterator[Store]:
    async with Store(new_place()) as opened:
        yield opened


@pytest.fixture(scope="module")
def known() -> dict[bool, object]:
    """Keep what the whole journal gives in a store, by whether it is a file: it is the same for every example."""
    return {}


async def ingested(folder: Path, pieces: list[bytes], name: str, place: str) -> dict[str, list[tuple[object, ...]]]:
    """Write a journal piece by piece, read after each, and give what the store then holds."""
    journal = folder / f"{name}.csv"
    journal.write_bytes(b"")
    async with Store(place) as opened:
        for piece in pieces:
            with journal.open("ab") as file:
                file.write(piece)
            await ingest_once(journal, opened)
    held = dump(place)
    assert held.pop("positions")
    return held


async def test_records_come_out_as_they_were_folded(store: Store, tmp_path: Path) -> None:
    journal = tmp_path / "journal.csv"
    journal.write_bytes(BUSY)
    done = await ingest_once(journal, store)
    assert (done.calls, done.lines, done.bad_lines, done.unfinished) == (15, BUSY.count(b"\n"), 0, 0)
    for number in range(15):
        expected = fold(events_of(CALLS[number % len(CALLS)], number + 1), node="pbx")
        assert await store.record(linkedid_of(number + 1)) == expected
    assert len(await store.records()) == 15
    assert await store.record("nobody") is None
    assert b"".join([await store.journal_of(linkedid_of(n + 1)) for n in range(15)]).count(b"\n") == done.lines


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], phases=UNSHRUNK)
@given(
    cuts=st.lists(st.integers(0, len(BUSY)), max_size=5),
    again=st.tuples(st.integers(0, len(BUSY)), st.integers(0, len(BUSY))),
)
def test_any_split_and_repetition_gives_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory,
    new_place: NewPlace,
    known: dict[bool, object],
    cuts: list[int],
    again: tuple[int, int],
) -> None:
    folder = tmp_path_factory.mktemp("split")
    edges = [0, *sorted(cuts), len(BUSY)]
    pieces = [BUSY[start:end] for start, end in pairwise(edges)]
    start, end = (BUSY.rfind(b"\n", 0, place) + 1 for place in sorted(again))
    place = new_place()
    kind = place.endswith(".sqlite3")
    if kind not in known:
        known[kind] = asyncio.run(ingested(folder, [BUSY], "whole", new_place()))
    assert asyncio.run(ingested(folder, [*pieces, BUSY[start:end]], "pieces", place)) == known[kind]


async def test_files_in_any_order_give_the_same_rows(tmp_path: Path, new_place: NewPlace) -> None:
    half = BUSY.find(b"\n", len(BUSY) // 2) + 1
    held = []
    for order in ((0, 1), (1, 0)):
        place = new_place()
        async with Store(place) as opened:
            for number in order:
                part = tmp_path / f"part{number}.csv"
                part.write_bytes((BUSY[:half], BUSY[half:])[number])
                await ingest_once(part, opened)
        held.append(dump(place))
    assert held[0] == held[1]


async def test_an_open_call_goes_on_after_a_restart(tmp_path: Path, new_place: NewPlace) -> None:
    journal, place = tmp_path / "journal.csv", new_place()
    journal.write_bytes(b"".join(event.line + b"\n" for event in events_of(IN + TALKS)))
    async with Store(place) as opened:
        await ingest_once(journal, opened)
        (before,) = await opened.records()
    assert (before.disposition, before.complete, before.ended) == (Disposition.OPEN, False, None)
    with journal.open("ab") as file:
        file.writelines(event.line + b"\n" for event in events_of(IN + TALKS + ends(20))[-3:])
    async with Store(place) as opened:
        await ingest_once(journal, opened)
        (after,) = await opened.records()
    assert after == fold(events_of(IN + TALKS + ends(20)), node="pbx")


async def test_lists_are_filtered_and_the_newest_come_first(store: Store, tmp_path: Path) -> None:
    journal = tmp_path / "journal.csv"
    journal.write_bytes(busy_journal(6))
    await ingest_once(journal, store)
    assert [one.linkedid for one in await store.records(limit=2)] == [linkedid_of(6), linkedid_of(5)]
    assert len(await store.records(service="kekava")) == 6
    assert await store.records(service="jelgava") == []
    assert len(await store.records(since=BEGAN, until=BEGAN + timedelta(microseconds=1))) == 6
    assert await store.records(since=BEGAN + timedelta(microseconds=1)) == []
    assert await store.records(until=BEGAN) == []


async def test_calls_are_found_by_either_end(store: Store, tmp_path: Path) -> None:
    journal = tmp_path / "journal.csv"
    journal.write_bytes(busy_journal(11))
    await ingest_once(journal, store)
    assert await store.find("0.300") == [linkedid_of(3)]
    assert await store.find(linkedid_of(1)) == [linkedid_of(1)]
    assert len(await store.find("pbx-")) == 10
    assert await store.find("%") == []


async def test_bad_lines_are_kept_once_with_place_and_reason(store: Store, tmp_path: Path) -> None:
    journal = tmp_path / "journal.csv"
    journal.write_bytes(b"rubbish \xff\n" + BUSY + b"more\n" + BUSY[:40])
    done = await ingest_once(journal, store)
    assert (done.calls, done.bad_lines, done.unfinished) == (15, 2, 40)
    journal.rename(tmp_path / "copy.csv")
    assert (await ingest_once(tmp_path / "copy.csv", store)).bad_lines == 0
    kept = await store.quarantined()
    assert [(one.file, one.bad_line.offset, one.bad_line.text) for one in kept] == [
        (str(journal), 0, "rubbish \ufffd"),
        (str(journal), len(BUSY) + 10, "more"),
    ]
    assert kept[0].bad_line.reason == "1 columns instead of 14"


async def test_a_call_that_cannot_be_folded_does_not_stop_the_others(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumbling(events: list[object], marks: object, node: str) -> object:
        record = fold(events, marks, node)  # type: ignore[arg-type]
        if record.linkedid == linkedid_of(1):
            raise ZeroDivisionError
        return record

    monkeypatch.setattr("cdr.store.folding.fold_written", stumbling)
    position = Position("j", "h", 1, 1)
    await store.write(Batch("j", (*events_of(IN, 1), *events_of(IN, 2)), (), position))
    assert [one.linkedid for one in await store.records()] == [linkedid_of(2)]
    assert (await store.journal_of(linkedid_of(1))).count(b"\n") == len(events_of(IN))
    assert "has no record" in caplog.text


async def test_positions_are_kept_by_journal(store: Store) -> None:
    assert await store.position("a") is None
    for offset in (5, 9):
        await store.write(Batch("a", (), (BadLine(offset, "why", b"x"),), Position("a", "head", 3, offset)))
    assert await store.position("a") == Position("a", "head", 3, 9)
    assert len(await store.quarantined()) == 2


async def test_a_lock_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    journal, place = tmp_path / "journal.csv", tmp_path / "records.sqlite3"
    journal.write_bytes(BUSY)
    async with Store(place, busy_timeout=0.05) as opened:
        with closing(sqlite3.connect(place, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreLocked) as caught:
                await ingest_once(journal, opened)
            assert str(place) in str(caught.value)
            assert await opened.records() == []
        assert (await ingest_once(journal, opened)).calls == 15


async def test_migrations_make_the_tables_of_this_release(tmp_path: Path) -> None:
    place = tmp_path / "records.sqlite3"
    async with Store(place):
        pass
    engine = create_engine(f"sqlite:///{place}")
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []
    config = Config()
    config.set_main_option("script_location", "cdr:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA


async def test_two_processes_may_open_a_new_store_at_once(tmp_path: Path, empty_database: str) -> None:
    for place in (tmp_path / "records.sqlite3", empty_database):
        await opened_at_once(place)


async def opened_at_once(place: Path | str) -> None:
    stores = await asyncio.gather(*(Store(place).open() for _ in range(3)))
    for opened in stores:
        assert await opened.records() == []
        await opened.close()


def spoilt(place: Path, statement: str) -> None:
    with closing(sqlite3.connect(place)) as database:
        database.executescript(statement)


async def refused(place: Path, *, create: bool = True) -> OperatorFault:
    with pytest.raises(OperatorFault) as caught:
        await Store(place).open(create=create)
    assert str(place) in str(caught.value)
    return caught.value


async def test_places_that_are_no_store(tmp_path: Path) -> None:
    assert isinstance(await refused(tmp_path / "none", create=False), StoreMissing)
    assert not (tmp_path / "none").exists()
    assert isinstance(await refused(tmp_path), StoreCannotOpen)
    (tmp_path / "file").write_text("no folder")
    assert isinstance(await refused(tmp_path / "file" / "records"), StoreCannotOpen)
    (tmp_path / "text").write_text("this is a text and no database" * 40)
    assert isinstance(await refused(tmp_path / "text"), StoreDamaged)
    spoilt(tmp_path / "foreign", "CREATE TABLE birds (id INTEGER)")
    assert "birds" in str(await refused(tmp_path / "foreign"))
    assert isinstance(await refused(tmp_path / "foreign"), StoreDamaged)


async def test_a_newer_store_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "records.sqlite3"
    async with Store(place):
        pass
    spoilt(place, "UPDATE alembic_version SET version_num = '9999'")
    fault = await refused(place)
    assert isinstance(fault, StoreTooNew)
    assert "9999" in str(fault)
    assert "newer release" in str(fault)


async def test_an_unfinished_first_upgrade_is_done_again(tmp_path: Path) -> None:
    place = tmp_path / "records.sqlite3"
    spoilt(place, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    async with Store(place) as opened:
        assert await opened.records() == []


async def test_a_store_that_is_not_open_says_so(tmp_path: Path) -> None:
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite3'}")
    with pytest.raises(RuntimeError, match="open the store first"):
        await store.records()
    async with await store.open() as opened:
        assert await opened.find("x") == []
    await store.close()


async def test_the_journal_reads_on_from_the_stored_position(tmp_path: Path, new_place: NewPlace) -> None:
    journal, place = tmp_path / "journal.csv", new_place()
    journal.write_bytes(BUSY)
    async with Store(place) as opened:
        await ingest_once(journal, opened)
        since = await opened.position(Journal(journal).name)
    assert since is not None
    assert since.offset == len(BUSY)
    assert Journal(journal).read_once(since) is None
