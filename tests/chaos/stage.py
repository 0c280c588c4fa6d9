"""What a fault may touch, and what it may say: the house, its engine, the load, the proxy."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ivr.app import now
from tests.chaos.engines import PROGRAM, Engine
from tests.chaos.house import House
from tests.chaos.journal import Tail, states
from tests.chaos.load import Load
from tests.chaos.proxy import Proxy
from tests.postgresql import Server


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. `store_minutes` is how long the record store is down."""

    rate: float = 10.0
    seconds: int = 0
    seed: int = 1
    store_minutes: float = 1.0
    folder: Path = Path("/tmp/chaos")


class Crowded:
    """How crowded the processors were since it was made (Linux, Documentation/accounting/psi.rst)."""

    def __init__(self) -> None:
        self._since, self._waited = time.monotonic(), _waited()

    def share(self) -> float:
        """Give the share of the time in which something waited for a processor; 0 if the kernel does not say."""
        return (_waited() - self._waited) / max(time.monotonic() - self._since, 1e-6)


def _waited() -> float:
    try:
        return int(Path("/proc/pressure/cpu").read_text().split("total=", 1)[1].split()[0]) / 1e6
    except OSError:
        return 0.0


@dataclass
class Stage:
    """One fault at work. `wrong` is what it found to be wrong itself, `notes` what a reader should know."""

    house: House
    engine: Engine
    load: Load
    options: Options
    tail: Tail
    proxy: Proxy | None = None
    database: Server | None = None
    struck: datetime | None = None
    over: datetime | None = None
    outage: tuple[datetime, datetime] | None = None
    states: Mapping[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    engines: list[Engine] = field(default_factory=list)
    crowded: Crowded = field(default_factory=Crowded)

    def strike(self) -> None:
        """Note the instant and where all calls stand: call it right before the fault begins."""
        self.states = self.where()
        self.struck = now()

    def where(self) -> Mapping[str, int]:
        """Count the open calls in each state."""
        return states(self.tail.look().found(), self.load.colleagues.asking)

    def ended(self) -> None:
        """Note the instant at which the fault itself is over: the bounds for coming back count from here."""
        self.over = now()

    def check(self, fine: bool, otherwise: str) -> None:
        """Note what is wrong, if it is."""
        if not fine:
            self.wrong.append(otherwise)

    def said(self, text: str) -> bool:
        """Tell whether the log of the engine and its recorder has this text."""
        return text in self.engine.log.read_text(errors="replace")

    async def until(self, true: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is true; give whether it came to be."""
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.05)
        return True

    async def ivr(self, *arguments: str) -> str:
        """Run a command of `ivr` on this house; gives what it printed."""
        process = await asyncio.create_subprocess_exec(
            *PROGRAM[:-1],
            *arguments,
            env={**os.environ, **self.house.environment, "COLUMNS": "400"},
            stdout=asyncio.subprocess.PIPE,
        )
        return (await process.communicate())[0].decode("utf-8", "replace")

    def wires(self) -> Proxy:
        """The proxy; only for faults that asked for one."""
        if self.proxy is None:
            raise RuntimeError("this fault has no proxy")
        return self.proxy


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `work` strikes and waits until it is over. Bounds in seconds; None: no bound.

    `after` is how long the load goes on afterwards; `losses` says that records may be missing, which `work` then finds said.
    With `unit` the engine runs under the shipped unit; with `clock` Asterisk and engine have a clock that can be stepped;
    with `database` the records are in a PostgreSQL of its own; `mounts` are directories with small disks of their own;
    `finally_` looks at the records when all are written.
    """

    name: str
    title: str
    work: Callable[[Stage], Awaitable[None]]
    bound: str
    after: float = 15.0
    proxied: bool = False
    back: float | None = None
    silence: float | None = 5.0
    losses: bool = False
    rate: float | None = None
    clock: bool = False
    unit: bool = False
    database: bool = False
    mounts: tuple[str, ...] = ()
    finally_: Callable[[Stage], Awaitable[None]] | None = None
