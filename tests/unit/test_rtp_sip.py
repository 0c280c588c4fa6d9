import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.hearing.rtp import Address, Packet
from ivr.hearing.sip import SipMessage, parse, parse_all

PBX, PHONE = Address("127.0.0.1", 5060), Address("127.0.0.1", 5070)


def packet(text: str, at: float = 1.0) -> Packet:
    return Packet(at, text.replace("\n", "\r\n").encode(), PBX, PHONE)


def message(text: str) -> SipMessage:
    found = parse(packet(text))
    assert found is not None
    return found


INVITE = """INVITE sip:8488@127.0.0.1:5060 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1
From: "Anna; tag=no" <sip:+37120000000@127.0.0.1>;tag=abc
To: <sip:8488@127.0.0.1>{tag}
Call-ID: 1@phone
CSeq: 1 INVITE
Content-Length: 15

Call-ID: a body"""


def test_a_first_invite() -> None:
    found = message(INVITE.format(tag=""))
    assert (found.at, found.source, found.target) == (1.0, PBX, PHONE)
    assert found.first_line == "INVITE sip:8488@127.0.0.1:5060 SIP/2.0"
    assert (found.method, found.status, found.call_id, found.cseq) == ("INVITE", None, "1@phone", "1 INVITE")
    assert (found.in_dialog, found.is_reinvite) == (False, False)


def test_a_body_is_no_header() -> None:
    assert message("INVITE sip:a@b SIP/2.0\nFrom: x\n\nCSeq: 1 INVITE\nTo: <sip:a@b>;tag=1\n").cseq == ""


def test_a_reinvite() -> None:
    found = message(INVITE.format(tag=";tag=xyz"))
    assert (found.in_dialog, found.is_reinvite) == (True, True)


def test_a_response() -> None:
    found = message("SIP/2.0 486 Busy Here\nTo: <sip:x@y>;tag=1\nCall-ID: c\nCSeq: 2 INVITE\n\n")
    assert (found.method, found.status, found.cseq, found.is_reinvite) == (None, 486, "2 INVITE", False)


def test_a_response_without_a_phrase() -> None:
    assert message("SIP/2.0 200 \n\n").status == 200
    assert message("SIP/2.0 200\n\n").status == 200


def test_bye_and_short_or_oddly_written_names() -> None:
    found = message("BYE sip:x@y SIP/2.0\nt: <sip:8488@h>;TAG=9\ni : short@x\nCSEQ:3 BYE\n\n")
    assert (found.method, found.call_id, found.cseq, found.in_dialog) == ("BYE", "short@x", "3 BYE", True)


@pytest.mark.parametrize("text", ["", "\n\n", "\0", "GET / HTTP/1.1\n\n", "SIP/2.0 OK\n\n", "INVITE sip:x\n\n"])
def test_what_is_no_sip(text: str) -> None:
    assert parse(packet(text)) is None


@given(st.binary(max_size=200))
def test_any_datagram_can_be_read(payload: bytes) -> None:
    parse(Packet(0, payload, PBX, PHONE))
    parse(Packet(0, b"SIP/2.0 200 OK\r\n" + payload, PBX, PHONE))


def test_messages_are_in_the_order_of_time() -> None:
    later, earlier = packet("ACK sip:x@y SIP/2.0\n\n", 2.0), packet("BYE sip:x@y SIP/2.0\n\n", 1.0)
    assert [one.method for one in parse_all([later, packet("\n"), earlier])] == ["BYE", "ACK"]
