"""The composition root: builds every part from the settings and joins them. The only module that knows every adapter."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ivr.asterisk.embedded import Pair, sip_server
from ivr.controller import Controller
from ivr.errors import IvrError, LoginRefused, PbxUnavailable
from ivr.live.control import Control
from ivr.live.installing import Installer
from ivr.live.prover import Prover
from ivr.live.upkeep import Upkeep
from ivr.recorder import Recorder
from ivr.rulebook.live import LiveRules
from ivr.rulebook.overrides import OverrideStore
from ivr.rulebook.reload import Reloader
from ivr.settings import Settings

LEADING_SECONDS = 15.0  # seconds within which the engine must lead after the PBX has booted

logger = logging.getLogger(__name__)


def now() -> datetime:
    """Give the time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads the clock


def shifted(at: datetime | None) -> Callable[[], datetime]:
    """Give a clock that starts at `at` now and goes on from there; None is the real time. A test aid, loudly logged."""
    if at is None:
        return now
    offset: timedelta = at - now()
    logger.warning("THE OFFICE CLOCK IS SHIFTED: it starts at %s; only for trials", at.isoformat())
    return lambda: now() + offset


@dataclass(frozen=True, slots=True)
class Running:
    """An engine at work, and what reloads its rules; `stopped` is set when it ends by itself."""

    controller: Controller
    reloader: Reloader
    stopped: "asyncio.Event"


@asynccontextmanager
async def running(
    settings: Settings,
    pair: Pair,
    rules: LiveRules,
    *,
    office_clock: Callable[[], datetime] = now,
    stopped: asyncio.Event | None = None,
) -> AsyncIterator[Running]:
    """Run engine, recorder and upkeep of the rules on a PBX that is up. Raises LoginRefused, PbxUnavailable, ControlTaken.

    `stopped` is set when the engine ends by itself; a new event is made if none is given.
    """
    controller = Controller(settings, pair.secrets.ami, rules=rules, clock=now, office_clock=office_clock)
    prover = Prover(settings.prompts, sip_server(settings))
    installer = Installer(pair)
    reloader = Reloader(rules, prover.check, installer.install, now)
    ended = stopped or asyncio.Event()
    upkeep = Upkeep(reloader, OverrideStore(settings.overrides), now)
    async with AsyncExitStack() as parts:
        await parts.enter_async_context(Control(settings.control, reloader, controller.name).serving())
        parts.push_async_callback(prover.close)
        await upkeep.begin()
        if not installer.has(rules.current.version):  # no call is led on other rules than the dialplan names
            await reloader.begin()
        engine = asyncio.get_running_loop().create_task(controller.run(), name="engine")
        engine.add_done_callback(lambda _: ended.set())
        recorder = Recorder(pair.journal, settings.store)
        await recorder.start()
        parts.push_async_callback(recorder.stop)
        parts.push_async_callback(_ended, controller, engine)
        await _leading(controller, engine)
        await parts.enter_async_context(_kept_up(upkeep))
        yield Running(controller, reloader, ended)
    if not engine.cancelled() and isinstance(engine.exception(), IvrError):
        engine.result()


async def _ended(controller: Controller, engine: "asyncio.Task[None]") -> None:
    await controller.close()
    await asyncio.gather(engine, return_exceptions=True)


@asynccontextmanager
async def _kept_up(upkeep: Upkeep) -> AsyncIterator[None]:
    """Keep the rules up to date during the block."""
    task: asyncio.Task[None] = asyncio.get_running_loop().create_task(upkeep.run(), name="upkeep")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _leading(controller: Controller, engine: "asyncio.Task[None]") -> None:
    """Wait until the engine leads, or say why it does not."""
    leading = asyncio.get_running_loop().create_task(controller.leading())
    await asyncio.wait([leading, engine], timeout=LEADING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if leading.done():
        leading.result()
        return
    leading.cancel()
    if engine.done() and isinstance(engine.exception(), LoginRefused):
        engine.result()
    raise PbxUnavailable(
        f"the engine could not attach to Asterisk's manager within {LEADING_SECONDS:g} s; "
        "is the PBX up (`ivr pbx status`), and are IVR_AMI_HOST and IVR_AMI_PORT right?"
    )
