"""A TCP proxy between engine and manager: it cuts, resets, swallows, stalls and injects, and remembers every action.

Rule 1: what it does to the connections that are there it does not do to those that come after, unless it is closed.
"""

import asyncio
import re
import socket
import struct
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from ivr.app import now

CHUNK = 65536
HEADER = re.compile(rb"^([A-Za-z]+): ?(.*)$", re.MULTILINE)
ACTION_ID = re.compile(rb"^ActionID:[^\r]*\r?$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seen:
    """One action of the engine: when, its name, and the id of the AGI command in it."""

    at: datetime
    action: str
    channel: str
    command: str
    text: bytes


@dataclass(eq=False)
class Wire:
    """One connection of an engine to the manager."""

    engine: asyncio.StreamWriter
    manager: asyncio.StreamWriter
    swallowed: bool = False
    running: asyncio.Event = field(default_factory=asyncio.Event)

    def reset(self) -> None:
        """End both sides with RST."""
        for side in (self.engine, self.manager):
            found = side.get_extra_info("socket")
            if found is not None:
                with suppress(OSError):
                    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            side.transport.abort()


class Proxy:
    """Listens on one port and passes everything on to the manager at `target`."""

    def __init__(self, port: int, target: tuple[str, int]) -> None:
        self._port, self._target = port, target
        self._server: asyncio.Server | None = None
        self.wires: set[Wire] = set()
        self.actions: list[Seen] = []
        self.logins: list[datetime] = []

    async def open(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server is not None else self._port

    async def close(self) -> None:
        """End all connections and listen no more."""
        if self._server is not None:
            self._server.close()
        for wire in list(self.wires):
            wire.reset()

    def cut(self) -> None:
        """End all connections in the orderly way (FIN)."""
        for wire in list(self.wires):
            wire.engine.close()
            wire.manager.close()

    def reset(self) -> None:
        """End all connections with RST."""
        for wire in list(self.wires):
            wire.reset()

    def swallow(self) -> None:
        """Keep the connections open, but let nothing pass any more in either direction."""
        for wire in self.wires:
            wire.swallowed = True

    def stall(self) -> None:
        """Read no more from the manager until `go_on`."""
        for wire in self.wires:
            wire.running.clear()

    def go_on(self) -> None:
        """End a stall."""
        for wire in self.wires:
            wire.running.set()

    async def inject(self, data: bytes) -> bool:
        """Send the engine something that Asterisk never said; False if the connection broke on the way."""
        for wire in list(self.wires):
            for start in range(0, len(data), CHUNK):
                try:
                    wire.engine.write(data[start : start + CHUNK])
                    await wire.engine.drain()
                except ConnectionError:
                    return False
        return True

    def twice(self) -> list[str]:
        """Give the commands for a call's channel that were sent more than once: same channel, step and text."""
        counted = Counter(ACTION_ID.sub(b"", one.text) for one in self.actions if one.command)
        return [text.decode("utf-8", "replace") for text, times in counted.items() if times > 1]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back, manager = await asyncio.open_connection(*self._target)
        except OSError:
            writer.close()
            return
        wire = Wire(writer, manager)
        wire.running.set()
        self.wires.add(wire)
        tasks = [asyncio.ensure_future(self._up(reader, wire)), asyncio.ensure_future(self._down(back, wire))]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.wires.discard(wire)
        for side in (writer, manager):
            side.close()

    async def _up(self, reader: asyncio.StreamReader, wire: Wire) -> None:
        """Pass on what the engine says, and remember its actions."""
        rest = b""
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                if wire.swallowed:
                    continue
                *whole, rest = (rest + data).split(b"\r\n\r\n")
                self.actions.extend(_seen(text) for text in whole)
                wire.manager.write(data)
                await wire.manager.drain()

    async def _down(self, back: asyncio.StreamReader, wire: Wire) -> None:
        """Pass on what the manager says."""
        with suppress(ConnectionError):
            while data := await back.read(CHUNK):
                if b"Authentication accepted" in data:
                    self.logins.append(now())
                await wire.running.wait()
                if not wire.swallowed:
                    wire.engine.write(data)
                    await wire.engine.drain()
        if wire.swallowed:  # the engine must find out by itself
            await asyncio.Event().wait()


def _seen(text: bytes) -> Seen:
    headers = {key.lower(): value.strip().decode("utf-8", "replace") for key, value in HEADER.findall(text)}
    return Seen(now(), headers.get(b"action", ""), headers.get(b"channel", ""), headers.get(b"commandid", ""), text)
