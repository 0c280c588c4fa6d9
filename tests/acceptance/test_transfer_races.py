"""Transfers that meet something else in the same moment, on the real PBX: each has one defined end (docs/transfers.md)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from ivr.app import now
from ivr.asterisk.network import Citizen, TelephoneNetwork
from ivr.vocabulary import Key, PhoneId
from tests.acceptance.conftest import TUESDAY_10, House, caller
from tests.fakes.dialled import JournalEar
from tests.fakes.two_line_phone import Line, TwoLinePhone

ME, DUTY, POLICE = "kekava-information-1", "kekava-duty-1", "kekava-police-1"
HOST = "127.0.0.6"
LONGEST = 20.0  # seconds


@pytest.fixture(scope="module", autouse=True)
def simulated_phone_back(house: House) -> Iterator[None]:
    """Register the simulated phone again at the end: ours takes its place."""
    yield

    async def contacts() -> str:
        return await asyncio.to_thread(house.pair.pbx.cli, "database show registrar") or ""

    async def back() -> None:
        network = TelephoneNetwork(house.pair, now)
        await network.open()
        try:
            await network.plug_in(PhoneId(ME))
            async with asyncio.timeout(LONGEST):
                while f"{ME}@{house.settings.phones_host}" not in await contacts():
                    pass
        finally:
            await network.close()

    asyncio.run(back())


@dataclass
class Talk:
    """A citizen who talks to our telephone."""

    house: House
    network: TelephoneNetwork
    ear: JournalEar
    citizen: Citizen
    phone: TwoLinePhone
    line: Line

    def notes(self, *kinds: str) -> list[str]:
        """Give the journal's notes of these kinds, each with its first field."""
        return [
            next(iter(event.extra.values())) for event in self.ear.events[self.citizen.caller] if event.type in kinds
        ]

    @property
    def bridged(self) -> int:
        """Count the channels that came into a conversation of this call, two for each."""
        return sum(event.type == "BRIDGE_ENTER" for event in self.ear.events[self.citizen.caller])

    @property
    def answered(self) -> list[str]:
        """Give the simulated phones that have answered this citizen."""
        return [event.phone for event in self.citizen.phones if event.kind == "answers"]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so; else tell what was."""
        until = asyncio.get_running_loop().time() + LONGEST
        while not holds():
            if asyncio.get_running_loop().time() > until:
                told = [f"{event.type} {event.channel}" for event in self.ear.events[self.citizen.caller][-12:]]
                pytest.fail(f"{told}, {self.citizen.phones}, {self.places()}, {self.phone.shown}")
            await self.ear.look()

    async def redirected(self, to: str) -> None:
        """Let a supervisor pass the caller on."""
        channel = next(event.channel for event in self.ear.events[self.citizen.caller] if event.type == "IVR_CALL")
        await asyncio.to_thread(self.house.pair.pbx.cli, f"channel redirect {channel} ivr-transfer,{to},1")

    def places(self) -> list[str]:
        """Give the destinations in which calls have a place, of those that may have so many only."""
        shown = (self.house.pair.pbx.cli("group show channels") or "").splitlines()
        return sorted(fields[1] for line in shown if len(fields := line.split()) == 3 and fields[2] == "ivr")


@asynccontextmanager
async def talking(house: House, *phones: str) -> AsyncIterator[Talk]:
    """Let a citizen talk to our telephone; the phones that ring after it do what `phones` says."""
    server = (house.settings.sip_host, house.settings.sip_port)
    network = TelephoneNetwork(house.pair, now)
    await network.open()
    ear = JournalEar(house.pair.journal)
    listening = asyncio.ensure_future(ear.listen())
    try:
        async with TwoLinePhone.registered(HOST, server, ME, house.pair.secrets.phone) as phone:
            citizen = await network.call("8488", caller(), (*phones, *("none",) * 4))
            while not any(event.type == "IVR_MENU" for event in ear.events[citizen.caller]):
                await ear.look()
            await network.press(citizen, [Key("1")])
            line = await phone.next_call()
            talk = Talk(house, network, ear, citizen, phone, line)
            await talk.until(lambda: talk.bridged == 2)
            yield talk
            await network.hang_up(citizen)
    finally:
        listening.cancel()
        await network.close()


async def played(house: House, scene: Callable[[Talk], Awaitable[None]], *phones: str, times: int = 1) -> None:
    """Play a scene so many times, one after the other, under an engine."""
    async with house.engine(TUESDAY_10):
        for _ in range(times):
            async with talking(house, *phones) as talk:
                await scene(talk)
                assert not talk.citizen.ended.is_set(), "the citizen was cut off"


def test_a_telephone_asks_on_its_second_line_and_joins_the_two(house: House) -> None:
    """SIP REFER with Replaces."""

    async def scene(talk: Talk) -> None:
        assert talk.citizen.caller in talk.phone.shown[0]
        for wrong in ("8488", "112", "29123456", "kekava", "+35932000102"):
            assert (await talk.phone.call(wrong))[1] in (404, 484), wrong
        second, status = await talk.phone.call("24")
        assert status == 200
        assert await talk.phone.refer(talk.line, "24", second) == 202
        await talk.until(lambda: "ATTENDEDTRANSFER" in {event.type for event in talk.ear.events[talk.citizen.caller]})
        assert not talk.citizen.ended.is_set()
        assert talk.notes("IVR_TRANSFER", "IVR_RETURN") == []
        for line in (talk.line, second):
            await talk.phone.hang_up(line)

    asyncio.run(played(house, scene))


def test_a_place_is_taken_where_the_caller_goes_and_given_back_with_him(house: House) -> None:
    async def goes(talk: Talk) -> None:
        assert talk.places() == []
        assert await talk.phone.refer(talk.line, "41") == 202
        await talk.until(lambda: talk.places() == ["kryvyi-rih-consultation"])
        await talk.phone.hang_up(talk.line)

    async def comes_back(talk: Talk) -> None:
        assert await talk.phone.refer(talk.line, "24") == 202
        line = await talk.phone.next_call()
        await talk.until(lambda: talk.places() == ["kekava-information"])
        await talk.until(lambda: talk.notes("IVR_TRANSFER", "IVR_RETURN") == ["24", ME])
        await talk.phone.hang_up(line)
        await talk.citizen.ended.wait()

    async def both() -> None:
        async with house.engine(TUESDAY_10):
            async with talking(house, "none", "none", "none", "none") as talk:
                await goes(talk)
            async with talking(house, "busy") as talk:
                await comes_back(talk)

    asyncio.run(both())


def test_the_initiator_hangs_up_as_soon_as_the_transfer_is_accepted(house: House) -> None:
    async def scene(talk: Talk) -> None:
        assert await talk.phone.refer(talk.line, "24") == 202
        await talk.phone.hang_up(talk.line)
        await talk.until(lambda: talk.answered == [DUTY])

    asyncio.run(played(house, scene, "ok", times=2))


def test_the_initiator_hangs_up_in_the_same_moment(house: House) -> None:
    """What Asterisk takes first counts: the caller is passed on, or the call is over as after any hang-up."""

    async def at_once() -> None:
        async with house.engine(TUESDAY_10):
            for _ in range(2):
                async with talking(house, "ok") as talk:
                    await asyncio.gather(talk.phone.refer(talk.line, "24"), talk.phone.hang_up(talk.line))
                    await talk.until(lambda talk=talk: talk.answered == [DUTY] or talk.citizen.ended.is_set())  # type: ignore[misc]

    asyncio.run(at_once())


def test_of_two_transfers_at_once_one_leads(house: House) -> None:
    """A colleague and a supervisor: the caller comes to one of the two places, and never back or away."""

    async def scene(talk: Talk) -> None:
        await asyncio.gather(talk.phone.refer(talk.line, "24"), talk.redirected("23"))
        await talk.until(lambda: bool(talk.answered))
        assert set(talk.answered) <= {DUTY, POLICE}
        assert set(talk.notes("IVR_TRANSFER")) <= {"24", "23"}
        assert talk.notes("IVR_RETURN") == []

    asyncio.run(played(house, scene, "ok", "ok", times=3))


def test_two_refers_at_once_are_one(house: House) -> None:
    async def scene(talk: Talk) -> None:
        first, second = await asyncio.gather(talk.phone.refer(talk.line, "24"), talk.phone.refer(talk.line, "23"))
        await talk.until(lambda: bool(talk.answered))
        assert 202 in (first, second)
        assert len(talk.notes("IVR_TRANSFER")) == 1

    asyncio.run(played(house, scene, "ok", "ok"))


def test_a_supervisors_mistake_gives_the_caller_back_to_whom_he_talked_to(house: House) -> None:
    async def scene(talk: Talk) -> None:
        await talk.redirected("99")
        await talk.phone.next_call()
        await talk.until(lambda: talk.notes("IVR_TRANSFER", "IVR_RETURN") == ["99", ME])

    asyncio.run(played(house, scene))


def test_a_caller_is_passed_on_to_the_one_who_passes_him_on(house: House) -> None:
    async def scene(talk: Talk) -> None:
        assert await talk.phone.refer(talk.line, ME) == 202
        await talk.phone.next_call()
        await talk.until(lambda: talk.notes("IVR_TRANSFER", "IVR_RETURN") == [ME])

    asyncio.run(played(house, scene))


def test_the_engine_is_gone_when_the_caller_is_passed_on(house: House) -> None:
    """The fallback leads the transfer, gives the caller back, and keeps the call."""

    async def scene() -> None:
        async with AsyncExitStack() as stack:
            engine = await stack.enter_async_context(AsyncExitStack())
            await engine.enter_async_context(house.engine(TUESDAY_10))
            talk = await stack.enter_async_context(talking(house, "busy", "ok"))
            await engine.aclose()
            assert await talk.phone.refer(talk.line, "24") == 202
            again = await talk.phone.next_call()
            await talk.until(
                lambda: talk.notes("IVR_TRANSFER", "IVR_FALLBACK", "IVR_RETURN") == ["24", "no_engine", ME]
            )
            await talk.until(lambda: talk.bridged == 4)
            assert await talk.phone.refer(again, "23") == 202
            await talk.until(lambda: talk.answered == [POLICE])

    asyncio.run(scene())
