"""The journal in a database, written by Asterisk's own PostgreSQL backend beside the file: the same calls, the same rows."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cdr.errors import JournalUnreadable
from cdr.journal.line import JournalEvent
from cdr.journal.reader import Journal, Position
from cdr.journal.table import JournalTable
from cdr.recorder import ingest_once
from cdr.store.store import Store
from ivr.trial.plan import HangUp, Plan, Press
from tests.acceptance.conftest import TUESDAY_10, House, caller, calls, on_network
from tests.fakes.asterisk_log import AsteriskLog
from tests.fakes.cel_table import made
from tests.fakes.patience import until, until_asked
from tests.postgresql import USER, Server


@contextmanager
def journalled(house: House, server: Server, database: str) -> Iterator[None]:
    """Let Asterisk write its events into a table too."""
    conf = house.pair.pbx.directory / "etc/cel_pgsql.conf"
    settings = {
        "hostname": "127.0.0.1 connect_timeout=3",
        "port": server.port,
        "dbname": database,
        "user": USER,
        "table": "cel",
    }
    conf.write_text("[global]\n" + "".join(f"{name}={value}\n" for name, value in settings.items()))
    told = house.pair.pbx.cli("module load cel_pgsql.so")
    assert told is not None
    assert "Loaded cel_pgsql.so" in told
    try:
        yield
    finally:
        house.pair.pbx.cli("module unload cel_pgsql.so")
        conf.unlink()


def lines_since(journal: Journal, since: Position | None) -> list[JournalEvent]:
    found: list[JournalEvent] = []
    while (batch := journal.read_once(since)) is not None:
        since = batch.position
        assert batch.bad_lines == ()
        found += batch.events
    return found


async def quiet(house: House, since: Position | None, ends: int) -> list[JournalEvent]:
    """Wait until so many calls have ended in the file, and give its lines since a position."""
    journal = Journal(house.pair.journal)

    def whole() -> list[JournalEvent]:
        found = lines_since(journal, since)
        over = sum(one.type == "LINKEDID_END" and "IVR_CALL" in of(found, one.linkedid) for one in found)
        return found if over >= ends else []

    return await until(whole)


def of(found: list[JournalEvent], linkedid: str) -> set[str]:
    return {one.type for one in found if one.linkedid == linkedid}


async def read_all(table: JournalTable, last: bytes) -> list[bytes]:
    """Read a table until a line has come."""
    since: Position | None = None
    found: list[bytes] = []

    async def come() -> bool:
        nonlocal since
        batch = await asyncio.to_thread(table.read_once, since)
        if batch is not None:
            since = batch.position
            found.extend(one.line for one in batch.events)
        return last in found

    await until_asked(come)
    return found


async def rows(source: Path | JournalTable, place: Path) -> list[str]:
    """Bring a journal into a new store; give all records, as text."""
    async with Store(place) as store:
        await ingest_once(source, store)
        return [str(one.as_dict()) for one in await store.records()]


def plans() -> dict[str, Plan]:
    return {
        "talk": Plan("8488", caller(), (Press("1", 0.5),), phones=("ok",), talk=0.5),
        "menu": Plan("1520", caller(), hang_up=HangUp.IN_MENU),
    }


def in_menus() -> dict[str, Plan]:
    return {number: Plan(number, caller(), hang_up=HangUp.IN_MENU) for number in ("8488", "1520")}


async def test_file_and_table_tell_the_same(house: House, postgresql: Server, tmp_path: Path) -> None:
    table = JournalTable(made(postgresql, "pbx"))
    since = Journal(house.pair.journal).end()
    with journalled(house, postgresql, "pbx"):
        async with on_network(house) as trials:
            async with house.engine(TUESDAY_10):
                await calls(trials, plans())
            await calls(trials, in_menus())  # led by the dialplan alone: its events have JSON in `appdata` too
        written = await quiet(house, since, 4)
        found = await read_all(table, written[-1].line)
    ours = {one.linkedid for one in written if one.type == "IVR_CALL"}
    of_table = [line for line in found if any(f',"{name}",'.encode() in line for name in ours)]
    assert of_table == [one.line for one in written if one.linkedid in ours]
    assert any(b'"IVR_RING,{' in line for line in of_table)
    journal = tmp_path / "journal.csv"
    journal.write_bytes(b"".join(one.line + b"\n" for one in written if one.line in set(found)))
    assert await rows(journal, tmp_path / "file.sqlite3") == await rows(table, tmp_path / "table.sqlite3")
    table.close()


async def test_what_the_table_misses_comes_back_from_the_file(
    house: House, postgresql_alone: Server, tmp_path: Path
) -> None:
    """PostgreSQL stops in the middle of a call: no caller notices, the table lacks the rest of the lines, the file has it."""
    table = JournalTable(made(postgresql_alone, "pbx"))
    log = AsteriskLog(house.pair.pbx.log)
    since = Journal(house.pair.journal).end()
    with journalled(house, postgresql_alone, "pbx"):
        async with on_network(house) as trials, house.engine(TUESDAY_10):
            await calls(trials, plans())
            await asyncio.to_thread(postgresql_alone.stop)
            without = await calls(trials, in_menus())
            with pytest.raises(JournalUnreadable):
                await asyncio.to_thread(table.read_once)
            await asyncio.to_thread(postgresql_alone.start)
            await calls(trials, in_menus())
        assert [one.trouble for one in without.values()] == ["", ""]
        written = await quiet(house, since, 6)
        found = await read_all(table, written[-1].line)
    log.until("Calls will not be logged")
    ours = {one.linkedid for one in written if one.type == "IVR_CALL"}
    assert len(ours) == 6
    missing = [one for one in written if one.line not in set(found) and one.linkedid in ours]
    assert len(missing) > 10
    journal = tmp_path / "journal.csv"
    journal.write_bytes(b"".join(one.line + b"\n" for one in written))
    await rows(table, tmp_path / "both.sqlite3")
    kept = await rows(journal, tmp_path / "both.sqlite3")
    assert kept == await rows(journal, tmp_path / "file.sqlite3")
    assert sum("'complete': True" in one for one in kept) >= 6
    table.close()


async def test_bytes_that_are_no_text_come_through(house: House, postgresql: Server) -> None:
    """A database in UTF-8 would refuse these lines, and Asterisk would drop them."""
    table = JournalTable(made(postgresql, "hostile"))
    house.quiet()
    since = Journal(house.pair.journal).end()
    pbx = house.pair.pbx
    console = [*pbx.place.command, "-C", pbx.place.inside(pbx.directory / "etc/asterisk.conf"), "-rx"]
    order = b"channel originate Local/\xff\xfe@ivr-mark application NoOp x\xffy'z\\"
    with journalled(house, postgresql, "hostile"):
        await asyncio.to_thread(subprocess.run, [*console, order], check=True, capture_output=True)

        def whole() -> list[bytes]:  # nothing else goes on: the end is that of our own call
            found = [one.line for one in lines_since(Journal(house.pair.journal), since)]
            return found if found and b'"LINKEDID_END"' in found[-1] else []

        written = await until(whole)
        assert await read_all(table, written[-1]) == written
    assert any(b"\xff\xfe" in one for one in written)
    table.close()
