"""Engines as processes of their own: started, hurt and ended."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ivr.children import ends_with_us

START_SECONDS = 60.0
STOP_SECONDS = 60.0
PROGRAM = (sys.executable, "-c", "from ivr.cli.main import main; main()", "engine")


@dataclass
class Engine:
    """One `ivr engine`. `log` is what it said on stderr."""

    environment: Mapping[str, str]
    log: Path
    wrap: tuple[str, ...] = ()
    program: tuple[str, ...] = PROGRAM
    process: asyncio.subprocess.Process | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """The process id. Raises RuntimeError if it was never started."""
        if self.process is None:
            raise RuntimeError("the engine was not started")
        return self.process.pid

    async def start(self, *, ready: bool = True) -> None:
        """Start it and, if wanted, wait until it says that it leads calls or stands by."""
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *self.wrap,
                *self.program,
                env={**os.environ, **self.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=ends_with_us(signal.SIGKILL),
            )
        if ready:
            await self.ready(begin)

    async def ready(self, begin: int = 0) -> None:
        """Wait until the engine says that it is there."""
        async with asyncio.timeout(START_SECONDS):
            while not _is_ready(self.log, begin):
                if self.process is not None and self.process.returncode is not None:
                    raise RuntimeError(f"the engine ended before it led calls:\n{self.log.read_text()[-1500:]}")
                await asyncio.sleep(0.1)

    def send(self, number: signal.Signals) -> None:
        """Send a signal.

        Not by `Process.send_signal`: that reaps a process that has just ended, and asyncio then reports 255 for its exit code.
        """
        if self.process is not None and self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.send(signal.SIGKILL)
        if self.process is not None:
            await self.process.wait()

    async def wait(self) -> int | None:
        """Wait until it is gone by itself; gives its exit code, None if it stays."""
        if self.process is None:
            return None
        with suppress(TimeoutError):
            return await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        return None

    async def stop(self) -> int | None:
        """SIGTERM, and wait until it is gone; gives its exit code, None if it had to be killed."""
        if self.process is None:
            return None
        if self.process.returncode is None:
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        code = self.process.returncode
        await self.kill()
        return code


def _is_ready(log: Path, begin: int) -> bool:
    with log.open("rb") as lines:
        lines.seek(begin)
        said = lines.read()
    return b"leads calls" in said or b"is standby" in said


def memory(pid: int) -> int:
    """Give the resident memory of a process in kB (proc(5))."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:", 1)[1].split()[0])


def descriptors(pid: int) -> int:
    """Count the open files of a process."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def children(pid: int) -> tuple[int, ...]:
    """Give the processes that a process has started and that live: the engine's is the recorder."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return tuple(int(child) for found in lists for child in found.read_text().split())
