"""The recorder beside the engine: a process that brings the journal into the store, kept alive."""

import asyncio
import logging
import signal
import sys
from pathlib import Path

from ivr.children import ends_with_us

FIRST_PAUSE = 1.0  # seconds before a recorder that ended is started again; doubled each time
LONGEST_PAUSE = 30.0  # seconds
STOP_SECONDS = 10.0  # seconds for bringing in the rest

logger = logging.getLogger(__name__)


class Recorder:
    """Runs `python -m cdr` for a journal and a store, and again if it ends. Calls never wait for it."""

    def __init__(self, journal: Path, store: Path) -> None:
        self._command = (sys.executable, "-m", "cdr", str(journal), str(store))
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it."""
        self._task = asyncio.get_running_loop().create_task(self._keep(), name="recorder")

    async def stop(self) -> None:
        """Let it bring in the rest, then end it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            logger.warning(
                "the recorder did not end and was killed; nothing is lost", extra={"action": "recorder_killed"}
            )
            process.kill()
            await process.wait()

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                preexec_fn=ends_with_us(signal.SIGTERM),
            )
            code = await self._process.wait()
            logger.error(
                "the recorder ended with %s; started again in %s s. Calls go on; the journal keeps their records",
                code,
                pause,
                extra={"action": "recorder_ended"},
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
