"""The composition root: builds every part from the settings and joins them. The only module that knows every adapter."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ivr.asterisk.embedded import Pair
from ivr.controller import Controller
from ivr.errors import IvrError, LoginRefused, PbxUnavailable
from ivr.recorder import Recorder
from ivr.rulebook.live import LiveRules
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
    """An engine at work; `stopped` is set when it ends by itself."""

    controller: Controller
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
    """Run engine and recorder on a PBX that is up. Raises LoginRefused, PbxUnavailable.

    `stopped` is set when the engine ends by itself; a new event is made if none is given.
    """
    controller = Controller(
        settings, pair.secrets.ami, rules=lambda: rules.current, clock=now, office_clock=office_clock
    )
    loop = asyncio.get_running_loop()
    ended = stopped or asyncio.Event()
    engine = loop.create_task(controller.run(), name="engine")
    engine.add_done_callback(lambda _: ended.set())
    recorder = Recorder(pair.journal, settings.store)
    await recorder.start()
    try:
        await _leading(controller, engine)
        yield Running(controller, ended)
    finally:
        await controller.close()
        await asyncio.gather(engine, return_exceptions=True)
        await recorder.stop()
    if not engine.cancelled() and isinstance(engine.exception(), IvrError):
        engine.result()


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
