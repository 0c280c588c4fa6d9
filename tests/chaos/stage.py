"""What a fault may touch, and what it may say: the house, its engine, the load, the proxy."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from ivr.app import now
from tests.chaos.engines import Engine
from tests.chaos.house import House
from tests.chaos.journal import Tail, states
from tests.chaos.load import Load
from tests.chaos.proxy import Proxy


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. `store_minutes` is how long the record store is down."""

    rate: float = 10.0
    seconds: int = 0
    seed: int = 1
    store_minutes: float = 1.0
    folder: Path = Path("var/chaos")


@dataclass
class Stage:
    """One fault at work. `wrong` is what it found to be wrong itself, `notes` what a reader should know."""

    house: House
    engine: Engine
    load: Load
    options: Options
    tail: Tail
    proxy: Proxy | None = None
    struck: datetime | None = None
    over: datetime | None = None
    outage: tuple[datetime, datetime] | None = None
    states: Mapping[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    engines: list[Engine] = field(default_factory=list)

    def strike(self) -> None:
        """Note the instant and where all calls stand: call it right before the fault begins."""
        self.states = states(self.tail.look().found())
        self.struck = now()

    def ended(self) -> None:
        """Note the instant at which the fault itself is over: the bounds for coming back count from here."""
        self.over = now()

    def check(self, fine: bool, otherwise: str) -> None:
        """Note what is wrong, if it is."""
        if not fine:
            self.wrong.append(otherwise)

    def said(self, action: str, engine: Engine | None = None) -> bool:
        """Tell whether the engine's log has a line with this `action`."""
        log = (engine or self.engine).log
        return f"action={action}" in log.read_text(errors="replace")

    def wires(self) -> Proxy:
        """The proxy; only for faults that asked for one."""
        if self.proxy is None:
            raise RuntimeError("this fault has no proxy")
        return self.proxy


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `work` strikes and waits until it is over. Bounds in seconds; None: no bound.

    `after` is how long the load goes on afterwards; `losses` says that records may be missing if `work` finds it said.
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
    leads: bool = True
    wrap: Callable[[Path], Mapping[str, str]] | None = None
    ready: timedelta = timedelta(seconds=24)
