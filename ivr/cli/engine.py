"""`ivr engine`: leads the calls of a PBX that is up, and writes their records, until it is told to stop."""

import asyncio
import gc
import signal

import typer

from ivr.app import running
from ivr.cli.setup import complete, pair_of, rules_of, settings

YOUNG_OBJECTS = 20_000
"""New objects after which the collector looks at them: a call makes some thousand, and none of them in circles."""


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
    gc.collect()
    gc.freeze()  # what is there now stays: the collector need not look at it again and again while calls wait
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
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
