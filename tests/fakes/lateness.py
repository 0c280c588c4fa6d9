"""How late this machine is: what a test that judges seconds allows for, beside what it demands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

BEAT = 0.02  # seconds


class Lateness:
    """`most` is by how many seconds the event loop was late at worst, while it was measured."""

    def __init__(self) -> None:
        self.most = 0.0

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[None]:
        """Measure during the block."""
        task = asyncio.ensure_future(self._beat())
        try:
            yield
        finally:
            task.cancel()

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(BEAT)
            self.most = max(self.most, loop.time() - began - BEAT)
