"""What has been kept for long enough goes, class by class; figures stay. On both databases."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from cdr.privacy.keeper import Keeper
from cdr.privacy.keys import KeyFiles
from cdr.privacy.retention import purge_calls, purge_files, purge_journal, purge_numbers
from cdr.privacy.sealing import PSEUDONYM, TOKEN, Mode
from cdr.privacy.shown import callers_shown
from cdr.recorder import ingest_once
from cdr.store.store import Store
from cdr.store.tables import calls, journals, numbers
from tests.fakes.callers_week import BEGAN, WEEK, callers_of
from tests.fakes.store_dump import dump
from tests.postgresql import NewPlace


@pytest.fixture
def keys(tmp_path: Path) -> KeyFiles:
    return KeyFiles(tmp_path / "keys" / "records.key")


@pytest.fixture
async def store(new_place: NewPlace, keys: KeyFiles, tmp_path: Path) -> AsyncIterator[Store]:
    path = tmp_path / "journal.csv"
    path.write_bytes(WEEK)
    async with Store(new_place(), sealer=Keeper(Mode.ENCRYPTED, keys.path)) as opened:
        await ingest_once(path, opened)
        yield opened


async def test_a_dry_run_only_counts(store: Store, keys: KeyFiles, tmp_path: Path) -> None:
    before, at = dump(store.place), BEGAN + timedelta(days=10)
    assert (await purge_numbers(store, keys, at, dry_run=True)).count == 3
    lines, files = await purge_journal(store, [tmp_path / "journal.csv"], at, dry_run=True)
    assert (lines.count, files.count) == (3, 1)
    assert lines.size > 0
    assert (await purge_calls(store, at, dry_run=True)).count == 3
    assert dump(store.place) == before
    assert keys.months() == []
    assert (tmp_path / "journal.csv").exists()


async def test_numbers_go_and_repeats_stay_known(store: Store, keys: KeyFiles, tmp_path: Path) -> None:
    assert (await purge_numbers(store, keys, BEGAN + timedelta(days=30), dry_run=False)).count == 4
    found = await callers_of(store)
    assert [bool(PSEUDONYM.fullmatch(one)) for one in found] == [True] * 4 + [False] * 3
    assert TOKEN.fullmatch(found[5])
    async with store.reading() as connection:
        previous = list((await connection.execute(select(calls.c.previous_us).order_by(calls.c.started_us))).scalars())
        starts = list((await connection.execute(select(calls.c.started_us).order_by(calls.c.started_us))).scalars())
        rows = list((await connection.execute(select(numbers.c.shown).where(numbers.c.seen_us > 0))).scalars())
        kept = list((await connection.execute(select(journals.c.purged).order_by(journals.c.started_us))).scalars())
    assert previous == [None, None, starts[0], None, None, None, None]
    assert rows == ["+371 29…22"]  # Boris called later again
    assert kept == [True] * 4 + [False] * 3
    assert (await callers_shown(store, found))[found[0]] == "purged"
    months = {f"{BEGAN + timedelta(days=days):%Y-%m}" for days in (0, 20)}
    same = [
        one
        for one, days in zip(found[:4], (0, 0.5, 1, 20), strict=True)
        if f"{BEGAN + timedelta(days=days):%Y-%m}" == f"{BEGAN:%Y-%m}"
    ]
    assert same[0] == same[2]  # one pseudonym for one citizen in one month
    assert set(keys.months()) == {
        one for one in months if one >= f"{BEGAN + timedelta(days=30):%Y-%m}"
    }  # done: destroyed
    copy = tmp_path / "late.csv"
    copy.write_bytes(WEEK)
    async with Store(store.place, sealer=Keeper(Mode.ENCRYPTED, keys.path)) as again:  # a backup is read once more
        await ingest_once(copy, again)
    assert await callers_of(store) == found


async def test_a_purge_every_day_keeps_the_same_repeats_as_one_purge(
    store: Store, new_place: NewPlace, keys: KeyFiles, tmp_path: Path
) -> None:
    for days in range(1, 60, 6):
        await purge_numbers(store, keys, BEGAN + timedelta(days=days), dry_run=False)
    async with Store(new_place(), sealer=Keeper(Mode.ENCRYPTED, keys.path)) as other:
        await ingest_once(tmp_path / "journal.csv", other)
        await purge_numbers(other, keys, BEGAN + timedelta(days=60), dry_run=False)
        query = select(calls.c.linkedid, calls.c.previous_us).order_by(calls.c.started_us)
        results = []
        for one in (store, other):
            async with one.reading() as connection:
                results.append([tuple(row) for row in await connection.execute(query)])
    assert results[0] == results[1]
    assert sum(previous is not None for _, previous in results[0]) == 1


async def test_lines_go_and_rows_stay(store: Store) -> None:
    before = [one.as_dict() for one in await store.records()]
    lines, _ = await purge_journal(store, [], BEGAN + timedelta(days=30), dry_run=False)
    assert lines.count == 5
    assert [one.as_dict() for one in await store.records()] == before
    assert await store.journal_of(str(before[-1]["linkedid"])) == b""
    assert await store.refold() == 0


async def test_calls_go_with_everything_about_them(store: Store) -> None:
    assert (await purge_calls(store, BEGAN + timedelta(days=20.5), dry_run=False)).count == 4
    held = dump(store.place)
    for table in ("calls", "details", "journals"):
        assert len(held[table]) == 3, table
    assert {row[:3] for row in held["keys"]} <= {row[:3] for row in held["calls"]}


def test_old_files_go(tmp_path: Path) -> None:
    old, new = tmp_path / "a.wav", tmp_path / "b.wav"
    for path in (old, new):
        path.write_bytes(b"12345")
    os.utime(old, (1e9, 1e9))
    done = purge_files("recordings", [old, new, tmp_path], datetime(2020, 1, 1, tzinfo=UTC), dry_run=False)
    assert (done.count, done.size) == (1, 5)
    assert [one.name for one in tmp_path.iterdir()] == ["b.wav"]
