"""`ivr` as a person and a script run it: in this process for its words and exit code, or on a real terminal."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from ivr.cli.main import main

LONGEST = 60.0  # seconds until something has happened that must happen
PROGRAM = (sys.executable, "-c", "from ivr.cli.main import main; main()")
OPTIONS = ("IVR_OUTPUT", "IVR_HEADERS", "IVR_SERVICE", "IVR_LISTEN_PHONE", "IVR_SUPERVISION_URL", "NO_COLOR")


@dataclass(frozen=True)
class Ran:
    """What a command ended with and wrote."""

    code: int
    out: str
    err: str


class CommandLine:
    """Runs `ivr` in this process, where there is no terminal."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        for name in OPTIONS:
            monkeypatch.delenv(name, raising=False)
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str) -> Ran:
        self._capsys.readouterr()
        self._monkeypatch.setattr(sys, "argv", ["ivr", *words])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        wrote = self._capsys.readouterr()
        return Ran(code, wrote.out, wrote.err)


class Terminal:
    """A real terminal of 100 columns with a program on it."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int) -> None:
        self.process = process
        self._master = master
        self.shown = ""

    def until(self, text: str) -> str:
        """Read until a text is shown; give all that was shown."""
        end = time.monotonic() + LONGEST
        while text not in self.shown:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} is not shown:\n{self.shown}"
            assert self._read(left), f"{text!r} was never shown:\n{self.shown}"
        return self.shown

    def types(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def ended(self) -> int:
        """Read to the end; give the exit code."""
        end = time.monotonic() + LONGEST
        while self._read(max(end - time.monotonic(), 0)):
            assert time.monotonic() < end, f"it goes on:\n{self.shown[-2000:]}"
        return self.process.wait(LONGEST)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return False
        try:
            found = os.read(self._master, 65536)
        except OSError:  # the terminal was hung up
            return False
        self.shown += found.decode(errors="replace")
        return bool(found)


@contextmanager
def terminal(environment: Mapping[str, str], *words: str) -> Iterator[Terminal]:
    """Run a program, by default `ivr` with `words`, on a terminal of its own."""
    master, slave = pty.openpty()
    values = {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40", **environment}
    process = subprocess.Popen(
        ("setsid", "--ctty", *(words if words[0].startswith("/") else (*PROGRAM, *words))),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**{name: value for name, value in os.environ.items() if name not in OPTIONS}, **values},
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(LONGEST)
        os.close(master)
