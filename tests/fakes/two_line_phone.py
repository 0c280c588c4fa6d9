"""A telephone with two lines, reduced to its signalling: it is called, calls a colleague, and joins the two (SIP REFER with
Replaces, RFC 3891), also while the second one rings, or is passed on itself. UDP, digest authentication; no sound.

Every request is answered; a request of its own is repeated until it is answered.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import md5
from itertools import count
from typing import Self
from urllib.parse import quote

LONGEST_WAIT = 60.0  # seconds
REPEAT = 0.5  # seconds
_numbers = count(1)


@dataclass(frozen=True)
class Message:
    """A SIP message: its first line, its headers by name, and where the other side wants to be spoken to."""

    first: str
    headers: dict[str, str]

    @property
    def status(self) -> int:
        """The status of an answer; 0 for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """The method that it is about."""
        return self.headers["CSeq"].split()[1]


@dataclass
class Line:
    """One dialogue with the PBX: who is who in it, and what it has told us last."""

    call: str
    ours: str
    theirs: str = ""
    target: str = ""
    number: int = 0
    notified: list[str] = field(default_factory=list)
    said: str = ""
    """What was answered to its INVITE; one that comes again is the same one, sent again."""
    rings: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def replaces(self) -> str:
        """The line as a parameter of Refer-To."""
        return quote(f"{self.call};to-tag={_tag(self.theirs)};from-tag={_tag(self.ours)}", safe="")


class TwoLinePhone(asyncio.DatagramProtocol):
    """One account at `server`."""

    def __init__(self, server: tuple[str, int], user: str, password: str) -> None:
        self.user, self._server, self._password = user, server, password
        self._transport: asyncio.DatagramTransport | None = None
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._lines: dict[str, Line] = {}
        self._calls: asyncio.Queue[Line] = asyncio.Queue()
        self._ringing: asyncio.Queue[tuple[Message, Line]] = asyncio.Queue()
        self.patient = False
        self.shown: list[str] = []
        self.address = ""

    @classmethod
    @asynccontextmanager
    async def registered(cls, host: str, server: tuple[str, int], user: str, password: str) -> AsyncIterator[Self]:
        """Listen at an address of its own and register."""
        phone = cls(server, user, password)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: phone, local_addr=(host, 0))
        phone._transport = transport
        phone.address = "{}:{}".format(*transport.get_extra_info("sockname"))
        try:
            own = Line(f"register-{phone.address}", phone._me("register"), f"<sip:{user}@{server[0]}>")
            assert (await phone._ask(own, "REGISTER", f"sip:{server[0]}:{server[1]}", "Expires: 120\r\n")).status == 200
            yield phone
        finally:
            transport.close()

    async def next_call(self) -> Line:
        """Answer the next call, at once."""
        async with asyncio.timeout(LONGEST_WAIT):
            return await self._calls.get()

    async def next_ring(self) -> "Ring":
        """Wait for the next call to a telephone that is `patient`: it rings until it is told what to do."""
        async with asyncio.timeout(LONGEST_WAIT):
            return Ring(self, *await self._ringing.get())

    async def call(self, number: str) -> tuple[Line, int]:
        """Call a number; give the line and the final status."""
        line = self._outgoing(number)
        return line, (await self._ask(line, "INVITE", line.target, "", self._media())).status

    @asynccontextmanager
    async def calling(self, number: str) -> AsyncIterator[Line]:
        """Call a number and go on as soon as it rings there. Its final answer is acknowledged whenever it comes."""
        line = self._outgoing(number)
        asked = asyncio.ensure_future(self._ask(line, "INVITE", line.target, "", self._media()))
        async with asyncio.timeout(LONGEST_WAIT):
            await line.rings.wait()
        try:
            yield line
        finally:
            asked.cancel()
            await asyncio.wait([asked])

    async def refer(self, line: Line, to: str, other: Line | None = None) -> int:
        """Pass the other side of a line on: to a number, or to whom the other line is connected with."""
        target = f"sip:{to}@{self._server[0]}:{self._server[1]}"
        where = f"<{target}?Replaces={other.replaces}>" if other else f"<{target}>"
        extra = f"Refer-To: {where}\r\nReferred-By: <sip:{self.user}@{self._server[0]}>\r\n"
        return (await self._ask(line, "REFER", line.target, extra)).status

    async def hang_up(self, line: Line) -> None:
        """End a line, if it has not ended yet."""
        if not line.ended.is_set():
            await self._ask(line, "BYE", line.target)
            line.ended.set()

    def _outgoing(self, number: str) -> Line:
        target = f"sip:{number}@{self._server[0]}:{self._server[1]}"
        line = Line(f"out-{next(_numbers)}-{self.address}", self._me(f"t{next(_numbers)}"), f"<{target}>", target)
        self._lines[line.call] = line
        return line

    def datagram_received(self, data: bytes, _: tuple[str, int]) -> None:
        """Take a message."""
        message = _read(data.decode(errors="replace"))
        if message.status == 0:
            self._asked(message)
        elif message.status in (180, 183):
            self._rings(message)
        elif message.status >= 200:
            waiting = self._answers.get(_branch(message))
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
            elif message.method == "INVITE":
                self._acknowledge(message)

    def _rings(self, message: Message) -> None:
        line = self._lines[message.headers["Call-ID"]]
        line.theirs, line.target = message.headers["To"], _uri(message.headers["Contact"])
        line.rings.set()

    def _asked(self, message: Message) -> None:
        if message.method == "ACK":
            return
        call = message.headers["Call-ID"]
        line = self._lines.get(call)
        known = line is not None
        if line is None:
            line = self._lines[call] = Line(call, f"{message.headers['To']};tag=t{next(_numbers)}")
            line.theirs = message.headers["From"]
        line.target = line.target or _uri(message.headers.get("Contact", message.headers["From"]))
        if message.method == "INVITE":
            self.shown.append(message.headers.get("P-Asserted-Identity", message.headers["From"]))
            self._invited(message, line, known=known)
            return
        if message.method == "NOTIFY":
            line.notified.append(message.first)
        if message.method == "BYE":
            line.ended.set()
        self._answer(message, line, "200 OK")

    def _invited(self, message: Message, line: Line, *, known: bool) -> None:
        """Ring or answer; to an INVITE that was sent again say the same again, to one within the call yes."""
        again = known and "tag=" not in message.headers["To"]
        if self.patient and not known:
            self._answers_invite(message, line, "180 Ringing")
            self._ringing.put_nowait((message, line))
            return
        self._answers_invite(message, line, line.said if again else "200 OK")
        if not known:
            self._calls.put_nowait(line)

    def _answers_invite(self, message: Message, line: Line, status: str) -> None:
        line.said = status
        self._answer(message, line, status, self._media() if status == "200 OK" else "")

    def _answer(self, message: Message, line: Line, status: str, body: str = "") -> None:
        to = message.headers["To"] if "tag=" in message.headers["To"] else line.ours
        copied = {name: message.headers[name] for name in ("Via", "From", "Call-ID", "CSeq")}
        self._send(f"SIP/2.0 {status}", {**copied, "To": to, "Contact": f"<sip:{self.user}@{self.address}>"}, body)

    async def _ask(self, line: Line, method: str, target: str, extra: str = "", body: str = "") -> Message:
        """Send a request, again with credentials if it is challenged; acknowledge the answer to an INVITE."""
        answer = await self._once(line, method, target, extra, body)
        if answer.status == 401:
            proof = self._proof(method, target, answer.headers["WWW-Authenticate"])
            answer = await self._once(line, method, target, f"Authorization: Digest {proof}\r\n{extra}", body)
        if method == "INVITE" and answer.status == 200:
            line.theirs, line.target = answer.headers["To"], _uri(answer.headers["Contact"])
        elif method == "INVITE":
            line.ended.set()
        return answer

    async def _once(self, line: Line, method: str, target: str, extra: str, body: str) -> Message:
        line.number += 1
        branch = f"z9hG4bK{next(_numbers)}"
        answer = self._answers[branch] = asyncio.get_running_loop().create_future()
        headers = {
            "Via": f"SIP/2.0/UDP {self.address};branch={branch}",
            "From": line.ours,
            "To": line.theirs,
            "Call-ID": line.call,
            "CSeq": f"{line.number} {method}",
            "Contact": f"<sip:{self.user}@{self.address}>",
            "Max-Forwards": "70",
        }
        async with asyncio.timeout(LONGEST_WAIT):
            while not answer.done():
                self._send(f"{method} {target} SIP/2.0", headers, body, extra)
                await asyncio.wait([answer], timeout=REPEAT if method != "INVITE" else LONGEST_WAIT)
        if method == "INVITE":
            self._acknowledge(answer.result(), target)
        return answer.result()

    def _acknowledge(self, answer: Message, target: str = "") -> None:
        number = answer.headers["CSeq"].split()[0]
        copied = {name: answer.headers[name] for name in ("From", "To", "Call-ID")}
        via = answer.headers["Via"] if answer.status != 200 else f"SIP/2.0/UDP {self.address};branch=z9hG4bKa{number}"
        where = _uri(answer.headers["Contact"]) if answer.status == 200 else target
        self._send(f"ACK {where} SIP/2.0", {"Via": via, **copied, "CSeq": f"{number} ACK", "Max-Forwards": "70"})

    def _proof(self, method: str, target: str, challenge: str) -> str:
        asked = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge.partition(" ")[2]))
        who = _digest(self.user, asked["realm"], self._password)
        response = _digest(who, asked["nonce"], "00000001", "abc", "auth", _digest(method, target))
        return (
            f'username="{self.user}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", uri="{target}", '
            f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="abc", opaque="{asked.get("opaque", "")}"'
        )

    def _me(self, tag: str) -> str:
        return f"<sip:{self.user}@{self._server[0]}>;tag={tag}"

    def _media(self) -> str:
        host = self.address.partition(":")[0]
        lines = (f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0", "m=audio 9 RTP/AVP 8", "")
        return "v=0\r\n" + "\r\n".join(lines)

    def _send(self, first: str, headers: dict[str, str], body: str = "", extra: str = "") -> None:
        assert self._transport is not None
        kind = "Content-Type: application/sdp\r\n" if body else ""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        text = f"{first}\r\n{lines}{extra}{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        self._transport.sendto(text.encode(), self._server)


@dataclass(frozen=True)
class Ring:
    """A call that rings at a telephone."""

    phone: TwoLinePhone
    message: Message
    line: Line

    def answer(self) -> Line:
        """Take it."""
        self.phone._answers_invite(self.message, self.line, "200 OK")
        return self.line

    def refuse(self, status: str = "486 Busy Here") -> None:
        """Refuse it."""
        self.phone._answers_invite(self.message, self.line, status)


def _read(text: str) -> Message:
    first, *lines = text.partition("\r\n\r\n")[0].split("\r\n")
    return Message(first, {name: value for name, _, value in (line.partition(": ") for line in lines)})


def _tag(party: str) -> str:
    return party.partition(";tag=")[2].split(";")[0]


def _uri(party: str) -> str:
    found = re.search(r"<([^>]+)>", party)
    return found[1] if found else party


def _branch(message: Message) -> str:
    return message.headers["Via"].partition("branch=")[2].split(";")[0]


def _digest(*parts: str) -> str:
    return md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()
