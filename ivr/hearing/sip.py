"""Reads captured SIP messages as far as a test of a call needs them (RFC 3261). Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ivr.hearing.rtp import Address, Packet

FIRST_LINE = re.compile(r"(?:([A-Z]+) \S+ SIP/2\.0|SIP/2\.0 (\d{3})(?: .*)?)")
SHORT_NAMES = {"i": "call-id", "t": "to"}  # RFC 3261, section 7.3.3


@dataclass(frozen=True, slots=True)
class SipMessage:
    """One message: `at` in seconds since 1970, `method` from the first line (None for a response) or `status`.

    `cseq` is the header's text, such as `1 INVITE`. `in_dialog` tells that the To header has a tag: a request with
    one belongs to a call that exists, so an INVITE with one is a re-INVITE.
    """

    at: float
    source: Address
    target: Address
    first_line: str
    call_id: str
    cseq: str
    in_dialog: bool
    method: str | None = None
    status: int | None = None

    @property
    def is_reinvite(self) -> bool:
        """True for an INVITE within an existing dialog."""
        return self.method == "INVITE" and self.in_dialog


def parse(packet: Packet) -> SipMessage | None:
    """Read one datagram; None if it is not a SIP message, such as a keep-alive."""
    first, _, rest = packet.payload.decode("utf-8", "replace").partition("\r\n")
    start = FIRST_LINE.fullmatch(first)
    if start is None:
        return None
    headers = _headers(rest)
    return SipMessage(
        packet.at,
        packet.source,
        packet.target,
        first,
        headers.get("call-id", ""),
        headers.get("cseq", ""),
        ";tag=" in headers.get("to", "").lower(),
        start[1],
        int(start[2]) if start[2] else None,
    )


def parse_all(packets: Iterable[Packet]) -> tuple[SipMessage, ...]:
    """Read all datagrams that are SIP, in the order of their arrival."""
    found = (parse(packet) for packet in packets)
    return tuple(sorted((message for message in found if message), key=lambda message: message.at))


def _headers(text: str) -> dict[str, str]:
    """Collect the headers by lower-case full name; the first of a name counts."""
    found: dict[str, str] = {}
    for line in text.partition("\r\n\r\n")[0].split("\r\n"):
        name, colon, value = line.partition(":")
        key = name.strip().lower()
        if colon:
            found.setdefault(SHORT_NAMES.get(key, key), value.strip())
    return found
