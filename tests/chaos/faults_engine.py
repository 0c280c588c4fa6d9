"""Faults of the engine's process: killed, stopped, blocked."""

import asyncio
import signal

from tests.chaos.stage import Fault, Stage

STOPPED = 30.0  # seconds
BLOCKED = 2.0  # seconds
KILLS, BETWEEN = 20, 3.0


async def nothing(stage: Stage) -> None:
    """Strike with nothing: what the load looks like when all is well."""
    stage.strike()
    await asyncio.sleep(10)


async def killed(stage: Stage) -> None:
    """SIGKILL, and a new engine at once, as a service manager starts it."""
    stage.strike()
    stage.ended()
    await stage.engine.kill()
    await stage.engine.start()


async def killed_often(stage: Stage) -> None:
    """Twenty times, each as soon as the one before leads."""
    stage.strike()
    for _ in range(KILLS):
        stage.ended()
        await stage.engine.kill()
        await stage.engine.start()
        await asyncio.sleep(BETWEEN)


async def stopped(stage: Stage) -> None:
    """SIGSTOP for half a minute: the fallback leads; what the engine does when it wakes must reach nobody."""
    stage.strike()
    stage.engine.send(signal.SIGSTOP)
    await asyncio.sleep(STOPPED)
    stage.engine.send(signal.SIGCONT)
    stage.ended()


async def blocked(stage: Stage) -> None:
    """The event loop stands still for two seconds."""
    stage.strike()
    stage.engine.send(signal.SIGSTOP)
    await asyncio.sleep(BLOCKED)
    stage.engine.send(signal.SIGCONT)
    stage.ended()
    await asyncio.sleep(10)
    stage.check(not stage.said("action=link.lost"), "the watchdog took a blocked loop for a lost link")


FAULTS = (
    Fault("none", "no fault", nothing, "nothing happens", back=0.0, silence=2.0),
    Fault("engine-killed", "engine SIGKILL, started again at once", killed, "menu goes on in 5 s", back=10.0),
    Fault(
        "engine-killed-20", f"engine SIGKILL, {KILLS} times in a row", killed_often, "menu goes on in 5 s", back=10.0
    ),
    Fault("engine-stopped", f"engine SIGSTOP for {STOPPED:g} s", stopped, "no late action", back=10.0),
    Fault("engine-blocked", f"engine's loop blocked for {BLOCKED:g} s", blocked, "watchdog quiet", back=10.0),
)
