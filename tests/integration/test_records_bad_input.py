"""Bad input of every kind that docs/journal.md names, brought into a store: each has the end that is written there."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdr.fold.fold import fold
from cdr.journal.line import BadLine, JournalEvent, parse_line, split_lines
from cdr.journal.reader import Journal
from cdr.record.words import Disposition
from cdr.recorder import ingest_next, ingest_once
from cdr.store.store import Store
from tests.fakes.call_pieces import IN, TALKS, ends
from tests.fakes.call_table import events_of, lines_of, linkedid_of

ROOT = Path(__file__).parents[2]
CALL = IN + TALKS + ends(20, "info-1")
MANY = 100_000
LINES = [lines_of(CALL, number) for number in (1, 2)]


def parsed(data: bytes) -> list[JournalEvent | BadLine]:
    return [one for offset, line in split_lines(data, final=True) for one in parse_line(line, offset)]


@settings(max_examples=300)
@given(st.integers(0, len(LINES[0]) - 1), st.integers(0, len(LINES[1]) - 1), st.integers(0, 400))
def test_a_line_that_was_written_into_another_is_found_and_the_rest_is_bad(first: int, second: int, cut: int) -> None:
    outer, inner = LINES[0][first], LINES[1][second]
    cut = min(cut, len(outer) - 1)
    after = LINES[0][0]
    found = parsed(outer[:cut] + inner + outer[cut:] + after)
    events = [one.line + b"\n" for one in found if isinstance(one, JournalEvent)]
    assert inner in events
    assert events[-1] == after
    assert set(events) <= {inner, outer, after}
    pieces = b"".join(one.line for one in found if isinstance(one, BadLine))
    if outer not in events[:-1]:
        assert pieces.replace(b"\n", b"") == outer.replace(b"\n", b"")


async def test_bad_pieces_stop_nothing_and_are_counted_once(tmp_path: Path) -> None:
    lines = lines_of(CALL)
    journal = tmp_path / "journal.csv"
    broken = [lines[0], lines[1][:40] + lines[1], b"\xff\xfe\n", *lines[2:], lines[3][:50]]
    journal.write_bytes(b"".join(broken))
    async with Store(tmp_path / "records.sqlite3") as store:
        done = await ingest_once(journal, store)
        assert (done.lines, done.bad_lines, done.unfinished) == (len(lines), 2, 50)
        assert await store.record(linkedid_of(1)) == fold(events_of(CALL), node="pbx")
        (piece, garbage) = await store.quarantined()
        assert (piece.bad_line.offset, piece.bad_line.line) == (len(lines[0]), lines[1][:40])
        assert garbage.bad_line.reason == "1 columns instead of 14"


async def test_unknown_events_change_no_record(tmp_path: Path) -> None:
    lines = lines_of(CALL)
    strange = [
        re.sub(rb'^"[^"]+"', b'"FROBNICATE_' + str(number).encode() + b'"', line) for number, line in enumerate(lines)
    ]
    journal = tmp_path / "journal.csv"
    journal.write_bytes(b"".join(line for pair in zip(lines, strange, strict=True) for line in pair))
    async with Store(tmp_path / "records.sqlite3") as store:
        done = await ingest_once(journal, store)
        assert (done.lines, done.bad_lines) == (2 * len(lines), 0)
        assert await store.record(linkedid_of(1)) == fold(events_of(CALL), node="pbx")
        assert (await store.journal_of(linkedid_of(1))).count(b"FROBNICATE") == len(lines)


async def test_a_hundred_thousand_events_in_one_call(tmp_path: Path) -> None:
    """As of a caller whose phone repeats a key for days: one record, in bounded time, and the others go on."""
    lines, other = lines_of(CALL), lines_of(CALL, 2)
    key = next(line for line in lines if line.startswith(b'"IVR_KEY"'))
    at = int(key.split(b'"')[3].partition(b".")[2])
    flood = [key.replace(b"%06d" % at, b"%06d" % (at + number), 1) for number in range(MANY)]
    journal = tmp_path / "journal.csv"
    place = lines.index(key)
    journal.write_bytes(b"".join([*lines[:place], *flood, *lines[place + 1 :], *other]))
    async with Store(tmp_path / "records.sqlite3") as store:
        begun, number = time.process_time(), 0
        source = Journal(
            journal, read_size=6_000_000
        )  # each batch folds the call anew: few of them keep the test short
        while (written := await ingest_next(source, store)) is not None:
            number += written.lines
        took = time.process_time() - begun
        assert number == len(lines) - 1 + MANY + len(other)
        record = await store.record(linkedid_of(1))
        assert record is not None
        assert record.disposition is Disposition.ANSWERED
        assert len(record.keys) == MANY
        assert record.menu + record.waiting + record.talking == record.total
        assert await store.record(linkedid_of(2)) == fold(events_of(CALL, 2), node="pbx")
    assert took < 60, f"{took:.0f} s of processor time"


async def test_a_file_that_is_not_utf8_or_no_journal_at_all(tmp_path: Path) -> None:
    journal = tmp_path / "journal.csv"
    journal.write_bytes(bytes(range(256)) * 40 + b"\n" + b"".join(lines_of(CALL)))
    async with Store(tmp_path / "records.sqlite3") as store:
        done = await ingest_once(journal, store)
        assert done.lines == len(lines_of(CALL))
        assert done.bad_lines > 0
        assert await ingest_next(Journal(journal), store) is None


def test_the_tests_that_the_docs_name_are_there() -> None:
    table = (ROOT / "docs/journal.md").read_text(encoding="utf-8").partition("## Bad input")[2]
    named = re.findall(r"`(test_\w+)`", table.partition("\n## ")[0])
    assert len(named) > 10
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name in named if f"def {name}(" not in code] == []


@pytest.mark.parametrize(
    "word", ["truncated", "interleaved", "rotated", "replaced", "colliding", "clock", "unknown", "newer"]
)
def test_every_kind_is_in_the_docs(word: str) -> None:
    assert word in (ROOT / "docs/journal.md").read_text(encoding="utf-8").lower()
