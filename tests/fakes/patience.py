"""Waiting for what tells nobody that it has happened: another process, a file, a console.

Rule 1: where there is an event, a test waits for the event. These look again and again, and there is an end to it.
Rule 2: what did not happen is a failure of the test, in words: `told` says what there was instead.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

LONGEST = 180.0  # seconds until something has happened that must happen, however busy the machine is
LOOK_SECONDS = 0.02  # seconds between looks
HEAR_SECONDS = 0.4  # between looks that listen to a whole recording
TURN_SECONDS = 0.001  # for parts of this process that tick as fast

T = TypeVar("T")
Told = Callable[[], object]


def _nothing() -> object:
    return "nothing else is known"


def _a_moment() -> Awaitable[object]:
    return asyncio.sleep(LOOK_SECONDS)


def a_while() -> Awaitable[object]:
    """Wait before a recording is listened to again, which takes a processor as long as other tests need it."""
    return asyncio.sleep(HEAR_SECONDS)


def a_turn() -> Awaitable[object]:
    """Let the other tasks of this process take their turns."""
    return asyncio.sleep(TURN_SECONDS)


async def until_asked(
    ask: Callable[[], Awaitable[T]],
    seconds: float = LONGEST,
    *,
    look: Callable[[], Awaitable[object]] = _a_moment,
    told: Told = _nothing,
) -> T:
    """Ask until the answer is true, and give it. `look` is done after each other answer: it waits, or brings the news."""
    try:
        async with asyncio.timeout(seconds):
            while not (answer := await ask()):
                await look()
    except TimeoutError as error:
        raise AssertionError(f"not within {seconds:g} s: {told()}") from error
    return answer


async def until(
    true: Callable[[], T],
    seconds: float = LONGEST,
    *,
    look: Callable[[], Awaitable[object]] = _a_moment,
    told: Told = _nothing,
) -> T:
    """Wait until `true` gives something that is true, and give it; as `until_asked`."""

    async def ask() -> T:
        return true()

    return await until_asked(ask, seconds, look=look, told=told)


def blocked_until(true: Callable[[], T], seconds: float = LONGEST, *, told: Told = _nothing) -> T:
    """Do as `until` where no event loop runs."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {told()}"
        time.sleep(LOOK_SECONDS)
    return found
