"""The unit's player: a program of a few lines is started, watched, killed and restarted as the shipped unit says."""

import asyncio
import os
import select
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.service import UNIT, Service, Unit

PROGRAM = """
import os, signal, socket, sys, time
where = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
def say(text): where.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
def end(*_):
    say("STOPPING=1")
    sys.exit(0)
assert os.environ["WATCHDOG_PID"] == str(os.getpid())
if "deaf" in sys.argv: signal.signal(signal.SIGTERM, signal.SIG_IGN)
else: signal.signal(signal.SIGTERM, end)
if "child" in sys.argv:
    if (child := os.fork()) == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        time.sleep(60)
        sys.exit(0)
    say(f"STATUS={child}")
say("READY=1")
while True:
    time.sleep(float(os.environ["WATCHDOG_USEC"]) / 3e6)
    if "silent" not in sys.argv: say("WATCHDOG=1")
"""
SHORT = replace(Unit.read(), watchdog=0.6, pause=0.05, stop=0.5)
SECONDS = 20.0


def service(tmp_path: Path, *words: str, unit: Unit = SHORT) -> Service:
    program = (sys.executable, "-c", PROGRAM, *words)
    return Service(dict(os.environ), tmp_path / "engine.log", program=program, unit=unit)


async def ends(made: Service, count: int) -> None:
    async with asyncio.timeout(SECONDS):
        while len(made.ends) < count:
            await made.ended.wait()
            made.ended.clear()


def test_the_shipped_unit_can_be_played() -> None:
    assert Unit.read() == Unit(60.0, 60.0, 10.0, 1.0, signal.SIGTERM)


def test_a_unit_that_says_something_else_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.service"
    other.write_text(UNIT.read_text().replace("KillMode=mixed", "KillMode=process"))
    with pytest.raises(RuntimeError, match="'KillMode': 'process'"):
        Unit.read(other)


async def test_a_service_is_restarted_by_its_signal(tmp_path: Path) -> None:
    made = service(tmp_path)
    await made.start()
    assert await made.restart() == 0
    assert await made.stop() == 0
    assert (made.ends, made.hung, made.left) == ([0, 0], 0, 0)
    assert made.told == ["READY=1", "STOPPING=1"] * 2


async def test_a_service_that_dies_is_started_again(tmp_path: Path) -> None:
    made = service(tmp_path)
    await made.start()
    first = made.pid
    made.send(signal.SIGKILL)
    await ends(made, 1)
    await made.ready()
    assert made.pid != first
    await made.kill()


@pytest.mark.parametrize("how", ["stopped", "silent"])
async def test_a_service_that_feeds_no_watchdog_is_killed_and_started_again(tmp_path: Path, how: str) -> None:
    made = service(tmp_path, how)
    await made.start()
    if how == "stopped":
        made.send(signal.SIGSTOP)
    await ends(made, 1)
    assert (made.hung, made.ends) == (1, [-9])
    await made.ready()
    await made.kill()


async def test_a_service_that_does_not_end_in_its_time_is_killed(tmp_path: Path) -> None:
    made = service(tmp_path, "deaf")
    await made.start()
    assert await made.stop() == -9


async def test_what_a_service_leaves_behind_is_found_and_killed(tmp_path: Path) -> None:
    made = service(tmp_path, "child")
    await made.start()
    child = os.pidfd_open(int(made.told[0].partition("=")[2]))
    assert await made.stop() == 0
    assert made.left == 1
    gone, _, _ = select.select([child], [], [], SECONDS)
    os.close(child)
    assert gone
