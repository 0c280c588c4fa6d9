"""`ivr monitor` as a command, and over supervision's real client."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

from bench.monitor import Town, supervision
from ivr.monitor.app import Monitor
from ivr.settings import load
from ivr.supervision.client import AsyncClient
from tests.fakes.patience import until
from tests.fakes.supervised_town import AT

IVR = [sys.executable, "-c", "from ivr.cli.main import main; main()"]


def test_it_needs_a_terminal() -> None:
    done = subprocess.run([*IVR, "monitor"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "ivr: ivr monitor needs a terminal; for a pipe there is `ivr calls watch`\n"


async def test_five_hundred_calls_over_a_socket(tmp_path: Path) -> None:
    """What the benchmark runs is true: the monitor knows what the made-up supervision knows."""
    settings = load(state=tmp_path, instance="bench")
    town = Town(500)

    def now() -> datetime:
        return AT

    async with supervision(settings.supervision_socket, town, 25), AsyncClient(settings) as client:
        app = Monitor(client, now, beat=0)
        async with app.run_test(size=(80, 24)):
            await until(lambda: len(app.desk.board.calls) == 500 and app.desk.board.destinations)
            # Each time 25 calls change, so some time after this everything that was told has been taken.
            told = town.sequence
            await until(lambda: town.sequence > told + 25)
            await until(lambda: app.desk.board.calls.keys() == {("", name) for name in town.calls})
