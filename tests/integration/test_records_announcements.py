"""Announcements in the record store: counted from its rows, in new stores and in those of an older release."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from cdr.journal.reader import Batch, Position
from cdr.statistics.announcements import announcements
from cdr.statistics.scope import Scope
from cdr.store.store import Store
from ivr.cli.records import app
from tests.fakes.call_pieces import IN, TALKS, TOLD, ends, until
from tests.fakes.call_table import START, events_of
from tests.postgresql import NewPlace

BEGAN = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=START)
AGAIN = """
3.01 caller IVR_FALLBACK reason=lease_over
3.1  caller IVR_ANNOUNCEMENT announcements=water prompts=kekava/water
3.2  caller STREAM_BEGIN app=Read sound=ivr/kekava/water
5.0  caller STREAM_END   app=Read
"""
CALLS = (
    until(1) + ends(1),  # neither began
    until(3) + ends(3),  # hung up during water
    until(4.5) + ends(4.5),  # water whole, hung up during roads
    TOLD + ends(9),  # both whole, hung up after roads
    TOLD + ends(20),  # both whole, hung up later
    TOLD + TALKS + ends(20),  # both whole, talked
    until(3) + "3.0 caller STREAM_END app=Read" + AGAIN + ends(20),  # water in part, then whole: one call
    until(3),  # open: not counted yet
    (TOLD + ends(9)).replace("service=kekava", "service=jelgava"),
    IN + ends(9),  # no announcement
)
WANTED = [("roads", 5, 4, 1, 1, 2), ("water", 7, 6, 1, 1, 0)]
OF_JELGAVA = [("roads", 1, 1, 0, 0, 1), ("water", 1, 1, 0, 0, 0)]


def batch(tables: tuple[str, ...]) -> Batch:
    events = [event for number, table in enumerate(tables) for event in events_of(table, number + 1)]
    return Batch("journal", tuple(events), (), Position("journal", "head", 4, 1))


@pytest.fixture
async def store(new_place: NewPlace) -> AsyncIterator[Store]:
    async with Store(new_place()) as opened:
        await opened.write(batch(CALLS))
        yield opened


async def counted(store: Store, service: str = "", since: datetime = BEGAN) -> list[tuple[object, ...]]:
    scope = Scope((service,) if service else None, since, BEGAN + timedelta(days=1), ZoneInfo("UTC"))
    async with store.reading() as connection:
        return sorted(astuple(one) for one in await announcements(connection, scope))


async def test_each_call_counts_once_by_what_it_heard_at_best(store: Store) -> None:
    assert await counted(store) == WANTED
    assert await counted(store, service="jelgava") == OF_JELGAVA
    assert await counted(store, service="plovdiv") == []
    assert await counted(store, since=BEGAN) == WANTED
    assert await counted(store, since=BEGAN + timedelta(microseconds=1)) == []


async def test_lines_that_come_again_and_the_end_of_a_call_are_counted_right(store: Store) -> None:
    await store.write(batch(CALLS))
    assert await counted(store) == WANTED
    open_call = 8
    await store.write(Batch("journal", tuple(events_of(until(3) + ends(3), open_call)), (), Position("j", "h", 1, 2)))
    assert await counted(store) == [WANTED[0], ("water", 8, 6, 2, 2, 0)]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("IVR_SERVICE", "IVR_SINCE", "IVR_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "records.sqlite3"

    async def fill() -> None:
        async with Store(path) as opened:
            await opened.write(batch(CALLS))

    asyncio.run(fill())
    monkeypatch.setenv("IVR_STORE", str(path))
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["announcements", *arguments])


@pytest.mark.usefixtures("place")
def test_the_command_prints_a_table() -> None:
    done = run()
    assert (done.exit_code, done.stderr) == (0, "")
    head, *rows = done.stdout.splitlines()
    assert " ".join(head.split()) == "announcement calls heard whole in part hung up during it within 5 s after it"
    assert sorted(row.split() for row in rows) == [list(map(str, row)) for row in WANTED]


@pytest.mark.usefixtures("place")
def test_the_command_prints_json() -> None:
    found = json.loads(run("--output", "json", "--service", "jelgava", "--since", BEGAN.isoformat()).stdout)
    assert found[0] == {
        "announcement": "roads",
        "begun": 1,
        "whole": 1,
        "part": 0,
        "hung_up_during": 0,
        "hung_up_after": 1,
    }
    assert [tuple(one.values()) for one in found] == OF_JELGAVA
    assert json.loads(run("--output", "json", "--since", "2099-01-01").stdout) == []


@pytest.mark.usefixtures("place")
def test_nothing_to_count_is_said_on_stderr() -> None:
    done = run("--service", "plovdiv")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "ivr records list" in done.stderr
    assert run("--since", "yesterday").exit_code == 2
