"""The engine as a service under its shipped unit: restarted with nobody to stand in, hung, and killed."""

import signal
import time

from tests.chaos.service import Service
from tests.chaos.stage import Fault, Stage

BACK = 10.0  # seconds
SLACK = 3.0  # seconds for a busy machine


async def restarted(stage: Stage) -> None:
    """`systemctl restart`: asked to end, waited for, started again. Callers in a menu go on, new ones have the fallback."""
    service = _service(stage)
    stage.strike()
    began = time.monotonic()
    code = await service.restart()
    stage.ended()
    took = time.monotonic() - began
    stage.check(code == 0, f"the service ended with {code} when it was asked to")
    stage.check(service.left == 0, "the service left processes behind when it was asked to end")
    stage.check("STOPPING=1" in service.told, "the service did not say that it was ending")
    stage.check(took < service.unit.stop, f"the restart took {took:.0f} s; the unit gives {service.unit.stop:.0f} s")
    stage.notes.append(f"the service was ready again {took:.1f} s after it was asked to end")


async def hung(stage: Stage) -> None:
    """It hangs for ever: the watchdog kills it. Then it is killed once more. Both times the unit starts it again."""
    service = _service(stage)
    stage.strike()
    began = time.monotonic()
    service.send(signal.SIGSTOP)
    found = await stage.until(lambda: service.hung == 1 and len(service.ends) == 1, service.unit.watchdog + SLACK)
    stage.check(found, f"nobody killed the hung engine within {service.unit.watchdog + SLACK:g} s")
    await service.ready()
    stage.notes.append(f"hung, killed by the watchdog and ready again in {time.monotonic() - began:.1f} s")
    service.send(signal.SIGKILL)
    await stage.until(lambda: len(service.ends) == 2, SLACK)
    began = time.monotonic()
    await service.ready()
    stage.ended()
    stage.notes.append(f"killed and ready again in {time.monotonic() - began:.1f} s")
    stage.check(service.ends == [-9, -9], f"the service ended with {service.ends}")


def _service(stage: Stage) -> Service:
    if not isinstance(stage.engine, Service):
        raise TypeError("this fault needs the engine as a service")
    return stage.engine


FAULTS = (
    Fault("service-restarted", "the unit restarted, no standby", restarted, "back in 10 s", back=BACK, unit=True),
    Fault(
        "service-hung", "the unit's engine hangs, then is killed", hung, "watchdog, back in 10 s", back=BACK, unit=True
    ),
)
