"""What tests of topics share: a telephone that dials, and what the journal then says."""

import asyncio
import time
from collections.abc import Callable

from cdr.journal.line import JournalEvent
from tests.acceptance.conftest import House
from tests.fakes.dialled import JournalEar
from tests.fakes.softphone import Softphone

HOST = "127.0.0.5"
LONGEST = 60.0  # seconds until a line is in the journal, or in the records


def dial(house: House, user: str, number: str) -> str:
    """Dial as a telephone, or as the citizen's softphone; give the answer."""
    secrets = house.pair.secrets
    server = (house.settings.sip_host, house.settings.sip_port)
    with Softphone(HOST, server, user, secrets.citizen if user == "citizen" else secrets.phone) as phone:
        return phone.call(number).removeprefix("SIP/2.0 ")


def topics(ear: JournalEar) -> list[JournalEvent]:
    found = (event for events in list(ear.events.values()) for event in events if event.type == "IVR_TOPIC")
    return sorted(found, key=lambda event: event.at)


async def until(ear: JournalEar, true: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONGEST):
        while not true():
            await ear.look()


async def written(ear: JournalEar, true: Callable[[], bool]) -> None:
    """Wait until something is in the journal, that nobody follows: Asterisk writes it in a thread of its own."""
    listening = asyncio.ensure_future(ear.listen())
    try:
        await until(ear, true)
    finally:
        listening.cancel()


def over(house: House) -> None:
    """Wait until the PBX has no channel left."""
    deadline = time.monotonic() + LONGEST
    while "0 active channels" not in (house.pair.pbx.cli("core show channels count") or ""):
        assert time.monotonic() < deadline, house.pair.pbx.cli("core show channels concise")
        house.pair.pbx.cli("core waitfullybooted")
