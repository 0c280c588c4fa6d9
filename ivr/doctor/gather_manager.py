"""Logs in at the manager as the engine and supervision do, and compares the clocks."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from ivr.asterisk.framing import Message
from ivr.asterisk.link import Link, LinkSettings, LinkState
from ivr.doctor.facts import Login
from ivr.errors import LinkError

LOGIN_SECONDS = 6.0


async def login(settings: LinkSettings, epoch: Callable[[], float]) -> Login:
    """Log in, ask for Asterisk's time, and leave. `epoch` gives our own time in seconds since 1970."""
    link = Link(settings, on_event=_unheard, on_state=_unwatched, clock=lambda: datetime.fromtimestamp(epoch(), UTC))
    task = asyncio.get_running_loop().create_task(link.run(), name="doctor's link")
    try:
        async with asyncio.timeout(LOGIN_SECONDS):
            await link.attached()
            before = epoch()
            answer = await link.request({"Action": "Getvar", "Variable": "EPOCH"})
            after = epoch()
    except TimeoutError:
        return Login(f"no answer from {settings.host}:{settings.port}: {link.reason}")
    except LinkError as error:
        return Login(str(error))
    finally:
        await link.close()
        await asyncio.gather(task, return_exceptions=True)
    return Login("", ahead(answer[0].get("Value"), before, after))


def ahead(told: str, before: float, after: float) -> float | None:
    """Give how far a clock is ahead of ours, in seconds, that said `told` (whole seconds) between `before` and `after`."""
    if not told.isdigit():
        return None
    low, high = int(told) - after, int(told) + 1 - before
    return 0.0 if low <= 0 <= high else (low if low > 0 else high)


def _unheard(message: Message) -> None:
    """The doctor listens to no event."""


def _unwatched(state: LinkState, reason: str) -> None:
    """The doctor asks the link itself."""
