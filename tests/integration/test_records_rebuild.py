"""Records made again: from the lines in the store, or from journal files. The same rows, to the byte."""

import asyncio
import os
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

import cdr.store.rebuild
from cdr.journal.reader import Journal
from cdr.recorder import ingest_next, ingest_once
from cdr.store.rebuild import Difference, Which, differences, rebuild
from cdr.store.store import Store
from cdr.store.tables import calls, keys
from ivr.cli.records import app
from tests.fakes.call_table import linkedid_of
from tests.fakes.journal_load import busy_journal
from tests.fakes.restless_journal import restless_journal
from tests.fakes.store_dump import dump
from tests.postgresql import NewPlace


@pytest.fixture(autouse=True)
def _plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep numbers as they are, so that the commands make what is made here without them."""
    monkeypatch.setenv("IVR_NUMBERS", "plain")
    monkeypatch.setenv("IVR_STATE", str(tmp_path / "var"))


BUSY = busy_journal(23)
RESTLESS = restless_journal(3)


def nothing(*_: int) -> None:
    """Hear of progress."""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


async def filled(place: str, folder: Path, content: bytes) -> None:
    journal = folder / "journal.csv"
    journal.write_bytes(content)
    async with Store(place) as store:
        await ingest_once(journal, store)


async def spoilt(place: str) -> None:
    """Give rows what no journal says, as a wrong release might have."""
    async with Store(place) as store, store.writing() as connection:
        await connection.execute(update(calls).where(calls.c.linkedid == linkedid_of(1)).values(path="9,9"))
        await connection.execute(update(keys).where(keys.c.linkedid == linkedid_of(2)).values(key="9"))


@pytest.mark.parametrize("content", [BUSY, b"".join(RESTLESS)], ids=["busy", "restless"])
async def test_a_rebuild_changes_nothing(tmp_path: Path, new_place: NewPlace, content: bytes) -> None:
    place = new_place()
    await filled(place, tmp_path, content)
    before = dump(place)
    async with Store(place) as store:
        number = await rebuild(store, Which(), nothing)
        assert [one async for one in differences(store, Which(), nothing)] == []
    assert number == len(before["journals"])
    assert dump(place) == before


async def test_what_differs_is_named_and_mended(
    tmp_path: Path, new_place: NewPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdr.store.rebuild, "AT_ONCE", 5)
    place = new_place()
    await filled(place, tmp_path, BUSY)
    before = dump(place)
    await spoilt(place)
    wrong = dump(place)
    assert wrong != before
    async with Store(place) as store:
        found = {one async for one in differences(store, Which(), nothing)}
        assert found == {
            Difference("pbx", linkedid_of(1), ("calls",)),
            Difference("pbx", linkedid_of(2), ("keys",)),
        }
        assert [one async for one in differences(store, Which(service="jelgava"), nothing)] == []
        assert dump(place) == wrong

        class Killed(Exception):
            """Stands for a kill between two transactions."""

        def kill(done: int, every: int) -> None:
            assert (done, every) == (5, 23)
            raise Killed

        with pytest.raises(Killed):
            await rebuild(store, Which(), kill)
        heard: list[tuple[int, int]] = []
        await rebuild(store, Which(), lambda done, every: heard.append((done, every)))
    assert heard == [(5, 23), (10, 23), (15, 23), (20, 23), (23, 23)]
    assert dump(place) == before


async def test_only_the_calls_asked_for_are_made_again(tmp_path: Path, new_place: NewPlace) -> None:
    place = new_place()
    await filled(place, tmp_path, BUSY)
    async with Store(place) as store:
        assert await rebuild(store, Which(service="jelgava"), nothing) == 0
        assert await rebuild(store, Which(service="kekava"), nothing) == 23
        (newest, *_) = await store.records(limit=1)
        assert await rebuild(store, Which(since=newest.started), nothing) >= 1
        assert await rebuild(store, Which(until=newest.started), nothing) <= 22


async def test_from_files_as_from_live_following(
    tmp_path: Path, new_place: NewPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal that was followed while it grew and was rotated; then the files alone, the newest first."""
    monkeypatch.delenv("IVR_STORE", raising=False)
    live, path = new_place(), tmp_path / "journal.csv"
    pieces = [RESTLESS[start : start + 40] for start in range(0, len(RESTLESS), 40)]
    async with Store(live) as store:
        for number, piece in enumerate(pieces):
            if number == len(pieces) // 2:
                path.rename(tmp_path / "journal.csv.1")
                os.utime(tmp_path / "journal.csv.1", (1, 1))
            with path.open("ab") as file:
                file.writelines(piece)
            while await ingest_next(Journal(path), store) is not None:
                pass
    again = new_place()
    files = [tmp_path / "journal.csv", tmp_path / "journal.csv.1"]
    options = [part for file in files for part in ("--from", str(file))]
    done = await asyncio.to_thread(run, "rebuild", "--store", again, *options)
    assert done.exit_code == 0, done.output
    assert " calls from 2 files" in done.stdout
    followed, made = dump(live), dump(again)
    del followed["positions"], made["positions"]
    assert made == followed
    twice = await asyncio.to_thread(run, "rebuild", "--store", again, *options)
    assert twice.stdout == done.stdout
    refused = await asyncio.to_thread(run, "rebuild", "--store", live, "--from", str(files[1]))
    assert refused.exit_code == 2
    assert "holds calls already" in refused.stderr


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(tmp_path / "records.sqlite3")
    monkeypatch.setenv("IVR_STORE", place)
    for name in ("IVR_SERVICE", "IVR_SINCE", "IVR_UNTIL", "IVR_NODE"):
        monkeypatch.delenv(name, raising=False)
    asyncio.run(filled(place, tmp_path, BUSY))
    before = dump(place)
    clean = run("rebuild", "--dry-run")
    assert (clean.exit_code, clean.stdout) == (0, "")
    asyncio.run(spoilt(place))
    dry = run("rebuild", "--dry-run")
    assert dry.exit_code == 1
    assert dry.stdout.splitlines() == [f"{linkedid_of(1)} on pbx: calls", f"{linkedid_of(2)} on pbx: keys"]
    assert "2 calls would have other rows" in dry.stderr
    assert run("rebuild").stdout == "23 calls made again\n"
    assert dump(place) == before
    refused = run("rebuild", "--dry-run", "--from", "journal.csv")
    assert refused.exit_code == 2
