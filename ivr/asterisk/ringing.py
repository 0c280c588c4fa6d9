"""Phones that would ring for too long: `Dial` counts its time by the wall clock, so a step back lets them ring for an hour.

Rule 1: a phone rings for its own time, whatever the host's clock does; then it is hung up as one that did not answer, and
the dialplan goes on to the next one.
Rule 2: how long a phone has rung is told by our monotonic clock. The leader writes a tick into Asterisk again and again;
each phone that is rung carries the last one (IVR_RINGS, `<seconds>:<engine>:<tick>`), whoever leads the call.
Rule 3: never too early. A phone counts as ringing since the tick after its own, one of another engine since now.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import NoReturn

from ivr.asterisk.asker import Asker
from ivr.asterisk.framing import Message
from ivr.asterisk.requests import End
from ivr.errors import LinkError, RequestRefused

RINGS = frozenset({"Ring", "Ringing"})
"""ChannelStateDesc of a phone that has not been answered."""
CALLED = "AppDial"
"""The application of a channel that `Dial` made."""
STAMP = "IVR_RINGS"
"""The variable of a phone that rings: for how long, and since which tick."""
NO_ANSWER = "19"
"""Q.850: no answer from the user."""
EVERY = 0.5
"""Seconds between two ticks."""
KEPT = 1200
"""Ticks that are known back: longer than any phone rings."""
SKEW = 2.0
"""Seconds by which Asterisk may feel the step later than we do; what begins to ring meanwhile is watched as well."""
SPARE = 0.5
"""Seconds that a phone may ring longer than its time before it counts as forgotten."""

logger = logging.getLogger(__name__)


class Ringing:
    """Ends what rings too long. `monotonic` gives seconds, `sleep` waits by it; `ours` tells whether this engine leads."""

    def __init__(
        self,
        link: Asker,
        name: str,
        monotonic: Callable[[], float],
        ours: Callable[[], bool],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sleep = sleep
        self._link = link
        self._name = name
        self._monotonic = monotonic
        self._ours = ours
        self._last = 0
        self._ticks: deque[tuple[int, float]] = deque(maxlen=KEPT)

    async def keep(self) -> NoReturn:
        """Write ticks while this engine leads, until cancelled."""
        while True:
            if self._ours():
                try:
                    await self.tick()
                except LinkError as error:
                    logger.warning("tick not written: %s", error, extra={"action": "tick_late"})
            await self._sleep(EVERY)

    async def tick(self) -> None:
        """Write the next tick. Raises LinkError."""
        self._last += 1
        tick = f"{self._name}:{self._last}"
        await self._link.request({"Action": "Setvar", "Variable": "IVR_TICK", "Value": tick})
        self._ticks.append((self._last, self._monotonic()))

    async def relieve(self) -> int:
        """Hang up each phone that rings now, or soon, at the end of its own time; give how many.

        A lost link ends it; that is logged.
        """
        watched: dict[str, asyncio.Task[bool]] = {}
        try:
            for wait in (0.0, SKEW):
                await self._sleep(wait)
                found = await self._ringing()
                new = [(channel, left) for channel, left in found if channel not in watched]
                watched |= {channel: asyncio.ensure_future(self._ended(channel, left)) for channel, left in new}
            return sum(await asyncio.gather(*watched.values()))
        except LinkError as error:
            text = "phones that ring since before the clock stepped back may go on ringing: %s"
            logger.error(text, error, extra={"action": "ringing_not_ended"})
            return 0
        finally:
            for task in watched.values():
                task.cancel()

    async def _ringing(self, channel: str = "") -> list[tuple[str, float]]:
        """Give the phones that ring, or that one if it does, and for how many seconds more each may."""
        about = {"Channel": channel} if channel else {}
        answer = await self._link.request({"Action": "Status", **about, "Variables": STAMP}, end=End.LIST)
        return list(self._rest(answer))

    def _rest(self, answer: tuple[Message, ...]) -> Iterator[tuple[str, float]]:
        for message in answer:
            if message.get("Application") == CALLED and message.get("ChannelStateDesc") in RINGS:
                seconds, name, tick = _stamp(message)
                if seconds:
                    yield message.get("Channel"), self._since(name, tick) + seconds - self._monotonic()

    def _since(self, name: str, tick: int) -> float:
        """Give the latest instant at which a phone with this tick can have begun to ring."""
        known = (at for number, at in self._ticks if number > tick)
        return next(known, self._monotonic()) if name == self._name else self._monotonic()

    async def _ended(self, channel: str, left: float) -> bool:
        await self._sleep(max(left, 0.0) + SPARE)
        try:
            if not await self._ringing(channel):
                return False
            await self._link.request({"Action": "Hangup", "Channel": channel, "Cause": NO_ANSWER})
        except RequestRefused:  # answered or gone in this moment
            return False
        logger.warning("%s rang by a clock that was stepped back; hung up", channel, extra={"action": "ringing_ended"})
        return True


def _stamp(message: Message) -> tuple[int, str, int]:
    """Give for how many seconds a phone may ring, and the engine and the number of its tick; zeros if it does not say."""
    given = dict(line.partition("=")[::2] for line in message.variables).get(STAMP, "")
    seconds, _, since = given.partition(":")
    name, _, tick = since.rpartition(":")
    return (int(seconds) if seconds.isdigit() else 0), name, (int(tick) if tick.isdigit() else 0)
