"""An engine dies, loses its link, or is told to stop while callers are in its menus: they go on where they were."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from cdr.journal.line import JournalEvent, unpacked
from cdr.journal.reader import Journal
from ivr.live.client import engines
from ivr.trial.plan import Outcome, Plan, Press
from ivr.trial.run import Trials
from tests.acceptance.acting import noted, press, seen
from tests.acceptance.conftest import REPLY_SECONDS, House, caller, on_network
from tests.acceptance.test_engine_dies import connected, engine_process, stored
from tests.chaos.proxy import Proxy
from tests.fakes.dialled import JournalEar
from tests.fakes.patience import until

Process = asyncio.subprocess.Process
LONGEST_END = 20.0  # seconds for an engine to end that need not wait for its callers


def journal(house: House) -> list[JournalEvent]:
    """Read the journal of the house."""
    batch = Journal(house.pair.journal, read_size=256 * 1024 * 1024).read_once()
    assert batch is not None
    return [one for event in batch.events for one in unpacked(event)]


@asynccontextmanager
async def two_engines(house: House) -> AsyncIterator[tuple[Trials, Process]]:
    """Attach to the simulated network; run an engine that leads and one that stands by, and give the first."""
    async with on_network(house) as trials, engine_process(house) as first, engine_process(house, "is standby"):
        yield trials, first


async def states(house: House) -> set[str]:
    """Give what each engine is, as `ivr status` tells it."""
    return {one["lead"] for one in await asyncio.to_thread(engines, house.settings.control)}


async def told_to_stop(house: House, engine: Process) -> None:
    """Send SIGTERM and wait until the lead has gone to another."""
    ear = JournalEar(house.pair.journal)
    engine.send_signal(signal.SIGTERM)
    await noted(ear, lambda: another_leads(ear))


def another_leads(ear: JournalEar) -> bool:
    """Tell whether the leader has changed; that is no call's event."""
    return any(event.type == "IVR_LEADER" for event in ear.events[""])


def menus_of(house: House, outcome: Outcome) -> int:
    """Count the menus that began in a call."""
    return sum(event.linkedid == outcome.linkedid and event.type == "IVR_MENU" for event in journal(house))


def test_a_standby_adopts_the_callers_of_a_killed_engine(house: House) -> None:
    """One hears the menu when it happens and types after it; one presses a wrong key before: counts and language go on."""

    async def run() -> tuple[list[Outcome], list[dict[str, Any]]]:
        late, wrong = Plan("8488", caller()), Plan("8488", caller())
        async with two_engines(house) as (trials, first):
            tasks = [await connected(trials, plan, house) for plan in (wrong, late)]
            await press(trials, wrong, "7")
            await seen(tasks[0][1], "IVR_MENU", 2)
            await seen(tasks[0][1], "STREAM_BEGIN", 2)
            ear = JournalEar(house.pair.journal)
            first.kill()
            await noted(ear, lambda: another_leads(ear))
            for plan in (late, wrong):
                await press(trials, plan, "2")
            outcomes = [await task for task, _ in reversed(tasks)]
        return outcomes, [await stored(house, outcome) for outcome in outcomes]

    outcomes, records = asyncio.run(run())
    for outcome, record in zip(outcomes, records, strict=True):
        assert outcome.trouble == ""
        assert record["led_by"] == "engine", record
        assert (record["answered_by"], record["complete"]) == ("kekava-utility-1", True)
        assert "en/trial/phone" in outcome.prompts()
        assert outcome.silence[0] <= 5.0
    assert [menus_of(house, outcome) for outcome in outcomes] == [1, 2]  # nothing was played again


def test_told_to_stop_the_next_engine_leads_and_nobody_notices(house: House) -> None:
    async def run() -> tuple[Outcome, Outcome, int | None]:
        async with two_engines(house) as (trials, first):
            assert await states(house) == {"leading", "standby"}
            of_first = Plan("8488", caller())
            old, _ = await connected(trials, of_first, house)
            await told_to_stop(house, first)
            assert "draining" in await states(house)
            await press(trials, of_first, "2")
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
    """The caller presses nothing before it has ended: it cannot have waited for him."""

    async def run() -> Outcome:
        async with two_engines(house) as (trials, first):
            plan = Plan("8488", caller())
            call, _ = await connected(trials, plan, house)
            await told_to_stop(house, first)
            first.send_signal(signal.SIGTERM)
            async with asyncio.timeout(LONGEST_END):
                await first.wait()
            await press(trials, plan, "2")
            return await call

    outcome = asyncio.run(run())
    assert outcome.record is not None
    assert (outcome.trouble, outcome.record["led_by"], outcome.record["answered_by"]) == (
        "",
        "engine",
        "kekava-utility-1",
    )
    assert menus_of(house, outcome) == 1


@pytest.mark.parametrize("how", ["cut", "reset"])
def test_a_broken_link_is_back_and_the_caller_goes_on_in_the_menu(house: House, how: str) -> None:
    async def run() -> tuple[Outcome, Proxy]:
        settings = house.settings
        port = free_port()
        proxy = Proxy(port, (settings.ami_host, settings.ami_port))
        await proxy.open()
        through = replace(house, settings=settings.model_copy(update={"ami_port": port}))
        async with on_network(house) as trials, through.engine(lease=house.settings.lease_seconds):
            plan = Plan("8488", caller())
            task, _ = await connected(trials, plan, house)
            proxy.cut() if how == "cut" else proxy.reset()
            await until(lambda: len(proxy.logins) >= 2)
            await press(trials, plan, "2")
            outcome = await task
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
    assert outcome.silence[0] <= REPLY_SECONDS


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
