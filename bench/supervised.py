"""`ivr supervision` as a process of its own, to be measured."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ivr.children import ends_with_us
from ivr.settings import Settings
from ivr.supervision.client import Client, NoSupervision
from ivr.supervision.models import Health

UP = "up"
PATIENCE = 60.0  # seconds for it to start, and to end
AS_SERVICE = ("nice", "-n", "5")
"""The priority that deploy/ivr-supervision.service gives it."""


@contextmanager
def supervision(
    settings: Settings, environment: Mapping[str, str], *, pbx: bool, command: tuple[str, ...] = AS_SERVICE
) -> Iterator[int]:
    """Run it until the end of the block; gives its process id once it has read the journal (and has its link to the PBX).

    `command` stands before Python, to watch it with a profiler.
    """
    log = settings.state / "supervision.log"
    program = (sys.executable, "-c", "from ivr.cli.main import main; main()", "supervision")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *program],
            stderr=output,
            env={**os.environ, **environment},
            preexec_fn=ends_with_us(signal.SIGKILL),  # noqa: PLW1509 - no other thread runs yet
        )
    try:
        _await(settings, process, log, pbx=pbx)
        yield process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _await(settings: Settings, process: "subprocess.Popen[bytes]", log: Path, *, pbx: bool) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _is_ready(settings, pbx=pbx):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"bench: supervision did not start; the reason is at the end of {log}")
        time.sleep(0.1)


def _is_ready(settings: Settings, *, pbx: bool) -> bool:
    found: Health | None = None
    with suppress(NoSupervision), Client(settings, timeout=2) as client:
        found = client.health()
    return found is not None and found.journal_lag is not None and (found.pbx == UP or not pbx)


def dropped(settings: Settings) -> int:
    """Give how often supervision itself says that a subscriber had to begin anew."""
    with Client(settings) as client:
        found = [line for line in client.metrics().splitlines() if line.startswith("ivr_dropped_messages_total")]
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in found)
