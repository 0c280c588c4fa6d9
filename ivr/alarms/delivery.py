"""Bringing alarms to a hook: one at a time, in their order, with further tries; never in a call's way.

Rule 1: what waits is bounded. When it is too much the oldest goes, and the log says so.
Rule 2: nothing a hook does ends the worker; a hook that always fails costs log lines and counts, nothing else.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Protocol

from ivr.alarms.metrics import Metrics
from ivr.errors import IvrError

MOST_WAITING = 100
PAUSES = (1.0, 5.0)
"""Seconds before the second and the third try."""

logger = logging.getLogger(__name__)


class HookFailed(IvrError):
    """The hook did not take the alarm; run it by hand with an alarm of docs/alarms.md."""


class Hook(Protocol):
    """Whoever takes alarms. `name` is for logs and figures and holds no secret."""

    @property
    def name(self) -> str:
        """Give its name."""

    async def send(self, alarm: Mapping[str, str]) -> None:
        """Hand over one alarm within the time limit. Raises HookFailed."""


class Delivery:
    """Brings alarms to one hook; `pauses` are the seconds before each further try."""

    def __init__(self, hook: Hook, metrics: Metrics, pauses: Sequence[float] = PAUSES) -> None:
        self._hook = hook
        self._metrics = metrics
        self._pauses = pauses
        self._waiting: deque[Mapping[str, str]] = deque()
        self._some = asyncio.Event()

    def put(self, alarm: Mapping[str, str]) -> None:
        """Let an alarm wait for its turn; returns at once."""
        if len(self._waiting) >= MOST_WAITING:
            self._drop(self._waiting.popleft(), f"{MOST_WAITING} alarms wait already")
        self._waiting.append(alarm)
        self._some.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            await self._some.wait()
            while self._waiting:
                await self.deliver(self._waiting.popleft())
            self._some.clear()

    async def deliver(self, alarm: Mapping[str, str]) -> bool:
        """Hand over one alarm, trying again after each pause; tell whether it was taken."""
        for pause in (*self._pauses, None):
            if await self._sent(alarm):
                self._metrics.hook_sent[self._hook.name] += 1
                return True
            if pause is not None:
                await asyncio.sleep(pause)
        self._drop(alarm, f"{len(self._pauses) + 1} tries failed")
        return False

    async def _sent(self, alarm: Mapping[str, str]) -> bool:
        try:
            await self._hook.send(alarm)
        except HookFailed as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 - whatever a hook does, the next alarm must go out
            why = f"unexpected {type(error).__name__}"  # its text may hold a secret
        else:
            return True
        self._metrics.hook_failures[self._hook.name] += 1
        logger.warning("alarm hook %s: %s", self._hook.name, why, extra={"action": "alarm_hook_failed"})
        return False

    def _drop(self, alarm: Mapping[str, str], why: str) -> None:
        self._metrics.hook_dropped[self._hook.name] += 1
        told = f"{alarm['alarm']} {alarm['change']} ({alarm['subject']})"
        logger.error("alarm hook %s never got %s: %s", self._hook.name, told, why, extra={"action": "alarm_dropped"})
