"""The telephones that pass callers on, against a PBX that is a few lines of SIP; and what the judge makes of their calls."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.chaos import colleagues
from tests.chaos.colleagues import ABSENT, ASKED, DUTY, NAMES, Colleagues
from tests.chaos.judge import Result, count_passed, hears_on
from tests.chaos.plans import Kind, Plan
from tests.chaos.sipp import Call, calls
from tests.chaos.stage import Stage

SECONDS = 10.0
DIALOGUE = ("Via", "From", "To", "Call-ID", "CSeq")


@dataclass
class Pbx(asyncio.DatagramProtocol):
    """Calls telephones, takes their calls and their REFERs; `heard` has the first lines of what they said, `news` what a
    NOTIFY tells of each REFER."""

    news: str = "SIP/2.0 200 OK"
    refers: str = "202 Accepted"
    heard: list[str] = field(default_factory=list)
    referred: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        text = data.decode()
        first, *lines = text.partition("\r\n\r\n")[0].split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        self.heard.append(
            first if first.startswith("SIP") else first.split()[0] + (" held" if "sendonly" in text else "")
        )
        if first.startswith("SIP/2.0 ") and not first.startswith("SIP/2.0 1") and headers["CSeq"].endswith("INVITE"):
            self.send(addr, f"ACK sip:x@{addr[0]} SIP/2.0", headers, CSeq="1 ACK")
        elif not first.startswith(("SIP", "ACK")):
            contact = {"Contact": "<sip:asked@127.0.0.1>"}
            status = self.refers if first.startswith("REFER") else "200 OK"
            self.send(addr, f"SIP/2.0 {status}", headers, **contact)
        if first.startswith("REFER") and self.refers.startswith("202"):
            self.referred.append(headers["Refer-To"])
            self.send(addr, f"NOTIFY sip:x@{addr[0]} SIP/2.0", headers, self.news, CSeq="9 NOTIFY")
        self.changed.set()

    def send(self, to: tuple[str, int], first: str, headers: dict[str, str], body: str = "", **others: str) -> None:
        kept = {name: headers[name] for name in DIALOGUE} | others
        text = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
        assert self.transport is not None
        self.transport.sendto(f"{first}\r\n{text}Content-Length: {len(body)}\r\n\r\n{body}".encode(), to)

    def call(self, to: tuple[str, int], caller: str, number: int = 1, method: str = "INVITE") -> None:
        """Call a telephone for a caller, or cancel that."""
        made = {
            "Via": f"SIP/2.0/UDP 127.0.0.1;branch=z9-{caller}-{number}",
            "From": f"<sip:{caller}@127.0.0.1>;tag=pbx",
            "To": "<sip:phone@127.0.0.1>",
            "Call-ID": f"{caller}-{number}",
            "CSeq": f"1 {method}",
        }
        self.send(to, f"{method} sip:phone@127.0.0.1 SIP/2.0", made, Contact="<sip:pbx@127.0.0.1>")

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(SECONDS):
            while not true():
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def town(
    tmp_path: Path, news: str = "SIP/2.0 200 OK", refers: str = "202 Accepted"
) -> AsyncIterator[tuple[Pbx, Colleagues, dict[str, tuple[str, int]]]]:
    """Open a PBX and the telephones, all in a hurry; gives their addresses too."""
    loop = asyncio.get_running_loop()
    transport, pbx = await loop.create_datagram_endpoint(lambda: Pbx(news, refers), local_addr=("127.0.0.1", 0))
    phones = Colleagues(transport.get_extra_info("sockname"), "secret", 9, tmp_path / "colleagues.log")
    await phones.open("127.0.0.1", dict.fromkeys(NAMES, 0))
    where = {name: phone.local for name, phone in phones.phones.items()}
    try:
        yield pbx, phones, where
    finally:
        phones.close()
        transport.close()


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RINGS", "RINGS_AGAIN", "RINGS_ASKED", "TALKS", "ASKS", "LEAVES", "ENDS"):
        monkeypatch.setattr(colleagues, name, 0.05)


async def settled(phones: Colleagues) -> None:
    """Wait until the duty officer has done all that he does."""
    await asyncio.wait_for(asyncio.gather(*phones.phones[DUTY].tasks), SECONDS)


def talked(tmp_path: Path, caller: str) -> list[str]:
    """Give the phones that a caller talked to, as SIPp's logs are read."""
    (tmp_path / "citizen.log").write_text(f"dialled {caller} 2026-11-22 04:00:00 1795322686.1\n")
    return [phone for phone, _ in calls(tmp_path / "citizen.log", tmp_path / "colleagues.log")[caller].phones]


async def test_a_caller_is_passed_on_blindly_and_taken_back(tmp_path: Path) -> None:
    caller = "37128000004"
    async with town(tmp_path) as (pbx, phones, where):
        pbx.call(where[DUTY], caller)
        await pbx.until(lambda: "BYE" in pbx.heard)
        assert re.match(rf"<sip:{ABSENT}@[^?]*>$", pbx.referred[0])
        pbx.call(where[DUTY], caller, number=2)
        await pbx.until(lambda: pbx.heard.count("SIP/2.0 200 OK") > 2)
        await settled(phones)
        assert talked(tmp_path, caller) == [DUTY, DUTY]
    assert pbx.heard.count("REFER") == 1


async def test_one_who_rang_too_short_at_first_is_passed_on_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = "37128000004"
    monkeypatch.setattr(colleagues, "RINGS", SECONDS)
    async with town(tmp_path) as (pbx, phones, where):
        pbx.call(where[DUTY], caller)
        await pbx.until(lambda: "SIP/2.0 180 Ringing" in pbx.heard)
        pbx.call(where[DUTY], caller, method="CANCEL")
        await pbx.until(lambda: "SIP/2.0 487 Request Terminated" in pbx.heard)
        monkeypatch.setattr(colleagues, "RINGS", 0.05)
        pbx.call(where[DUTY], caller, number=2)
        await pbx.until(lambda: "BYE" in pbx.heard)
        await settled(phones)
    assert pbx.heard.count("REFER") == 1


@pytest.mark.parametrize(("caller", "holds"), [("37129000004", False), ("37129000005", True)])
async def test_a_colleague_is_asked_and_joined_with_the_caller(tmp_path: Path, caller: str, holds: bool) -> None:
    async with town(tmp_path) as (pbx, phones, where):
        pbx.call(where[DUTY], caller)
        await pbx.until(lambda: "INVITE" in pbx.heard)
        assert phones.asking == {caller}
        await pbx.until(lambda: pbx.heard.count("BYE") == 2)
        assert re.match(rf"<sip:{ASKED}@.*\?Replaces=out-.*to-tag%3D.*from-tag%3D", pbx.referred[0])
        assert ("INVITE held" in pbx.heard) is holds
        await settled(phones)
        assert not phones.asking
    assert talked(tmp_path, caller) == [DUTY, ASKED]


async def test_a_transfer_that_the_pbx_refuses_counts_for_nothing(tmp_path: Path) -> None:
    async with town(tmp_path, "SIP/2.0 503 Service Unavailable") as (pbx, phones, where):
        pbx.call(where[DUTY], "37129000004")
        await pbx.until(lambda: pbx.heard.count("BYE") == 2)
        await settled(phones)
    assert talked(tmp_path, "37129000004") == [DUTY]


async def test_a_transfer_that_is_refused_at_once_leaves_no_call_behind(tmp_path: Path) -> None:
    async with town(tmp_path, refers="481 Call/Transaction Does Not Exist") as (pbx, phones, where):
        pbx.call(where[DUTY], "37129000004")
        await pbx.until(lambda: "BYE" in pbx.heard)
        await settled(phones)
    assert talked(tmp_path, "37129000004") == [DUTY]


async def test_who_is_away_is_busy_for_one_caller_and_silent_for_the_next(tmp_path: Path) -> None:
    async with town(tmp_path) as (pbx, _, where):
        pbx.call(where[ABSENT], "37128000004")
        await pbx.until(lambda: "SIP/2.0 486 Busy Here" in pbx.heard)
        pbx.call(where[ABSENT], "37128000005")
        await pbx.until(lambda: pbx.heard.count("SIP/2.0 180 Ringing") == 2)
        pbx.call(where[ABSENT], "37128000005", method="CANCEL")
        await pbx.until(lambda: "SIP/2.0 487 Request Terminated" in pbx.heard)


AT = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("phones", "leaves", "expected"),
    [
        ([(DUTY, 2), (ASKED, 6)], 12, (1, 1, False)),
        ([(DUTY, 2)], 12, (0, 1, True)),
        ([(DUTY, 8)], 12, (0, 0, False)),
        ([], 12, (0, 0, False)),
    ],
)
def test_who_had_the_time_must_have_been_passed_on(
    phones: list[tuple[str, int]], leaves: int, expected: tuple[int, int, bool]
) -> None:
    talks = [(phone, AT + timedelta(seconds=at)) for phone, at in phones]
    call = Call(AT, AT, AT + timedelta(seconds=leaves), AT + timedelta(seconds=leaves), talks)
    stage = SimpleNamespace(load=SimpleNamespace(calls={"37129000001": call}), struck=AT)
    made = Result("a", "b", "c")
    count_passed(made, cast("Stage", stage), set())
    assert (made.passed, made.to_pass, bool(made.wrong)) == expected


@pytest.mark.parametrize(
    ("kind", "index", "expected"),
    [
        (Kind.TALKS, 1, True),
        (Kind.TRANSFERRED, 1, False),
        (Kind.RETURNED, 1, False),
        (Kind.ATTENDED, 1, False),
        (Kind.ATTENDED, 2, True),
    ],
)
def test_holes_are_looked_for_where_nobody_has_to_wait(kind: Kind, index: int, expected: bool) -> None:
    assert hears_on(Plan(index, kind, 1.0, "0", 12.0)) is expected
