"""Times figures of a month, and whole commands, by the clock and by processor time."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.abandoned import abandoned
from cdr.statistics.announcements import announcements
from cdr.statistics.durations import durations
from cdr.statistics.menus import menus
from cdr.statistics.month import month_figures
from cdr.statistics.outcomes import outcomes
from cdr.statistics.quality import quality
from cdr.statistics.redirections import redirections
from cdr.statistics.repeats import repeats
from cdr.statistics.rules import rules
from cdr.statistics.safety import safety
from cdr.statistics.scope import Scope
from cdr.statistics.service_level import SECONDS, service_levels
from cdr.statistics.topics import topics
from cdr.statistics.unserved import unserved
from cdr.statistics.volume import volume
from cdr.store.store import Store

TOGETHER = "all together"
SAFETY = ("police", "duty")
_CODE = """
import atexit, os
from pathlib import Path
tell = Path(os.environ["IVR_BENCH_MEMORY"])
atexit.register(lambda: tell.write_text(Path("/proc/self/status").read_text()))
from ivr.cli.main import main
main()
"""
_Figure = Callable[[AsyncConnection, Scope], Awaitable[object]]
FIGURES: dict[str, _Figure] = {
    "volume": volume,
    "outcomes": outcomes,
    "durations": durations,
    "service level": lambda connection, scope: service_levels(connection, scope, SECONDS),
    "abandoned": abandoned,
    "redirections": redirections,
    "menus": menus,
    "unserved": unserved,
    "repeats": repeats,
    "announcements": announcements,
    "safety": lambda connection, scope: safety(connection, scope, SAFETY),
    "topics": topics,
    "rules": rules,
    "quality": lambda connection, scope: quality(connection, scope, scope.until),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds by the clock, the median; and of the processor, ours and PostgreSQL's together, the mean."""

    clock: float
    processor: float


@dataclass(frozen=True, slots=True)
class Command:
    """A command of ours as a process, with its start: what it took, and its memory at most in MB."""

    name: str
    taken: Taken
    memory: float


class Meter:
    """Measures. `server_processor` tells the processor time of the database server so far, 0 if it is within ours."""

    def __init__(self, server_processor: Callable[[], float], rounds: int) -> None:
        self._server_processor = server_processor
        self.rounds = rounds

    async def figures(self, store: Store, scope: Scope) -> dict[str, Taken]:
        """Give what each figure takes, and all together; the first round, which warms up, does not count."""

        async def one(figure: _Figure) -> None:
            async with store.reading() as connection:
                await figure(connection, scope)

        async def together() -> None:
            await month_figures(store, scope, at=scope.until, safety_lines=SAFETY)

        found = {name: await self.taken(partial(one, figure)) for name, figure in FIGURES.items()}
        return found | {TOGETHER: await self.taken(together)}

    async def taken(self, work: Callable[[], Awaitable[object]]) -> Taken:
        """Do some work again and again; one round more than counts."""
        await work()
        clock, used = [], time.process_time() + self._server_processor()
        for _ in range(self.rounds):
            began = time.perf_counter()
            await work()
            clock.append(time.perf_counter() - began)
        used = time.process_time() + self._server_processor() - used
        return Taken(median(clock), used / self.rounds)

    def command(self, name: str, *arguments: str, rounds: int) -> Command:
        """Run `ivr` with arguments so many times; it must succeed."""
        clock, memory, used = [], 0.0, _of_children() + self._server_processor()
        for _ in range(rounds):
            seconds, most = _run(arguments)
            clock.append(seconds)
            memory = max(memory, most)
        used = _of_children() + self._server_processor() - used
        return Command(name, Taken(median(clock), used / rounds), memory)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(arguments: Sequence[str]) -> tuple[float, float]:
    with tempfile.NamedTemporaryFile("r") as told:
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _CODE, *arguments],
            env=os.environ | {"IVR_BENCH_MEMORY": told.name},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode != 0:
            raise SystemExit(f"bench: ivr {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
        return seconds, memory_of(told.read())


def memory_of(status: str) -> float:
    """Give the most memory that a process held, in MB, from its /proc/self/status.

    What wait4(2) tells is no less than what the parent held: it counts what was before exec(2) too.
    """
    return float(status.partition("VmHWM:")[2].split()[0]) / 1024
