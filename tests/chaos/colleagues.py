"""Telephones of the departments that pass callers on and get them back: what SIPp's one-call scenarios cannot play.

The duty officer's telephone takes the callers of two kinds, by the digit in their number (tests/chaos/plans.py):
- returned: passes them on blindly (SIP REFER) to a telephone that is busy or that nobody answers, and gets them back;
- attended: asks a colleague in a second call, then joins the two (REFER with Replaces, RFC 3891). Every second one puts the
  caller on hold meanwhile; the others go on speaking, so that a hole at the moment of joining can be heard.
Rule 1: all sound is that of tests/chaos/media.py, as for SIPp's telephones: here is signalling alone.
Rule 2: what a telephone does is written into a log of the same form as SIPp's.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ivr.app import now
from tests.chaos.plans import Kind, index_of, kind_of
from tests.fakes.two_line_phone import Line, Message, TwoLinePhone, _read

DUTY, ABSENT, ASKED, SPARE = "kekava-duty-1", "kekava-information-1", "kekava-information-2", "kekava-information-3"
NAMES = (DUTY, ABSENT, ASKED, SPARE)
RINGS, RINGS_AGAIN, RINGS_ASKED = 1.0, 2.0, 0.5  # seconds until a telephone is answered
TALKS, ASKS = 2.0, 1.5  # seconds with the caller, and with the colleague, before a telephone passes the caller on
ENDS = 10.0  # seconds within which the PBX says what became of a transfer
LEAVES = 0.5  # seconds that the PBX has for hanging up first
ANSWERS, EACH = 10, 0.5  # so many times an answer is sent, every so many seconds, until it is acknowledged
CALLER, CONTACT = re.compile(r"<sip:(\d+)@"), re.compile(r"[^<]*<([^>]+)>.*")


def held(caller: str) -> bool:
    """Tell whether a caller who is passed on after a question is put on hold meanwhile."""
    return (index_of(caller) or 0) % 2 == 1


@dataclass
class Pending:
    """An INVITE that is not settled yet."""

    invite: Message
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)


class Handset(TwoLinePhone):
    """One telephone; `taken` is what it does with a call that comes in, whose caller is named."""

    def __init__(self, server: tuple[str, int], name: str, password: str, media: int) -> None:
        super().__init__(server, name, password)
        self._port = media
        self._pending: dict[str, Pending] = {}
        self._accepted: dict[str, asyncio.Event] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.taken: Callable[[Line, str], Coroutine[None, None, None]] = self.busy

    async def open(self, host: str, port: int) -> None:
        """Listen; the registration is somebody else's (tests/chaos/register.py)."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        self.local: tuple[str, int] = self._transport.get_extra_info("sockname")
        self.address = "{}:{}".format(*self.local)

    def close(self) -> None:
        """End everything at once; safe to call twice."""
        for task in self.tasks:
            task.cancel()
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, where: tuple[str, int]) -> None:
        """Take a message. The news of a transfer stand in the body of a NOTIFY (RFC 3515, section 2.4.5)."""
        super().datagram_received(data, where)
        if data.startswith(b"NOTIFY ") and b"SIP/2.0 200" in data.partition(b"\r\n\r\n")[2]:
            waiting = self._accepted.get(_read(data.decode()).headers["Call-ID"])
            if waiting is not None:
                waiting.set()

    async def passes(self, line: Line, to: str, other: Line | None = None) -> bool:
        """Pass the other side of a line on, and hang up as soon as the PBX says that it worked; give whether it did."""
        accepted = self._accepted[line.call] = asyncio.Event()
        if await self.refer(line, to, other) != 202:
            return False
        with suppress(TimeoutError):
            await asyncio.wait_for(accepted.wait(), ENDS)
        for one in (line, other):
            if one is not None and not await _over(one, LEAVES):
                await self.hang_up(one)
        return accepted.is_set()

    def _asked(self, message: Message) -> None:
        call = message.headers["Call-ID"]
        pending = self._pending.get(call)
        if message.method == "ACK" and pending is not None:
            pending.settled.set()
        elif message.method == "CANCEL":
            self._answer(message, self._lines[call], "200 OK")
            if pending is not None:
                pending.cancelled.set()
        elif message.method == "INVITE" and call not in self._lines:
            self._comes(message, call)
        elif message.method != "INVITE" or pending is None or pending.settled.is_set():
            super()._asked(message)  # else it was repeated, and its answer is on the way

    def _comes(self, message: Message, call: str) -> None:
        line = self._lines[call] = Line(call, f"{message.headers['To']};tag={self.user}-{len(self._lines)}")
        line.theirs, line.target = message.headers["From"], CONTACT.sub(r"\1", message.headers["Contact"])
        self._pending[call] = Pending(message)
        self._answer(message, line, "180 Ringing")
        found = CALLER.search(line.theirs)
        task = asyncio.ensure_future(self._acts(line, found[1] if found else ""))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _acts(self, line: Line, caller: str) -> None:
        with suppress(TimeoutError):  # the PBX is gone: the judge counts what became of the call
            await self.taken(line, caller)

    async def busy(self, line: Line, _: str) -> None:
        """Refuse a call."""
        await self._settle(line, "486 Busy Here")

    async def silent(self, line: Line, _: str) -> None:
        """Let a call ring until it is cancelled."""
        await self._pending[line.call].cancelled.wait()
        await self._settle(line, "487 Request Terminated")

    async def takes(self, line: Line, _: str) -> None:
        """Answer soon, and talk until the other side hangs up."""
        await self.answered(line, RINGS_ASKED)

    async def answered(self, line: Line, seconds: float) -> bool:
        """Answer after so many seconds of ringing; give whether the call is there then."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._pending[line.call].cancelled.wait(), seconds)
            await self._settle(line, "487 Request Terminated")
            return False
        await self._settle(line, "200 OK", self._media())
        return not line.ended.is_set()

    async def _settle(self, line: Line, status: str, body: str = "") -> None:
        """Give the final answer until it is acknowledged (RFC 3261, section 13.3.1.4)."""
        pending = self._pending[line.call]
        for _ in range(ANSWERS):
            self._answer(pending.invite, line, status, body)
            with suppress(TimeoutError):
                await asyncio.wait_for(pending.settled.wait(), EACH)
                return

    async def hold(self, line: Line) -> None:
        """Put the other side on hold."""
        await self._ask(line, "INVITE", line.target, "", self._media("sendonly"))

    def _media(self, way: str = "sendrecv") -> str:
        host = self.address.partition(":")[0]
        lines = (
            "v=0",
            f"o=- 1 1 IN IP4 {host}",
            "s=-",
            f"c=IN IP4 {host}",
            "t=0 0",
            f"m=audio {self._port} RTP/AVP 8 101",
        )
        codes = ("a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", f"a={way}", "")
        return "\r\n".join((*lines, *codes))


class Colleagues:
    """The telephones of `NAMES`. `asking` are the callers about whom a colleague is asked at this moment."""

    def __init__(self, server: tuple[str, int], password: str, media: int, log: Path) -> None:
        self._log = log
        self._times: Counter[str] = Counter()
        self.asking: set[str] = set()
        self.phones: Mapping[str, Handset] = {name: Handset(server, name, password, media) for name in NAMES}
        self._duty, self._absent, self._asked = (self.phones[name] for name in (DUTY, ABSENT, ASKED))
        self._duty.taken, self._absent.taken = self._on_duty, self._away
        self._asked.taken, self.phones[SPARE].taken = self._asked.takes, self.phones[SPARE].takes

    async def open(self, host: str, ports: Mapping[str, int]) -> None:
        """Begin to answer."""
        self._log.unlink(missing_ok=True)
        for name, phone in self.phones.items():
            await phone.open(host, ports[name])

    def close(self) -> None:
        """End everything at once; safe to call twice."""
        for phone in self.phones.values():
            phone.close()

    async def _on_duty(self, line: Line, caller: str) -> None:
        first = not self._times[caller]  # a call that he did not take, as when it rang too short, does not count
        if not await self._duty.answered(line, RINGS if first else RINGS_AGAIN):
            return
        self._times[caller] += 1
        self._talks(caller, DUTY)
        kind = kind_of(caller) if index_of(caller) is not None and first else None
        if kind not in (Kind.RETURNED, Kind.ATTENDED) or await _over(line, TALKS):
            return
        if kind is Kind.ATTENDED:
            await self._asks(line, caller)
        else:
            await self._duty.passes(line, ABSENT)

    async def _away(self, line: Line, caller: str) -> None:
        """Be busy for one caller, and silent for the next."""
        await (self._absent.silent if held(caller) else self._absent.busy)(line, caller)

    async def _asks(self, line: Line, caller: str) -> None:
        """Ask a colleague, then join the caller and him."""
        if held(caller):
            await self._duty.hold(line)
        self.asking.add(caller)
        try:
            other, status = await self._duty.call(ASKED)
            if status != 200:
                return
            if not await _over(line, ASKS) and await self._duty.passes(line, ASKED, other):
                self._talks(caller, ASKED)
            await self._duty.hang_up(other)
        finally:
            self.asking.discard(caller)

    def _talks(self, caller: str, phone: str) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"talks {caller} {phone} - - {now().timestamp()}\n")


async def _over(line: Line, seconds: float) -> bool:
    """Wait so long for the end of a line; give whether it came."""
    with suppress(TimeoutError):
        await asyncio.wait_for(line.ended.wait(), seconds)
    return line.ended.is_set()
