"""A journal that is only a table in a database: what alarms and `ivr doctor` make of it."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.alarms.alarm import AlarmId
from ivr.alarms.alarms import Alarms, Pace, Places
from ivr.alarms.looking import TableLook
from ivr.alarms.metrics import Metrics
from ivr.calls.events import CallEntered
from ivr.calls.step import begin, step
from ivr.doctor import gather
from ivr.settings import Settings
from ivr.vocabulary import ChannelName, Did, Language, LinkedId, ServiceId
from tests.fakes.call_pieces import IN, TALKS, ends
from tests.fakes.call_table import lines_of
from tests.fakes.cel_table import connected, insert, made
from tests.fakes.patience import a_turn, until
from tests.fakes.ruleset import OPEN, small
from tests.postgresql import Server

NEW = CallEntered(
    ChannelName("PJSIP/trunk-1"), OPEN, ServiceId("town"), Did("8488"), "29123456", Language("lv"), entries=1
)
RULES = small()
LINES = lines_of(IN + TALKS + ends(20, "info-1"))


def status(written: object = "10:00:00", **changes: object) -> dict[str, object]:
    return {"written": written, "read_to": 40, "behind_bytes": 2, "troubles": [], **changes}


async def test_the_table_ends_where_the_recorder_says() -> None:
    told: list[dict[str, object]] = [status(), status("10:00:05", read_to=42, behind_bytes=0)]
    look = TableLook(lambda: told.pop(0))
    assert [await look.position(), await look.position()] == [(0, 42), (0, 42)]


@pytest.mark.parametrize(
    "unknown",
    [
        {},
        status("10:00:05", troubles=[{"kind": "journal_unreadable"}]),
        status("10:00:05", read_to=None),
        status("10:00:05", behind_bytes=None),
        status("10:00:00"),
    ],
)
async def test_what_the_recorder_does_not_see_or_has_told_before_is_not_known(unknown: dict[str, object]) -> None:
    told = [status(), unknown]
    look = TableLook(lambda: told.pop(0))
    assert await look.position() == (0, 42)
    assert await look.position() is None


class Played:
    """Alarms of an engine whose file does not grow, and a recorder that the test plays."""

    def __init__(self, folder: Path) -> None:
        self.seconds = 1000.0
        self.heartbeats = 0
        self.rows = 40
        pace = Pace(tick=0.002, journal=0.002, sounds=0.002)
        self.alarms = Alarms(
            Settings(),
            Metrics(),
            Places(folder / "no-journal.csv", folder, self.told),
            engine="pbx-1",
            clock=lambda: datetime.fromtimestamp(self.seconds, UTC),
            monotonic=lambda: self.seconds,
            pace=pace,
        )

    def told(self) -> dict[str, object]:
        self.heartbeats += 1
        return status(self.heartbeats, read_to=self.rows)

    def call(self) -> None:
        """A caller comes in."""
        before = begin(LinkedId("1"), NEW, RULES, OPEN)
        after, actions = step(before, NEW, RULES, OPEN)
        self.alarms.stepped(before, NEW, after, actions, RULES)

    async def looked(self) -> None:
        before = self.heartbeats
        await until(lambda: self.heartbeats > before + 2, look=a_turn)

    def stuck(self) -> bool:
        return any(one.id is AlarmId.JOURNAL_STUCK for one in self.alarms.active)


async def test_a_table_that_does_not_grow_is_stuck_until_it_grows_again(tmp_path: Path) -> None:
    played = Played(tmp_path)
    task = asyncio.ensure_future(played.alarms.run())
    await played.looked()
    for _ in range(3):  # a call now and then, each in the table
        played.seconds += 60
        played.rows += 12
        played.call()
        await played.looked()
        played.seconds += 30
        await played.looked()
        assert not played.stuck()
    played.seconds += 60
    played.call()
    await played.looked()
    played.seconds += 30
    await until(played.stuck, look=a_turn)
    played.rows += 1
    await until(lambda: not played.stuck(), look=a_turn)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def url(postgresql: Server) -> str:
    return made(postgresql, "cel_for_the_doctor")


async def test_the_doctor_looks_at_the_newest_row(url: str) -> None:
    empty = await asyncio.to_thread(gather.table, url, 2e9)
    assert (empty.name, empty.problem, empty.age) == (url, "", None)
    connection = await connected(url)
    for line in LINES:
        await insert(connection, line)
    await connection.close()
    newest = max(float(re.findall(rb'"(\d+\.\d+)"', line)[0]) for line in LINES)
    found = await asyncio.to_thread(gather.table, url, newest + 30)
    assert found.age == pytest.approx(30)
    gone = await asyncio.to_thread(gather.table, url.replace("table=cel", "table=nothing"), newest)
    assert "there is no table nothing" in gone.problem
