"""Several PBXs in one store, and lines that tell of a call from outside it: topics."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from cdr.fold.fold import fold
from cdr.journal.line import JournalEvent, parse_line
from cdr.journal.reader import Batch, Journal, Position
from cdr.record.record import Disposition
from cdr.recorder import ingest_once
from cdr.store.store import Store
from cdr.store.tables import journals
from tests.fakes.call_pieces import IN, TALKS, ends
from tests.fakes.call_table import START, events_of, lines_of, linkedid_of, quoted
from tests.fakes.store_dump import dump
from tests.postgresql import NewPlace

WHOLE = IN + TALKS + ends(20, "info-1")


def nameless(line: bytes) -> bytes:
    """Give a line as a PBX without a system name writes it."""
    return line.replace(b"pbx-1795", b"1795")


def journal(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def mark(name: str, second: int, **told: str) -> list[bytes]:
    """Give a mark of a PBX without a system name, so many seconds after the calls began."""
    at = START + second * 1_000_000
    who = f"{at // 1_000_000}.{9000 + second}"
    channel = f"Local/x@ivr-mark-{second:08x};2"
    extra = json.dumps({"extra": json.dumps(told)})
    columns = ["", "x", "ivr-mark", channel, "CELGenUserEvent", "", who, who, "", "", name, extra]
    return [quoted([name, f"{at // 1_000_000}.000000", *columns])]


def topic(second: float, linkedid: str, **told: str) -> bytes:
    """Give the line by which a supervisor sets the topic of a call."""
    at = START + int(second * 1_000_000)
    who = f"pbx-{at // 1_000_000}.77"
    extra = json.dumps({"extra": json.dumps({"linkedid": linkedid, **told})})
    columns = ["", "topic", "ivr-mark", "Local/topic@ivr-mark-00000077;2", "CELGenUserEvent", ""]
    when = f"{at // 1_000_000}.{at % 1_000_000:06d}"
    return quoted(["IVR_TOPIC", when, *columns, who, who, "", "", "IVR_TOPIC", extra])


async def test_calls_of_two_pbxs_with_the_same_linkedid_stay_apart(tmp_path: Path, new_place: NewPlace) -> None:
    south = journal(tmp_path / "south.csv", *map(nameless, lines_of(WHOLE)))
    north = journal(tmp_path / "north.csv", *map(nameless, lines_of(IN)))
    name = nameless(linkedid_of().encode()).decode()
    async with Store(new_place()) as store:
        for _ in range(2):
            await ingest_once(Journal(south, node="south"), store)
            await ingest_once(Journal(north, node="north"), store)
        assert await store.nodes_of(name) == ["north", "south"]
        one, two = [await store.record(name, node) for node in ("south", "north")]
        assert one is not None
        assert two is not None
        assert [(each.node, each.disposition) for each in (one, two)] == [
            ("south", Disposition.ANSWERED),
            ("north", Disposition.OPEN),
        ]
        assert await store.record(name) == two
        assert await store.record(name, "west") is None
        assert await store.journal_of(name, "south") == south.read_bytes()
        assert await store.journal_of(name, "north") == north.read_bytes()
        assert len(await store.records()) == 2
        assert await store.find(name) == [name]


async def test_a_restart_of_one_pbx_ends_no_call_of_the_other(tmp_path: Path, new_place: NewPlace) -> None:
    lines = [nameless(line) for line in lines_of(IN)]
    restart = mark("IVR_BOOT", 3600)
    found = {}
    async with Store(new_place()) as store:
        await ingest_once(Journal(journal(tmp_path / "south.csv", *lines, *restart), node="south"), store)
        await ingest_once(Journal(journal(tmp_path / "north.csv", *lines), node="north"), store)
        found = {one.node: one.disposition for one in await store.records()}
        assert found == {"south": Disposition.PBX_LOST, "north": Disposition.OPEN}
        with (tmp_path / "north.csv").open("ab") as file:
            file.writelines(restart)  # the very same bytes
        await ingest_once(Journal(tmp_path / "north.csv", node="north"), store)
        found = {one.node: one.disposition for one in await store.records()}
    assert found == {"south": Disposition.PBX_LOST, "north": Disposition.PBX_LOST}


async def test_a_name_in_the_linkedid_wins_over_that_of_the_source(tmp_path: Path, new_place: NewPlace) -> None:
    async with Store(new_place()) as store:
        await ingest_once(Journal(journal(tmp_path / "j.csv", *lines_of(WHOLE)), node="other"), store)
        (record,) = await store.records()
    assert record == fold(events_of(WHOLE), node="pbx")


SET = topic(60, linkedid_of(1), topic="heating", result="registered", case="A-12", by="info-1")
AGAIN = topic(90, linkedid_of(1), topic="roads", result="consulted")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
async def test_a_topic_set_from_outside_belongs_to_the_call_it_names(
    tmp_path: Path, new_place: NewPlace, order: tuple[int, ...]
) -> None:
    # the files are named by their first lines, so the order of the lines is that of the times however they are read
    files = [
        journal(tmp_path / "0.csv", *lines_of(WHOLE, 1), *lines_of(WHOLE, 2)),
        journal(tmp_path / "1.csv", SET),
        journal(tmp_path / "2.csv", AGAIN),
    ]
    async with Store(new_place()) as store:
        for number in order:
            await ingest_once(files[number], store)
        records = {one.linkedid: one for one in await store.records()}
        lines = await store.journal_of(linkedid_of(1))
    assert set(records) == {linkedid_of(1), linkedid_of(2)}
    assert (records[linkedid_of(1)].topic, records[linkedid_of(2)].topic) == ("roads", "")
    assert lines == b"".join([*lines_of(WHOLE, 1), SET, AGAIN])
    assert records[linkedid_of(1)].ended == fold(events_of(WHOLE, 1)).ended
    assert records[linkedid_of(1)].complete


async def test_a_topic_alone_makes_no_record_and_waits_for_its_call(
    tmp_path: Path, new_place: NewPlace, caplog: pytest.LogCaptureFixture
) -> None:
    place = new_place()
    async with Store(place) as store:
        await ingest_once(journal(tmp_path / "topic.csv", SET), store)
        assert await store.records() == []
        assert await store.journal_of(linkedid_of(1)) == SET
        assert await store.stale() == 0
        await ingest_once(journal(tmp_path / "calls.csv", *lines_of(WHOLE, 1)), store)
        (record,) = await store.records()
    assert (record.topic, record.result.value, record.case_reference) == ("heating", "registered", "A-12")
    assert dump(place)["calls"][0][-4:-1] == ("heating", "registered", "A-12")
    assert caplog.text == ""


async def test_purged_calls_take_no_lines_any_more(new_place: NewPlace) -> None:
    async with Store(new_place()) as store:
        await store.write(batch(1))
        async with store.writing() as connection:
            await connection.execute(update(journals).values(purged=True, lines=b"", fold=0))
        before = await store.records()
    async with Store(store.place) as store:
        written = await store.write(batch(2))
        assert (written.calls, written.lines) == (0, 0)
        assert [await store.make_stale(), await store.stale()] == [0, 1]
        assert [await store.refold(), await store.refold(), await store.stale()] == [1, 0, 0]
        assert await store.journal_of(linkedid_of(1)) == b""
        assert await store.records() == before


def batch(offset: int) -> Batch:
    return Batch("j", tuple(events_of(IN + TALKS + ends(20))), (), Position("j", "head", 1, offset))


async def test_when_the_same_caller_called_before_outlives_a_new_fold(new_place: NewPlace) -> None:
    async with Store(new_place()) as store:
        await store.write(batch(1))
        async with store.writing() as connection:
            await connection.exec_driver_sql("UPDATE calls SET previous_us = 17")
        assert [await store.make_stale(), await store.refold()] == [1, 1]
        async with store.reading() as connection:
            assert (await connection.exec_driver_sql("SELECT previous_us FROM calls")).scalars().all() == [17]


class Tokens:
    """Puts `~` and the end of a number in its place, and counts in the store how often it was asked."""

    def __init__(self) -> None:
        self.met: list[str] = []

    def seal(self, event: JournalEvent) -> JournalEvent:
        if event.caller_number != "29123456":
            return event
        self.met.append(event.caller_number)
        line = event.line.replace(b"29123456", b"~3456")
        return replace(event, caller_number="~3456", line=line)

    async def keep(self, connection: object) -> None:
        statement = "INSERT INTO numbers (token, shown, seen_us) VALUES ('~3456', '29…56', 1) ON CONFLICT DO NOTHING"
        if self.met:
            await connection.exec_driver_sql(statement)  # type: ignore[attr-defined]


async def test_numbers_are_sealed_before_anything_is_stored(new_place: NewPlace) -> None:
    place = new_place()
    async with Store(place, sealer=Tokens()) as store:
        assert (await store.write(batch(1))).lines == len(batch(1).events)
        assert (await store.write(batch(2))).lines == 0
        (record,) = await store.records()
        lines = await store.journal_of(record.linkedid)
        async with store.reading() as connection:
            tokens = (await connection.exec_driver_sql("SELECT token FROM numbers")).scalars().all()
    assert (record.caller, list(tokens)) == ("~3456", ["~3456"])
    assert b"29123456" not in lines
    assert "29123456" not in repr(dump(place))
    assert [one for one in parse_line(lines.splitlines()[0]) if isinstance(one, JournalEvent)]
