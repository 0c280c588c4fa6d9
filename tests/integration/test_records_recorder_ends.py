"""A recorder that is told to end in the middle of a write: the write is whole, and the store is free for the rest."""

import asyncio
from pathlib import Path

import pytest

from cdr.journal.reader import Batch, Journal
from cdr.recorder import follow, ingest_next
from cdr.store.store import Store, Written
from tests.fakes.call_pieces import ARRIVES
from tests.fakes.call_table import lines_of


class Held(Store):
    """A store whose first write waits until it may go on."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.begun, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def write(self, batch: Batch) -> Written:
        self.begun.set()
        await self.may_go_on.wait()
        return await super().write(batch)


@pytest.mark.parametrize("times", [1, 2], ids=["told once", "told twice"])
async def test_a_write_under_way_is_finished_before_the_recorder_ends(tmp_path: Path, times: int) -> None:
    journal = Journal(tmp_path / "journal.csv")
    journal.path.write_bytes(b"".join(lines_of(ARRIVES)))
    async with Held(tmp_path / "records.sqlite3") as store:
        following = asyncio.ensure_future(follow(journal, store))
        await store.begun.wait()
        for _ in range(times):
            following.cancel()
            done, _ = await asyncio.wait([following], timeout=0.05)
            assert not done  # nothing else can let it end before it may go on
        store.may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await following
        assert await ingest_next(journal, store) is None
        assert len(await store.records()) == 1


async def test_no_number_of_a_bad_piece_reaches_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is wrong with a piece may quote it."""
    journal = Journal(tmp_path / "journal.csv")
    journal.path.write_bytes(b'"CHAN_START","+37129123456","1","2","3","4","5","6","7","8","9","10","11",""\n')
    async with Store(tmp_path / "records.sqlite3") as store:
        await ingest_next(journal, store)
    assert "quarantine" in caplog.text
    assert "29123456" not in caplog.text
