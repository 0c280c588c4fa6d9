"""Journal lines: bytes to events, with everything that can be wrong with them."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cdr.journal.line import MAX_LINE, BadLine, JournalEvent, Parsed, parse_line, split_lines
from tests.fakes.call_pieces import IN
from tests.fakes.call_table import lines_of, quoted

TRACES = sorted((Path(__file__).parents[1] / "traces").glob("*.csv"))
COLUMNS = ["ANSWER", "1795286726.884501", "29", "8488", "ctx", "PJSIP/a-1", "Answer", "", "u1", "l1", "", "", "", ""]


def line_with(column: int, text: str) -> bytes:
    return quoted([*COLUMNS[:column], text, *COLUMNS[column + 1 :]])


def parsed(data: bytes, *, final: bool = True) -> list[Parsed]:
    return [one for offset, line in split_lines(data, final=final) for one in parse_line(line, offset)]


def only_event(line: bytes) -> JournalEvent:
    (found,) = parsed(line)
    assert isinstance(found, JournalEvent), found
    return found


def reasons(data: bytes) -> list[str]:
    return [one.reason if isinstance(one, BadLine) else one.type for one in parsed(data)]


def test_the_columns() -> None:
    event = only_event(quoted([str(number) if number != 1 else "12.5" for number in range(13)] + [""]))
    assert (event.type, event.at, event.caller_number, event.exten, event.context) == ("0", 12_500_000, "2", "3", "4")
    assert (event.channel, event.app, event.app_data, event.uniqueid, event.linkedid) == ("5", "6", "7", "8", "9")
    assert (event.peer, event.userfield, event.user_type) == ("10", "11", "12")


EXTRAS = [
    ("", {}),
    ('{"hangupcause":16,"hangupsource":"PJSIP/a-1"}', {"hangupcause": "16", "hangupsource": "PJSIP/a-1"}),
    (json.dumps({"extra": '{"menu":"m","n":1.5}'}), {"menu": "m", "n": "1.5"}),
    (json.dumps({"extra": "dest-102"}), {"text": "dest-102"}),
    (json.dumps({"extra": "{broken"}), {"text": "{broken"}),
    (json.dumps({"extra": "[1]"}), {"text": "[1]"}),
    (json.dumps({"extra": {"deep": [1]}}), {"extra": '{"deep": [1]}'}),
    (json.dumps({"extra": '{"IVR_KEY":{"key":"1"},"list":[1]}'}), {"IVR_KEY": '{"key": "1"}'}),
    ("no JSON", {"text": "no JSON"}),
    ("{" + '"a":{' * 3000, {"text": "{" + '"a":{' * 3000}),
    (json.dumps({"a": "\ud800", "b\0": "x\0y"}), {"a": "?", "b\ufffd": "x\ufffdy"}),
]


@pytest.mark.parametrize(("text", "extra"), EXTRAS, ids=range(len(EXTRAS)))
def test_eventextra(text: str, extra: dict[str, str]) -> None:
    event = only_event(line_with(13, text))
    assert event.extra == extra
    assert event.get("not there") == ""


@pytest.mark.parametrize(
    "text", ["two\nlines", "a\n\nb", 'a "quote", and\r\nmore', "Ķekava Кривий Ріг", "\n", "é" * 300]
)
def test_values_hold_any_text(text: str) -> None:
    data = line_with(11, text) + quoted(COLUMNS)
    first, second = parsed(data)
    assert isinstance(first, JournalEvent)
    assert isinstance(second, JournalEvent)
    assert first.userfield == text


def test_bytes_that_are_no_utf8_are_replaced_and_the_line_kept() -> None:
    line = line_with(11, "x").replace(b'"x"', b'"\xff\xc4\x00"')
    event = only_event(line)
    assert event.userfield == "\ufffd\ufffd\ufffd"
    assert event.line == line.rstrip(b"\n")


BAD = [
    (b"garbage\n", ["1 columns instead of 14"]),
    (quoted(COLUMNS[:13]), ["13 columns instead of 14"]),
    (line_with(1, "soon"), ["the time 'soon' is no number of seconds with a fraction"]),
    (line_with(1, "999999999999.0"), ["the time '999999999999.0' is no number of seconds with a fraction"]),
    (line_with(9, ""), ["event type, uniqueid or linkedid is empty"]),
    (line_with(8, ""), ["event type, uniqueid or linkedid is empty"]),
    (b'"a"b\n', ["the quotes are wrong: ',' expected after '\"'"]),
    (b'"open', ["the quotes are wrong: unexpected end of data"]),
    (b"\n\r\n", []),
    (
        quoted(COLUMNS)[:20] + quoted(COLUMNS),
        ["the line breaks off and another begins within it", "ANSWER"],
    ),
    (
        quoted(COLUMNS)[:30] + b"\n" + quoted(COLUMNS),
        ["the quotes are wrong: unexpected end of data", "ANSWER"],
    ),
    (b"garbage\n" + quoted(COLUMNS) + b"rest", ["1 columns instead of 14", "ANSWER", "1 columns instead of 14"]),
]


@pytest.mark.parametrize(("data", "expected"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_read_is_told_and_the_rest_is_read(data: bytes, expected: list[str]) -> None:
    assert reasons(data) == expected


def test_a_bad_line_names_its_place_and_shows_its_text() -> None:
    good = quoted(COLUMNS)
    bad = parsed(good + b"rubbish \xff\n" + good)[1]
    assert bad == BadLine(len(good), "1 columns instead of 14", b"rubbish \xff")
    assert isinstance(bad, BadLine)
    assert bad.text == "rubbish \ufffd"


def test_half_a_line_waits() -> None:
    good = quoted(COLUMNS)
    for size in range(len(good)):
        assert list(split_lines(good + good[:size])) == [(0, good)]


def test_a_line_without_end_is_cut() -> None:
    endless = b'"' + b"x" * (3 * MAX_LINE)
    found = parsed(endless + b"\n" + quoted(COLUMNS))
    assert isinstance(found[-1], JournalEvent)
    assert all(isinstance(one, BadLine) for one in found[:-1])
    assert max(len(one.line) for one in found) == MAX_LINE


PIECES = [
    *lines_of(IN),
    line_with(11, 'new\nline "x"'),
    b"garbage\n",
    b'"ANSWER","17\n',
    b'"',
    b"\n",
    b"a,b",
    b"\xff\xfe",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join), st.randoms(use_true_random=False))
@example(b'"ANSWER","17\n' + quoted(COLUMNS), random.Random(1))
def test_where_lines_end_does_not_depend_on_what_is_already_there(data: bytes, chance: random.Random) -> None:
    whole = list(split_lines(data))
    found: list[tuple[int, bytes]] = []
    read_to = size = 0
    while size < len(data):
        size = min(len(data), size + chance.randint(1, 60))
        new = [(read_to + start, line) for start, line in split_lines(data[read_to:size])]
        found += new
        read_to += sum(len(line) for _, line in new)
    assert found == whole
    assert b"".join(line for _, line in whole) == data[:read_to]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    pieces = parsed(data)
    assert all(isinstance(one, JournalEvent | BadLine) for one in pieces)


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_every_trace_is_read_whole(path: Path) -> None:
    found = parsed(path.read_bytes())
    assert all(isinstance(one, JournalEvent) for one in found)
    assert b"".join(one.line + b"\n" for one in found) == path.read_bytes()
