"""The follower on files that grow, are rotated, replaced and broken: it shows what the journal says, and says what is wrong."""

import asyncio
import random
from datetime import UTC
from pathlib import Path

import pytest

import cdr.live.lines
from cdr.errors import JournalUnreadable
from cdr.journal.line import JournalEvent
from cdr.journal.reader import Batch, Journal, Position
from cdr.live.follow import Follower
from tests.fakes.call_pieces import IN, RINGS, ends
from tests.fakes.call_table import lines_of, linkedid_of
from tests.fakes.journal_load import busy_journal
from tests.fakes.live_lines import by_the_fold, placed, told
from tests.fakes.live_screen import Screen, following, grow, until

CALL = linkedid_of()


async def test_each_change_is_told_as_the_file_grows(tmp_path: Path) -> None:
    journal = tmp_path / "journal.csv"
    async with following(Journal(journal)) as (follower, screen):
        assert (screen.calls, follower.trouble) == ({}, "")
        grow(journal, lines_of(IN))
        await until(None, screen, lambda: CALL in screen.calls)
        assert told(screen.calls[CALL]) == "menu kekava-main"
        grow(journal, lines_of(IN + RINGS)[len(lines_of(IN)) :])
        await until(None, screen, lambda: screen.calls[CALL].stage == "ringing")
        assert (follower.number_of(CALL), follower.lag() is not None) == ("29123456", True)
        record = follower.record(CALL)
        assert record is not None
        assert record.service == "kekava"
        grow(journal, lines_of(ends(9)))
        await until(None, screen, lambda: not screen.calls)
        assert [one.disposition for one in screen.over] == ["abandoned_ringing"]
        assert len(screen.written) == 3
        assert all(at.tzinfo is UTC for at in screen.written)


async def test_half_a_line_is_waited_for(tmp_path: Path) -> None:
    journal = tmp_path / "journal.csv"
    whole = b"".join(lines_of(IN))
    journal.write_bytes(whole[:-30])
    async with following(Journal(journal)) as (_, screen):
        grow(journal, [whole[-30:], *lines_of(RINGS)])
        await until(None, screen, lambda: CALL in screen.calls and screen.calls[CALL].stage == "ringing")


async def test_rotated_and_cut_back_while_calls_go_on(tmp_path: Path) -> None:
    journal = tmp_path / "journal.csv"
    grow(journal, lines_of(IN))
    async with following(Journal(journal)) as (_, screen):
        journal.rename(tmp_path / "journal.csv.1")
        grow(journal, lines_of(IN, 2))
        await until(None, screen, lambda: linkedid_of(2) in screen.calls)
        grow(journal, lines_of(RINGS))
        await until(None, screen, lambda: screen.calls[CALL].stage == "ringing")
        content = journal.read_bytes()
        journal.write_bytes(content[:2000])
        grow(journal, [content[2000:], *lines_of(ends(9))])
        await until(None, screen, lambda: CALL not in screen.calls)
        assert list(screen.calls) == [linkedid_of(2)]
        assert len(screen.over) == 1


class Faulty:
    """A journal that cannot be read for a while."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.broken = False
        self.name, self.node = journal.name, journal.node
        self.unfinished, self.behind, self.free_space = journal.unfinished, journal.behind, journal.free_space

    def read_once(self, since: Position | None = None) -> Batch | None:
        if self.broken:
            raise JournalUnreadable.at(self.name, "no rights")
        return self._journal.read_once(since)

    def end(self) -> Position | None:
        if self.broken:
            raise JournalUnreadable.at(self.name, "no rights")
        return self._journal.end()


async def test_a_table_is_asked_at_each_look(tmp_path: Path) -> None:
    """A table has no directory entry that tells of something new."""
    source = Faulty(Journal(tmp_path / "journal.csv"))
    source.name = "postgresql://ivr@db.example.org/asterisk?table=cel"
    async with following(source) as (_, screen):
        grow(tmp_path / "journal.csv", lines_of(IN))
        await until(None, screen, lambda: CALL in screen.calls)
        grow(tmp_path / "journal.csv", lines_of(ends(9)))
        await until(None, screen, lambda: not screen.calls)


@pytest.mark.parametrize("from_the_beginning", [False, True])
async def test_trouble_is_told_once_and_that_it_is_over(tmp_path: Path, from_the_beginning: bool) -> None:
    source = Faulty(Journal(tmp_path / "journal.csv"))
    source.broken = from_the_beginning
    grow(tmp_path / "journal.csv", lines_of(IN))
    async with following(source) as (follower, screen):
        source.broken = True
        grow(tmp_path / "journal.csv", lines_of(RINGS))
        await until(None, screen, lambda: screen.troubles)
        assert "no rights" in follower.trouble
        source.broken = False
        await until(None, screen, lambda: len(screen.troubles) == 2)
        assert [over for _, over in screen.troubles] == [False, True]
        assert (follower.trouble, told(screen.calls[CALL])) == ("", "ringing info info-1")


async def test_a_call_that_was_taken_out_is_told(tmp_path: Path) -> None:
    grow(tmp_path / "journal.csv", lines_of(IN))
    async with following(Journal(tmp_path / "journal.csv")) as (follower, screen):
        follower.live.drop(CALL)
        follower.tell(screen)
        assert (screen.calls, [one.disposition for one in screen.over]) == ({}, ["journal_gap"])


async def test_what_one_look_cannot_fold_is_told_by_the_next_and_a_strange_call_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("cdr.live.calls.PER_LOOK", 20)
    real = cdr.live.lines.fold_written

    def stumbles(written: list[JournalEvent], *rest: object) -> object:
        if written[0].linkedid == linkedid_of(3):
            raise ZeroDivisionError
        return real(written, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(cdr.live.lines, "fold_written", stumbles)
    journal = tmp_path / "journal.csv"
    grow(journal, [line for number in range(1, 8) for line in lines_of(IN, number)])
    async with following(Journal(journal)) as (_, screen):
        assert len(screen.calls) == 6
        grow(journal, [line for number in range(11, 20) for line in lines_of(IN, number)])
        await until(None, screen, lambda: len(screen.calls) == 15)
    assert f"Call {linkedid_of(3)} cannot be shown" in caplog.text


async def test_a_follower_that_is_run_again_takes_back_what_is_over(tmp_path: Path) -> None:
    journal = tmp_path / "journal.csv"
    grow(journal, lines_of(IN) + lines_of(IN, 2))
    follower, screen = Follower(Journal(journal)), Screen()
    for left in (2, 1):
        task = asyncio.ensure_future(follower.run(screen))
        await until(task, screen, lambda: len(screen.calls) == left)  # noqa: B023 - waited for at once
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        grow(journal, lines_of(ends(9)))
    assert list(screen.calls) == [linkedid_of(2)]


async def test_a_file_that_grows_by_random_pieces_is_followed_to_its_end(tmp_path: Path) -> None:
    journal, data = tmp_path / "journal.csv", busy_journal(30, 5)
    chance = random.Random(3)
    async with following(Journal(journal)) as (_, screen):
        start = 0
        while start < len(data):
            size = chance.randrange(1, 9000)
            grow(journal, [data[start : start + size]])
            start += size
            await asyncio.sleep(0)
        expected = by_the_fold(placed(data))
        await until(None, screen, lambda: screen.calls == expected)
