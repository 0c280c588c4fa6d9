"""Writes the RTP that a citizen sends, as a capture file for SIPp: speech without a pause and one key in it. Pure.

Rule 1: one source, one sequence, as from a telephone: 20 ms of A-law in each packet; the key is an event of RFC 4733
whose packets take the place of the speech, its end is sent three times at once, as Asterisk does.
"""

import struct
from collections.abc import Iterator

FRAME = 0.02  # seconds of speech in one packet
TICKS = 160  # of the RTP time stamp in one packet
PCMA, EVENT = 8, 101  # RTP payload types
QUIET = b"\xd5" * TICKS  # A-law for zero
VOLUME = 10  # -dBm0 of the key
SSRC = 0x1CE0B0A7
END_PACKETS = 3
ETHERNET = bytes(12) + b"\x08\x00"
LITTLE_PCAP = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def pcap(key: str, key_at: float, key_seconds: float, seconds: float) -> bytes:
    """Give the capture file: `seconds` of speech; `key` (a digit) is pressed at `key_at` for `key_seconds`."""
    records = bytearray(LITTLE_PCAP)
    for number, (at, packet) in enumerate(_packets(int(key), key_at, key_seconds, seconds)):
        frame = ETHERNET + _ipv4(packet, number)
        records += struct.pack("<IIII", int(at), round(at % 1 * 1_000_000), len(frame), len(frame)) + frame
    return bytes(records)


def _packets(key: int, key_at: float, key_seconds: float, seconds: float) -> Iterator[tuple[float, bytes]]:
    """Give each packet with the second at which it is sent."""
    sequence = 0
    first, last = round(key_at / FRAME), round((key_at + key_seconds) / FRAME)
    for tick in range(round(seconds / FRAME)):
        pressed = first <= tick <= last
        for _ in range(END_PACKETS if tick == last else 1):
            if pressed:
                held = (tick - first + (tick < last)) * TICKS
                body = struct.pack("!BBH", key, VOLUME | (0x80 if tick == last else 0), held)
                header = _header(EVENT, sequence, first * TICKS, marker=tick == first)
            else:
                body, header = QUIET, _header(PCMA, sequence, tick * TICKS, marker=tick == 0)
            yield tick * FRAME, header + body
            sequence += 1


def _header(kind: int, sequence: int, timestamp: int, *, marker: bool) -> bytes:
    return struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0), sequence, timestamp, SSRC)


def _ipv4(payload: bytes, number: int) -> bytes:
    """Wrap a packet in UDP and IPv4; addresses, ports and sums are SIPp's to fill in."""
    udp = struct.pack("!HHHH", 4000, 4002, 8 + len(payload), 0) + payload
    home = bytes((127, 0, 0, 1))
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0, home, home) + udp
