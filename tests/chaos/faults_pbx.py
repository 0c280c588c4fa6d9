"""Faults of Asterisk itself: told to end and started again; killed and started again."""

import asyncio
import os
import signal
from datetime import timedelta

from ivr.app import now
from tests.chaos.judge import gone, records
from tests.chaos.stage import Fault, Stage

ATTACHED = 5.0  # seconds after Asterisk is up
GRACE = timedelta(seconds=1)
"""Calls of this time after the start may still have met the end: SIP is there a little before the rest."""


async def restarted(stage: Stage) -> None:
    """Told to end: it hangs up every call itself."""
    stage.strike()
    start = now()
    await asyncio.to_thread(stage.house.pbx.stop)
    await _up_again(stage, start)


async def killed(stage: Stage) -> None:
    """SIGKILL: no line of the journal tells of any end."""
    stage.strike()
    start = now()
    os.kill(stage.house.pbx.running() or 0, signal.SIGKILL)
    await asyncio.to_thread(stage.house.pbx.stop)
    await _up_again(stage, start)


async def _up_again(stage: Stage, start: "object") -> None:
    journal = stage.house.journal
    size = journal.stat().st_size
    await asyncio.to_thread(lambda: stage.house.pbx.start(bound=True))
    stage.outage = (start, now() + GRACE)  # type: ignore[assignment]
    stage.ended()
    stage.notes.append(f"the journal had {size} bytes when Asterisk was gone")


async def lost_are_closed(stage: Stage) -> None:
    """Every call that Asterisk took with it has its record, closed at its own last line."""
    lost = gone(stage)
    lines = {call.caller: call for call in stage.tail.look().found()}
    for record in await records(stage):
        call = lines.get(record.caller)
        if record.caller in lost and call is not None and not call.over:
            stage.check(record.disposition.value == "pbx_lost", f"{record.caller} is {record.disposition.value}")
            stage.check(
                record.ended == record.seen_until,
                f"{record.caller} ended {record.ended}, seen until {record.seen_until}",
            )


FAULTS = (
    Fault(
        "pbx-restarted", "Asterisk restarted", restarted, f"attached {ATTACHED:g} s after", back=ATTACHED, after=20.0
    ),
    Fault(
        "pbx-killed",
        "Asterisk SIGKILLed",
        killed,
        f"attached {ATTACHED:g} s after; pbx_lost",
        back=ATTACHED,
        after=20.0,
        finally_=lost_are_closed,
    ),
)
