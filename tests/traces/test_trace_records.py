"""Journals of real calls, each beside the record that a telephony engineer would write.

A bug report from the field becomes two new files here: NAME.csv and NAME.record.json.
"""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from cdr.fold.fold import fold
from cdr.journal.line import JournalEvent, parse_line, split_lines
from cdr.journal.marks import call_of_line
from cdr.record.journey import journey
from cdr.record.record import CallRecord

HERE = Path(__file__).parent
LEG = ("role", "phone", "channel", "hangup_cause")


def records_in(path: Path) -> list[CallRecord]:
    calls: dict[str, list[JournalEvent]] = defaultdict(list)
    for offset, line in split_lines(path.read_bytes()):
        for one in parse_line(line, offset):
            assert isinstance(one, JournalEvent), one
            if (call := call_of_line(one)) is not None:
                calls[call].append(one)
    return [fold(events) for events in calls.values()]


def shown(record: CallRecord) -> dict[str, object]:
    whole = record.as_dict()
    legs = json.loads(json.dumps(whole["legs"]))
    return whole | {
        "legs": [{key: leg[key] for key in LEG} for leg in legs],
        "journey": [str(line).strip() for line in journey(record, record.caller)],
    }


@pytest.mark.parametrize("path", sorted(HERE.glob("*.csv")), ids=lambda path: path.stem)
def test_trace_gives_the_engineers_record(path: Path) -> None:
    expected = json.loads(path.with_suffix(".record.json").read_text("utf-8"))
    found = records_in(path)
    assert len(found) == len(expected)
    for record, wanted in zip(found, expected, strict=True):
        told = shown(record)
        assert {key: told[key] for key in wanted} == wanted
        assert record.menu + record.waiting + record.talking == record.total


def test_there_are_traces() -> None:
    assert len(list(HERE.glob("*.csv"))) >= 5
