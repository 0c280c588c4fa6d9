"""Two engines on one PBX: a rolling restart under load, and a standby that takes over from a killed leader."""

import asyncio
import signal

from tests.chaos.engines import Engine
from tests.chaos.stage import Fault, Stage

ROUNDS = 3
TAKEN_OVER = 10.0  # seconds after the kill: the lease, two beats of the standby, and a call that had just come


async def rolling(stage: Stage) -> None:
    """Start the next engine, then tell the one before to end: three times."""
    stage.strike()
    leader = stage.engine
    for number in range(ROUNDS):
        after = Engine(leader.environment, stage.house.folder / f"engine-{number}.log")
        stage.engines.append(after)
        await after.start()
        leader.send(signal.SIGTERM)
        code = await leader.wait()
        stage.check(code == 0, f"engine {number} ended with {code}")
        leader = after
    stage.over = stage.struck


async def taken_over(stage: Stage) -> None:
    """SIGKILL of the leader while a standby is there."""
    standby = Engine(stage.engine.environment, stage.house.folder / "engine-standby.log")
    stage.engines.append(standby)
    await standby.start()
    await asyncio.sleep(5)
    stage.strike()
    stage.ended()
    await stage.engine.kill()
    await asyncio.sleep(TAKEN_OVER)


FAULTS = (
    Fault("rolling-restart", f"start b, SIGTERM a; {ROUNDS} times", rolling, "no call falls back", back=0.0),
    Fault(
        "standby", "leader SIGKILL, a standby is there", taken_over, f"taken over in {TAKEN_OVER:g} s", back=TAKEN_OVER
    ),
)
