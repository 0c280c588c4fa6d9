"""The record store when things break: killed in the middle, no space left, and the follower that lives through it."""

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from cdr.errors import JournalUnreadable, StoreFull
from cdr.journal.reader import Journal
from cdr.recorder import FIRST_PAUSE, LONGEST_PAUSE, follow, ingest_next, ingest_once
from cdr.store.store import Store, Written
from tests.fakes.examples import seldom
from tests.fakes.journal_load import busy_journal
from tests.fakes.killed_ingest import killed
from tests.fakes.store_dump import dump
from tests.postgresql import NewPlace

BUSY = busy_journal(30, seed=3) + b"rubbish\n"
Rows = dict[str, list[tuple[object, ...]]]


async def undisturbed(place: Path | str, journal: Path) -> Rows:
    async with Store(place) as opened:
        await ingest_once(journal, opened)
    return dump(place)


async def ingest_rest(journal: Path, place: str) -> None:
    async with Store(place) as opened:
        await ingest_once(journal, opened)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a journal that no test changes."""
    journal = tmp_path_factory.mktemp("busy") / "journal.csv"
    journal.write_bytes(BUSY)
    return journal


@pytest.fixture(scope="module")
def known() -> dict[bool, Rows]:
    """Keep what the busy journal gives, by whether the store is a file: it is the same for every test."""
    return {}


@pytest.fixture
def whole(busy: Path, new_place: NewPlace, known: dict[bool, Rows]) -> Rows:
    """Give what a store of the kind at hand holds that has read the busy journal undisturbed."""
    place = new_place()
    kind = place.endswith(".sqlite3")
    if kind not in known:
        known[kind] = asyncio.run(undisturbed(place, busy))
    return known[kind]


@pytest.mark.parametrize("fatal", [0, 31, 54, 201, *seldom(7, 19, 30, 32, 33, 120)])
def test_killed_at_any_statement_every_line_counts_once(
    busy: Path, new_place: NewPlace, whole: Rows, fatal: int
) -> None:
    place = new_place()
    assert killed(busy, place, fatal)
    asyncio.run(ingest_rest(busy, place))
    assert dump(place) == whole


async def test_calls_that_go_on_are_put_off_while_much_comes_and_made_when_there_is_time(
    tmp_path: Path, new_place: NewPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, place = tmp_path / "journal.csv", new_place()
    journal.write_bytes(BUSY)
    expected = await undisturbed(new_place(), journal)
    monkeypatch.setattr("cdr.store.add.BUSY_LINES", 5)
    async with Store(place) as opened:
        while await ingest_next(Journal(journal, 3000), opened) is not None:
            pass
        put_off = await opened.stale()
        assert len(await opened.records()) == 30 - put_off
        assert put_off == 6  # those without an end; all others were made once their end came
        assert await opened.refold() == put_off
        assert await opened.refold() == 0
        assert len(await opened.records()) == 30
    assert dump(place) == expected


async def test_calls_that_are_put_off_keep_the_rows_that_they_have(
    tmp_path: Path, new_place: NewPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, place = tmp_path / "journal.csv", new_place()
    half = BUSY.find(b"\n", len(BUSY) // 2) + 1
    journal.write_bytes(BUSY[:half])
    async with Store(place) as opened:
        await ingest_once(journal, opened)
        before = {one.linkedid: one for one in await opened.records()}
        journal.write_bytes(BUSY)
        monkeypatch.setattr("cdr.store.add.BUSY_LINES", 5)
        while await ingest_next(Journal(journal, 3000), opened) is not None:
            pass
        assert await opened.stale() > 0
        after = {one.linkedid: one for one in await opened.records()}
        assert set(after) == set(before)
        assert all(one.complete or one == before[name] for name, one in after.items())
        await ingest_once(journal, opened)
    assert dump(place) == await undisturbed(new_place(), journal)


@pytest.mark.parametrize("fatal", [12, 250, 270, *seldom(60, 130, 240, 262, 280)])
def test_killed_while_calls_are_put_off_every_line_counts_once(
    busy: Path, new_place: NewPlace, whole: Rows, fatal: int
) -> None:
    place = new_place()
    assert killed(busy, place, fatal, 5)
    asyncio.run(ingest_rest(busy, place))
    assert dump(place) == whole


@pytest.fixture
def small_disk() -> Iterator[dict[str, int]]:
    """Give a database that is full at so many pages, as long as `pages` says so; SQLite itself says SQLITE_FULL."""
    limit = {"pages": 0}

    def tighten(connection: object, *_: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"PRAGMA max_page_count={limit['pages'] or 1_000_000}")
        cursor.close()

    event.listen(Engine, "checkout", tighten)
    yield limit
    event.remove(Engine, "checkout", tighten)


async def test_a_full_disk_loses_and_doubles_nothing(tmp_path: Path, small_disk: dict[str, int]) -> None:
    journal, place = tmp_path / "journal.csv", tmp_path / "records.sqlite3"
    journal.write_bytes(BUSY)
    async with Store(place) as opened:
        before = dump(place)
        small_disk["pages"] = 30
        for _ in range(2):
            with pytest.raises(StoreFull) as caught:
                await ingest_once(journal, opened)
            assert str(place) in str(caught.value)
            assert "free some" in str(caught.value)
            assert dump(place) == before
        small_disk["pages"] = 0
        await ingest_once(journal, opened)
    assert dump(place) == await undisturbed(tmp_path / "undisturbed.sqlite3", journal)


class Pauses:
    """Stands in for `asyncio.sleep`: remembers the pauses and acts at some of them; cancels at the last."""

    def __init__(self, *acts: object) -> None:
        self.acts = list(acts)
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)
        if not self.acts:
            raise asyncio.CancelledError
        act = self.acts.pop(0)
        if callable(act):
            act()


def actions(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.action for record in caplog.records if hasattr(record, "action")]


async def test_the_follower_lives_through_a_full_disk(
    tmp_path: Path, small_disk: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    journal, place = tmp_path / "journal.csv", tmp_path / "records.sqlite3"
    journal.write_bytes(BUSY)
    heard: list[Written] = []
    async with Store(place) as opened:
        small_disk["pages"] = 30
        pauses = Pauses(None, None, None, lambda: small_disk.update(pages=0))
        with caplog.at_level(logging.INFO), pytest.raises(asyncio.CancelledError):
            await follow(Journal(journal), opened, wait=pauses, interval=0.25, on_written=heard.append)
    assert pauses.seconds == [FIRST_PAUSE, 1.0, 2.0, 4.0, 0.25]
    assert actions(caplog) == ["records_stopped", "journal_line_bad", "records_resumed"]
    assert [(one.calls, one.bad_lines) for one in heard] == [(30, 1)]
    assert dump(place) == await undisturbed(tmp_path / "undisturbed.sqlite3", journal)


async def test_the_pauses_grow_no_further_than_said(tmp_path: Path, small_disk: dict[str, int]) -> None:
    (tmp_path / "journal.csv").write_bytes(BUSY)
    async with Store(tmp_path / "records.sqlite3") as opened:
        small_disk["pages"] = 30
        pauses = Pauses(*[None] * 9)
        with pytest.raises(asyncio.CancelledError):
            await follow(Journal(tmp_path / "journal.csv"), opened, wait=pauses)
    assert max(pauses.seconds) == pauses.seconds[-1] == LONGEST_PAUSE


async def test_the_follower_waits_for_a_journal_and_reads_what_comes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = tmp_path / "journal.csv"
    first = BUSY.find(b"\n", 5000) + 1

    def append(data: bytes) -> None:
        with journal.open("ab") as file:
            file.write(data)

    async with Store(tmp_path / "records.sqlite3") as opened:
        pauses = Pauses(
            None,
            journal.mkdir,
            None,
            journal.rmdir,
            lambda: append(BUSY[:first]),
            lambda: append(BUSY[first:]),
        )
        with caplog.at_level(logging.INFO), pytest.raises(asyncio.CancelledError):
            await follow(Journal(journal), opened, wait=pauses, interval=0.25)
    assert pauses.seconds == [0.25, 0.25, FIRST_PAUSE, 1.0, 0.25, 0.25, 0.25]
    assert actions(caplog)[:2] == ["records_stopped", "records_resumed"]
    assert dump(tmp_path / "records.sqlite3") == await undisturbed(tmp_path / "undisturbed.sqlite3", journal)


async def test_two_followers_of_one_journal_do_no_harm(tmp_path: Path, new_place: NewPlace) -> None:
    journal, place = tmp_path / "journal.csv", new_place()
    journal.write_bytes(BUSY)
    readings = len(BUSY) // 3000 * 2  # more than one follower alone would need

    async def read() -> None:
        async with Store(place) as opened:
            with pytest.raises(asyncio.CancelledError):
                await follow(Journal(journal, 3000), opened, wait=Pauses(*[None] * readings))

    await asyncio.gather(read(), read())
    assert dump(place) == await undisturbed(new_place(), journal)


async def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    async with Store(tmp_path / "records.sqlite3") as opened:
        with pytest.raises(JournalUnreadable, match="there is no such file"):
            await ingest_once(tmp_path / "none.csv", opened)


async def test_a_new_store_waits_for_whoever_is_in_the_file(tmp_path: Path) -> None:
    place = tmp_path / "records.sqlite3"
    with closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.3, other.execute, "ROLLBACK")
        opened = await Store(place).open()
        assert not other.in_transaction
    assert await opened.records() == []
    await opened.close()
