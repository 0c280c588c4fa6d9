"""What the recorder tells of itself: how far it is, what stands in its way, and since when."""

import asyncio
import json
import logging
import os
import signal
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cdr.errors import StoreFull, StoreLocked
from cdr.journal.reader import Journal, Position
from cdr.recorder import LONGEST_PAUSE, follow, ingest_once
from cdr.status import HEARTBEAT, NO_SPACE, SPACE_LOW, Status
from cdr.store.store import Store
from tests.fakes.journal_load import busy_journal
from tests.fakes.patience import until
from tests.fakes.store_dump import dump

ROOT = Path(__file__).parents[2]
BUSY = busy_journal(10) + b"rubbish\n"
BEGAN = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = BEGAN

    def __call__(self) -> datetime:
        return self.now


class Disk(Journal):
    """A journal on a disk with so much room; None if that cannot be told."""

    room: int | None = 10 * SPACE_LOW

    def free_space(self) -> int | None:
        return self.room


def told(path: Path) -> dict[str, object]:
    found = json.loads(path.read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def kinds(path: Path) -> list[str]:
    troubles = told(path)["troubles"]
    assert isinstance(troubles, list)
    return [one["kind"] for one in troubles]


async def test_a_store_that_is_locked_for_ten_minutes_is_told_and_nothing_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal, place, path = Journal(tmp_path / "journal.csv"), tmp_path / "records.sqlite3", tmp_path / "status.json"
    journal.path.write_bytes(BUSY)
    clock, seen = Clock(), []
    other = sqlite3.connect(tmp_path / "records.sqlite3", isolation_level=None)

    async def wait(seconds: float) -> None:
        clock.now += timedelta(seconds=seconds)
        seen.append((told(path)["behind_bytes"], kinds(path)))
        if clock.now - BEGAN > timedelta(minutes=10) and other.in_transaction:
            other.execute("ROLLBACK")
        elif not other.in_transaction:
            raise asyncio.CancelledError

    async with Store(place, busy_timeout=0.001) as opened:
        other.execute("BEGIN IMMEDIATE")
        status = Status(path, journal, opened.place, clock)
        with caplog.at_level(logging.INFO), pytest.raises(asyncio.CancelledError):
            await follow(journal, opened, wait=wait, status=status)
    other.close()
    assert len(seen) < 600 / LONGEST_PAUSE + 10
    assert set(map(repr, seen[:-1])) == {repr((len(BUSY), ["store_locked"]))}
    assert seen[-1] == (0, [])
    found = told(path)
    assert (found["quarantined"], found["lines"], found["read_to"]) == (1, BUSY.count(b"\n") - 1, len(BUSY))
    actions = [record.action for record in caplog.records if hasattr(record, "action")]
    assert actions == ["records_stopped", "journal_line_bad", "records_resumed"]
    async with Store(tmp_path / "undisturbed.sqlite3") as opened:
        await ingest_once(journal.path, opened)
    assert dump(place) == dump(tmp_path / "undisturbed.sqlite3")


def test_a_trouble_is_told_with_its_beginning_and_what_to_do(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "status.json"
    status = Status(path, Disk(tmp_path / "journal.csv"), "store", clock)
    status.failed(StoreFull.at("the store"))
    clock.now += timedelta(seconds=30)
    status.failed(StoreFull.at("the store"))
    status.write()
    assert told(path)["troubles"] == [
        {"kind": "store_full", "since": BEGAN.isoformat(), "message": str(StoreFull.at("the store"))}
    ]
    status.failed(StoreLocked())
    status.write()
    assert kinds(path) == ["store_locked"]
    status.works()
    status.write()
    assert kinds(path) == []


def test_a_disk_under_the_journal_that_is_full_is_said_once_and_when_it_is_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal, path = Disk(tmp_path / "journal.csv"), tmp_path / "status.json"
    status = Status(path, journal, "store", Clock())
    found = []
    with caplog.at_level(logging.WARNING):
        for room in (None, SPACE_LOW, SPACE_LOW - 1, 0, None, SPACE_LOW, SPACE_LOW + 1):
            journal.room = room
            status.look_at_space()
            status.works()  # the store has nothing to do with it
            status.write()
            found.append(kinds(path))
    assert found == [[], [], [NO_SPACE], [NO_SPACE], [NO_SPACE], [], []]
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "free some space" in caplog.records[0].getMessage()
    assert "are lost" in caplog.records[1].getMessage()


def test_the_file_is_written_when_something_changed_or_it_gets_old(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "folder" / "status.json"
    status = Status(path, Disk(tmp_path / "journal.csv"), "store", clock)
    status.write()
    path.unlink()
    clock.now += timedelta(seconds=HEARTBEAT / 2)
    status.write()
    assert not path.exists()
    status.lines += 1
    status.write()
    assert told(path)["lines"] == 1
    for later in (timedelta(seconds=HEARTBEAT), -timedelta(hours=1)):
        path.unlink()
        clock.now += later
        status.write()
        assert told(path)["written"] == clock.now.isoformat()
    assert [one.name for one in path.parent.iterdir()] == ["status.json"]


def test_a_status_that_cannot_be_written_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    status = Status(tmp_path / "file" / "status.json", Disk(tmp_path / "journal.csv"), "store", Clock())
    for number in range(3):
        status.lines = number
        status.write()
    assert [record.action for record in caplog.records] == ["status_unwritable"]  # type: ignore[attr-defined]
    Status(None, Disk(tmp_path / "journal.csv"), "store", Clock()).write()


def test_how_far_the_recorder_is_behind(tmp_path: Path) -> None:
    path = tmp_path / "journal.csv"
    journal = Journal(path)
    assert journal.behind(None) == 0
    path.write_bytes(BUSY)
    batch = Journal(path, 3000).read_once(None)
    assert batch is not None
    rest = len(BUSY) - batch.position.offset
    assert (journal.behind(None), journal.behind(batch.position)) == (len(BUSY), rest)
    path.rename(tmp_path / "journal.csv.2")
    (tmp_path / "journal.csv.1").write_bytes(busy_journal(2, seed=5))
    os.utime(tmp_path / "journal.csv.2", (1, 1))
    path.write_bytes(b'"half')
    assert journal.behind(batch.position) == rest + len(busy_journal(2, seed=5)) + 5
    assert journal.behind(Position("j", "another", 1, 0)) == 5
    assert journal.free_space() is not None
    assert Journal(tmp_path / "none" / "journal.csv").free_space() is None


def told_if_there(path: Path) -> dict[str, object]:
    return told(path) if path.exists() else {}


async def test_the_process_tells_of_itself(tmp_path: Path) -> None:
    journal, path = tmp_path / "journal.csv", tmp_path / "recorder.json"
    journal.write_bytes(BUSY)
    command = [sys.executable, "-m", "cdr", str(journal), str(tmp_path / "records.sqlite3"), str(path)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=asyncio.subprocess.PIPE)
    try:
        await until(lambda: told_if_there(path).get("behind_bytes") == 0)
        found = told(path)
        process.send_signal(signal.SIGTERM)
        await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, found["pid"], found["quarantined"]) == (0, process.pid, 1)
    with closing(sqlite3.connect(tmp_path / "records.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM calls").fetchone() == (10,)


async def test_a_process_whose_store_cannot_be_opened_tells_why(tmp_path: Path) -> None:
    path = tmp_path / "recorder.json"
    (tmp_path / "store").write_text("no store at all" * 100)
    command = [sys.executable, "-m", "cdr", str(tmp_path / "journal.csv"), str(tmp_path / "store"), str(path)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 2
    assert "no record store" in said.decode()
    assert kinds(path) == ["store_damaged"]
