"""An engine is killed in the very step of a transfer, on the real PBX: the caller comes to the same place."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from tests.acceptance.conftest import TUESDAY_10, House
from tests.acceptance.talking import DUTY, ME, Talk, simulated_phone_back, talking
from tests.chaos.proxy import Proxy, Seen

__all__ = ["simulated_phone_back"]
LONGEST_START = 180.0  # seconds


class Trap(list[Seen]):
    """What an engine has said. Armed, it kills the engine the moment that it has told Asterisk to ring a phone."""

    victim: asyncio.subprocess.Process | None = None

    def extend(self, told: Iterable[Seen]) -> None:
        """Take what the engine said; Asterisk gets it after this."""
        new = list(told)
        super().extend(new)
        if self.victim is not None and any(b"IVR_NEXT=connect" in one.text for one in new):
            self.victim.kill()
            self.victim = None


@asynccontextmanager
async def engine(house: House, proxy: Proxy) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run an engine of its own process through the proxy; leave when it is gone."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.fakes.engine_at",
        TUESDAY_10.isoformat(),
        env={**os.environ, **house.environment, "IVR_AMI_PORT": str(proxy.port)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(LONGEST_START):
            assert await process.stdout.readline() == b"leads calls\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def led(house: House, *phones: str) -> AsyncIterator[tuple[Talk, asyncio.subprocess.Process, Trap]]:
    """Let a citizen talk to our telephone, led by an engine that can be killed."""
    proxy = Proxy(0, (house.settings.ami_host, house.settings.ami_port))
    proxy.actions = trap = Trap()
    await proxy.open()
    try:
        async with engine(house, proxy) as process, talking(house, *phones) as talk:
            yield talk, process, trap
    finally:
        await proxy.close()


def test_killed_right_after_it_has_spoken(house: House) -> None:
    """Asterisk has its word and carries it out; when that phone fails, the fallback goes on from there."""

    async def run() -> None:
        async with led(house, "busy") as (talk, process, trap):
            trap.victim = process
            assert await talk.phone.refer(talk.line, "24") == 202
            await talk.phone.next_call()
            assert await process.wait() == -signal.SIGKILL
            await talk.until(lambda: talk.bridged == 4)
            assert talk.rung == [DUTY]
            to, why, back = talk.notes("IVR_TRANSFER", "IVR_FALLBACK", "IVR_RETURN")
            assert (to, back) == ("24", ME)
            assert why in ("no_engine", "lease_over")  # its lease may still have some seconds

    asyncio.run(run())


def test_killed_before_it_speaks(house: House) -> None:
    """It hears of the transfer and says nothing: the lease is over, the fallback leads to the same place."""

    async def run() -> None:
        async with led(house, "ok") as (talk, process, _):
            process.send_signal(signal.SIGSTOP)
            assert await talk.phone.refer(talk.line, "24") == 202
            await talk.until(lambda: talk.heard("IVR_TRANSFER"))
            process.kill()
            await talk.until(lambda: talk.answered == [DUTY])
            assert talk.rung == [DUTY]
            to, why = talk.notes("IVR_TRANSFER", "IVR_FALLBACK", "IVR_RETURN")
            assert to == "24"
            assert why in ("no_engine", "lease_over")  # its lease may be over before the caller is passed on

    asyncio.run(run())
