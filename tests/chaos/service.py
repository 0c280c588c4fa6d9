"""An engine run as the shipped unit says, by the rules of systemd: ready and watchdog by datagrams, signals and time limits.

systemd itself needs to be the first process of a machine. This does what it does with a service of `Type=notify`
(systemd.service(5), systemd.kill(5), sd_notify(3)), with the values read from deploy/ivr-engine@.service; not the sandbox.
Rule 1: `KillMode=mixed`: the first signal goes to the main process alone; what is left when that has ended is killed.
"""

import asyncio
import os
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.chaos.engines import Engine

UNIT = Path("deploy/ivr-engine@.service")
LOOK = 0.1  # seconds between two looks at the watchdog
OWN_PID = ("/bin/sh", "-c", 'export WATCHDOG_PID=$$; exec "$0" "$@"')
EXPECTED = {
    "Type": "notify", "NotifyAccess": "main", "Restart": "always", "KillMode": "mixed", "WatchdogSignal": "SIGKILL",
}  # fmt: skip
"""What is built in here; a unit that says otherwise is refused."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What the unit says. All in seconds."""

    start: float
    stop: float
    watchdog: float
    pause: float
    signal: signal.Signals

    @classmethod
    def read(cls, path: Path = UNIT) -> Self:
        """Read a unit. Raises RuntimeError if it says something that is not played here."""
        pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines() if line[:1].isalpha())
        said = {name: value for name, _, value in pairs}
        other = {name: said.get(name) for name, value in EXPECTED.items() if said.get(name) != value}
        if other:
            raise RuntimeError(f"{path} says {other}; tests/chaos/service.py plays {EXPECTED}")
        seconds = [float(said[name]) for name in ("TimeoutStartSec", "TimeoutStopSec", "WatchdogSec", "RestartSec")]
        return cls(*seconds, signal.Signals[said["KillSignal"]])


@dataclass
class Service(Engine):
    """An engine under the unit. `ends` are its exit codes, `hung` how often the watchdog killed it, `told` what it said.

    `ended` is set at each end. `left` counts the ends on request after which other processes had to be killed.
    """

    unit: Unit = field(default_factory=Unit.read)
    ends: list[int] = field(default_factory=list, init=False)
    hung: int = field(default=0, init=False)
    left: int = field(default=0, init=False)
    told: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._stops = False
        self.ended = asyncio.Event()
        self._up, self._fed = asyncio.Event(), time.monotonic()
        self._task: asyncio.Task[None] | None = None
        self.wrap = OWN_PID
        self._address = str(self.log.with_suffix(".notify"))

    async def start(self, *, ready: bool = True) -> None:
        """Start the service and wait until it says that it is ready."""
        self._stops = False
        self._up.clear()
        self._task = asyncio.ensure_future(self._live())
        if ready:
            await self.ready()

    async def ready(self, begin: int = 0) -> None:
        """Wait until the engine says by datagram that it is ready. Raises TimeoutError after the unit's time."""
        del begin
        async with asyncio.timeout(self.unit.start):
            await self._up.wait()

    async def stop(self) -> int | None:
        """`systemctl stop`: the unit's signal, its time, then SIGKILL. Gives the exit code."""
        self._stops = True
        if self._task is None:
            return None
        if not self._task.done():
            self.send(self.unit.signal)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._task), self.unit.stop)
        if not self._task.done():
            self.send(signal.SIGKILL)
            await self._task
        return self.ends[-1]

    async def kill(self) -> None:
        """End everything at once, without a new start."""
        self._stops = True
        self.send(signal.SIGKILL)
        if self._task is not None:
            await asyncio.wait([self._task])

    async def restart(self) -> int | None:
        """`systemctl restart`; gives how the one before ended."""
        code = await self.stop()
        await self.start()
        return code

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        where = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        with suppress(FileNotFoundError):
            os.unlink(self._address)  # noqa: PTH108 - a moment's work
        where.bind(self._address)
        loop.add_reader(where, self._listen, where)
        microseconds = str(round(self.unit.watchdog * 1_000_000))
        self.environment = {**self.environment, "NOTIFY_SOCKET": self._address, "WATCHDOG_USEC": microseconds}
        try:
            await self._once()
            while not self._stops:
                await asyncio.sleep(self.unit.pause)
                await self._once()
        finally:
            loop.remove_reader(where)
            where.close()

    async def _once(self) -> None:
        """One life of the main process, and the end of what it leaves behind."""
        self._up.clear()
        await super().start(ready=False)
        ended = asyncio.ensure_future(self._process().wait())
        while not (await asyncio.wait([ended], timeout=LOOK))[0]:
            if self._up.is_set() and time.monotonic() - self._fed > self.unit.watchdog:
                self.hung += 1
                self.send(signal.SIGKILL)
                break
        await ended
        self._up.clear()
        self.ends.append(ended.result())
        self.ended.set()
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
            self.left += self.ends[-1] == 0

    def _process(self) -> asyncio.subprocess.Process:
        if self.process is None:
            raise RuntimeError("the service was not started")
        return self.process

    def _listen(self, where: socket.socket) -> None:
        with suppress(BlockingIOError):
            while words := where.recv(4096).decode("utf-8", "replace").splitlines():
                self._take(words)

    def _take(self, words: list[str]) -> None:
        if "READY=1" in words:
            self._up.set()
        if "READY=1" in words or "WATCHDOG=1" in words:
            self._fed = time.monotonic()
        self.told.extend(word for word in words if word != "WATCHDOG=1")
