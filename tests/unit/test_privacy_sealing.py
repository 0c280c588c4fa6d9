"""Numbers become tokens: in the values, in the bytes, and nowhere else."""

import csv
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdr.journal.line import JournalEvent, parse_line
from cdr.privacy.lines import hidden, places_of, with_tokens
from cdr.privacy.sealing import PSEUDONYM, TOKEN, Keys, Mode, NumberRow, Sealing, is_citizens, pseudonym_of, token_of
from cdr.store.packed import pack, unpack

KEYS = Keys(naming=b"n" * 64, sealing=bytes(range(64)))
NUMBER = "+37129123456"


def line_of(number: str, *, app_data: str = "", extra: str = "", uniqueid: str = "pbx-1795311909.4") -> bytes:
    columns = ["CHAN_START", "1795311909.123456", number, "8488", "from-trunk", "PJSIP/trunk-00000004", "AGI"]
    columns += [app_data, uniqueid, uniqueid, "", "", "", extra]
    return ",".join('"' + one.replace('"', '""') + '"' for one in columns).encode()


def event_of(line: bytes) -> JournalEvent:
    (event,) = parse_line(line, 7, "file")
    assert isinstance(event, JournalEvent)
    return event


def sealed(events: list[JournalEvent]) -> tuple[list[JournalEvent], list[NumberRow]]:
    rows: dict[str, NumberRow] = {}
    sealing = Sealing(KEYS, Mode.ENCRYPTED)
    return [sealing.seal(one, rows) for one in events], list(rows.values())


def columns_of(line: bytes) -> list[str]:
    return next(csv.reader([line.decode()]))


@pytest.mark.parametrize(
    ("number", "citizens"),
    [
        ("", False),
        ("102", False),
        ("112233", False),
        ("*72", False),
        ("1234567", True),
        (NUMBER, True),
        ("anonymous", True),
        ("Ķekava;drop", True),
        ("~0123456789abcdef", False),
        ("^0123456789abcdef", False),
        ("~0123", True),
    ],
)
def test_whose_number_is_sealed(number: str, citizens: bool) -> None:
    assert is_citizens(number) is citizens


def test_the_number_is_nowhere_in_a_sealed_line() -> None:
    line = line_of(NUMBER, app_data=f"agi:async,{NUMBER},x{NUMBER}", extra=f'{{"from":"{NUMBER}"}}')
    (event,), (row,) = sealed([event_of(line)])
    token = token_of(NUMBER, KEYS.naming)
    assert event.caller_number == token
    columns = columns_of(event.line)
    assert columns[2] == token
    assert columns[7] == f"agi:async,{token},x{NUMBER}"  # part of another word: not the number
    assert columns[13] == f'{{"from":"{token}"}}'
    assert row["shown"] == "+371 29…56"
    assert row["seen_us"] == 1795311909123456


def test_what_is_no_citizens_number_stays_as_it_is() -> None:
    events = [event_of(line_of(one)) for one in ("", "102", "~0123456789abcdef")]
    assert sealed(events) == (events, [])


def test_a_number_that_looks_like_the_time_of_the_line_changes_nothing_else() -> None:
    line = line_of("1795311909", extra='{"transferee_channel_uniqueid":"pbx-1795311909.4"}')
    (event,), _ = sealed([event_of(line)])
    columns = columns_of(event.line)
    assert columns[1] == "1795311909.123456"
    assert columns[8] == columns[9] == "pbx-1795311909.4"
    assert columns[13] == '{"transferee_channel_uniqueid":"pbx-1795311909.4"}'


@pytest.mark.parametrize("name", ["from-trunk", "PJSIP", "trunk-00000004", "CHAN_START"])
def test_a_caller_by_the_name_of_something_in_the_line_changes_nothing_else(name: str) -> None:
    before = event_of(line_of(name))
    (after,), _ = sealed([before])
    assert event_of(after.line) == after
    assert replace(after, caller_number=name, line=before.line) == before


def test_a_caller_with_the_number_that_was_dialled_leaves_that_in_place() -> None:
    line = line_of("63005522").replace(b'"8488"', b'"63005522"')
    (after,), _ = sealed([event_of(line)])
    assert columns_of(after.line)[3] == "63005522"


def test_encrypted_is_read_again_and_hashed_by_nobody() -> None:
    sealing = Sealing(KEYS, Mode.ENCRYPTED)
    row = sealing.row(NUMBER, 5)
    assert row["sealed"] is not None
    assert NUMBER.encode() not in row["sealed"]
    assert sealing.number_of(row["sealed"]) == NUMBER
    hashed = Sealing(KEYS, Mode.HASHED).row(NUMBER, 5)
    assert (hashed["sealed"], hashed["shown"]) == (None, "+371…")
    assert hashed["token"] == row["token"]


def test_the_last_call_of_a_number_counts() -> None:
    early, late = event_of(line_of(NUMBER)), replace(event_of(line_of(NUMBER)), at=9_999_999_999_999_999)
    _, (row,) = sealed([late, early])
    assert row["seen_us"] == late.at


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r\n"), min_size=1, max_size=30)
)
def test_sealing_gives_a_line_that_reads_as_the_same_event(number: str) -> None:
    before = event_of(line_of(number, app_data="agi:async", extra='{"a":"b"}'))
    (after,), rows = sealed([before])
    again = event_of(after.line)
    assert replace(again, line=b"") == replace(after, line=b"")
    assert replace(after, caller_number=number, line=before.line) == replace(before, caller_number=number)
    assert bool(rows) is is_citizens(before.caller_number)
    assert sealed([after]) == ([after], [])  # sealed once is sealed


@given(st.text(min_size=7, max_size=20), st.binary(min_size=1, max_size=64))
def test_tokens_and_pseudonyms_have_their_forms(number: str, key: bytes) -> None:
    token = token_of(number, key)
    assert TOKEN.fullmatch(token)
    assert PSEUDONYM.fullmatch(pseudonym_of(token, key))
    assert token == token_of(number, key)


@pytest.mark.parametrize("compressed", [True, False])
def test_tokens_in_kept_lines_are_changed_and_the_rest_stays(compressed: bool) -> None:
    token = token_of(NUMBER, KEYS.naming)
    (event,), _ = sealed([event_of(line_of(NUMBER))])
    packed = pack([event], compressed=compressed)
    other = with_tokens(packed, lambda one: "^" + one[1:])
    assert unpack(other) == unpack(packed).replace(token.encode(), b"^" + token[1:].encode())
    assert with_tokens(other, lambda one: "~" + one[1:]) == packed


def test_where_a_number_stands_in_a_file() -> None:
    text = f'"A","{NUMBER}"\n"B","x{NUMBER}","{NUMBER}7","{NUMBER}"\n'.encode()
    found = list(places_of(text, NUMBER))
    assert [text[place - 1 : place + len(NUMBER) + 1] for place in found] == [f'"{NUMBER}"'.encode()] * 2


@pytest.mark.parametrize(
    ("piece", "kept"),
    [
        (b'"37129123456","8488"', b'"***********","8488"'),
        (b'"+371 29 123-456"', b'"+*** ** ***-***"'),
        (b"1795311670.123456 pbx-1795311670.7", b"1795311670.123456 pbx-1795311670.7"),
        (b"tel:29123456;x", b"tel:********;x"),
        (b"\xff29123456\x00", b"\xff********\x00"),
        (b"9123", b"9123"),
        (b"", b""),
    ],
)
def test_numbers_in_what_is_no_line_are_hidden(piece: bytes, kept: bytes) -> None:
    assert hidden(piece) == kept
    assert hidden(kept) == kept
