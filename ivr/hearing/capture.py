"""Captures UDP on the loopback interface, with the kernel's time of each packet. Needs root (CAP_NET_RAW) and Linux.

Rule 1: each datagram is kept once. The socket asks for IPv4 only, so the kernel hands it what arrives and not also
what is sent (that copy goes to sockets for all protocols); the packet type is checked as well.
"""

import select
import socket
import struct
import threading
from collections.abc import Collection
from types import TracebackType
from typing import Self

from ivr.errors import OperatorError
from ivr.hearing.rtp import Address, Packet, Rtp
from ivr.hearing.rtp import parse_all as parse_rtp
from ivr.hearing.sip import SipMessage
from ivr.hearing.sip import parse_all as parse_sip

ETH_P_IP = 0x0800
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35  # Linux, asm-generic/socket.h; Python has no names for them
SOL_PACKET, PACKET_STATISTICS = 263, 6  # linux/if_packet.h
PACKET_HOST = 0  # linux/if_packet.h: arrived for this host
BUFFER = 16 << 20  # bytes the kernel holds while we are busy
RTP_BYTES = 64  # bytes of an RTP packet that are kept
LARGEST = 65536  # bytes; loopback has no smaller packets' limit
TIMESPEC = struct.Struct("@qq")
UDP = 17


class Capture:
    """Captures datagrams to or from given ports, from `start` (or `with`) until `stop`.

    RTP packets are kept with their first 64 bytes, SIP messages whole. Any container of ports will do; a range is
    quick. What was sent before `stop` is called is in the result.
    """

    def __init__(self, rtp: Collection[int] = (), sip: Collection[int] = (), interface: str = "lo") -> None:
        self._rtp, self._sip, self._interface = rtp, sip, interface
        self._rtp_packets: list[Packet] = []
        self._sip_packets: list[Packet] = []
        self._dropped = 0
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._wake: socket.socket | None = None

    def start(self) -> None:
        """Open the socket and begin to capture; what is sent from now on is seen.

        Raises:
            OperatorError: the rights are missing.

        """
        try:
            self._socket = _open(self._interface)
        except PermissionError as error:
            raise OperatorError(
                f"cannot capture packets on {self._interface}: {error.strerror}; run as root, or give the Python "
                "interpreter the capability CAP_NET_RAW."
            ) from error
        self._wake, woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, args=(self._socket, woken), name="capture", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take what the kernel still holds, then close. A second call does nothing."""
        if self._socket is None or self._thread is None or self._wake is None:
            return
        self._wake.close()
        self._thread.join()
        self._dropped += _dropped(self._socket)
        self._socket.close()
        self._socket = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def dropped(self) -> int:
        """How many packets the kernel had to drop because we were too slow; known after `stop`. Should be 0."""
        return self._dropped

    def rtp_packets(self) -> tuple[Rtp, ...]:
        """Give the RTP packets so far."""
        return parse_rtp(tuple(self._rtp_packets))

    def sip_messages(self) -> tuple[SipMessage, ...]:
        """Give the SIP messages so far."""
        return parse_sip(tuple(self._sip_packets))

    def _run(self, source: socket.socket, woken: socket.socket) -> None:
        """Read until woken by the close of the other end, then once more until nothing is left."""
        with woken:
            ready: list[socket.socket] = []
            while woken not in ready:
                ready, _, _ = select.select([source, woken], [], [])
                while (packet := _receive(source)) is not None:
                    self._keep(packet)

    def _keep(self, packet: bytes) -> None:
        at, frame = TIMESPEC.unpack_from(packet), packet[TIMESPEC.size :]
        datagram = _datagram(at[0] + at[1] / 1e9, frame)
        if datagram is None:
            return
        ports = (datagram.source.port, datagram.target.port)
        if any(port in self._sip for port in ports):
            self._sip_packets.append(datagram)
        elif any(port in self._rtp for port in ports):
            short = datagram.payload[:RTP_BYTES]
            self._rtp_packets.append(Packet(datagram.at, short, datagram.source, datagram.target))


def _open(interface: str) -> socket.socket:
    # Protocol 0 receives nothing until bind, so no packet of another interface gets in between.
    source = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    source.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    source.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    source.setblocking(False)
    source.bind((interface, ETH_P_IP))
    return source


def _receive(source: socket.socket) -> bytes | None:
    """Read one packet with its time before it; empty frames for packets that are not ours; None if none is there."""
    try:
        frame, extra, _, address = source.recvmsg(LARGEST, socket.CMSG_SPACE(TIMESPEC.size))
    except BlockingIOError:
        return None
    stamp = next(data for level, kind, data in extra if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS))
    return stamp + (frame if address[2] == PACKET_HOST else b"")


def _datagram(at: float, frame: bytes) -> Packet | None:
    """Take an IPv4 packet apart; None if it is not a whole UDP datagram."""
    if len(frame) < 28 or frame[9] != UDP or int.from_bytes(frame[6:8], "big") & 0x3FFF:
        return None
    start = (frame[0] & 0x0F) * 4
    source, target, length = struct.unpack_from("!HHH", frame, start)
    hosts = socket.inet_ntoa(frame[12:16]), socket.inet_ntoa(frame[16:20])
    payload = frame[start + 8 : start + length]
    return Packet(at, payload, Address(hosts[0], source), Address(hosts[1], target))


def _dropped(source: socket.socket) -> int:
    _, drops = struct.unpack("@II", source.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    return int(drops)
