"""Facts that belong to no call, written into the journal through the dialplan's `[ivr-mark]`.

A step of the host's clock, and the oldest call that Asterisk still has: an older one whose end is not in the journal lost it.

Rule 1: a step is seen by comparing the wall clock with the monotonic one, whatever the engine does at that time. The mark
stands in the journal at most `EVERY` seconds, and Asterisk's time for it, after the step.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from ivr.asterisk.asker import Asker
from ivr.asterisk.requests import End
from ivr.errors import LinkError

EVERY = 0.25
"""Seconds between looks at the clocks."""
LEAST = 0.5
"""Seconds: a smaller step is not worth a mark; a clock that is only slowed or sped up never comes near it."""
MARK_MS = 2000

logger = logging.getLogger(__name__)


async def mark(link: Asker, what: str, variable: str) -> None:
    """Let the extension `what` of `[ivr-mark]` write its line. Raises LinkError."""
    action = {
        "Action": "Originate",
        "Channel": f"Local/{what}@ivr-mark/n",
        "Context": "ivr-mark",
        "Exten": "i",
        "Priority": "1",
        "Async": "true",
        "Timeout": str(MARK_MS),
        "Variable": (variable,),
    }
    await link.request(action, end=End.ORIGINATE)


class ClockWatch:
    """Writes the clock's steps into the journal. `wall` and `monotonic` give seconds.

    Every engine writes them, for the step itself may cost the leader its lead; the fold counts one that is told twice at
    once (`cdr.journal.clock.once`). `stepped_back` is what is to be done after a step back beside its mark.
    """

    def __init__(
        self,
        link: Asker,
        wall: Callable[[], float],
        monotonic: Callable[[], float],
        stepped_back: Callable[[], Awaitable[object]],
    ) -> None:
        self._link = link
        self._wall = wall
        self._monotonic = monotonic
        self._stepped_back = stepped_back
        self._work: set[asyncio.Future[object]] = set()
        self._between = wall() - monotonic()

    async def keep(self) -> NoReturn:
        """Look at the clocks until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look()

    async def look(self) -> float | None:
        """Compare once; give the seconds of a step (positive: forward) after its mark was written, None if there was none."""
        between = self._wall() - self._monotonic()
        step, self._between = between - self._between, between
        if abs(step) < LEAST:
            return None
        logger.warning("the host's clock was stepped by %.1f s", step, extra={"action": "clock_stepped"})
        await self._mark(step)
        if step < 0:
            work = asyncio.ensure_future(self._stepped_back())
            self._work.add(work)
            work.add_done_callback(self._work.discard)
        return step

    async def _mark(self, step: float) -> None:
        try:
            await mark(self._link, "clock", f"IVR_SECONDS={step:.3f}")
        except LinkError as error:
            text = "the clock's step is not in the journal (%s): durations of calls under way may be wrong by it"
            logger.error(text, error, extra={"action": "clock_mark_failed"})
