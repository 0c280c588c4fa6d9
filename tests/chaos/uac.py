"""A small SIP caller for what SIPp cannot say: headers as bytes of any kind, from any loopback address (RFC 3261).

Rule 1: it is rude where that is wanted, but keeps the protocol: requests are repeated until they are answered, answers are
acknowledged.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

FIRST_WAIT, LONGEST_WAIT, TRIES = 0.5, 4.0, 6
STATUS = re.compile(rb"^SIP/2\.0 (\d{3})")
CALL_ID = re.compile(rb"^(?:Call-ID|i): *([^\r\n]+)", re.MULTILINE | re.IGNORECASE)
TO = re.compile(rb"^(?:To|t): *([^\r\n]+)", re.MULTILINE | re.IGNORECASE)
MEDIA = re.compile(rb"^m=audio (\d+) ", re.MULTILINE)
SDP = b"v=0\r\no=x 1 1 IN IP4 %(host)s\r\ns=-\r\nc=IN IP4 %(host)s\r\nt=0 0\r\nm=audio %(port)d RTP/AVP 8 101\r\n"
SDP += b"a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"


@dataclass(slots=True)
class Rude:
    """One call: `status` is the final answer (0: none came), `media` the PBX's RTP port, `ended_by_us` who said BYE."""

    number: bytes
    sender: bytes
    call_id: bytes
    extra: bytes = b""
    status: int = 0
    media: int = 0
    to: bytes = b""
    answers: "asyncio.Queue[bytes]" = field(default_factory=asyncio.Queue)
    theirs: asyncio.Event = field(default_factory=asyncio.Event)


class Caller(asyncio.DatagramProtocol):
    """Calls from one address."""

    def __init__(self, host: str, port: int, server: tuple[str, int]) -> None:
        self.host, self.port, self._server = host.encode(), port, server
        self._transport: asyncio.DatagramTransport | None = None
        self._calls: dict[bytes, Rude] = {}
        self._number, self._life = 0, time.monotonic_ns()
        self.stray: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Give an answer to its call; answer the PBX's BYE."""
        found = CALL_ID.search(data)
        call = self._calls.get(found[1]) if found else None
        if call is None:
            self.stray.append(data)
        elif STATUS.match(data):
            call.answers.put_nowait(data)
        elif data.startswith(b"BYE "):
            call.theirs.set()
            head = data.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]
            kept = [
                line for line in head if line.split(b":")[0].lower() in (b"via", b"from", b"to", b"call-id", b"cseq")
            ]
            self.send(b"SIP/2.0 200 OK\r\n" + b"\r\n".join(kept) + b"\r\nContent-Length: 0\r\n\r\n")

    def send(self, data: bytes) -> None:
        """Send one datagram."""
        if self._transport is not None:
            self._transport.sendto(data, self._server)

    def prepare(self, number: bytes, sender: bytes, extra: bytes = b"") -> Rude:
        """Make a call that is not dialled yet; `sender` is the whole value of From, without the tag."""
        self._number += 1
        call_id = b"rude-%d-%d@%s" % (self._life, self._number, self.host)
        call = self._calls[call_id] = Rude(number, sender, call_id, extra)
        return call

    async def dial(self, call: Rude) -> int:
        """Send the INVITE and wait for the final answer, which is acknowledged; gives its status, 0 if none came."""
        body = SDP % {b"host": self.host, b"port": self.port + 1000}
        request = self.request(call, b"INVITE", 1, b"Content-Type: application/sdp\r\n", body)
        answer = await self._ask(call, request)
        if answer:
            call.status = int(STATUS.match(answer)[1])  # type: ignore[index]
            call.to = TO.search(answer)[1]  # type: ignore[index]
            media = MEDIA.search(answer)
            call.media = int(media[1]) if media else 0
            self.send(self.request(call, b"ACK", 1))
        return call.status

    async def bye(self, call: Rude) -> bool:
        """Hang up; gives whether the PBX agreed (False: it had ended the call before)."""
        answer = await self._ask(call, self.request(call, b"BYE", 2))
        return answer.startswith(b"SIP/2.0 200") and not call.theirs.is_set()

    def request(self, call: Rude, method: bytes, number: int, headers: bytes = b"", body: bytes = b"") -> bytes:
        """Write a request of a call."""
        branch = b"z9hG4bK-%s-%s" % (
            b"INVITE" if method in (b"ACK", b"CANCEL") and call.status != 200 else method,
            call.call_id.split(b"@")[0],
        )
        target = b"sip:%s@%s:%d" % (call.number, self._server[0].encode(), self._server[1])
        lines = [
            b"%s %s SIP/2.0" % (method, target),
            b"Via: SIP/2.0/UDP %s:%d;branch=%s" % (self.host, self.port, branch),
            b"From: %s;tag=%s" % (call.sender, call.call_id.split(b"@")[0]),
            b"To: " + (call.to or b"<%s>" % target),
            b"Call-ID: " + call.call_id,
            b"CSeq: %d %s" % (number, method),
            b"Contact: <sip:rude@%s:%d>" % (self.host, self.port),
            b"Max-Forwards: 70",
        ]
        extra = call.extra if method == b"INVITE" else b""
        return b"\r\n".join(lines) + b"\r\n" + extra + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body

    async def _ask(self, call: Rude, request: bytes) -> bytes:
        wait = FIRST_WAIT
        for _ in range(TRIES):
            self.send(request)
            with suppress(TimeoutError):
                while True:
                    answer = await asyncio.wait_for(call.answers.get(), wait)
                    if not answer.startswith(b"SIP/2.0 1"):
                        return answer
                    wait = 10.0  # it is being worked on
            wait = min(wait * 2, LONGEST_WAIT)
        return b""


@asynccontextmanager
async def caller(host: str, port: int, server: tuple[str, int]) -> AsyncIterator[Caller]:
    """Open a caller's socket for the block."""
    loop = asyncio.get_running_loop()
    transport, made = await loop.create_datagram_endpoint(lambda: Caller(host, port, server), local_addr=(host, port))
    try:
        yield made
    finally:
        transport.close()
