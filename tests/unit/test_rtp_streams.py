import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.hearing.rtp import Address, Gap, Packet, Rtp, gaps, keys, listeners, parse, parse_all

CALLER, PBX, OTHER = Address("127.0.0.1", 4000), Address("127.0.0.1", 10000), Address("127.0.0.1", 4002)


def rtp(
    at: float,
    sequence: int,
    ssrc: int = 7,
    kind: int = 8,
    timestamp: int = 0,
    body: bytes = b"\xd5" * 20,
    target: Address = CALLER,
    first: int = 0x80,
) -> Packet:
    header = struct.pack("!BBHII", first, kind, sequence % 65536, timestamp, ssrc)
    return Packet(at, header + body, PBX, target)


def key(at: float, sequence: int, event: int, duration: int, ended: bool = False, timestamp: int = 800) -> Packet:
    body = struct.pack("!BBH", event, 10 | (0x80 if ended else 0), duration)
    return rtp(at, sequence, kind=101, timestamp=timestamp, body=body)


def stream(start: float, count: int, sequence: int = 0, ssrc: int = 7, target: Address = CALLER) -> list[Packet]:
    return [rtp(start + 0.02 * n, sequence + n, ssrc, target=target) for n in range(count)]


def test_the_header_is_read() -> None:
    found = parse(rtp(1.5, 300, ssrc=0xDEADBEEF, kind=0x80 | 8, timestamp=160))
    assert found == Rtp(1.5, PBX, CALLER, 8, True, 300, 160, 0xDEADBEEF)


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x80\x08", b"\x80\x08" + b"\0" * 9, b"\x40\x08" + b"\0" * 20, b"\r\n\r\n" * 5, b"\x80\xc8" + b"\0" * 26],
    ids=["empty", "short", "one byte short", "version 1", "keep-alive", "RTCP sender report"],
)
def test_what_is_no_rtp_is_passed_over(payload: bytes) -> None:
    assert parse(Packet(0, payload, PBX, CALLER)) is None


@given(st.binary(max_size=64))
def test_any_datagram_can_be_read(payload: bytes) -> None:
    found = parse(Packet(0, payload, PBX, CALLER))
    assert found is None or 0 <= found.sequence < 65536


def test_an_even_stream() -> None:
    (one,) = listeners(parse_all(stream(10.0, 50)))
    (only,) = one.streams
    assert (one.target, one.changes) == (CALLER, ())
    assert (only.ssrc, only.packets, only.lost) == (7, 50, 0)
    assert (only.first, only.last) == (10.0, pytest.approx(10.98))
    assert only.gap is not None
    assert only.gap.seconds == pytest.approx(0.02)


def test_lost_packets_are_counted_and_the_gap_is_placed() -> None:
    packets = [packet for number, packet in enumerate(stream(10.0, 50)) if number not in (5, 20, 21, 22)]
    (one,) = listeners(parse_all(packets))
    assert one.streams[0].lost == 4
    assert one.gap == Gap(pytest.approx(10.38), pytest.approx(0.08))


@pytest.mark.parametrize(
    ("numbers", "lost"),
    [
        ([65534, 65535, 0, 1], 0),
        ([65534, 1, 2], 2),
        ([1, 3, 2, 4], 0),
        ([0, 65535, 1], 0),
        ([1, 1, 2, 2], 0),
        ([5], 0),
    ],
    ids=["wrap", "lost over the wrap", "late", "late over the wrap", "doubled", "single"],
)
def test_sequence_numbers(numbers: list[int], lost: int) -> None:
    (one,) = listeners(parse_all(rtp(0.02 * at, number) for at, number in enumerate(numbers)))
    assert one.streams[0].lost == lost


def test_a_switch_of_streams_has_a_gap_of_its_own() -> None:
    packets = stream(10.0, 10, ssrc=1) + stream(10.5, 10, sequence=9000, ssrc=2)
    (one,) = listeners(parse_all(packets))
    assert [one.ssrc for one in one.streams] == [1, 2]
    assert [one.lost for one in one.streams] == [0, 0]
    assert one.changes == (10.5,)
    assert one.gap == Gap(pytest.approx(10.18), pytest.approx(0.32))
    assert one.streams[0].gap == Gap(pytest.approx(10.0, abs=0.2), pytest.approx(0.02))


def test_listeners_are_kept_apart() -> None:
    found = listeners(parse_all(stream(1.0, 3) + stream(1.0, 5, target=OTHER)))
    assert [(one.target, one.streams[0].packets) for one in found] == [(CALLER, 3), (OTHER, 5)]


def test_a_single_packet_has_no_gap() -> None:
    (one,) = listeners(parse_all(stream(1.0, 1)))
    assert (one.gap, one.streams[0].gap) == (None, None)


def test_nothing_captured() -> None:
    assert listeners([]) == ()
    assert keys([]) == ()
    assert gaps([], CALLER, 0.1) == ()


def test_gaps_over_a_limit() -> None:
    packets = parse_all(stream(10.0, 3) + stream(10.3, 3, 3) + stream(10.4, 3, 6) + stream(0, 9, target=OTHER))
    assert gaps(packets, CALLER, 0.1) == (Gap(pytest.approx(10.04), pytest.approx(0.26)),)
    assert len(gaps(packets, CALLER, 0.05)) == 2


def test_a_key_is_one_press_however_many_packets_it_takes() -> None:
    packets = [key(1 + 0.02 * n, n, 5, 160 * (n + 1)) for n in range(5)]
    packets += [key(1.1, 5 + n, 5, 960, ended=True) for n in range(3)]
    (found,) = keys(parse_all(packets))
    assert (found.at, found.key, found.seconds, found.target) == (1, "5", 0.12, CALLER)


def test_the_same_key_twice_is_two_presses() -> None:
    packets = [key(1.0, 0, 2, 800, True, timestamp=100), key(1.3, 1, 2, 800, True, timestamp=2500)]
    assert [one.at for one in keys(parse_all(packets))] == [1.0, 1.3]


@pytest.mark.parametrize(("event", "name"), [(0, "0"), (9, "9"), (10, "*"), (11, "#"), (15, "D")])
def test_the_names_of_keys(event: int, name: str) -> None:
    assert [one.key for one in keys(parse_all([key(1, 0, event, 80)]))] == [name]


def test_what_is_no_key() -> None:
    flash = key(1, 0, 16, 80)
    short = rtp(1, 1, kind=101, body=b"\1\2\3")
    audio = rtp(1, 2, kind=8, body=b"\1\2\3\4")
    assert keys(parse_all([flash, short, audio])) == ()


def test_sources_and_extensions_stand_before_the_event() -> None:
    event = struct.pack("!BBH", 3, 0x8A, 400)
    extension = struct.pack("!HH4s", 0xBEDE, 1, b"abcd")
    packet = rtp(1, 0, kind=101, body=b"csrc" + extension + event, first=0x91)
    assert [one.key for one in keys(parse_all([packet]))] == ["3"]


def test_another_payload_type_for_keys() -> None:
    packet = rtp(1, 0, kind=96, body=struct.pack("!BBH", 1, 0x80, 400))
    assert keys(parse_all([packet])) == ()
    assert [one.key for one in keys(parse_all([packet], dtmf=96))] == ["1"]
