"""Our records beside Asterisk's own CDRs of the same calls, both written by one real PBX (Asterisk 22.10).

`cdr/cdr.csv` has the columns src, dst, dcontext, channel, dstchannel, lastapp, start, answer, end, duration, billsec,
disposition, uniqueid, linkedid, sequence; `cdr.conf` says `unanswered = yes`, `congestion = yes`. The table of the
differences stands in docs/records.md.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from cdr.journal.line import split_lines
from cdr.record.record import CallRecord
from cdr.times import to_micros
from tests.fakes.journal_marks import folded

HERE = Path(__file__).parent / "cdr"
CALLERS = "PJSIP/trunk-"  # all citizens come in here, and none of these calls leaves here
LATE = 100_000  # microseconds by which a CDR ends before the channel does: Asterisk closes it before the extension `h`
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Row:
    """One of Asterisk's CDRs. Instants in microseconds since 1970; `duration` and `billsec` in whole seconds."""

    channel: str
    app: str
    start: int
    answer: int
    end: int
    duration: int
    billsec: int
    disposition: str


@cache
def rows() -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    with (HERE / "cdr.csv").open(encoding="utf-8", newline="") as file:
        for columns in csv.reader(file):
            start, answer, end = (int(text.replace(".", "")) for text in columns[6:9])
            duration, billsec = map(int, columns[9:11])
            found[columns[13]].append(Row(columns[3], columns[5], start, answer, end, duration, billsec, columns[11]))
    return found


@cache
def records() -> dict[str, CallRecord]:
    return folded(line for _, line in split_lines((HERE / "journal.csv").read_bytes()))


CALLS = [
    # call, CDRs in all, of the caller's channel, disposition of the caller's last CDR, our disposition
    ("fallback, answered", "pbx-1795325902.5", 1, 1, "ANSWERED", "answered"),
    ("fallback, left in the menu", "pbx-1795325902.4", 1, 1, "ANSWERED", "abandoned_menu"),
    ("fallback, left while ringing", "pbx-1795325902.6", 1, 1, "NO ANSWER", "abandoned_ringing"),
    ("left in the menu", "pbx-1795325999.20", 1, 1, "ANSWERED", "abandoned_menu"),
    ("answered", "pbx-1795325999.22", 1, 1, "ANSWERED", "answered"),
    ("busy, then answered", "pbx-1795325999.21", 2, 2, "ANSWERED", "answered"),
    ("no answer, then answered", "pbx-1795325999.23", 2, 2, "ANSWERED", "answered"),
    ("left while ringing", "pbx-1795325999.25", 1, 1, "NO ANSWER", "abandoned_ringing"),
    ("blind", "pbx-1795325999.24", 2, 2, "ANSWERED", "answered"),
    ("blind, busy, back", "pbx-1795325999.26", 3, 3, "ANSWERED", "answered"),
    ("refer", "pbx-1795325999.27", 2, 2, "ANSWERED", "answered"),
    ("refer with replaces", "pbx-1795326032.98", 2, 2, "ANSWERED", "answered"),
    ("attended", "pbx-1795325999.28", 7, 3, "ANSWERED", "answered"),
    ("blonde", "pbx-1795325999.29", 6, 3, "ANSWERED", "answered"),
    ("blonde, back", "pbx-1795325999.30", 7, 3, "ANSWERED", "answered"),
    ("the phone hangs up", "pbx-1795325999.32", 2, 2, "ANSWERED", "answered"),
    ("parked and retrieved", "pbx-1795326039.105", 4, 3, "ANSWERED", "answered"),
    ("parked and given up", "pbx-1795326046.112", 2, 2, "ANSWERED", "answered"),
    ("picked up", "pbx-1795326049.116", 3, 2, "ANSWERED", "answered"),
]
NAMES = [case[0] for case in CALLS]


@pytest.mark.parametrize(("linkedid", "every", "own", "theirs", "ours"), [case[1:] for case in CALLS], ids=NAMES)
def test_a_call_has_one_record_and_several_cdrs(linkedid: str, every: int, own: int, theirs: str, ours: str) -> None:
    mine = sorted((row for row in rows()[linkedid] if row.channel.startswith(CALLERS)), key=lambda row: row.end)
    assert (len(rows()[linkedid]), len(mine)) == (every, own)
    assert (mine[-1].disposition, records()[linkedid].disposition.value) == (theirs, ours)


@pytest.mark.parametrize("linkedid", [case[1] for case in CALLS], ids=NAMES)
def test_the_total_and_the_answer_are_those_of_the_callers_cdrs(linkedid: str) -> None:
    record, mine = records()[linkedid], [row for row in rows()[linkedid] if row.channel.startswith(CALLERS)]
    assert record.answered is not None
    assert record.ended is not None
    assert abs(to_micros(record.started) - min(row.start for row in mine)) < 1000
    assert abs(to_micros(record.answered) - min(row.answer for row in mine if row.answer)) < 1000
    assert 0 <= to_micros(record.ended) - max(row.end for row in mine) < LATE


@pytest.mark.parametrize("linkedid", [case[1] for case in CALLS], ids=NAMES)
def test_billsec_is_not_the_time_with_a_person(linkedid: str) -> None:
    """It begins when the PBX answers, with the menu, and is cut to whole seconds in every row."""
    record, mine = records()[linkedid], [row for row in rows()[linkedid] if row.channel.startswith(CALLERS)]
    billed = sum(row.billsec for row in mine)
    assert record.total / SECOND - len(mine) < billed <= record.total / SECOND + 1
    assert billed >= record.talking / SECOND - len(mine)
    if not record.talking:
        assert billed > 0


def test_cdrs_overlap_where_a_local_channel_is_taken_away() -> None:
    attended = [row for row in rows()["pbx-1795325999.28"] if row.channel.startswith(CALLERS)]
    lengths = sum(row.end - row.start for row in attended)
    whole = max(row.end for row in attended) - min(row.start for row in attended)
    assert 100_000 < lengths - whole < 1_000_000


def test_no_call_is_missing_on_either_side() -> None:
    calls = {linkedid for linkedid, record in records().items() if record.service}
    assert calls == {linkedid for linkedid in rows() if records().get(linkedid) and records()[linkedid].service}
    assert len(calls) == len(CALLS) + 1  # and one more like "answered"
    marks = {linkedid for linkedid, some in rows().items() if any("@ivr-mark" in row.channel for row in some)}
    assert marks, "Asterisk writes CDRs of marks too"
    assert not marks & set(records())
