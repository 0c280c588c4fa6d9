"""The quick reader of journal lines against the first, slow one: whatever the bytes are, both give the same."""

import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cdr.journal.extra import LONGEST, extra_of
from cdr.journal.line import MAX_LINE, parse_line, split_lines
from tests.fakes.call_pieces import IN, TALKS
from tests.fakes.call_table import lines_of, quoted
from tests.fakes.slow_line_reader import slow_parse_line

TRACES = Path(__file__).parents[1] / "traces"
REAL = [line for path in sorted(TRACES.rglob("*.csv")) for _, line in split_lines(path.read_bytes(), final=True)]
LINES = [*REAL[::7], *lines_of(IN + TALKS)]
TEXT = st.text(st.sampled_from('a",\\\n\r\0{}[]:1.\ufffdāЖ\u2028'), max_size=12)
TIMES = st.sampled_from(
    ["1795286726.884501", "1.5", "12.", ".5", "1.2.3", "9999999999999.1", "٣.٤", "1_0.5", " 1.5", "-1.5"]
)
VALUES = st.one_of(TEXT, st.sampled_from(["", '"', '""', '","', ',"', '",', '{"a":"b"}', '{"extra":"{\\"k\\":1}"}']))


def same(line: bytes) -> bool:
    return parse_line(line, 7, "file") == slow_parse_line(line, 7, "file")


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES, min_size=12, max_size=12), TIMES, VALUES, st.integers(0, 3))
def test_any_values(values: list[str], when: str, kind: str, ids: int) -> None:
    values[6:8] = ["u" if ids & 1 else values[6], "l" if ids & 2 else values[7]]
    assert same(quoted([kind, when, *values]))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(LINES), st.randoms(use_true_random=False), st.integers(1, 4))
def test_broken_lines(line: bytes, chance: random.Random, wounds: int) -> None:
    for _ in range(wounds):
        at = chance.randrange(len(line) + 1)
        line = (
            line[:at]
            + chance.choice([b"", b'"', b'""', b'","', b",", b"\n", b"\xff", b"\0", line])
            + line[at + chance.randrange(3) :]
        )
    assert same(line)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80))
@example(b'"' * 28)
@example(b'","' * 14)
def test_any_bytes(line: bytes) -> None:
    assert same(line)


@pytest.mark.parametrize("number", [12, 13, 14, 15, 16, 28])
@pytest.mark.parametrize("value", ["", '"', "x", '","', '""'])
def test_other_numbers_of_columns(number: int, value: str) -> None:
    assert same(quoted(["T", "1.5", *[value] * (number - 3), "z"]))


def test_every_real_line() -> None:
    assert [line for line in REAL if not same(line)] == []


@pytest.mark.parametrize("size", [131_000, 131_072, 131_073, MAX_LINE])
def test_long_values(size: int) -> None:
    assert same(quoted(["T", "1.5", *["x"] * 11, "e" * size]))


def test_a_long_extra_is_read_as_a_short_one_is() -> None:
    for size in (1, LONGEST, 5000):
        assert extra_of('{"extra":"{\\"menu\\":\\"' + "m" * size + '\\"}"}') == {"menu": "m" * size}
