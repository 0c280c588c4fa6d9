"""`python -m ivr.alarms.died NAME`: tell the hooks that the engine NAME died, for systemd; a dead engine cannot.

Run by deploy/ivr-engine-died@.service. Exit code 0 if every hook took it, 1 if not or if there is none.
"""

import asyncio
import logging
import sys
from datetime import UTC, datetime

from ivr.alarms.alarm import Alarm, AlarmId, payload
from ivr.alarms.delivery import Delivery
from ivr.alarms.hooks import hooks
from ivr.alarms.metrics import Metrics
from ivr.errors import OperatorError
from ivr.settings import Settings, load


def died(name: str, at: datetime) -> Alarm:
    """Make the alarm for the engine `name`."""
    text = (
        f"the engine {name} died or was stopped by its watchdog and is started again; another engine or the fallback leads "
        f"new calls meanwhile: see `journalctl -u ivr-engine@{name}`"
    )
    return Alarm(AlarmId.ENGINE_DIED, name, text, raised_at=at, at=at)


async def tell(settings: Settings, alarm: Alarm) -> bool:
    """Give the alarm to every hook; tell whether there is one and all took it. Raises SettingsError."""
    metrics, found = Metrics(), hooks(settings)
    told = payload(alarm, alarm.subject)
    taken = await asyncio.gather(*(Delivery(hook, metrics).deliver(told) for hook in found))
    return bool(taken) and all(taken)


def main() -> int:
    """Tell of the engine that the command line names."""
    if len(sys.argv) != 2:
        print("usage: python -m ivr.alarms.died NAME", file=sys.stderr)  # noqa: T201 - a command's own message
        return 2
    try:
        settings = load()
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
        alarm = died(sys.argv[1], datetime.now(UTC))  # noqa: TID251 - a program of its own reads the clock
        return 0 if asyncio.run(tell(settings, alarm)) else 1
    except OperatorError as error:
        print(f"ivr: {error}", file=sys.stderr)  # noqa: T201 - a command's own message
        return 2


if __name__ == "__main__":
    sys.exit(main())
