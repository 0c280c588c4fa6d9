"""Very long and very strange calls: the time that the fold takes grows with the lines and no faster."""

import gc
import tracemalloc
from time import process_time

import pytest

from cdr.fold.call import as_written
from cdr.fold.fold import fold, fold_written
from cdr.journal.line import BadLine, JournalEvent, parse_line, split_lines
from cdr.record.record import Disposition
from cdr.record.rows import record_from, rows_of
from tests.fakes.call_pieces import IN, TALKS, ends
from tests.fakes.call_table import events_of, lines_of

MANY = 32_000  # a hundred thousand go through the store in tests/integration/test_records_bad_input.py
FEW = MANY // 8
LONGEST = 60.0  # seconds of the processor on a slow machine; here about 3

BUSY = """
{at}.0 caller IVR_MENU menu=main
{at}.1 caller DTMF digit=1
{at}.2 caller IVR_KEY menu=main key=1 result=valid
{at}.3 caller IVR_DECISION destination=d{even} rule=r reason=open
{at}.4 caller IVR_RING destination=d{even} phone=p{even}
{at}.5 caller IVR_TRANSFER to=2{even} by=supervisor kind=supervisor
{at}.6 caller IVR_RETURN phone=p{even} reason=busy
{at}.7 info-1 BRIDGE_ENTER bridge_id=b{even}
{at}.75 caller BRIDGE_ENTER bridge_id=b{even}
{at}.8 info-1 ATTENDEDTRANSFER transferee_channel_uniqueid=id:caller transfer_target_channel_name=N/A
{at}.85 info-1 IVR_TOPIC topic=t{even}
{at}.9 info-1 BRIDGE_EXIT bridge_id=b{even}
"""


def busy(lines: int) -> list[JournalEvent]:
    """Give a call of about so many lines in which everything happens again and again."""
    rounds = lines // (len(BUSY.splitlines()) - 1)
    table = "0.0 caller CHAN_START\n0.0 info-1 CHAN_START\n"
    table += "".join(BUSY.format(at=at + 1, even=at % 2) for at in range(rounds))
    return events_of(table + ends(rounds + 2))


def seconds_for(events: list[JournalEvent]) -> float:
    written = as_written(events)
    gc.collect()
    began = process_time()
    fold_written(written)
    return process_time() - began


def test_a_very_long_call_takes_eight_times_as_long_as_one_of_an_eighth() -> None:
    many = busy(MANY)
    quick = min(seconds_for(many[:FEW]) for _ in range(3))
    slow = seconds_for(many)
    assert slow < LONGEST
    assert slow / quick < 20, "the time grows faster than the lines"


def test_its_memory_grows_with_its_lines() -> None:
    events = busy(FEW)
    gc.collect()
    tracemalloc.start()
    record = fold(events)
    rows = rows_of(record)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak / len(events) < 5_000, "bytes for each line"
    assert record_from(rows) == record


@pytest.mark.parametrize(
    "row",
    ["{at} caller DTMF digit=5", "{at} caller STREAM_BEGIN sound=ivr/x", "{at} n{at} CHAN_START", "{at} caller WINK"],
)
def test_a_flood_of_one_kind(row: str) -> None:
    table = "0.0 caller CHAN_START\n" + "\n".join(row.format(at=at) for at in range(1, 5001)) + ends(6000)
    record = fold(events_of(table))
    assert record.complete
    assert record.menu + record.waiting + record.talking == record.total


def test_kinds_of_lines_that_nobody_knows_change_nothing() -> None:
    table = IN + TALKS
    strange = "\n".join(f"{at}.{at:03d} caller MOON_PHASE_{at} what=full" for at in range(1, 9)) + "\n"
    assert fold(events_of(table + strange + ends(20))) == fold(events_of(table + ends(20)))


def test_lines_that_are_cut_short_or_lie_in_each_other_leave_the_others_as_they_are() -> None:
    lines = lines_of(IN + TALKS + ends(20))
    broken = [*lines]
    broken[8] = lines[8][:40]  # the next line begins within it, as after a full disk
    broken[12] = b'"DTMF","17950\n'
    broken[20] = b"\xff\xfe\x00" + lines[20]
    found = [one for at, line in split_lines(b"".join(broken), final=True) for one in parse_line(line, at)]
    events = [one for one in found if isinstance(one, JournalEvent)]
    assert len(events) == len(lines) - 2
    assert sum(isinstance(one, BadLine) for one in found) == 3
    record = fold(events)
    assert record.disposition is Disposition.ANSWERED
    assert record.menu + record.waiting + record.talking == record.total
