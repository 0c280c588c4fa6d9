"""Reads captured RTP: streams, losses, gaps, and the keys in it (RFC 3550, RFC 4733). Pure.

Rule 1: times are the kernel's, in seconds since 1970, and are never read from a clock here.
Rule 2: what is not RTP (RTCP, STUN, keep-alives) is passed over.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple

DTMF_PAYLOAD_TYPE = 101
KEYS = "0123456789*#ABCD"  # RFC 4733, section 3.2: events 0 to 15
TICKS = 8000  # of the time stamp per second
RTCP_TYPES = range(72, 77)  # 200-204 with the marker bit cleared; RFC 5761 keeps RTP off them
WRAP = 1 << 16


class Address(NamedTuple):
    """An IPv4 address and a UDP port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Packet:
    """A captured datagram; `payload` may be cut short after the first 64 bytes."""

    at: float
    payload: bytes
    source: Address
    target: Address


@dataclass(frozen=True, slots=True)
class Rtp:
    """The header of an RTP packet and its place in time; `event` is its telephone event, if it is one."""

    at: float
    source: Address
    target: Address
    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    event: "Event | None" = None


@dataclass(frozen=True, slots=True)
class Event:
    """A telephone event of RFC 4733: the key, whether it ended, and its duration so far in time stamp ticks."""

    key: str
    ended: bool
    duration: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without a packet: it began with the arrival at `start` and lasted `seconds`."""

    start: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Stream:
    """All packets of one source identifier (SSRC) to one destination. `gap` is None for a single packet."""

    ssrc: int
    target: Address
    packets: int
    first: float
    last: float
    lost: int
    gap: Gap | None


@dataclass(frozen=True, slots=True)
class Listener:
    """What arrived at one address: its streams in order of their first packet, and the change from one to the next.

    `gap` is the longest one, over all streams together; `changes` are the instants of another SSRC.
    """

    target: Address
    streams: tuple[Stream, ...]
    gap: Gap | None
    changes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Dtmf:
    """A key sent as RTP events: when it began to arrive, and how long it was pressed, in seconds."""

    at: float
    key: str
    seconds: float
    target: Address


def parse(packet: Packet, dtmf: int = DTMF_PAYLOAD_TYPE) -> Rtp | None:
    """Read one datagram; None if it is not RTP."""
    data = packet.payload
    if len(data) < 12 or data[0] >> 6 != 2 or data[1] & 0x7F in RTCP_TYPES:
        return None
    first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", data)
    body = 12 + 4 * (first & 0x0F)
    if first & 0x10:  # one header extension, its length in words in its second half
        body += 4 + 4 * int.from_bytes(data[body + 2 : body + 4], "big")
    kind = second & 0x7F
    event = _event(data[body : body + 4]) if kind == dtmf else None
    return Rtp(packet.at, packet.source, packet.target, kind, second >> 7 == 1, sequence, timestamp, ssrc, event)


def parse_all(packets: Iterable[Packet], dtmf: int = DTMF_PAYLOAD_TYPE) -> tuple[Rtp, ...]:
    """Read all datagrams that are RTP, in the order of their arrival."""
    found = (parse(packet, dtmf) for packet in packets)
    return tuple(sorted((rtp for rtp in found if rtp), key=lambda rtp: rtp.at))


def listeners(packets: Iterable[Rtp]) -> tuple[Listener, ...]:
    """Sum up what arrived at each address, in the order of the addresses."""
    by_target = sorted(packets, key=lambda rtp: (rtp.target, rtp.at))
    return tuple(_listener(target, tuple(arrived)) for target, arrived in groupby(by_target, lambda rtp: rtp.target))


def gaps(packets: Iterable[Rtp], target: Address, longer_than: float) -> tuple[Gap, ...]:
    """List the gaps of more than so many seconds in what arrived at an address, whatever stream it came by."""
    times = sorted(rtp.at for rtp in packets if rtp.target == target)
    found = (Gap(before, after - before) for before, after in pairwise(times))
    return tuple(gap for gap in found if gap.seconds > longer_than)


def keys(packets: Iterable[Rtp]) -> tuple[Dtmf, ...]:
    """List the keys in the order of their arrival. The packets of one key share its time stamp (RFC 4733, 2.5.1.2)."""
    presses: dict[tuple[Address, int, int], list[Rtp]] = {}
    for rtp in packets:
        if rtp.event:
            presses.setdefault((rtp.target, rtp.ssrc, rtp.timestamp), []).append(rtp)
    found = (_dtmf(press) for press in presses.values())
    return tuple(sorted(found, key=lambda dtmf: dtmf.at))


def _event(body: bytes) -> Event | None:
    if len(body) < 4:
        return None
    number, flags, duration = struct.unpack("!BBH", body)
    return Event(KEYS[number], bool(flags & 0x80), duration) if number < len(KEYS) else None


def _dtmf(press: Sequence[Rtp]) -> Dtmf:
    events = [rtp.event for rtp in press if rtp.event]
    longest = max(event.duration for event in events)
    return Dtmf(min(rtp.at for rtp in press), events[0].key, longest / TICKS, press[0].target)


def _listener(target: Address, arrived: Sequence[Rtp]) -> Listener:
    by_ssrc: dict[int, list[Rtp]] = {}
    for rtp in arrived:
        by_ssrc.setdefault(rtp.ssrc, []).append(rtp)
    changes = tuple(after.at for before, after in pairwise(arrived) if before.ssrc != after.ssrc)
    return Listener(target, tuple(map(_stream, by_ssrc.values())), _longest(arrived), changes)


def _stream(arrived: Sequence[Rtp]) -> Stream:
    numbers = _unwrapped([rtp.sequence for rtp in arrived])
    lost = max(numbers) - min(numbers) + 1 - len(set(numbers))
    first, last = arrived[0], arrived[-1]
    return Stream(first.ssrc, first.target, len(arrived), first.at, last.at, lost, _longest(arrived))


def _unwrapped(sequence: Sequence[int]) -> list[int]:
    """Undo the wrap at 2^16: each number is taken nearest to the one before, so late packets stay in place."""
    numbers = [sequence[0]]
    for number in sequence[1:]:
        step = (number - numbers[-1] + WRAP // 2) % WRAP - WRAP // 2
        numbers.append(numbers[-1] + step)
    return numbers


def _longest(arrived: Sequence[Rtp]) -> Gap | None:
    found = (Gap(before.at, after.at - before.at) for before, after in pairwise(arrived))
    return max(found, key=lambda gap: gap.seconds, default=None)
