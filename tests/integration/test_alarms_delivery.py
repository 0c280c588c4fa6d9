"""Alarms on their way to a hook: bounded, in order, with further tries."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from ivr.alarms.delivery import MOST_WAITING, Delivery, HookFailed
from ivr.alarms.metrics import Metrics
from tests.fakes.alarm_payload import ALARM

TOKEN = "T0ken-9f3c"


class Doorman:
    """A hook that fails `failures` times, and waits at the door while it is shut."""

    name = "doorman"

    def __init__(self, failures: int = 0, error: Exception | None = None) -> None:
        self.failures = failures
        self.error = error or HookFailed("not now")
        self.open = asyncio.Event()
        self.came = asyncio.Event()
        self.took: list[str] = []

    async def send(self, alarm: Mapping[str, str]) -> None:
        self.came.set()
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise self.error
        self.took.append(alarm["subject"])
        self.came.set()


@asynccontextmanager
async def delivering(delivery: Delivery) -> AsyncIterator[None]:
    task = asyncio.ensure_future(delivery.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def taken(hook: Doorman, number: int) -> None:
    async with asyncio.timeout(60):
        while len(hook.took) < number:
            hook.came.clear()
            await hook.came.wait()


async def test_what_waits_is_bounded_and_the_oldest_goes(caplog: pytest.LogCaptureFixture) -> None:
    hook, metrics = Doorman(), Metrics()
    delivery = Delivery(hook, metrics)
    for number in range(MOST_WAITING + 3):
        delivery.put({**ALARM, "subject": str(number)})
    async with delivering(delivery):
        hook.open.set()
        await taken(hook, MOST_WAITING)
        delivery.put({**ALARM, "subject": "later"})
        await taken(hook, MOST_WAITING + 1)
    assert hook.took == [*map(str, range(3, MOST_WAITING + 3)), "later"]
    assert metrics.hook_dropped == {"doorman": 3}
    assert metrics.hook_sent == {"doorman": MOST_WAITING + 1}
    assert "never got safety_unanswered raised (0): 100 alarms wait already" in caplog.text


@pytest.mark.parametrize("error", [HookFailed("not now"), RuntimeError(TOKEN)])
async def test_three_tries_then_the_next_alarm(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    hook, metrics = Doorman(failures=5, error=error), Metrics()
    hook.open.set()
    delivery = Delivery(hook, metrics, pauses=(0, 0))
    for subject in ("one", "two", "three"):
        delivery.put({**ALARM, "subject": subject})
    async with delivering(delivery):
        await taken(hook, 2)
    assert hook.took == ["two", "three"]
    assert metrics.hook_failures == {"doorman": 5}
    assert metrics.hook_dropped == {"doorman": 1}
    assert "never got safety_unanswered raised (one): 3 tries failed" in caplog.text
    assert TOKEN not in caplog.text
