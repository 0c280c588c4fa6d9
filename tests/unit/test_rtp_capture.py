import socket
import struct
import time
from collections.abc import Iterator

import pytest

from ivr.errors import OperatorError
from ivr.hearing import capture as capture_module
from ivr.hearing.capture import Capture
from ivr.hearing.rtp import listeners


@pytest.fixture
def sockets() -> Iterator[list[socket.socket]]:
    opened = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
    for one in opened:
        one.bind(("127.0.0.1", 0))
    yield opened
    for one in opened:
        one.close()


def port(one: socket.socket) -> int:
    return int(one.getsockname()[1])


def rtp(sequence: int, size: int = 160) -> bytes:
    return struct.pack("!BBHII", 0x80, 8, sequence, sequence * 160, 7) + b"\xd5" * size


def test_each_rtp_packet_is_captured_once_with_its_time(sockets: list[socket.socket]) -> None:
    sender, receiver, *_ = sockets
    with Capture(rtp={port(receiver)}) as capture:
        before = time.time()  # noqa: TID251 - compared with the kernel's clock
        for sequence in range(500):
            sender.sendto(rtp(sequence), receiver.getsockname())
        after = time.time()  # noqa: TID251 - as above
    found = capture.rtp_packets()
    assert [one.sequence for one in found] == list(range(500))
    assert before - 0.01 <= found[0].at <= found[-1].at <= after + 0.01
    assert (found[0].source, found[0].target) == (sender.getsockname(), receiver.getsockname())
    assert listeners(found)[0].streams[0].lost == 0
    assert capture.dropped == 0


def test_other_ports_are_left_out(sockets: list[socket.socket]) -> None:
    sender, receiver, other, _ = sockets
    with Capture(rtp={port(receiver)}) as capture:
        sender.sendto(rtp(1), other.getsockname())
        receiver.sendto(rtp(2), other.getsockname())
        sender.sendto(rtp(3), receiver.getsockname())
    assert [one.sequence for one in capture.rtp_packets()] == [2, 3]


def test_a_range_of_ports(sockets: list[socket.socket]) -> None:
    sender, receiver, *_ = sockets
    with Capture(rtp=range(port(receiver), port(receiver) + 1)) as capture:
        sender.sendto(rtp(1), receiver.getsockname())
    assert len(capture.rtp_packets()) == 1


def test_sip_is_kept_whole_and_rtp_is_cut(sockets: list[socket.socket]) -> None:
    sender, sip, media, _ = sockets
    long = "X-Long: " + "x" * 20_000
    text = f"BYE sip:a@b SIP/2.0\r\n{long}\r\nCall-ID: last\r\nCSeq: 5 BYE\r\nTo: <sip:a@b>;tag=1\r\n\r\n"
    with Capture(rtp={port(media)}, sip={port(sip)}) as capture:
        sender.sendto(text.encode(), sip.getsockname())
        sender.sendto(rtp(1, 1000), media.getsockname())
        sender.sendto(b"\r\n\r\n", sip.getsockname())
    (message,) = capture.sip_messages()
    assert (message.method, message.call_id, message.cseq, message.in_dialog) == ("BYE", "last", "5 BYE", True)
    assert len(capture.rtp_packets()) == 1
    assert [len(one.payload) for one in capture._rtp_packets] == [64]


def test_what_was_sent_before_and_after_is_not_in_it(sockets: list[socket.socket]) -> None:
    sender, receiver, *_ = sockets
    sender.sendto(rtp(1), receiver.getsockname())
    with Capture(rtp={port(receiver)}) as capture:
        sender.sendto(rtp(2), receiver.getsockname())
    sender.sendto(rtp(3), receiver.getsockname())
    assert [one.sequence for one in capture.rtp_packets()] == [2]


def test_tcp_is_not_taken_for_udp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        with Capture(rtp={number}, sip={number}) as capture:
            client = socket.create_connection(("127.0.0.1", number))
            client.sendall(rtp(1))
            client.close()
    assert capture._rtp_packets == []
    assert capture._sip_packets == []


def test_stop_twice_and_stop_without_start() -> None:
    capture = Capture()
    capture.stop()
    with capture:
        pass
    capture.stop()
    assert capture.rtp_packets() == ()


def test_missing_rights_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> socket.socket:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(capture_module, "_open", refuse)
    with pytest.raises(OperatorError, match=r"cannot capture packets on lo: .*run as root"):
        Capture().start()
