"""A citizen who sounds a tone talks to a phone that sounds another, and a supervisor's phone hears them, with a third one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from cdr.record.record import CallRecord
from cdr.store.store import Store
from ivr.asterisk.network import Citizen, TelephoneNetwork
from ivr.supervision.client import AsyncClient
from ivr.supervision.models import Listening, Stage
from ivr.supervision.orders import ListenOrder
from ivr.vocabulary import ChannelName, Key, PhoneId
from tests.acceptance.conftest import House, caller
from tests.fakes.dialled import JournalEar
from tests.fakes.patience import a_while, until, until_asked
from tests.fakes.tones_heard import HZ, Heard, heard_in, seconds_of, together

LISTENS = 1.5
"""Seconds of sound that are waited for after each thing that happens."""


@dataclass
class Scene:
    """One call that is listened to. `phone` is the one that the citizen talks to first, `ear` the supervisor's."""

    house: House
    network: TelephoneNetwork
    journal: JournalEar
    client: AsyncClient
    citizen: Citizen
    phone: str
    ear: str
    call: str = ""
    listening: Listening | None = None
    heard: dict[str, list[Heard]] = field(default_factory=dict)

    @property
    def events(self) -> set[str]:
        return {event.type for event in self.journal.events[self.citizen.caller]}

    @property
    def bridged(self) -> int:
        return sum(event.type == "BRIDGE_ENTER" for event in self.journal.events[self.citizen.caller])

    def recording(self, who: str) -> Path:
        """Give what somebody heard: the citizen, a phone of the call, or the supervisor's phone."""
        folder = self.house.pair.network.directory / "calls"
        number = self.citizen.caller
        names = {"citizen": f"citizen-{number}", self.ear: f"tone-{self.ear}-"}
        return folder / f"{names.get(who, f'tone-{who}-{number}')}.wav"

    async def goes_on(self, who: str, seconds: float = LISTENS) -> None:
        """Wait until somebody has heard so many seconds more."""
        end = seconds_of(self.recording(who)) + seconds
        await until(lambda: seconds_of(self.recording(who)) >= end)

    async def hears(self, who: str, *names: str) -> None:
        """Wait until somebody has heard these, and nobody else, for a second: a busy machine's lines slip."""
        path = self.recording(who)

        def so() -> bool:
            return path.exists() and path.stat().st_size > 1000 and together(heard_in(path), *names)

        told = f"{who} never heard {' and '.join(names)} at once"
        await until_asked(lambda: asyncio.to_thread(so), look=a_while, told=lambda: told)

    async def listen(self, mode: str) -> Listening:
        """Let the supervisor's phone listen, and wait until it does."""
        order = ListenOrder.model_validate({"mode": mode, "phone": self.ear})
        made = await self.client.listen(self.call, order)
        self.listening = made
        await until_asked(lambda: self._is("listening"))
        await self.hears(self.ear, "citizen", "operator")
        return made

    async def _is(self, state: str) -> bool:
        assert self.listening is not None
        name = self.listening.id
        return next((one.state for one in await self.client.listenings() if one.id == name), "over") == state

    async def over(self) -> None:
        """Wait until nobody listens any more."""
        await until_asked(lambda: self._is("over"))

    async def talks(self) -> bool:
        """Tell whether the live view has the call, as one that talks."""
        return any(one.call == self.call and one.stage is Stage.TALKING for one in (await self.client.calls()).calls)

    async def keys(self, phone: str, text: str) -> None:
        """Press keys on a phone of this call, as its owner; `w` waits half a second."""
        for key in text:
            if key == "w":
                await self.goes_on("citizen", 0.5)
                continue
            owner = replace(self.citizen, channel=ChannelName(await asyncio.to_thread(self._channel, phone)))
            await self.network.press(owner, [Key(key)])

    async def hangs_up(self, phone: str) -> None:
        """Hang up as the owner of a phone of this call."""
        channel = await asyncio.to_thread(self._channel, phone)
        await asyncio.to_thread(self.house.pair.network.cli, f"channel request hangup {channel}")

    def _channel(self, phone: str) -> str:
        number = self.citizen.caller
        for line in (self.house.pair.network.cli("core show channels concise") or "").splitlines():
            fields = line.split("!")
            if fields[1:3] == ["phone-tone", phone] and (phone == self.ear or fields[7] == number):
                return fields[0]
        raise AssertionError(f"{phone} is in no call of {number}")


Act = Callable[[Scene], Awaitable[None]]


async def overhear(
    house: House, network: TelephoneNetwork, journal: JournalEar, client: AsyncClient, act: Act, phone: str, ear: str
) -> Scene:
    """Let a citizen talk to the police's phone, act, hang up; give what everybody heard."""
    number = caller()
    house.pair.network.cli(f"dialplan set global TONE_{number} {HZ['citizen']}")
    await network.set_phone(PhoneId(ear), f"tone.{HZ['supervisor']}")
    citizen = await network.call("8488", number, (f"tone.{HZ['operator']}", f"tone.{HZ['colleague']}"))
    scene = Scene(house, network, journal, client, citizen, phone, ear)
    for who in (ear, phone, "kekava-duty-1"):
        scene.recording(who).unlink(missing_ok=True)  # of a run before this one
    await until(lambda: "IVR_MENU" in scene.events)
    await network.press(citizen, [Key("3")])
    await until(lambda: scene.bridged == 2)
    scene.call = journal.events[number][0].linkedid
    await until_asked(scene.talks)
    await act(scene)
    await network.hang_up(citizen)
    await until(lambda: "LINKEDID_END" in scene.events)
    for who in ("citizen", phone, "kekava-duty-1", ear):
        path = scene.recording(who)
        scene.heard[who] = heard_in(path) if path.exists() else []
    return scene


async def record_of(house: House, scene: Scene, complete: Callable[[CallRecord], bool]) -> CallRecord:
    """Wait until the records have a call as it is to be."""

    async def there() -> CallRecord | None:
        found = await store.record(scene.call)
        return found if found is not None and complete(found) else None

    async with await Store(house.settings.store).open() as store:
        found = await until_asked(there)
    assert found is not None
    return found
