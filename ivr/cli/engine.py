"""`ivr engine`: leads the calls of a PBX that is up, and writes their records, until it is told to stop."""

import asyncio
import gc
import signal
from collections.abc import Callable

import typer

from ivr.app import running
from ivr.asterisk.lease import LeadState
from ivr.cli.rules_read import rules_of
from ivr.cli.setup import installation_of
from ivr.cli.start import complete, settings

YOUNG_OBJECTS = 20_000
"""New objects after which the collector looks at them: a call makes some thousand, and none of them in circles."""


def engine() -> None:
    """Lead the calls of the PBX and write their records, until SIGTERM or Ctrl-C.

    A second engine of the same instance stands by and takes over. The first signal lets callers in a menu finish it; a
    second one ends that.

    Example: ivr pbx up && ivr engine
    """
    complete(_serve())


async def _serve() -> None:
    told = listen_for_the_end()
    found = settings()
    rules = rules_of(found)
    installation = installation_of(found, rules)
    gc.collect()
    gc.freeze()  # what is there now stays: the collector need not look at it again and again while calls wait
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
    async with running(found, installation, rules, stopped=told) as live:
        state = live.controller.lease.state
        doing = "leads calls" if state is LeadState.LEADING else f"is {state.value}"
        typer.echo(f"engine {live.controller.name} {doing}; rules {rules.current.version}", err=True)
        await told.wait()
        _listen_again(live.controller.hurry)
        typer.echo("no new calls; waiting for callers in a menu (once more ends that)", err=True)


def _listen_again(hurry: Callable[[], None]) -> None:
    """Let a second signal end the waiting for callers in a menu."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, hurry)


def listen_for_the_end() -> asyncio.Event:
    """Give an event that SIGINT and SIGTERM set from now on; before that they end the process at once."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    return told
