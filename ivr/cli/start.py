"""What nearly every command does first: settings and logs; and how it runs coroutines. Loads nothing heavy."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

import uvloop

from ivr import logs
from ivr.settings import Settings, load

T = TypeVar("T")


def now() -> datetime:
    """Give the time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the command line reads the clock


def settings(**changes: object) -> Settings:
    """Read the settings and set up the logs. Raises SettingsError."""
    found = load(**changes)
    logs.set_up(found.log_level)
    return found


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a fresh event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
