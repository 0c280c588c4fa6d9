"""A command as alarm hook: gets the alarm as one JSON object on stdin and as variables, is run without a shell.

Rule 1: it gets only the variables that it needs; none of the engine's settings, which may hold secrets.
Rule 2: what it prints is thrown away unread: it may be endless, and it may hold a secret.
Rule 3: it has a time limit; then it ends with everything that it started.
"""

import asyncio
import json
import os
import shlex
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import PurePath

from ivr.alarms.delivery import HookFailed
from ivr.errors import SettingsError

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")
LONGEST = 4096  # characters of a variable; stdin has the whole
KILL_SECONDS = 5.0  # seconds for a killed command to be gone; more only if the kernel holds it


class CommandHook:
    """Runs `command` for each alarm; it has `seconds` for it. Raises SettingsError if the command cannot be one."""

    def __init__(self, command: str, seconds: float) -> None:
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise SettingsError(f"IVR_ALARM_COMMAND cannot be read ({error}); quote it as in a shell") from error
        if not self._words:
            raise SettingsError("IVR_ALARM_COMMAND is empty; name a command, or leave it out")
        self._seconds = seconds

    @property
    def name(self) -> str:
        """Give the command's name without its arguments."""
        return f"command {PurePath(self.program).name}"

    @property
    def program(self) -> str:
        """Give the program that is run, without its arguments."""
        return self._words[0]

    async def send(self, alarm: Mapping[str, str]) -> None:
        """Run the command. Raises HookFailed."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env=_variables(alarm),
                start_new_session=True,
            )
        except OSError as error:
            raise HookFailed(f"it cannot be run ({error.strerror}); is it there, and executable?") from error
        try:
            async with asyncio.timeout(self._seconds):
                await process.communicate(json.dumps(alarm, ensure_ascii=False).encode() + b"\n")
        except TimeoutError as error:
            raise HookFailed(f"it did not end within {self._seconds:g} s and was killed") from error
        finally:
            if process.returncode is None:
                await _kill(process)
        if process.returncode:
            raise HookFailed(f"it ended with {process.returncode}")


async def _kill(process: asyncio.subprocess.Process) -> None:
    """End the command and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(KILL_SECONDS):
            await process.wait()


def _variables(alarm: Mapping[str, str]) -> dict[str, str]:
    """Give the command's environment. A variable cannot hold a NUL."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    told = {name: value.replace("\0", " ")[:LONGEST] for name, value in alarm.items()}
    own = {f"IVR_ALARM_{name.upper()}": value for name, value in told.items() if name != "alarm"}
    return {**kept, **own, "IVR_ALARM": told["alarm"]}
