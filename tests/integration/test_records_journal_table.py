"""The journal in a table: the same bytes as in the file, in the right order, whatever the database does meanwhile."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cdr.errors import JournalUnreadable
from cdr.journal.places import to_text
from cdr.journal.reader import Batch, Journal, Position
from cdr.journal.sources import source_of
from cdr.journal.table import JournalTable
from tests.fakes.call_pieces import IN, TALKS, ends
from tests.fakes.call_table import lines_of
from tests.fakes.cel_table import connected, insert, made
from tests.fakes.journal_load import busy_journal
from tests.postgresql import Server

CALL = lines_of(IN + TALKS + ends(20, "info-1"))
_numbers = count(1)


@pytest.fixture
def url(postgresql: Server) -> str:
    return made(postgresql, f"cel{next(_numbers)}")


@pytest_asyncio.fixture
async def writer(url: str) -> AsyncIterator[Any]:
    connection = await connected(url)
    yield connection
    await connection.close()


@pytest.fixture
def table(url: str) -> Iterator[JournalTable]:
    found = source_of(url, "south")
    assert isinstance(found, JournalTable)
    yield found
    found.close()


async def read(table: JournalTable, since: Position | None = None) -> Batch | None:
    return await asyncio.to_thread(table.read_once, since)


def lines(batch: Batch | None) -> list[bytes]:
    assert batch is not None
    assert batch.bad_lines == ()
    return [one.line + b"\n" for one in batch.events]


async def test_rows_are_the_lines_of_the_file(writer: Any, table: JournalTable, tmp_path: Path) -> None:
    journal = b"".join(CALL)
    (tmp_path / "journal.csv").write_bytes(journal)
    for line in CALL:
        await insert(writer, line)
    found = await read(table)
    assert found is not None
    assert lines(found) == CALL
    assert found.node == "south"
    of_file = Journal(tmp_path / "journal.csv").read_once()
    assert of_file is not None
    assert [(one.type, one.at, one.extra, one.uniqueid) for one in found.events] == [
        (one.type, one.at, one.extra, one.uniqueid) for one in of_file.events
    ]
    assert [one.offset for one in found.events] == list(range(1, len(CALL) + 1))
    last = of_file.events[-1]
    assert all(to_text((one.file, one.offset)) > to_text((last.file, last.offset)) for one in found.events)
    assert await read(table, found.position) is None
    assert table.behind(None) == len(CALL)
    assert table.behind(found.position) == table.unfinished(None) == 0
    assert table.free_space() is None


HOSTILE = ['a "quote"', "two\nlines", "Ķekava Кривий Ріг", "back\\slash", "it's", '","', "\u2028", "\udcff\udcc4"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_any_value_comes_back_byte_by_byte(writer: Any, table: JournalTable, text: str) -> None:
    raw = text.encode("utf-8", "surrogateescape")
    line = CALL[0].replace(b'"8488"', b'"' + raw.replace(b'"', b'""') + b'"')
    if not raw.isascii() and text.startswith("\udcff"):
        await writer.execute(
            "INSERT INTO cel (eventtype, eventtime, uniqueid, linkedid, exten) VALUES"
            " ('T', 1.5, 'u', 'l', convert_from('\\xffc4'::bytea, 'SQL_ASCII'))"
        )
        (event,) = (await read(table)).events  # type: ignore[union-attr]
        assert event.line == b'"T","1.500000","","\xff\xc4","","","","","u","l","","","",""'
        return
    await insert(writer, line)
    assert lines(await read(table)) == [line]


async def test_microseconds_survive(writer: Any, table: JournalTable) -> None:
    times = [f"{1795286726 + 7 * number}.{number * 7919 % 1_000_000:06d}" for number in range(300)]
    for when in times:
        await insert(writer, CALL[0].replace(CALL[0].split(b'"')[3], when.encode()))
    found = await read(table)
    assert found is not None
    assert [f"{one.at // 1_000_000}.{one.at % 1_000_000:06d}" for one in found.events] == times


async def test_batches_are_bounded_and_go_on(url: str, writer: Any) -> None:
    for line in CALL:
        await insert(writer, line)
    small, position, found = JournalTable(url, rows=5), None, []
    while (batch := await read(small, position)) is not None:
        assert len(batch.events) <= 5
        position = batch.position
        found += lines(batch)
    small.close()
    assert found == CALL


async def test_a_row_that_becomes_visible_late_is_waited_for(url: str, writer: Any, table: JournalTable) -> None:
    late = await connected(url)
    transaction = late.transaction()
    await transaction.start()
    await insert(late, CALL[0])
    await insert(writer, CALL[1])
    assert await read(table) is None
    await transaction.commit()
    assert lines(await read(table)) == CALL[:2]
    await late.close()


async def test_a_row_that_never_comes_is_a_gap(url: str, writer: Any, table: JournalTable) -> None:
    late = await connected(url)
    transaction = late.transaction()
    await transaction.start()
    await insert(late, CALL[0])
    await insert(writer, CALL[1])
    await transaction.rollback()
    found = await read(table)
    assert lines(found) == CALL[1:2]
    assert found is not None
    assert found.events[0].offset == 2
    await late.close()


async def test_many_writers_at_once_lose_nothing(url: str, table: JournalTable) -> None:
    """Rows of several connections, each in transactions of its own, while it is read all the time."""
    everything = busy_journal(40).splitlines(keepends=True)
    done = asyncio.Event()

    async def write(part: list[bytes]) -> None:
        connection = await connected(url)
        for start in range(0, len(part), 3):
            async with connection.transaction():
                for line in part[start : start + 3]:
                    await insert(connection, line)
        await connection.close()

    async def follow() -> list[bytes]:
        position, found = None, []
        while True:
            over = done.is_set()
            batch = await read(table, position)
            if batch is not None:
                position = batch.position
                found += lines(batch)
            elif over:
                return found

    following = asyncio.ensure_future(follow())
    await asyncio.gather(*(write(everything[number::4]) for number in range(4)))
    done.set()
    found = await following
    assert sorted(found) == sorted(everything)


async def test_a_table_that_begins_anew_is_read_from_its_start(
    writer: Any, table: JournalTable, caplog: pytest.LogCaptureFixture
) -> None:
    for line in CALL[:4]:
        await insert(writer, line)
    before = await read(table)
    assert before is not None
    await writer.execute("TRUNCATE cel RESTART IDENTITY")
    await insert(writer, CALL[4])
    after = await read(table, before.position)
    assert lines(after) == [CALL[4]]
    await writer.execute("SELECT setval('cel_id_seq', 1, false)")
    await writer.execute("DELETE FROM cel")
    await insert(writer, CALL[5])
    await insert(writer, CALL[6])
    assert after is not None
    position = after.position
    assert await read(table, Position(position.journal, position.head, 0, 2)) is None
    with caplog.at_level(logging.WARNING):
        again = await read(table, Position(position.journal, position.head, 0, 9))
    assert lines(again) == CALL[5:7]
    assert [one.action for one in caplog.records] == ["journal_table_restarted"]  # type: ignore[attr-defined]


async def test_rows_that_were_deleted_after_reading_are_not_missed(writer: Any, table: JournalTable) -> None:
    for line in CALL[:4]:
        await insert(writer, line)
    before = await read(table)
    await writer.execute("DELETE FROM cel")
    assert before is not None
    assert await read(table, before.position) is None
    await insert(writer, CALL[4])
    after = await read(table, before.position)
    assert lines(after) == [CALL[4]]
    assert after is not None
    assert after.events[0].file == before.events[0].file


async def test_what_is_no_event_is_bad_with_its_place(writer: Any, table: JournalTable) -> None:
    await insert(writer, CALL[0])
    await writer.execute("INSERT INTO cel (eventtype, eventtime) VALUES ('ANSWER', 1.5)")
    found = await read(table)
    assert found is not None
    assert [(one.offset, one.reason) for one in found.bad_lines] == [(2, "event type, uniqueid or linkedid is empty")]
    assert len(found.events) == 1


async def test_the_end_is_where_a_follower_begins(writer: Any, table: JournalTable) -> None:
    assert await asyncio.to_thread(table.end) is None
    await insert(writer, CALL[0])
    end = await asyncio.to_thread(table.end)
    assert end is not None
    assert await read(table, end) is None
    await insert(writer, CALL[1])
    assert lines(await read(table, end)) == [CALL[1]]


async def test_no_table(postgresql: Server) -> None:
    table = JournalTable(f"{postgresql.url}?table=none")
    with pytest.raises(JournalUnreadable, match="there is no table none"):
        await read(table)
    table.close()
    table.close()


async def test_a_table_of_another_shape(postgresql: Server) -> None:
    postgresql.sql("CREATE TABLE other (id serial, eventtime timestamp, eventtype text)")
    table = JournalTable(f"{postgresql.url}?table=public.other")
    with pytest.raises(JournalUnreadable, match="has no eventtime double precision, cid_num text"):
        await read(table)
    table.close()


async def test_a_hostile_name_is_no_statement(postgresql: Server) -> None:
    table = JournalTable(f"{postgresql.url}?table=cel%3Bdrop%20table%20x")
    with pytest.raises(JournalUnreadable):
        await read(table)
    table.close()


async def test_the_server_goes_and_comes_back(postgresql_alone: Server) -> None:
    table = JournalTable(made(postgresql_alone, "pbx"))
    before = await connected(table.name)
    await insert(before, CALL[0])
    first = await read(table)
    assert first is not None
    before.terminate()
    await asyncio.to_thread(postgresql_alone.stop)
    with pytest.raises(JournalUnreadable, match="Nothing is lost"):
        await read(table, first.position)
    await asyncio.to_thread(postgresql_alone.start)
    writer = await connected(table.name)
    await insert(writer, CALL[1])
    assert lines(await read(table, first.position)) == [CALL[1]]
    await writer.close()
    table.close()


async def test_an_encoding_that_refuses_bytes_is_said(postgresql: Server, caplog: pytest.LogCaptureFixture) -> None:
    table = JournalTable(made(postgresql, "utf8", "UTF8"))
    writer = await connected(table.name)
    line = CALL[0].replace(b'"8488"', '"Ķekava Кривий Ріг"'.encode())
    await insert(writer, line)
    with caplog.at_level(logging.WARNING):
        assert lines(await read(table)) == [line]
        await read(table)
    assert [one.action for one in caplog.records] == ["journal_table_encoding"]  # type: ignore[attr-defined]
    await writer.close()
    table.close()
