"""Transfers that meet something else in the same moment, on the real PBX: each has one defined end (docs/transfers.md)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ivr.app import now
from ivr.asterisk.network import Citizen, TelephoneNetwork
from ivr.vocabulary import Key
from tests.acceptance.conftest import TUESDAY_10, House, caller
from tests.fakes.dialled import JournalEar
from tests.fakes.two_line_phone import Line, TwoLinePhone

ME, DUTY, POLICE = "kekava-information-1", "kekava-duty-1", "kekava-police-1"
HOST = "127.0.0.6"
LONGEST = 20.0  # seconds


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
        return [next(iter(event.extra.values())) for event in self.ear.events[self.citizen.caller] if event.type in kinds]

    @property
    def answered(self) -> list[str]:
        """Give the simulated phones that have answered this citizen."""
        return [event.phone for event in self.citizen.phones if event.kind == "answers"]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(LONGEST):
            while not holds():
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
            yield Talk(house, network, ear, citizen, phone, line)
            await network.hang_up(citizen)
    finally:
        await network.plug_in(PhoneId(ME))
        listening.cancel()
        await network.close()


def play(house: House, *phones: str, led: bool = True) -> Callable[[Callable[[Talk], Awaitable[None]]], None]:
    """Play a scene, with an engine or without."""

    def run(scene: Callable[[Talk], Awaitable[None]]) -> None:
        async def played() -> None:
            if led:
                async with house.engine(TUESDAY_10), talking(house, *phones) as talk:
                    await scene(talk)
                return
            async with talking(house, *phones) as talk:
                await scene(talk)

        asyncio.run(played())

    return run
