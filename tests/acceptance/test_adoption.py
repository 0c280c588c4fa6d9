"""An engine dies, loses its link, or is told to stop while callers are in its menus: they go on where they were."""

import asyncio
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from cdr.journal.line import JournalEvent, unpacked
from cdr.journal.reader import Journal
from ivr.app import now
from ivr.live.control import engines
from ivr.trial.plan import Outcome, Plan, Press
from ivr.trial.run import Trials
from ivr.trial.watch import CallWatch
from tests.acceptance.conftest import House, caller
from tests.acceptance.test_engine_dies import connected, engine_process, stored
from tests.chaos.proxy import Proxy

Process = asyncio.subprocess.Process
TAKE_OVER = 4.0 + 1.0  # seconds: the lease, and a beat


def journal(house: House) -> list[JournalEvent]:
    """Read the journal of the house."""
    batch = Journal(house.pair.journal, read_size=256 * 1024 * 1024).read_once()
    assert batch is not None
    return [one for event in batch.events for one in unpacked(event)]


@asynccontextmanager
async def two_engines(house: House) -> AsyncIterator[tuple[Trials, Process]]:
    """Attach to the simulated network; run an engine that leads and one that stands by, and give the first."""
    trials = Trials(house.pair, now)
    await trials.open()
    async with engine_process(house) as first, engine_process(house, "is standby"):
        yield trials, first
    await trials.close()


async def states(house: House) -> set[str]:
    """Give what each engine is, as `ivr status` tells it."""
    return {one["lead"] for one in await asyncio.to_thread(engines, house.settings.control)}


async def told_to_stop(house: House, engine: Process) -> None:
    """Send SIGTERM and wait until the lead has gone to another."""
    leaders, watch = marks(house), CallWatch(house.pair.journal, "nobody")
    engine.send_signal(signal.SIGTERM)
    async with asyncio.timeout(10):
        while marks(house) == leaders:
            await watch.look()


def marks(house: House) -> int:
    """Count the changes of the leader."""
    return sum(event.type == "IVR_LEADER" for event in journal(house))


def menus_of(house: House, outcome: Outcome) -> int:
    """Count the menus that began in a call."""
    return sum(event.linkedid == outcome.linkedid and event.type == "IVR_MENU" for event in journal(house))


def test_a_standby_adopts_the_callers_of_a_killed_engine(house: House) -> None:
    """One hears the menu when it happens and types after it; one presses a wrong key before: counts and language go on."""

    async def run() -> tuple[list[Outcome], list[dict[str, Any]]]:
        late = Plan("8488", caller(), (Press("2", TAKE_OVER + 1.0),))
        wrong = Plan("8488", caller(), (Press("7", 0.5), Press("2", TAKE_OVER + 1.0)))
        async with two_engines(house) as (trials, first):
            tasks = [await connected(trials, plan, house) for plan in (late, wrong)]
            async with asyncio.timeout(10):
                while not tasks[1][1].has("IVR_KEY"):
                    await tasks[1][1].look()
            first.kill()
            outcomes = [await task for task, _ in tasks]
        return outcomes, [await stored(house, outcome) for outcome in outcomes]

    outcomes, records = asyncio.run(run())
    for outcome, record in zip(outcomes, records, strict=True):
        assert outcome.trouble == ""
        assert record["led_by"] == "engine", record
        assert (record["answered_by"], record["complete"]) == ("kekava-utility-1", True)
        assert "en/trial/phone" in outcome.prompts()
        assert max(outcome.silence) <= 5.0
    assert [menus_of(house, outcome) for outcome in outcomes] == [1, 2]  # nothing was played again


def test_told_to_stop_the_next_engine_leads_and_nobody_notices(house: House) -> None:
    async def run() -> tuple[Outcome, Outcome, int | None]:
        async with two_engines(house) as (trials, first):
            assert await states(house) == {"leading", "standby"}
            old, _ = await connected(trials, Plan("8488", caller(), (Press("2", 3.0),)), house)
            await told_to_stop(house, first)
            assert "draining" in await states(house)
            new, _ = await connected(trials, Plan("8488", caller(), (Press("2", 1.0),)), house)
            outcomes = await old, await new
            await first.wait()
        return *outcomes, first.returncode

    old, new, code = asyncio.run(run())
    assert code == 0
    for outcome in (old, new):
        assert outcome.record is not None
        assert (outcome.trouble, outcome.record["led_by"], outcome.record["answered_by"]) == (
            "",
            "engine",
            "kekava-utility-1",
        )
    assert old.record
    assert new.record
    assert old.record["engine"] != new.record["engine"]


def test_told_twice_it_ends_at_once_and_the_next_engine_has_its_callers(house: House) -> None:
    async def run() -> tuple[Outcome, float]:
        async with two_engines(house) as (trials, first):
            call, _ = await connected(trials, Plan("8488", caller(), (Press("2", 5.0),)), house)
            await told_to_stop(house, first)
            began = time.monotonic()
            first.send_signal(signal.SIGTERM)
            await first.wait()
            took = time.monotonic() - began
            outcome = await call
        return outcome, took

    outcome, took = asyncio.run(run())
    assert outcome.record is not None
    assert (outcome.trouble, outcome.record["led_by"], outcome.record["answered_by"]) == (
        "",
        "engine",
        "kekava-utility-1",
    )
    assert menus_of(house, outcome) == 1
    assert took < 5.0  # it did not wait for the menu's end


@pytest.mark.parametrize("how", ["cut", "reset"])
def test_a_broken_link_is_back_and_the_caller_goes_on_in_the_menu(house: House, how: str) -> None:
    async def run() -> tuple[Outcome, Proxy]:
        settings = house.settings
        port = free_port()
        proxy = Proxy(port, (settings.ami_host, settings.ami_port))
        await proxy.open()
        through = replace(house, settings=settings.model_copy(update={"ami_port": port}))
        trials = Trials(house.pair, now)
        await trials.open()
        async with through.engine():
            task, _ = await connected(trials, Plan("8488", caller(), (Press("2", 4.0),)), house)
            proxy.cut() if how == "cut" else proxy.reset()
            outcome = await task
        await trials.close()
        await proxy.close()
        return outcome, proxy

    outcome, proxy = asyncio.run(run())
    assert outcome.record is not None
    assert (outcome.trouble, outcome.record["led_by"], outcome.record["answered_by"]) == (
        "",
        "engine",
        "kekava-utility-1",
    )
    assert menus_of(house, outcome) == 1
    assert (len(proxy.logins), proxy.twice()) == (2, [])  # back, and nothing was sent twice
    assert outcome.silence[0] <= 2.0


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
