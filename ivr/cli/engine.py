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
    told = listen_for_the_end()
    found = settings()
    rules = rules_of(found)
    pair = pair_of(found, rules)
    async with running(found, pair, rules, stopped=told) as live:
        typer.echo(f"engine {live.controller.name} leads calls; rules {rules.current.version}", err=True)
        await told.wait()


def listen_for_the_end() -> asyncio.Event:
    """Give an event that SIGINT and SIGTERM set from now on; before that they end the process at once."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    return told
