"""The engine's lease in Asterisk: a global variable that says until when the engine counts as alive.

The dialplan's guard compares it with `${EPOCH}`. An engine that dies stops renewing it; within `seconds` new calls
go to the fallback. Both clocks are the host's: the lease never follows the engine's shifted test clock.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ivr.errors import LinkError

VARIABLE = "IVR_LEASE"
RENEWALS = 4
"""How often the lease is renewed within its length, so that one late renewal does no harm."""

logger = logging.getLogger(__name__)


class Asker(Protocol):
    """The part of `Link` that is needed here."""

    async def attached(self) -> None:
        """Wait until the link is usable."""

    async def request(self, action: Mapping[str, str | Sequence[str]]) -> object:
        """Ask and wait for the answer. Raises LinkError."""


class Lease:
    """Renews the lease while the link holds. `epoch` gives the host's time in seconds since 1970."""

    def __init__(self, link: Asker, seconds: int, epoch: Callable[[], float]) -> None:
        self._link = link
        self._seconds = seconds
        self._epoch = epoch

    async def keep(self) -> None:
        """Renew until cancelled. A lost link is waited for; the lease runs out meanwhile, as it should."""
        while True:
            await self._link.attached()
            try:
                await self.renew()
            except LinkError as error:
                logger.warning("lease not renewed: %s", error, extra={"action": "lease_late"})
            await asyncio.sleep(self._seconds / RENEWALS)

    async def renew(self) -> None:
        """Set the lease ahead once. Raises LinkError."""
        await self._set(int(self._epoch()) + self._seconds)

    async def give_up(self) -> None:
        """End the lease at once: the next call goes to the fallback. Raises LinkError."""
        await self._set(0)

    async def _set(self, until: int) -> None:
        await self._link.request({"Action": "Setvar", "Variable": VARIABLE, "Value": str(until)})
