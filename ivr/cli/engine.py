"""`ivr engine`: leads the calls of a PBX that is up, and writes their records, until it is told to stop."""

import asyncio
import signal

import typer

from ivr.app import running
from ivr.cli.setup import complete, pair_of, rules_of, settings


def engine() -> None:
    """Lead the calls of the PBX and write their records, until SIGTERM or Ctrl-C.

    Example: ivr pbx up && ivr engine
    """
    complete(_serve())


async def _serve() -> None:
    found = settings()
    rules = rules_of(found)
    pair = pair_of(found, rules)
    async with running(found, pair, rules) as live:
        typer.echo(f"engine {live.controller.name} leads calls; rules {rules.current.version}", err=True)
        await until_told(live.stopped)


async def until_told(stopped: asyncio.Event) -> None:
    """Wait for SIGINT, SIGTERM, or for the engine to stop by itself."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
