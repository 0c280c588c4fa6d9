"""Journals of the real Asterisk when things went wrong: killed, its disk full, and callers with hostile numbers."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path

import pytest

from cdr.journal.line import BROKEN_OFF, BadLine, parse_line, split_lines
from cdr.record.record import Disposition
from cdr.recorder import ingest_once
from cdr.store.store import Store
from tests.fakes.journal_marks import folded
from tests.fakes.store_dump import dump

HERE = Path(__file__).parent / "journals"


def lines_in(name: str) -> list[bytes]:
    return [line for _, line in split_lines((HERE / name).read_bytes())]


def test_asterisk_was_killed_with_two_callers_in_the_menu_and_two_in_talk() -> None:
    found = folded(lines_in("asterisk_killed.csv"))
    assert [one.disposition for one in found.values()] == [Disposition.PBX_LOST] * 4
    assert sorted(bool(one.talked_with) for one in found.values()) == [False, False, True, True]
    assert all(one.ended == one.seen_until and one.complete for one in found.values())
    boot = next(
        n for n, line in enumerate(lines_in("asterisk_killed.csv")) if b'"CHAN_START"' in line and b'.0"' in line
    )
    before = folded(lines_in("asterisk_killed.csv")[:boot])
    assert {one.disposition for one in before.values()} == {Disposition.OPEN}


def test_a_full_disk_cuts_a_line_and_the_next_one_is_found_again() -> None:
    data = (HERE / "journal_disk_full.csv").read_bytes()
    bad = [one for at, line in split_lines(data) for one in parse_line(line, at) if isinstance(one, BadLine)]
    assert [one.reason for one in bad] == [BROKEN_OFF]
    assert bad[0].text.startswith('"BRIDGE_ENTER"')
    found = list(folded(lines_in("journal_disk_full.csv")).values())
    assert [(one.disposition, one.complete) for one in found] == [
        (Disposition.OPEN, False),
        (Disposition.OPEN, False),
        (Disposition.ANSWERED, True),
    ]
    assert found[2].number == "8488"  # its first line stands behind the one that was cut


def test_two_calls_that_were_joined_after_the_clock_went_back_stay_two_records() -> None:
    """A colleague asks another one and joins the caller with him; by the clock his question began before the call."""
    lines = lines_in("attended_transfer_clock_back.csv")
    found = folded(lines)
    call, question = found.values()
    assert (call.linkedid, call.caller, call.hung_up_by) == ("pbx-1795337314.1124", "37129000508", "caller")
    assert (call.complete, call.disposition) == (True, Disposition.ANSWERED)
    assert call.talked_with == ("kekava-duty-1", "kekava-information-2")
    assert round(call.total.total_seconds(), 2) == 17.82  # answered 1795333714.017, the caller hung up at ...731.83
    assert round(call.talking.total_seconds(), 2) == 11.27
    assert (question.linkedid, question.caller, question.complete) == ("pbx-1795333722.1335", "kekava-duty-1", True)
    assert "37129000508" not in str(question)
    joined = next(n for n, line in enumerate(lines) if b'"ATTENDEDTRANSFER"' in line)
    for place in range(joined, len(lines) - 2):  # Asterisk has ended the linkedid of a caller who talks on
        assert not folded(lines[:place])[call.linkedid].complete
    assert folded(lines[:-1])[call.linkedid] == call


CALLERS = (
    '","HANGUP","1.0","',
    "x\r\nAction: Originate\r\n\r\n",
    "${SHELL(touch /tmp/owned)}$[1+1]${GLOBAL(IVR_LEADER)}",
    "1,2",  # the rest is a parameter of the SIP address
    "☎️😀Ķekava",
    "9" * 79,  # of 10,000; Asterisk keeps so many
    "12",  # Asterisk ends a text at NUL
    "\ufffd" * 3,  # bytes that are no UTF-8
    'x\n"HANGUP","1795314258.000001","1","2",""\n',
    '{"extra":"\\"}',
)


@pytest.fixture
def hostile() -> bytes:
    return (HERE / "hostile_callers.csv").read_bytes()


def test_hostile_numbers_are_text_and_nothing_else(hostile: bytes) -> None:
    found = list(folded([line for _, line in split_lines(hostile)]).values())
    assert tuple(one.caller for one in found) == CALLERS
    assert {(one.service, one.complete, one.disposition) for one in found} == {
        ("kekava", True, Disposition.ABANDONED_WELCOME)
    }
    assert all(isinstance(json.loads(json.dumps(one.as_dict()))["caller"], str) for one in found)


def test_hostile_numbers_survive_the_store_however_the_journal_is_cut(hostile: bytes, tmp_path: Path) -> None:
    async def ingest(name: str, pieces: list[bytes]) -> list[str]:
        journal = tmp_path / f"{name}.csv"
        journal.touch()
        async with Store(tmp_path / f"{name}.sqlite3") as opened:
            for piece in pieces:
                with journal.open("ab") as file:
                    file.write(piece)
                assert (await ingest_once(journal, opened)).bad_lines == 0
            records = await opened.records()
            kept = [await opened.journal_of(one.linkedid) for one in records]
        assert sorted(b"".join(kept).split(b"\n")) == sorted(hostile.split(b"\n"))
        return [one.caller for one in reversed(records)]

    edges = [*range(0, len(hostile), 997), len(hostile)]
    assert tuple(asyncio.run(ingest("whole", [hostile]))) == CALLERS
    assert tuple(asyncio.run(ingest("pieces", [hostile[a:b] for a, b in pairwise(edges)]))) == CALLERS
    whole, pieces = (dump(tmp_path / f"{name}.sqlite3") for name in ("whole", "pieces"))
    for one in (whole, pieces):
        del one["positions"]
    assert whole == pieces
