"""A manager connection of the suite's own, with the engine's rights: it can make events, nothing else is asked of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.chaos.house import House

BATCH = 200  # actions written at once


class Manager:
    """A logged-in connection that reads and forgets whatever comes."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def events(self, count: int, size: int = 40) -> None:
        """Let Asterisk send `count` user events to every manager client, as fast as it takes them."""
        body = "x" * size
        for start in range(0, count, BATCH):
            text = "".join(
                f"Action: UserEvent\r\nUserEvent: Chaos\r\nNumber: {number}\r\nText: {body}\r\n\r\n"
                for number in range(start, min(start + BATCH, count))
            )
            self._writer.write(text.encode())
            await self._writer.drain()


@asynccontextmanager
async def manager(house: House) -> AsyncIterator[Manager]:
    """Log in until the end of the block."""
    reader, writer = await asyncio.open_connection(*house.pbx.ami)
    settings = house.settings
    login = f"Action: Login\r\nUsername: {settings.ami_user}\r\nSecret: {house.pair.secrets.ami}\r\nEvents: off\r\n\r\n"
    writer.write(login.encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    if b"Success" not in answer:
        raise RuntimeError("the manager refused the suite's login")
    drain = asyncio.ensure_future(_forget(reader))
    try:
        yield Manager(writer)
    finally:
        drain.cancel()
        writer.close()


async def _forget(reader: asyncio.StreamReader) -> None:
    while await reader.read(1 << 16):
        pass
