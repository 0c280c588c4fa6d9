"""Bytes to messages: whatever the pieces in which they come."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.asterisk.framing import BANNER, MAX_MESSAGE, Framer, event_name, header_value, parse

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HELLO = BANNER + b"11.0.0\r\n"


def framed(*pieces: bytes) -> tuple[list[bytes], str]:
    framer = Framer()
    frames = [frame for piece in pieces for frame in framer.feed(piece)]
    return frames, framer.broken


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at the given places, in any order."""
    edges = [0, *sorted({min(place, len(data)) for place in places}), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def test_banner_is_no_message_and_gives_the_version() -> None:
    framer = Framer()
    assert framer.feed(HELLO + b"Response: Success\r\nActionID: 1\r\n\r\n") == [b"Response: Success\r\nActionID: 1"]
    assert framer.version == "11.0.0"


def test_finding_a_letter_split_between_two_reads_vanishes() -> None:
    raw = HELLO + "Event: E\r\nName: Ķekava\r\n\r\n".encode()
    inside = raw.index("Ķ".encode()) + 1
    frames, _ = framed(raw[:inside], raw[inside:])
    assert parse(frames[0], AT).get("Name") == "Ķekava"


def test_finding_an_empty_last_header_is_dropped() -> None:
    frames, _ = framed(HELLO, b"Event: E\r\nAccountCode: \r\n\r\n")
    assert parse(frames[0], AT).headers == {"Event": "E", "AccountCode": ""}


@pytest.mark.parametrize("repeats", [1, 2, 3])
@pytest.mark.parametrize("name", ["Variable", "ChanVariable", "DestChanVariable", "Output"])
def test_finding_repeated_headers_are_a_str_once_and_a_list_else(name: str, repeats: int) -> None:
    values = tuple(f"A{i}=b: c" for i in range(repeats))
    raw = "\r\n".join(["Event: E", *(f"{name}: {value}" for value in values), "Last: 1"]).encode()
    message = parse(raw, AT)
    assert message.lists == {name: values}
    assert message.headers == {"Event": "E", "Last": "1"}


def test_what_is_repeated_on_purpose_is_always_a_tuple() -> None:
    message = parse(b"Event: E", AT)
    assert (message.variables, message.output) == ((), ())
    full = parse(b"Event: E\r\nVariable: a=1\r\nOutput: c\r\nOutput: d", AT)
    assert (full.variables, full.output) == (("a=1",), ("c", "d"))


def test_message_properties() -> None:
    message = parse(b"Event: Hangup\r\nCause: 1\r\nCause: 16", AT)
    assert (message.name, message.get("Cause"), message.get("None"), message.get("None", "x")) == (
        "Hangup",
        "16",
        "",
        "x",
    )
    assert message.at is AT
    assert parse(b"Response: Success", AT).name == ""


@pytest.mark.parametrize(
    ("raw", "headers"),
    [
        (b"Event: E\r\nno colon\r\nA: 1", {"Event": "E", "A": "1"}),
        (b"Event: E\r\nA: x: y", {"Event": "E", "A": "x: y"}),
        (b"Event: E\r\nA: \xff\xfe", {"Event": "E", "A": "\ufffd\ufffd"}),
        ("Event: E\r\nA: a\u2028b\x85c\nd".encode(), {"Event": "E", "A": "a\u2028b\x85c\nd"}),
        (b"", {}),
        (b"\x00\x01\x02", {}),
    ],
)
def test_odd_messages_are_read_without_harm(raw: bytes, headers: dict[str, str]) -> None:
    assert parse(raw, AT).headers == headers


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"Event: Hangup\r\nX: 1", b"Hangup"),
        (b"Event: Hangup", b"Hangup"),
        (b"Response: Success\r\nEvent: No", b""),
        (b"", b""),
    ],
)
def test_event_name_is_read_from_the_first_line_only(raw: bytes, name: bytes) -> None:
    assert event_name(raw) == name


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"Response: Success\r\nActionID: 7\r\nMessage: x", b"7"),
        (b"Response: Success\r\nActionID: 7", b"7"),
        (b"Response: Success\r\nMessage: ActionID: 7", b""),
    ],
)
def test_header_value_is_read_undecoded(raw: bytes, value: bytes) -> None:
    assert header_value(raw, b"ActionID: ") == value


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30), min_size=1, max_size=6),
    st.lists(st.integers(0, 400), max_size=12),
)
@settings(max_examples=150)
def test_any_pieces_give_the_same_messages(values: list[str], places: list[int]) -> None:
    raw = HELLO + b"".join(f"Event: E\r\nValue: {value}\r\n\r\n".encode() for value in values)
    frames, broken = framed(*cut(raw, places))
    assert [parse(frame, AT).get("Value") for frame in frames] == values
    assert broken == ""


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
@settings(max_examples=150)
def test_garbage_never_raises_and_pieces_do_not_matter(garbage: bytes, places: list[int]) -> None:
    frames, broken = framed(*cut(HELLO + garbage, places))
    assert (frames, broken) == framed(HELLO + garbage)
    for frame in frames:
        parse(frame, AT)


def test_extra_line_ends_between_messages_are_no_headers() -> None:
    frames, _ = framed(HELLO, b"\r\n\r\n\r\nEvent: E\r\n\r\n\r\n\r\nEvent: F\r\n\r\n")
    assert frames == [b"Event: E", b"Event: F"]


@pytest.mark.parametrize("piece", [1000, 65_536, 10**9])
def test_a_message_without_end_breaks_the_stream_in_bounded_memory(piece: int) -> None:
    framer = Framer()
    good = b"Event: Good\r\n\r\n"
    endless = HELLO + good + b"Event: Endless\r\nX: " + b"x" * (MAX_MESSAGE * 2)
    frames: list[bytes] = []
    taken = 0
    while not framer.broken:
        frames += framer.feed(endless[taken : taken + piece])
        taken += piece
    assert frames == [b"Event: Good"]
    assert taken <= MAX_MESSAGE + 2 * piece
    assert framer.feed(good) == []


@pytest.mark.parametrize("size", [MAX_MESSAGE, MAX_MESSAGE + 1])
@pytest.mark.parametrize("pieces", [[], [100], [MAX_MESSAGE - 10], [MAX_MESSAGE + 2]])
def test_the_size_limit_does_not_depend_on_the_pieces(size: int, pieces: list[int]) -> None:
    head = b"Event: Long\r\nX: "
    raw = HELLO + head + b"x" * (size - len(head)) + b"\r\n\r\nEvent: After\r\n\r\n"
    frames, broken = framed(*cut(raw, [len(HELLO) + place for place in pieces]))
    assert ([len(frame) for frame in frames], bool(broken)) == (
        ([size, 12], False) if size == MAX_MESSAGE else ([], True)
    )


@pytest.mark.parametrize("hello", [b"HTTP/1.1 400 Bad Request\r\n", b"SSH-2.0-OpenSSH\r\n", b"x" * 2000, b"\r\n"])
def test_a_peer_that_is_no_asterisk_is_recognised(hello: bytes) -> None:
    frames, broken = framed(hello)
    assert frames == []
    assert "no AMI banner" in broken


def test_a_banner_in_single_bytes() -> None:
    raw = HELLO + b"Event: E\r\n\r\n"
    assert framed(*(bytes([byte]) for byte in raw)) == ([b"Event: E"], "")
