"""`ivr run`: everything at once on this machine - PBX, engine, records, supervision - with one demonstration call first."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Annotated, Any

import typer

from cdr.journal.reader import Journal
from cdr.recorder import ingest_once
from ivr.app import now, running
from ivr.asterisk.embedded import Pair
from ivr.children import ends_with_us
from ivr.cli.engine import listen_for_the_end
from ivr.cli.rules_read import rules_of
from ivr.cli.setup import pair_of
from ivr.cli.start import complete, settings
from ivr.cli.stores import sealed_store
from ivr.prompts.build import build
from ivr.settings import Settings
from ivr.trial.plan import Outcome, Plan, Press
from ivr.trial.run import Trials
from ivr.trial.transcript import transcript

DEMONSTRATION = Plan(number="8488", caller="37129123456", presses=(Press("2"),), phones=("busy", "ok"), talk=3.0)
"""Utility emergencies, open at any hour; the first phone is busy, the second answers."""
SUPERVISION = (sys.executable, "-c", "from ivr.cli.main import main; main()", "supervision")
NICE = 5  # supervision stands back behind calls, as under systemd (deploy/ivr-supervision.service)
STOP_SECONDS = 10.0  # for supervision to end
PHONE = "kekava-information-1"
"""The department's phone that a softphone can take over."""


def run(
    once: Annotated[bool, typer.Option("--once", envvar="ONCE", help="End after the demonstration call.")] = False,
) -> None:
    """Start PBX and engine, make one demonstration call and print it, then serve until Ctrl-C.

    Example: ivr run --once
    """
    raise typer.Exit(complete(_run(once=once)))


async def _run(*, once: bool) -> int:
    found = settings()
    build(found.prompts, None, done=lambda _: None)
    rules = rules_of(found)
    pair = pair_of(found, rules)
    async with AsyncExitStack() as stack:
        stack.callback(pair.stop)
        pair.start(bound=True)
        live = await stack.enter_async_context(running(found, pair, rules))
        typer.echo("PBX and engine are up. A citizen calls:\n", err=True)
        trials = Trials(pair, now)
        await trials.open()
        outcome = await trials.run(DEMONSTRATION)
        await trials.close()
        typer.echo(transcript(outcome))
        wrong = _wrong(outcome, await _stored(found, pair, outcome))
        if wrong:
            typer.echo(f"\nThe demonstration call failed: {wrong}", err=True)
            return 1
        if not once:
            told = listen_for_the_end()
            await stack.enter_async_context(_supervised())
            typer.echo(_how_to_dial(found, pair))
            await asyncio.wait(
                [asyncio.ensure_future(event.wait()) for event in (told, live.stopped)],
                return_when=asyncio.FIRST_COMPLETED,
            )
    return 0


@asynccontextmanager
async def _supervised() -> AsyncIterator[None]:
    """Run supervision beside us, as a process that ends with us; without it everything else goes on."""
    child = await asyncio.create_subprocess_exec(*SUPERVISION, preexec_fn=ends_with_us(signal.SIGTERM, NICE))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            child.terminate()
        try:
            await asyncio.wait_for(child.wait(), STOP_SECONDS)
        except TimeoutError:
            child.kill()
            await child.wait()


async def _stored(found: Settings, pair: Pair, outcome: Outcome) -> dict[str, Any] | None:
    """Read the call's record from the store, with everything that the journal holds by now."""
    async with sealed_store(found) as store:
        await ingest_once(Journal(pair.journal).path, store)
        record = await store.record(outcome.linkedid or "")
    return record.as_dict() if record else None


def _wrong(outcome: Outcome, stored: dict[str, Any] | None) -> str:
    """Say what was wrong with the demonstration; "" if nothing."""
    if outcome.trouble or outcome.record is None:
        return outcome.trouble or "the call did not reach the service"
    if outcome.record["disposition"] != "answered":
        return f"it ended as {outcome.record['disposition']}, not as answered"
    if not any(item.name.endswith("trial/citizen") for item in outcome.heard_by_phone):
        return "the department did not hear the citizen"
    if not any(item.name.endswith("trial/phone") for item in outcome.heard):
        return "the citizen did not hear the department"
    if stored is None or stored | {"caller": outcome.record["caller"]} != outcome.record:  # sealed in the store
        return f"the stored record is another one: {stored}"
    return ""


def _how_to_dial(found: Settings, pair: Pair) -> str:
    server = f"{found.sip_host}:{found.sip_port} (UDP)"
    return f"""
Dial it yourself with a softphone; SIP server {server}
  as a citizen:             user citizen, password {pair.secrets.citizen}, then call 8488
  as a department's phone:  user {PHONE}, password {pair.secrets.phone}
                            (it takes the simulated phone's place until the end)
Another address: IVR_SIP_HOST=<address of this machine> make run. Records: ivr records list
Calls under way: ivr monitor. Supervision runs beside it; a wallboard needs IVR_SUPERVISION_LISTEN (docs/api.md).
Ctrl-C ends everything."""
