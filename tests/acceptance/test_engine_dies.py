"""The engine is absent, or is killed in the middle: the citizen stays connected, the record is complete."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from cdr.journal.reader import Journal
from cdr.recorder import ingest_once
from ivr.cli.stores import sealed_store
from ivr.trial.plan import Outcome, Plan, Press
from ivr.trial.run import Trials
from ivr.trial.watch import CallWatch
from tests.acceptance.acting import press, seen
from tests.acceptance.conftest import REPLY_SECONDS, House, as_stored, caller, calls, on_network

LONGEST_START = 180.0  # seconds
TALK = 7.0  # seconds: longer than the lease of an engine that was killed


@asynccontextmanager
async def engine_process(house: House, doing: str = "leads calls") -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `ivr engine` as a process of its own, once it is `doing` that; leave when it is gone."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from ivr.cli.main import main; main()",
        "engine",
        env={**os.environ, **house.environment},
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    said = b""
    try:
        async with asyncio.timeout(LONGEST_START):
            while doing.encode() not in (line := await process.stderr.readline()):
                said += line
                assert line, f"the engine ended before it {doing}: {said.decode()}"
        reader = asyncio.ensure_future(process.stderr.read())
        yield process
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
        await reader
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def stored(house: House, outcome: Outcome) -> dict[str, Any]:
    """Give the call's record from the store, after a recorder has caught up."""
    async with sealed_store(house.settings) as store:
        await ingest_once(Journal(house.pair.journal).path, store)
        found = await store.record(outcome.linkedid or "")
    assert found is not None
    return found.as_dict()


async def connected(trials: Trials, plan: Plan, house: House) -> tuple["asyncio.Task[Outcome]", CallWatch]:
    """Start a call and wait until its first menu plays."""
    watch = CallWatch(house.pair.journal, plan.caller)
    task = asyncio.ensure_future(trials.run(plan))
    await seen(watch, "STREAM_BEGIN")
    return task, watch


def test_without_an_engine_the_fallback_menu_connects(house: House) -> None:
    async def run() -> tuple[Outcome, dict[str, Any]]:
        async with on_network(house) as trials:
            outcome = (await calls(trials, {"one": Plan("8488", caller(), (Press("2", 9.0),))}))["one"]
        return outcome, await stored(house, outcome)

    outcome, record = asyncio.run(run())
    assert outcome.prompts()[:2] == ["lv/kekava/welcome", "lv/kekava/menu"]
    assert "en/trial/phone" in outcome.prompts()
    assert (record["led_by"], record["answered_by"], record["path"]) == ("fallback", "kekava-utility-1", "2")
    assert record == as_stored(house, outcome.record)


def test_killed_in_the_menu_the_fallback_takes_over(house: House) -> None:
    """One caller types while nobody leads; the other hears the menu out and types in the fallback's."""

    async def run() -> tuple[list[Outcome], list[dict[str, Any]]]:
        async with on_network(house) as trials:
            plans = [Plan("8488", caller()), Plan("8488", caller())]
            async with engine_process(house) as engine:
                started = [await connected(trials, plan, house) for plan in plans]
                engine.kill()
                await engine.wait()
                await asyncio.sleep(3.0)  # the citizens listen
                await press(trials, plans[0], "2")
                await seen(started[1][1], "IVR_MENU", 2)
                await asyncio.sleep(1.0)
                await press(trials, plans[1], "2")
                outcomes = [await task for task, _ in started]
        return outcomes, [await stored(house, outcome) for outcome in outcomes]

    outcomes, records = asyncio.run(run())
    for outcome, record, silence in zip(outcomes, records, (0.0, 5.0), strict=True):
        assert "en/trial/phone" in outcome.prompts()
        assert record["led_by"] == "engine_then_fallback"
        assert (record["answered_by"], record["complete"]) == ("kekava-utility-1", True)
        assert outcome.silence[0] <= silence + REPLY_SECONDS + 1.0
        assert [key["key"] for key in record["keys"]][-1] == "2"


def test_killed_while_people_talk_they_go_on_talking(house: House) -> None:
    async def run() -> tuple[Outcome, dict[str, Any]]:
        async with on_network(house) as trials:
            async with engine_process(house) as engine:
                task, watch = await connected(trials, Plan("8488", caller(), (Press("2", 1.0),), talk=TALK), house)
                await seen(watch, "BRIDGE_ENTER")
                engine.kill()
                outcome = await task
            async with engine_process(house):  # a new engine comes; its recorder writes what the dead one missed
                pass
        return outcome, await stored(house, outcome)

    outcome, record = asyncio.run(run())
    assert record["seconds"]["talking"] > TALK - 0.5
    assert (record["disposition"], record["complete"], record["hung_up_by"]) == ("answered", True, "caller")
    heard = [item for item in outcome.heard if item.name == "en/trial/phone"]
    assert heard[-1].end - heard[0].start > TALK - 2.0


def test_told_to_stop_the_engine_ends_with_zero(house: House) -> None:
    async def run() -> int | None:
        async with engine_process(house) as engine:
            pass
        return engine.returncode

    assert asyncio.run(run()) == 0
