"""Times figures of a month, and whole commands."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
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
class Command:
    """A command of ours as a process: seconds by the clock, memory at most in MB."""

    name: str
    seconds: float
    memory: float


async def figure_times(store: Store, scope: Scope, rounds: int) -> dict[str, float]:
    """Give the median seconds of each figure, and of all together; the first round, which warms up, does not count."""
    found: dict[str, float] = {}
    for name, figure in FIGURES.items():
        times = []
        for _ in range(rounds + 1):
            async with store.reading() as connection:
                began = time.perf_counter()
                await figure(connection, scope)
                times.append(time.perf_counter() - began)
        found[name] = median(times[1:])
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        await month_figures(store, scope, at=scope.until, safety_lines=SAFETY)
        times.append(time.perf_counter() - began)
    return found | {"all together": median(times)}


def run_command(name: str, *arguments: str) -> Command:
    """Run `ivr` with arguments; it must succeed."""
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
        return Command(name, seconds, memory_of(told.read()))


def memory_of(status: str) -> float:
    """Give the most memory that a process held, in MB, from its /proc/self/status.

    What wait4(2) tells is no less than what the parent held: it counts what was before exec(2) too.
    """
    return float(status.partition("VmHWM:")[2].split()[0]) / 1024
