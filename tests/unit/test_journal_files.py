"""The journal on disk: positions, rotation, truncation, and what cannot be read."""

import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest

from cdr.errors import JournalUnreadable
from cdr.journal.places import file_name, to_text
from cdr.journal.reader import Journal, Position
from cdr.store.packed import events_of, last_time, pack
from tests.fakes.call_pieces import IN
from tests.fakes.call_table import lines_of
from tests.fakes.journal_marks import read

FIRST, SECOND, THIRD = (lines_of(IN, call) for call in (1, 2, 3))


class Reader:
    """Reads a journal to its end each time and remembers what came."""

    def __init__(self, path: Path, read_size: int = 1_000_000) -> None:
        self.journal = Journal(path, read_size)
        self.position: Position | None = None
        self.lines: list[bytes] = []
        self.bad: list[bytes] = []

    def read(self) -> None:
        while (batch := self.journal.read_once(self.position)) is not None:
            self.position = batch.position
            self.lines += [event.line + b"\n" for event in batch.events]
            self.bad += [one.line for one in batch.bad_lines]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.csv"


def append(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.writelines(lines)


def aged(path: Path, seconds: int) -> Path:
    """Make a file older, as rotated ones are."""
    at = path.stat().st_mtime - seconds
    os.utime(path, (at, at))
    return path


def test_nothing_there_yet(path: Path) -> None:
    assert Journal(path).read_once(None) is None
    path.touch()
    assert Journal(path).read_once(None) is None


def test_reads_on_line_by_line(path: Path) -> None:
    reader = Reader(path)
    for line in FIRST:
        append(path, line[:10])
        reader.read()
        append(path, line[10:])
        reader.read()
    assert reader.lines == FIRST
    assert reader.journal.unfinished(reader.position) == 0
    append(path, b"half")
    assert reader.journal.unfinished(reader.position) == 4
    assert reader.journal.unfinished(None) == path.stat().st_size


@pytest.mark.parametrize("size", [300, 700, 5000])
def test_batches_are_bounded(path: Path, size: int) -> None:
    append(path, *FIRST, *SECOND)
    reader = Reader(path, size)
    reader.read()
    assert reader.lines == FIRST + SECOND


def test_rotation_by_renaming_loses_and_doubles_nothing(path: Path) -> None:
    reader = Reader(path)
    append(path, *FIRST[:3])
    reader.read()
    append(path, *FIRST[3:])
    path.rename(path.with_name("journal.csv.1"))
    append(path, *SECOND)
    reader.read()
    assert reader.lines == FIRST + SECOND


def test_rotation_while_no_new_file_is_there(path: Path) -> None:
    reader = Reader(path)
    append(path, *FIRST[:3])
    reader.read()
    old = path.rename(path.with_name("journal.csv-20261121"))
    append(old, *FIRST[3:5])
    reader.read()
    assert reader.lines == FIRST[:5]
    assert reader.journal.unfinished(reader.position) == 0
    append(path, *SECOND)
    reader.read()
    assert reader.lines == FIRST[:5] + SECOND


def test_several_rotations_while_nobody_read(path: Path) -> None:
    reader = Reader(path)
    append(path, *FIRST[:3])
    reader.read()
    append(path, *FIRST[3:])
    aged(path.rename(path.with_name("journal.csv.2")), 200)
    append(path, *SECOND)
    aged(path.rename(path.with_name("journal.csv.1")), 100)
    (path.with_name("journal.csv.3.gz")).write_bytes(b"\x1f\x8bpacked")
    append(path, *THIRD)
    reader.read()
    assert reader.lines == FIRST + SECOND + THIRD


def test_half_a_line_at_the_end_of_a_rotated_file_is_bad(path: Path) -> None:
    reader = Reader(path)
    append(path, *FIRST)
    reader.read()
    append(path, b'"HANGUP","17')
    path.rename(path.with_name("journal.csv.1"))
    append(path, *SECOND)
    reader.read()
    assert reader.lines == FIRST + SECOND
    assert reader.bad == [b'"HANGUP","17']


def test_copy_and_truncate(path: Path) -> None:
    reader = Reader(path)
    append(path, *FIRST[:4])
    reader.read()
    append(path, *FIRST[4:])
    path.with_name("journal.csv.1").write_bytes(path.read_bytes())
    path.write_bytes(b"".join(SECOND[:2]))
    reader.read()
    assert reader.lines == FIRST + SECOND[:2]


def test_replaced_by_another_file(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    reader = Reader(path)
    append(path, *FIRST)
    reader.read()
    path.write_bytes(b"".join(SECOND + THIRD))
    with caplog.at_level(logging.WARNING):
        reader.read()
    assert reader.lines == FIRST + SECOND + THIRD
    assert [record.action for record in caplog.records] == ["journal_file_gone"]  # type: ignore[attr-defined]


def test_cut_back_to_its_first_lines_and_written_on(path: Path) -> None:
    reader = Reader(path)
    append(path, *FIRST)
    reader.read()
    path.write_bytes(b"".join(FIRST[:3]))
    append(path, SECOND[0])
    reader.read()
    assert reader.lines == [*FIRST, *FIRST[:3], SECOND[0]]


def test_a_copy_with_another_inode_is_the_same_file(path: Path) -> None:
    reader = Reader(path)
    append(path, *FIRST[:4])
    reader.read()
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content + b"".join(FIRST[4:]))
    reader.read()
    assert reader.lines == FIRST


def test_unreadable(tmp_path: Path) -> None:
    with pytest.raises(JournalUnreadable) as caught:
        Journal(tmp_path).read_once(None)
    assert str(tmp_path) in str(caught.value)
    assert "check the path" in str(caught.value)


def test_the_last_time_of_packed_lines_is_found_behind_any_text() -> None:
    plain = read(b"".join(FIRST))
    hostile = [replace(plain[-1], line=plain[-1].line.replace(b'"8488"', b'"84\n""88"'))]
    for events in (plain, [*plain[:-1], *hostile]):
        for compressed in (False, True):
            packed = pack(events, compressed=compressed)
            assert last_time(packed) == plain[-1].at
            assert [(one.file, one.offset) for one in events_of(packed)] == [(one.file, one.offset) for one in events]


def test_lines_of_several_files_and_of_none_keep_their_places() -> None:
    events = read(b"".join(FIRST[:2])) + [replace(one, file="9-x") for one in read(b"".join(FIRST[2:4]))]
    events += [replace(one, file="", offset=0) for one in read(b"".join(FIRST[4:]))]
    found = events_of(pack(events, compressed=True))
    assert {(one.line, one.file, one.offset) for one in found} == {(one.line, one.file, one.offset) for one in events}


def test_a_file_is_named_by_its_first_line_however_much_is_there() -> None:
    whole = b"".join(FIRST)
    names = {file_name(whole[:size]) for size in range(len(FIRST[0]), len(whole), 50)}
    assert len(names) == 1
    assert names == {file_name(b"".join(FIRST[:1]))}
    assert file_name(b"rubbish\n" + whole) != file_name(whole)
    assert file_name(b"").startswith("0" * 18)
    assert file_name(whole) < file_name(b"".join(lines_of(IN, 4)).replace(b"179500000", b"179500001"))
    assert to_text(("", 0)) < to_text(("0", 5)) < to_text(("0", 40))


def test_the_end_is_after_the_last_whole_line_and_what_comes_then_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.csv"
    journal = Journal(path, read_size=100)
    assert journal.end() is None
    lines = [line for call in range(1, 4) for line in lines_of("0.0 caller CHAN_START\n1.0 caller LINKEDID_END", call)]
    path.write_bytes(b"".join(lines[:5]) + lines[5][:20])
    end = journal.end()
    assert end is not None
    assert journal.read_once(end) is None
    path.write_bytes(b"".join(lines))
    found = Journal(path).read_once(end)
    assert found is not None
    assert [event.type for event in found.events] == ["LINKEDID_END"]
    with pytest.raises(JournalUnreadable):
        Journal(tmp_path).end()
