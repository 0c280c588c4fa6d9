"""Watches the load on the loopback interface: SIP and keys only, picked out by a filter in the kernel.

Speech is 30,000 packets a second at 50 calls/s; to read it here would take the processor that is measured.
"""

import ctypes
import os
import re
import select
import socket
import struct
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from bench.speech import Script, Speaker
from ivr.hearing.rtp import Address, Packet
from ivr.hearing.rtp import parse as parse_rtp
from ivr.hearing.sip import SipMessage
from ivr.hearing.sip import parse as parse_sip

ETH_P_IP, UDP, EVENT = 0x0800, 17, 101
SO_ATTACH_FILTER, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 26, 33, 35  # Linux, asm-generic/socket.h
SOL_PACKET, PACKET_STATISTICS, PACKET_HOST = 263, 6, 0  # linux/if_packet.h
BUFFER = 32 << 20
LARGEST = 65536
PRIORITY = -10  # of the thread that speaks, as `nice` counts
AT_ONCE = 32  # packets read before speech gets its turn
TIMESPEC = struct.Struct("@qq")
CALLER = re.compile(rb"^(?:From|f):[^\r\n]*<sip:([^@>]+)@", re.MULTILINE | re.IGNORECASE)
MEDIA = re.compile(rb"^m=audio (\d+) ", re.MULTILINE)


@dataclass(slots=True)
class Seen:
    """What was seen of one call: instants in seconds since 1970, None for what did not come."""

    answered: float | None = None
    key: float | None = None
    invite: float | None = None
    phone: float | None = None
    ended: float | None = None
    invites: int = 0

    @property
    def whole(self) -> bool:
        """Tell whether everything came: answer, key, the phone's ring and answer, the end."""
        return None not in (self.answered, self.key, self.invite, self.phone, self.ended)

    @property
    def delay(self) -> float | None:
        """Give the seconds from the end of the key to the INVITE to the phone."""
        return None if self.key is None or self.invite is None else self.invite - self.key


@dataclass(slots=True)
class Wire:
    """Captures from `with` to its end, and lets each citizen speak as soon as the PBX says where to.

    `pbx` is the PBX's SIP address, `phone` the host of the department's phone; `script` is what a citizen says.
    """

    pbx: Address
    phone: str
    speaker: Speaker
    script: Script
    dropped: int = 0
    _packets: list[Packet] = field(default_factory=list)
    _open: "tuple[socket.socket, socket.socket, threading.Thread] | None" = None

    def __enter__(self) -> Self:
        source = _socket(self.pbx.port)
        wake, woken = socket.socketpair()
        thread = threading.Thread(target=self._run, args=(source, woken), daemon=True)
        thread.start()
        self._open = source, wake, thread
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open is None:
            return
        source, wake, thread = self._open
        wake.close()
        thread.join()
        self.dropped = struct.unpack("@II", source.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
        source.close()

    def calls(self) -> dict[str, Seen]:
        """Sum up each call by its caller's number."""
        return sum_up(self._packets, self.pbx, self.phone)

    def late(self) -> float:
        """Give by how many seconds the latest hundredth of the speech was late, at least."""
        late = sorted(self.speaker.late)
        return late[len(late) * 99 // 100] if late else 0.0

    def _run(self, source: socket.socket, woken: socket.socket) -> None:
        with suppress(PermissionError):  # speech must be in time whatever else this machine does
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), PRIORITY)
        with woken:
            ready: list[socket.socket] = []
            while woken not in ready:
                pause = self.speaker.speak()
                ready, _, _ = select.select([source, woken], [], [], pause)
                for _ in range(AT_ONCE if source in ready else 0):
                    if (packet := _receive(source)) is None:
                        break
                    if packet.payload:
                        self._packets.append(packet)
                        self._begin(packet)

    def _begin(self, packet: Packet) -> None:
        """Let a citizen speak when the PBX has answered."""
        if packet.source != self.pbx or not packet.payload.startswith(b"SIP/2.0 200"):
            return
        if media := MEDIA.search(packet.payload):
            self.speaker.start(self.script, Address(self.pbx.host, int(media[1])))


def sum_up(packets: Iterable[Packet], pbx: Address, phone: str) -> dict[str, Seen]:
    """Sum up captured packets by the caller's number. Pure. A key belongs to the call that has its port just then."""
    calls: dict[str, Seen] = {}
    ports: dict[int, Seen] = {}
    for packet in sorted(packets, key=lambda packet: packet.at):
        message = parse_sip(packet)
        if message is None:
            _key(packet, pbx, ports)
        elif (caller := CALLER.search(packet.payload)) is not None:
            _sip(message, packet, calls.setdefault(caller[1].decode(), Seen()), phone, ports)
    return calls


def _key(packet: Packet, pbx: Address, ports: dict[int, Seen]) -> None:
    rtp = parse_rtp(packet)
    call = ports.get(packet.target.port)
    ended = rtp is not None and rtp.event is not None and rtp.event.ended
    if ended and packet.target.host == pbx.host and call is not None and call.key is None:
        call.key = packet.at


def _sip(message: SipMessage, packet: Packet, call: Seen, phone: str, ports: dict[int, Seen]) -> None:
    at = message.at
    invite = message.cseq.endswith("INVITE")
    if message.method == "INVITE" and message.target.host == phone:
        call.invite = call.invite or at
    elif message.method == "INVITE":
        call.invites += 1
    elif message.status == 200 and invite and message.source.host == phone:
        call.phone = call.phone or at
    elif message.status == 200 and invite:
        call.answered = call.answered or at
        if media := MEDIA.search(packet.payload):
            ports[int(media[1])] = call
    elif message.status == 200 and message.cseq.endswith("BYE") and message.source.host != phone:
        call.ended = call.ended or at


def _socket(sip_port: int) -> socket.socket:
    """Open a socket that gets UDP to or from `sip_port` and RTP events; raises PermissionError without root."""
    program = (
        (0x30, 0, 0, 9),  # A = the protocol in the IP header
        (0x15, 0, 9, UDP),
        (0xB1, 0, 0, 0),  # X = the length of the IP header
        (0x48, 0, 0, 0),  # A = the source port
        (0x15, 5, 0, sip_port),
        (0x48, 0, 0, 2),  # A = the target port
        (0x15, 3, 0, sip_port),
        (0x50, 0, 0, 9),  # A = the second byte of the RTP header
        (0x54, 0, 0, 0x7F),
        (0x15, 0, 1, EVENT),
        (0x06, 0, 0, LARGEST),
        (0x06, 0, 0, 0),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    source = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    source.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(code)))
    source.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    source.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    source.setblocking(False)
    source.bind(("lo", ETH_P_IP))
    return source


def _receive(source: socket.socket) -> Packet | None:
    """Read one packet; its payload is empty if it was on its way out; None if none is there."""
    try:
        frame, extra, _, address = source.recvmsg(LARGEST, socket.CMSG_SPACE(TIMESPEC.size))
    except BlockingIOError:
        return None
    stamp = next(data for level, kind, data in extra if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS))
    seconds, nanoseconds = TIMESPEC.unpack_from(stamp)
    start = (frame[0] & 0x0F) * 4
    ports = struct.unpack_from("!HH", frame, start)
    hosts = socket.inet_ntoa(frame[12:16]), socket.inet_ntoa(frame[16:20])
    payload = frame[start + 8 :] if address[2] == PACKET_HOST else b""
    return Packet(seconds + nanoseconds / 1e9, payload, Address(hosts[0], ports[0]), Address(hosts[1], ports[1]))
