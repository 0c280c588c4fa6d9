"""The recorder beside the engine: a process that brings the journal into the store, kept alive and looked after.

It tells how it is in a small file (`cdr.status`); several engines of an instance may have a recorder each, which does no
harm, and one such file.
"""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from ivr.children import ends_with_us

FIRST_PAUSE = 1.0  # seconds before a recorder that ended is started again; doubled each time
LONGEST_PAUSE = 30.0  # seconds
LOOK_SECONDS = 5.0  # seconds between looks at how it is
SILENT_SECONDS = 30.0  # a file that is older was left by a recorder that is gone
STOP_SECONDS = 10.0  # seconds for bringing in the rest

logger = logging.getLogger(__name__)


class Recorder:
    """Runs `python -m cdr` for a journal and a store, and again if it ends. Calls never wait for it.

    `journal` is a file or the address of a table, `store` a file or the address of a database; `node` is the PBX's name
    in the records, "" if its calls' uniqueids tell it; `numbers` is how callers' numbers are kept, `key` the file for that.
    """

    def __init__(
        self,
        journal: Path | str,
        store: str,
        status: Path,
        node: str = "",
        numbers: str = "plain",
        key: Path | None = None,
    ) -> None:
        named = (str(journal), store, str(status), node, numbers, str(key or ""))
        self._command = (sys.executable, "-m", "cdr", *named)
        self._status = status
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

    def status(self) -> dict[str, Any]:
        """Give what the recorder told last; {} if it has told nothing."""
        try:
            found = json.loads(self._status.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    async def watch(self, clock: Callable[[], datetime], told: Callable[[str], None]) -> NoReturn:
        """Look at how it is until cancelled; `told` gets what is wrong in words, "" if nothing."""
        began = clock()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            told(trouble(await asyncio.to_thread(self.status), began, clock()))

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


def trouble(status: dict[str, Any], began: datetime, now: datetime) -> str:
    """Say what keeps call records from being written, by the recorder's status; "" if nothing does."""
    messages = [str(one.get("message", one)) for one in status.get("troubles", ())]
    if messages:
        return "; ".join(messages)
    try:
        last = max(datetime.fromisoformat(str(status.get("written"))), began)
    except ValueError:
        last = began
    silent = (now - last).total_seconds()
    return (
        f"the recorder has said nothing for {silent:.0f} s; its own log lines say why"
        if silent > SILENT_SECONDS
        else ""
    )
