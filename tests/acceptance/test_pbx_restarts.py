"""Asterisk is killed with calls in menu and talk, and starts again: their records end with the last line of each."""

import asyncio
import os
import signal
from typing import Any

from cdr.recorder import ingest_once
from ivr.cli.stores import sealed_store
from ivr.trial.plan import HangUp, Outcome, Plan, Press
from ivr.trial.run import Trials
from ivr.trial.watch import CallWatch
from tests.acceptance.acting import noted, seen
from tests.acceptance.conftest import House, as_stored, caller, on_network
from tests.fakes.dialled import JournalEar

PARTS = ("menu", "waiting", "talking")


async def records(house: House, linkedids: list[str]) -> list[dict[str, Any]]:
    """Give the records of calls, after a recorder has caught up."""
    async with sealed_store(house.settings) as store:
        await ingest_once(house.pair.journal, store)
        found = [await store.record(one) for one in linkedids]
    assert None not in found
    return [one.as_dict() for one in found if one is not None]


async def kill_and_start(house: House) -> None:
    pid = house.pair.pbx.running()
    assert pid is not None
    ear = JournalEar(house.pair.journal)
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(house.pair.pbx.stop)
    # Here, not in a thread of its own: a process that is bound to us ends with the *thread* that started it (prctl(2)).
    house.pair.pbx.start(bound=True)
    await noted(ear, lambda: any(event.type == "IVR_BOOT" for event in ear.events[""]))


async def lost_calls(house: House, trials: Trials) -> list[CallWatch]:
    """Have one caller in the menu and one in talk, kill the PBX, and start it."""
    plans = (
        Plan("8488", caller(), (), hang_up=HangUp.NEVER),
        Plan("8488", caller(), (Press("2", 0.5),), hang_up=HangUp.NEVER),
    )
    watches = [CallWatch(house.pair.journal, plan.caller) for plan in plans]
    tasks = [asyncio.ensure_future(trials.run(plan)) for plan in plans]
    await seen(watches[0], "STREAM_BEGIN")
    await seen(watches[1], "BRIDGE_ENTER", 2)
    await kill_and_start(house)
    for plan in plans:
        await trials.network.hang_up(trials.network.citizen(plan.caller))
    await asyncio.gather(*tasks)
    return watches


def test_calls_of_a_killed_asterisk_end_with_their_last_lines(house: House) -> None:
    async def run() -> tuple[list[CallWatch], list[dict[str, Any]], Outcome, dict[str, Any]]:
        async with on_network(house) as trials:
            watches = await lost_calls(house, trials)
            lost = await records(house, [one.linkedid or "" for one in watches])
            next_call = await trials.run(Plan("8488", caller(), (Press("2", 0.5),), talk=0.5))
        return watches, lost, next_call, (await records(house, [next_call.linkedid or ""]))[0]

    watches, lost, next_call, after = asyncio.run(run())
    for watch, record in zip(watches, lost, strict=True):
        assert (record["disposition"], record["complete"], record["hung_up_by"]) == ("pbx_lost", True, "pbx")
        assert record["ended"] == record["seen_until"]
        assert round(sum(record["seconds"][part] for part in PARTS), 6) == record["seconds"]["total"]
        assert len(watch.lines) > 5
    assert [bool(record["talked_with"]) for record in lost] == [False, True]
    assert after == as_stored(house, next_call.record)
    assert (after["disposition"], after["talked_with"]) == ("answered", ["kekava-utility-1"])
