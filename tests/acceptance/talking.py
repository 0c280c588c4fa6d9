"""A citizen who talks to a telephone of ours, on the real PBX: what transfers begin with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from ivr.app import now
from ivr.asterisk.network import Citizen, TelephoneNetwork
from ivr.live.client import ask
from ivr.vocabulary import Key
from tests.acceptance.conftest import TUESDAY_10, House, caller
from tests.fakes.dialled import JournalEar
from tests.fakes.patience import until
from tests.fakes.two_line_phone import Line, TwoLinePhone

ME, DUTY, POLICE = "kekava-information-1", "kekava-duty-1", "kekava-police-1"
HOST, COLLEAGUES = "127.0.0.6", "127.0.0.7"
LONGEST = 60.0  # seconds


@pytest.fixture(scope="module", autouse=True)
def simulated_phone_back(house: House) -> Iterator[None]:
    """Register the simulated phone again at the end: ours takes its place."""
    yield
    house.plugged_in(ME)


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

    def heard(self, kind: str) -> bool:
        """Tell whether the journal has an event of this kind for this call."""
        return any(event.type == kind for event in self.ear.events[self.citizen.caller])

    def gone(self, phone: str) -> bool:
        """Tell whether a channel of this phone has ended."""
        events = self.ear.events[self.citizen.caller]
        return any(event.type == "CHAN_END" and event.channel.startswith(f"PJSIP/{phone}-") for event in events)

    @property
    def bridged(self) -> int:
        """Count the channels that came into a conversation of this call, two for each."""
        return sum(event.type == "BRIDGE_ENTER" for event in self.ear.events[self.citizen.caller])

    @property
    def answered(self) -> list[str]:
        """Give the simulated phones that have answered this citizen."""
        return [event.phone for event in self.citizen.phones if event.kind == "answers"]

    @property
    def rung(self) -> list[str]:
        """Give the simulated phones that have rung for this citizen."""
        return [event.phone for event in self.citizen.phones if event.kind == "rings"]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so; else tell what was."""

        def told() -> str:
            last = [f"{event.type} {event.channel}" for event in self.ear.events[self.citizen.caller][-12:]]
            left = self.house.pair.pbx.cli("core show channels concise")
            return f"{last}, {self.citizen.phones}, {self.places()}, {self.phone.shown}, left: {left}"

        await until(holds, LONGEST, look=self.ear.look, told=told)

    async def redirected(self, to: str) -> None:
        """Let a supervisor pass the caller on, through the engine."""
        call = next(event.linkedid for event in self.ear.events[self.citizen.caller] if event.type == "IVR_CALL")
        order = {"do": "transfer", "call": call, "to": to}
        answer = await asyncio.to_thread(ask, self.house.settings.control, order)
        assert answer["ok"], answer

    def places(self) -> list[str]:
        """Give the destinations in which calls have a place, of those that may have so many only."""
        shown = (self.house.pair.pbx.cli("group show channels") or "").splitlines()
        return sorted(fields[1] for line in shown if len(fields := line.split()) == 3 and fields[2] == "ivr")


def there(house: House, phone: str) -> bool:
    """Tell whether a telephone has a channel."""
    channels = (house.pair.pbx.cli("core show channels concise") or "").splitlines()
    return any(line.startswith(f"PJSIP/{phone}-") for line in channels)


@asynccontextmanager
async def colleagues(house: House, *phones: str) -> AsyncIterator[list[TwoLinePhone]]:
    """Take the places of simulated phones with telephones that ring until the test says what they do."""
    server = (house.settings.sip_host, house.settings.sip_port)
    async with AsyncExitStack() as stack:
        made = []
        for name in phones:
            one = TwoLinePhone.registered(COLLEAGUES, server, name, house.pair.secrets.phone)
            made.append(await stack.enter_async_context(one))
            made[-1].patient = True
        try:
            yield made
        finally:
            for name in phones:
                await asyncio.to_thread(house.plugged_in, name)


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
            events = ear.events[citizen.caller]
            await until(lambda: any(event.type == "IVR_MENU" for event in events), LONGEST, look=ear.look)
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
