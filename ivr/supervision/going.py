"""What goes on in the background, part by part. EDGE.

Rule 1: a part that fails by a fault of its own is logged and begun again; the others go on.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import NoReturn

AFTER_FAULT = 5.0  # seconds until a part that failed is begun again

Work = tuple[str, Callable[[], Awaitable[object]]]
"""Something that goes on, by its name for the log."""

logger = logging.getLogger(__name__)


@asynccontextmanager
async def going(works: Iterable[Work]) -> AsyncIterator[None]:
    """Let these go on during the block."""
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(_again(name, work), name=name) for name, work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def every(seconds: float, look: Callable[[], Awaitable[object]]) -> NoReturn:
    """Look, and look again so many seconds after each look, until cancelled."""
    while True:
        await look()
        await asyncio.sleep(seconds)


async def _again(name: str, work: Callable[[], Awaitable[object]]) -> NoReturn:
    while True:
        try:
            await work()
        except Exception:  # whatever it is, the other parts must go on
            logger.exception("%s failed; it begins again in %g s", name, AFTER_FAULT, extra={"action": "part_failed"})
        await asyncio.sleep(AFTER_FAULT)
