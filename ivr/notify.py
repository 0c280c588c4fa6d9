"""Telling systemd how we are, by datagrams to the socket that it names (sd_notify(3)). Without systemd nothing happens.

Rule 1: the watchdog is only fed while the engine is alive by its own judgement; a process that merely exists is not.
Rule 2: telling never waits and never fails: a full socket loses one datagram, and the next comes soon.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

SOCKET = "NOTIFY_SOCKET"
WATCHDOG = "WATCHDOG_USEC"
WATCHDOG_PID = "WATCHDOG_PID"
PART = 3  # the watchdog is fed so many times within its time

logger = logging.getLogger(__name__)


class Notifier:
    """Tells systemd; `environment` is where systemd left its words for this process."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        name = environment.get(SOCKET, "")
        if name and name[0] not in "/@":
            logger.warning("NOTIFY_SOCKET is no local socket; systemd is told nothing", extra={"action": "notify_off"})
            name = ""
        # A name that begins with @ is in the abstract namespace: the kernel writes NUL there (unix(7)).
        self._address = f"\0{name[1:]}" if name.startswith("@") else name
        self._interval = _interval(environment)

    def ready(self, status: str) -> None:
        """Say that the start is over; `status` is shown by `systemctl status`."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def status(self, status: str) -> None:
        """Say what is going on, in one line."""
        self._send(f"STATUS={_line(status)}")

    def stopping(self, status: str) -> None:
        """Say that the end has begun."""
        self._send(f"STOPPING=1\nSTATUS={_line(status)}")

    async def keep(self, alive: Callable[[], bool]) -> None:
        """Feed the watchdog while `alive()`, until cancelled; returns at once if there is none."""
        if self._interval is None or not self._address:
            return
        was_alive = True
        while True:
            is_alive = alive()
            if is_alive:
                self._send("WATCHDOG=1")
            elif was_alive:
                logger.error("not alive: the watchdog is not fed any more", extra={"action": "watchdog_withheld"})
            was_alive = is_alive
            await asyncio.sleep(self._interval)

    def _send(self, text: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
            sender.sendto(text.encode(), self._address)


def _interval(environment: Mapping[str, str]) -> float | None:
    """Give the seconds between two feedings; None if no watchdog waits for this process (sd_watchdog_enabled(3))."""
    microseconds = environment.get(WATCHDOG, "")
    meant_for = environment.get(WATCHDOG_PID, "")
    if not microseconds.isdecimal() or int(microseconds) == 0 or meant_for not in ("", str(os.getpid())):
        return None
    return int(microseconds) / 1_000_000 / PART


def _line(text: str) -> str:
    return " ".join(text.split())
