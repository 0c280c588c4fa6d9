"""Who leads new calls, held in Asterisk: the leader's name, a fencing counter, and a lease for each engine.

    GLOBAL(IVR_LEADER)         the engine that the dialplan's guard names to new calls
    GLOBAL(IVR_FENCE)          counts the changes of the leader
    GLOBAL(IVR_LEASE_<name>)   until when (EPOCH of Asterisk's clock) that engine counts as alive
    GLOBAL(IVR_STANDBY)        "<name>:<EPOCH>": an engine that would take over

Rule 1: an engine only ever prolongs its own lease, so a late word of a stalled one changes nothing. The lead is taken in
the dialplan (`leader` in `[ivr-mark]`), where looking and taking are one.
Rule 2: an engine knows by its own monotonic clock when its lease is over, and does nothing then: what it would do may be
another's to do. See `valid`.
Rule 3: all instants are Asterisk's own; an engine's clock that differs does no harm. A leader must be found dead in two
beats before another takes its place: when Asterisk's clock is stepped, all leases are over until their next beat.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from enum import Enum

from ivr.asterisk.asker import Asker
from ivr.asterisk.requests import End
from ivr.errors import LinkError

BEATS = 6
"""How often the lease is renewed within its length: a loop that is blocked for 2 of 4 seconds does not lose it."""
ROUNDING = 1.0
"""Seconds that a lease may be shorter than asked for: EPOCH has whole seconds."""
FAR = 100
"""Seconds: a lease further ahead than this was set before the clock stepped back (dialplans/pbx/extensions.conf)."""
TAKE_MS = 2000
"""For the Local channel that takes the lead."""

logger = logging.getLogger(__name__)


class LeadState(Enum):
    """What an engine is to new calls."""

    LEADING = "leading"
    STANDBY = "standby"
    DRAINING = "draining"
    DETACHED = "detached"


class Lease:
    """One engine's part in the lead. `monotonic` is the event loop's clock, in seconds.

    `on_state(state, reason)` hears of each change; `on_lapse()` is called when the lease was over and is held again, or
    about to be: what was known of the calls is old by then.
    """

    def __init__(
        self,
        link: Asker,
        name: str,
        seconds: int,
        monotonic: Callable[[], float],
        *,
        on_state: Callable[[LeadState, str], None],
        on_lapse: Callable[[], None],
    ) -> None:
        self._link = link
        self._name = name
        self._seconds = seconds
        self._monotonic = monotonic
        self._on_state = on_state
        self._on_lapse = on_lapse
        self._valid_until: float | None = None
        self._draining = False
        self._left = False
        self._one_at_a_time = asyncio.Lock()
        self.state = LeadState.DETACHED
        self.reason = "not attached yet"
        self.fence = 0
        self._found_dead = ""
        self.renewals = 0

    @property
    def valid(self) -> bool:
        """Tell whether this engine may still act: nobody can have taken its calls."""
        return self._valid_until is not None and self._monotonic() < self._valid_until

    @property
    def deciding(self) -> bool:
        """Tell whether the leader was found dead once: the next beat may take its place."""
        return self._found_dead != ""

    @property
    def interval(self) -> float:
        """Seconds between two beats."""
        return self._seconds / BEATS

    async def keep(self) -> None:
        """Renew, and take the lead when it is free, until cancelled or left. A lost link is waited for."""
        while not self._left:
            await self._link.attached()
            try:
                await self.beat()
            except LinkError as error:
                logger.warning("lease not renewed: %s", error, extra={"action": "lease_late"})
            await asyncio.sleep(self.interval)

    async def beat(self) -> None:
        """Renew the own lease, unless it was left; take the lead if nobody has it. Raises LinkError."""
        async with self._one_at_a_time:
            if not self._left:
                await self._beat()

    async def _beat(self) -> None:
        began = self._monotonic()
        now = await self._epoch()
        if self._valid_until is not None and not self.valid:
            self._lapse()
        until = now + self._seconds
        await self._set(f"IVR_LEASE_{self._name}", str(until))
        self._valid_until = began + self._seconds - ROUNDING
        self.renewals += 1
        leader = await self._get("IVR_LEADER")
        if leader != self._name and not self._draining and await self._is_free(leader, now):
            await self._take(self._name, "")
            leader = await self._get("IVR_LEADER")
        await self._note(leader, until)

    async def _is_free(self, leader: str, now: int) -> bool:
        """Tell whether nobody leads, or the leader is dead for the second time."""
        if not leader:
            return True
        before, self._found_dead = self._found_dead, "" if await self._alive(leader, now) else leader
        return self._found_dead != "" and self._found_dead == before

    def detach(self, reason: str) -> None:
        """Note that the link is gone: what this engine would do cannot be done."""
        self._valid_until = None
        self._change(LeadState.DETACHED, reason)

    async def drain(self) -> None:
        """Lead no new call: hand over to a standby if one lives, else to the fallback. Raises LinkError."""
        self._draining = True
        async with self._one_at_a_time:
            await self._hand_over()
        self._change(LeadState.DRAINING, "told to stop")

    async def _hand_over(self) -> None:
        if await self._get("IVR_LEADER") == self._name:
            now = await self._epoch()
            name, _, until = (await self._get("IVR_STANDBY")).rpartition(":")
            heir = name if name != self._name and until.isdigit() and now < int(until) < now + FAR else ""
            await self._take(heir, self._name)
            logger.info("the lead goes to %s", heir or "the fallback", extra={"action": "handed_over"})

    async def leave(self) -> None:
        """End the own lease for good: this engine leads nothing any more, and no beat renews it. Raises LinkError."""
        self._left = True
        async with self._one_at_a_time:  # a beat that has begun comes to its end first
            self._valid_until = None
            await self._set(f"IVR_LEASE_{self._name}", "")

    async def living(self, names: Sequence[str]) -> frozenset[str]:
        """Tell which of these engines hold a lease. Raises LinkError."""
        now = await self._epoch()
        return frozenset([name for name in names if await self._alive(name, now)])

    async def _alive(self, name: str, now: int) -> bool:
        until = await self._get(f"IVR_LEASE_{name}") if name else ""
        return until.isdigit() and now < int(until) < now + FAR

    async def _take(self, taker: str, giver: str) -> None:
        """Ask the dialplan for the lead; whether it was granted stands in IVR_LEADER afterwards. Raises LinkError."""
        action = {
            "Action": "Originate",
            "Channel": "Local/leader@ivr-mark/n",
            "Context": "ivr-mark",
            "Exten": "i",
            "Priority": "1",
            "Async": "true",
            "Timeout": str(TAKE_MS),
            "Variable": (f"IVR_TAKER={taker}", f"IVR_GIVER={giver}"),
        }
        await self._link.request(action, end=End.ORIGINATE)

    async def _note(self, leader: str, until: int) -> None:
        """Tell what this engine is now."""
        if self._draining:
            self._change(LeadState.DRAINING, "told to stop")
        elif leader == self._name:
            self._found_dead = ""
            self.fence = int(await self._get("IVR_FENCE") or 0)
            self._change(LeadState.LEADING, f"fence {self.fence}")
        else:
            await self._set("IVR_STANDBY", f"{self._name}:{until}")
            self._change(LeadState.STANDBY, f"{leader} leads")

    def _lapse(self) -> None:
        logger.error(
            "the lease was over before it was renewed: this engine had been stopped or blocked; calls went on without it",
            extra={"action": "lease_lost"},
        )
        self._valid_until = None
        self._change(LeadState.DETACHED, "its lease was over")
        self._on_lapse()

    def _change(self, state: LeadState, reason: str) -> None:
        changed = state is not self.state
        self.state, self.reason = state, reason
        if changed:
            logger.info("engine %s: %s", state.value, reason, extra={"action": f"engine_{state.value}"})
            self._on_state(state, reason)

    async def _epoch(self) -> int:
        return int(await self._get("EPOCH"))

    async def _get(self, variable: str) -> str:
        answer = await self._link.request({"Action": "Getvar", "Variable": variable})
        return answer[-1].get("Value")

    async def _set(self, variable: str, value: str) -> None:
        await self._link.request({"Action": "Setvar", "Variable": variable, "Value": value})
