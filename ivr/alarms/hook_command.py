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
import subprocess
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
        process = self._started(alarm)
        try:
            code = await asyncio.to_thread(process.wait, self._seconds)
        except subprocess.TimeoutExpired as error:
            raise HookFailed(f"it did not end within {self._seconds:g} s and was killed") from error
        finally:
            if process.returncode is None:
                await _kill(process)
        if code:
            raise HookFailed(f"it ended with {code}")

    def _started(self, alarm: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        """Start the command; takes 1 to 2 ms.

        Not by the event loop: uvloop copies the whole process for it, which holds calls up for 20 ms and more.
        """
        # A file in memory as stdin: nothing has to be written while the command runs, or does not read, or is gone.
        given = os.memfd_create("alarm")
        try:
            os.write(given, json.dumps(alarm, ensure_ascii=False).encode() + b"\n")
            os.lseek(given, 0, os.SEEK_SET)
            return subprocess.Popen(
                self._words,
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_variables(alarm),
                start_new_session=True,
            )
        except OSError as error:
            raise HookFailed(f"it cannot be run ({error.strerror}); is it there, and executable?") from error
        finally:
            os.close(given)


async def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the command and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        await asyncio.to_thread(process.wait, KILL_SECONDS)


def _variables(alarm: Mapping[str, str]) -> dict[str, str]:
    """Give the command's environment. A variable cannot hold a NUL."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    told = {name: value.replace("\0", " ")[:LONGEST] for name, value in alarm.items()}
    own = {f"IVR_ALARM_{name.upper()}": value for name, value in told.items() if name != "alarm"}
    return {**kept, **own, "IVR_ALARM": told["alarm"]}
