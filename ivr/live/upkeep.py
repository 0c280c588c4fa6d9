"""Keeps the rules of a running engine up to date: a changed file, overrides that come and go, a new day.

Rule 1: an override holds for the engine as soon as it is seen, whatever else is being done; the fallback follows.
Rule 2: nothing here ends the engine: what fails is told, and tried again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from ivr.errors import OperatorError
from ivr.live.watching import EVERY, Stand, changes, look
from ivr.routing.overrides import ordered_text
from ivr.routing.rules import Override
from ivr.rulebook.overrides import Active, Kept, OverrideStore, State, active
from ivr.rulebook.reload import Reloader
from ivr.vocabulary import OverrideId

EVERY_DAY = 24 * 3600.0  # seconds; the rendered hours reach 400 days ahead
AGAIN = 60.0  # seconds before something that failed is tried again

logger = logging.getLogger(__name__)


class Upkeep:
    """Watches the rules file and the overrides for `reloader`. `clock` is the real time."""

    def __init__(self, reloader: Reloader, store: OverrideStore, clock: Callable[[], datetime]) -> None:
        self._reloader = reloader
        self._store = store
        self._clock = clock
        self._waiting: tuple[Kept, ...] = ()  # those that hold or will expire
        self._seen: dict[Path, Stand] = {}
        self._stale = asyncio.Event()

    async def begin(self) -> None:
        """Take the overrides that hold; before the first call is led."""
        await self._look_at_overrides()
        self._stale.clear()  # `run` begins with rendering everything

    async def run(self) -> NoReturn:
        """Prove the rules, see that the PBX has them, then go on until cancelled."""
        async with asyncio.TaskGroup() as group:
            for work in (self._files, self._overrides, self._fallback, self._days):
                group.create_task(_tried_again(work), name=f"upkeep {work.__name__.strip('_')}")
        raise AssertionError("unreachable: each of them goes on until it is cancelled")

    async def _files(self) -> None:
        reloader = self._reloader
        if reloader.last is None:
            await reloader.begin()
        async for _ in changes(lambda: reloader.files, lambda: reloader.read_at):
            logger.info("the rules file has changed", extra={"action": "rules_changed"})
            await reloader.reload()

    async def _overrides(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self._look_at_overrides()

    async def _look_at_overrides(self) -> None:
        """Read the file if it changed, and let go of what has expired."""
        now = await asyncio.to_thread(look, (self._store.path,))
        if now != self._seen:
            self._seen = now
            try:
                known = await asyncio.to_thread(self._store.known)
            except OperatorError as error:
                logger.error("%s; those known before still hold", error, extra={"action": "overrides_unusable"})
                return
            at = self._clock()
            self._waiting = tuple(one for one in known if one.state(at) is State.ACTIVE)
        self._order(active(self._waiting, self._clock()))

    def _order(self, wanted: Active) -> None:
        before = self._reloader.rules.overrides
        if dict(before) == dict(wanted):
            return
        self._reloader.rules.order(wanted)
        self._stale.set()
        _tell(_by_id(before.values()), _by_id(wanted.values()), self._clock())

    async def _fallback(self) -> None:
        """Render the fallback again when something has changed."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            if await self._reloader.render():
                await asyncio.sleep(AGAIN)
                self._stale.set()

    async def _days(self) -> None:
        while True:
            await asyncio.sleep(EVERY_DAY)
            self._stale.set()


async def _tried_again(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception:  # an engine without upkeep still leads calls; it must not end for it
            logger.exception("upkeep failed; tried again in %g s", AGAIN, extra={"action": "upkeep_failed"})
        await asyncio.sleep(AGAIN)


def _by_id(orders: Iterable[tuple[Override, ...]]) -> dict[OverrideId, Override]:
    return {one.id: one for of_one in orders for one in of_one}


def _tell(before: dict[OverrideId, Override], after: dict[OverrideId, Override], at: datetime) -> None:
    for name, order in after.items():
        if name not in before:
            logger.warning("%s is %s", order.destination, ordered_text(order), extra={"action": "override_added"})
    for name, order in before.items():
        if name not in after:
            how = "expired" if order.until <= at else "cleared"
            text = "override %s of %s for %s is over: %s"
            logger.warning(text, name, order.author, order.destination, how, extra={"action": f"override_{how}"})
