"""Statistics of what stands in the store beside the records: tokens, kept repeats, quarantine, rows of older releases."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, update

from cdr.journal.line import BadLine
from cdr.journal.reader import Batch, Position
from cdr.record.record import CallRecord
from cdr.record.words import Disposition
from cdr.statistics.figures import ServiceLevel
from cdr.statistics.quality import quality
from cdr.statistics.repeats import repeats
from cdr.statistics.safety import safety
from cdr.statistics.scope import month_scope
from cdr.statistics.service_level import service_levels
from cdr.store.store import Store
from cdr.store.tables import calls, journals, numbers
from cdr.times import to_micros
from tests.fakes.plain_record import STARTED, plain_record
from tests.fakes.record_rows import hold

OCTOBER = month_scope(None, "2026-10", ZoneInfo("Europe/Riga"))
TOKEN = "~0123456789abcdef"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(request.getfixturevalue("database") if request.param == "postgresql" else tmp_path / "records.sqlite3")


async def test_a_repeat_outlives_the_number(place: str) -> None:
    purged = plain_record(caller="")
    async with Store(place) as store:
        await hold(store, [purged, plain_record(linkedid="1.2", caller="")])
        before = to_micros(STARTED - timedelta(hours=2))
        async with store.writing() as connection:
            await connection.execute(update(calls).where(calls.c.linkedid == "1.1").values(previous_us=before))
        async with store.reading() as connection:
            found = await repeats(connection, OCTOBER)
    assert (found.calls, found.known) == (2, 1)
    assert [one.calls for one in found.windows] == [0, 1, 1]


async def test_a_call_in_the_week_before_counts_as_the_one_before(place: str) -> None:
    second = timedelta(microseconds=1)
    starts = (OCTOBER.since - timedelta(days=7), OCTOBER.since)
    late = (OCTOBER.since - timedelta(days=7) - second, OCTOBER.since)
    counts = []
    async with Store(place) as store:
        for pair in (starts, late):
            await hold(store, [plain_record(started=at, linkedid=f"1.{place}") for place, at in enumerate(pair)])
            async with store.reading() as connection:
                counts.append([one.calls for one in (await repeats(connection, OCTOBER)).windows])
    assert counts == [[0, 0, 1], [0, 0, 0]]


def missed(caller: str, linkedid: str) -> CallRecord:
    record = plain_record(caller=caller, linkedid=linkedid)
    (visit,) = record.visits
    return replace(record, connected=None, visits=(replace(visit, connected=None),))


async def test_numbers_in_the_list_of_the_unanswered_are_masked(place: str) -> None:
    callers = {"1.1": "+37129123456", "1.2": TOKEN, "1.3": "~fedcba9876543210", "1.4": "^0123456789abcdef", "1.5": ""}
    async with Store(place) as store:
        await hold(store, [missed(caller, linkedid) for linkedid, caller in callers.items()])
        async with store.writing() as connection:
            row = {"token": TOKEN, "sealed": None, "shown": "+371 26…01", "seen_us": 0}
            await connection.execute(insert(numbers), row)
        async with store.reading() as connection:
            found = await safety(connection, OCTOBER, ["kekava-information", "kekava-police"])
    shown = {one.linkedid: one.caller for one in found.unanswered}
    assert shown == {"1.1": "+371 29…56", "1.2": "+371 26…01", "1.3": "purged", "1.4": "purged", "1.5": "withheld"}
    assert [(one.destination, one.sent, one.answered) for one in found.lines] == [
        ("kekava-information", 5, 0),
        ("kekava-police", 0, 0),
    ]
    assert found.unanswered[0].started.hour == 10, "local time"


async def test_what_could_not_be_read_shows(place: str) -> None:
    bad = (BadLine(7, "not_csv", b"x"), BadLine(9, "not_csv", b"y"))
    row = {"node": "", "complete": True, "lines": b"", "started_us": None, "first_place": "", "last_place": ""}
    rows = [
        row | {"linkedid": f"1.{fold}.{purged}", "fold": fold, "purged": purged}
        for fold in (0, 999)
        for purged in (0, 1)
    ]
    async with Store(place) as store:
        await store.write(Batch("j", (), bad, Position("j", "", 0, 0)))
        async with store.writing() as connection:
            await connection.execute(insert(journals), [one | {"purged": bool(one["purged"])} for one in rows])
        async with store.reading() as connection:
            found = await quality(connection, OCTOBER, OCTOBER.until)
    assert (found.quarantined, found.stale) == (2, 1)
    assert (found.calls, len(found.silent_days)) == (0, 31)


async def test_both_service_levels_at_their_edges(place: str) -> None:
    """Answered after exactly 5 s; given up after exactly 5 s, and a microsecond later; busy; never asked; still open."""
    edge = timedelta(seconds=5)
    gave_up, late = (replace(plain_record(linkedid=name), connected=None) for name in ("1.2", "1.3"))
    records = [
        plain_record(),
        _ended(gave_up, Disposition.ABANDONED_RINGING, edge),
        _ended(late, Disposition.ABANDONED_RINGING, edge + timedelta(microseconds=1)),
        _ended(replace(gave_up, linkedid="1.4"), Disposition.BUSY, edge),
        replace(_ended(replace(gave_up, linkedid="1.5"), Disposition.ABANDONED_MENU, edge), steps=()),
        replace(gave_up, linkedid="1.6", disposition=Disposition.OPEN, ended=None, complete=False),
    ]
    async with Store(place) as store:
        await hold(store, records)
        async with store.reading() as connection:
            all_, kekava = await service_levels(connection, OCTOBER, seconds=5)
    assert all_ == ServiceLevel(None, 5, offered=4, answered=1, in_time=1, abandoned_late=1)
    assert kekava == replace(all_, service="kekava")
    assert (all_.of_offered, all_.of_served) == (0.25, 0.5)


def _ended(record: CallRecord, disposition: Disposition, waiting: timedelta) -> CallRecord:
    end = record.started + record.menu + waiting
    spans = {"waiting": waiting, "talking": timedelta(0), "ended": end, "seen_until": end}
    return replace(record, disposition=disposition, **spans)
