"""The live view held against Asterisk's own list of channels: what is not there is taken out, what is missing is counted.

Rule 1: a difference counts once two looks in a row have shown it: the journal is written a moment after the channels
change, and the list takes its time too.
Rule 2: without an answer of Asterisk nothing is compared, and nothing is taken out.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import NoReturn, Protocol

LOOK = 5.0  # seconds between looks
NAMED = 3  # calls that a notice names

Wait = Callable[[float], Awaitable[object]]

logger = logging.getLogger(__name__)


class Channels(Protocol):
    """Who knows Asterisk's channels."""

    async def channels(self) -> frozenset[str] | None:
        """Give the names of all citizens' calls; None if Asterisk does not tell now."""


class Live(Protocol):
    """The calls by the journal: a `cdr.live.calls.LiveCalls`."""

    def shown(self) -> frozenset[str]:
        """Give the linkedids of the calls that are shown: those of citizens."""

    def drop(self, name: str) -> None:
        """Take a call out."""


class Comparer:
    """Compares, and counts: `ghosts` are calls that were taken out, `missing` those that are not shown.

    `live` gives the calls now, `told` is called when some were taken out, `notice` gets a sentence and whether it is trouble.
    """

    def __init__(
        self,
        live: Callable[[], Live],
        pbx: Channels,
        told: Callable[[], object],
        notice: Callable[[str], object],
        corrected: Callable[[str], object] = lambda what: None,  # noqa: ARG005
        *,
        wait: Wait = asyncio.sleep,
    ) -> None:
        self._live = live
        self._pbx = pbx
        self._told = told
        self._notice = notice
        self._corrected = corrected
        self._wait = wait
        self._suspects: frozenset[str] = frozenset()
        self._missed: frozenset[str] = frozenset()
        self._counted: frozenset[str] = frozenset()
        self.ghosts = 0
        self.missing = 0

    async def run(self) -> NoReturn:
        """Compare every few seconds until cancelled."""
        while True:
            await self._wait(LOOK)
            await self.look()

    async def look(self) -> None:
        """Compare once."""
        before = self._live().shown()
        there = await self._pbx.channels()
        if there is None:
            self._suspects = self._missed = frozenset()
            return
        live = self._live()
        suspects, missed = (before & live.shown()) - there, there - before - live.shown()
        self._take_out(live, suspects & self._suspects)
        still = missed & self._missed
        self._count(still - self._counted)
        self._suspects, self._missed, self._counted = suspects, missed, still | self._counted & there

    def _take_out(self, live: Live, ghosts: Iterable[str]) -> None:
        some = sorted(ghosts)
        if not some:
            return
        for name in some:
            live.drop(name)
            self._corrected("ghost")
        self.ghosts += len(some)
        text = f"{_named(some)}: Asterisk has no such call any more, and its end is not in the journal; taken out"
        logger.warning(text, extra={"action": "live_ghost"})
        self._told()
        self._notice(text)

    def _count(self, missed: Iterable[str]) -> None:
        some = sorted(missed)
        if not some:
            return
        for _ in some:
            self._corrected("missing")
        self.missing += len(some)
        text = f"{_named(some)}: Asterisk has this call, and it is not shown: the journal does not tell enough of it"
        logger.warning(text, extra={"action": "live_missing"})


def _named(some: list[str]) -> str:
    more = f" and {len(some) - NAMED} more" if len(some) > NAMED else ""
    return ", ".join(some[:NAMED]) + more
