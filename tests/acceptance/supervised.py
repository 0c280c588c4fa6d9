"""The real `ivr supervision` beside a house, as a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ivr.children import ends_with_us
from ivr.live.client import lives
from ivr.settings import Settings, load
from ivr.supervision.access.tokens import TokenFile
from ivr.supervision.client import AsyncClient
from ivr.supervision.models import Change, Role
from tests.acceptance.conftest import TUESDAY_10, House
from tests.fakes.patience import until, until_asked

IVR = (sys.executable, "-c", "from ivr.cli.main import main; main()")


@dataclass
class Supervised:
    """Supervision that runs. `url` is where it is over TCP, with a token of each role."""

    settings: Settings
    client: AsyncClient
    process: asyncio.subprocess.Process
    log: Path
    url: str = ""
    tokens: dict[Role, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    """What a subscriber has got since the beginning."""

    async def stopped(self) -> int:
        """Tell it to end, and give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


@asynccontextmanager
async def supervision(house: House, **changes: str) -> AsyncIterator[Supervised]:
    """Run supervision for a house; `changes` are further settings, by their variables' names. Ends with the block."""
    settings = house.settings
    log = house.folder / "supervision.log"
    tokens = {role: _token(settings, role) for role in Role}
    with log.open("w") as out:
        environment = {**os.environ, **house.environment, "IVR_SUPERVISION_LISTEN": "127.0.0.1:0", **changes}
        process = await asyncio.create_subprocess_exec(
            *IVR, "supervision", env=environment, stderr=out, preexec_fn=ends_with_us(signal.SIGKILL)
        )
    try:
        await until(lambda: _serves(settings, log) or process.returncode is not None, told=log.read_text)
        assert process.returncode is None, log.read_text()
        async with AsyncClient(settings) as client:
            made = Supervised(settings, client, process, log, _url(log.read_text()), tokens)
            await until_asked(lambda: _filled(client), told=log.read_text)
            listening = asyncio.ensure_future(_listen(made))
            try:
                yield made
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def _serves(settings: Settings, log: Path) -> bool:
    """Tell whether it answers at its socket, and has said where it does over TCP: that comes a moment later."""
    return lives(settings.supervision_socket) and bool(_url(log.read_text()))


async def _filled(client: AsyncClient) -> bool:
    """Tell whether the view can be believed; `ready` of the API, as the client sees it."""
    found = await client.health()
    return found.pbx == "up" and found.journal_lag is not None


async def _listen(made: Supervised) -> None:
    async for change in made.client.events():
        made.changes.append(change)


def _token(settings: Settings, role: Role) -> str:
    file = TokenFile(settings.supervision_tokens)
    name = f"test-{role.value}"
    file.remove(name)
    return file.add(name, role, TUESDAY_10, None)


def _url(log: str) -> str:
    return next((word.rstrip(",") for word in log.split() if word.startswith("http")), "")


def over_tcp(made: Supervised, role: Role) -> Settings:
    """Give the settings of somebody who comes over the network with a token."""
    return load(supervision_url=made.url, supervision_token=made.tokens[role])
