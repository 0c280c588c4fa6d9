"""Who asks, and what that person may do.

Rule 1: a right token is never held up, whatever others guess. Wrong ones are slowed, and limited for each address and in all.
Rule 2: no token is in a log line or in an answer.
"""

import asyncio
import ipaddress
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ivr.supervision.access.buckets import Buckets
from ivr.supervision.access.sessions import Grant, Refused
from ivr.supervision.access.tokens import Kept, TokenFile
from ivr.supervision.models import Role
from ivr.supervision.refusals import NotKnown, TooMany

SLOWED = 0.5  # seconds that the answer to a wrong token takes
EACH_BURST, EACH_RATE = 5, 0.1  # wrong tokens of an address: so many at once, and so many a second
ALL_BURST, ALL_RATE = 50, 2.0  # the same of all addresses
SITE_BITS = 64  # of an IPv6 address: what lies below is one household's

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who asks: a user of this machine (`socket`), a token's name, or the name of a wallboard's token (`session`)."""

    name: str
    role: Role
    how: Literal["socket", "token", "session"]

    def may(self, needed: Role) -> bool:
        """Tell whether this role is enough."""
        ranks = list(Role)
        return ranks.index(self.role) >= ranks.index(needed)


class Door:
    """Looks at tokens. `clock` gives the aware time, `monotonic` seconds that only grow, `pause` waits so many seconds."""

    def __init__(
        self,
        tokens: TokenFile,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._tokens = tokens
        self._clock = clock
        self._monotonic = monotonic
        self._pause = pause
        self._each = Buckets(EACH_RATE, EACH_BURST)
        self._all = Buckets(ALL_RATE, ALL_BURST)

    async def known(self, token: str, address: str) -> Who:
        """Tell whose token it is. Raises NotKnown after a while, and TooMany at once."""
        kept = await self._looked_at(token, address)
        return Who(kept.name, kept.role, "token")

    async def grant(self, token: str, address: str) -> Grant | Refused:
        """The same for a session of a wallboard (`ivr.supervision.access.sessions`)."""
        try:
            kept = await self._looked_at(token, address)
        except NotKnown:
            return Refused(401, "this token is wrong, or it is over; ask an admin for one: ivr supervision token add")
        except TooMany as error:
            return Refused(429, str(error), math.ceil(error.retry_after))
        return Grant(kept.sha256, kept.name)

    def holds(self, grant: str) -> bool:
        """Tell whether the token of a session is still there and not over."""
        return self._tokens.holds(grant, self._clock())

    async def _looked_at(self, token: str, address: str) -> Kept:
        kept = self._tokens.find(token, self._clock())
        if kept is not None:
            return kept
        site, at = site_of(address), self._monotonic()
        wait = max(self._each.wait(site, at), self._all.wait("", at))
        if wait > 0:
            raise TooMany(wait)
        self._each.take(site, at)
        self._all.take("", at)
        logger.warning("a wrong token from %s", site, extra={"action": "wrong_token"})
        await self._pause(SLOWED)
        raise NotKnown("the token is wrong, or it is over; an admin makes one: ivr supervision token add")


def site_of(address: str) -> str:
    """Give what counts as one guesser: an IPv4 address, the network of an IPv6 address, or the text that it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, SITE_BITS), strict=False))
