"""A call outlives many versions of the rules: its own stays in the dialplan as long as the call is on it."""

import asyncio
from dataclasses import replace
from pathlib import Path

from ivr.rulebook.live import MOST_KEPT
from ivr.trial.plan import Outcome, Plan
from ivr.trial.watch import CallWatch
from tests.acceptance.acting import declines, press, seen
from tests.acceptance.conftest import House, caller, on_network
from tests.acceptance.test_engine_dies import engine_process
from tests.acceptance.test_reload_under_load import FIRST_RING, Files, reloaded

RING = 120  # seconds that the first phone may ring, while the rules change again and again
FIRST = "kekava-utility-1"


def test_a_caller_goes_on_by_rules_that_many_reloads_have_replaced(house: House, tmp_path: Path) -> None:
    files = Files.copied(tmp_path)
    files.version(RING - FIRST_RING)
    own = replace(house, environment={**house.environment, "IVR_RULES": str(files.root)})
    try:
        outcome, versions = asyncio.run(_many_reloads(own, files))
    finally:
        asyncio.run(house.restore())
    assert len(set(versions)) == MOST_KEPT + 3
    assert outcome.record is not None
    assert outcome.trouble == ""
    found = outcome.record
    assert (found["disposition"], found["answered_by"]) == ("answered", "kekava-utility-2")
    assert (found["rules"], found["led_by"]) == (versions[0], "engine")
    kept = {path.name for path in (house.pair.pbx.directory / "etc/generated").glob("rules-*.conf")}
    assert f"rules-{versions[0]}.conf" not in kept, "it goes when nobody is on it any more"


async def _many_reloads(house: House, files: Files) -> tuple[Outcome, list[str]]:
    async with engine_process(house):
        versions = [(await reloaded(house))["after"]]
        async with on_network(house) as trials:
            plan = Plan("8488", caller(), phones=("none", "ok"), longest=240.0)
            watch = CallWatch(house.pair.journal, plan.caller)
            call = asyncio.ensure_future(trials.run(plan))
            await seen(watch, "STREAM_BEGIN")
            await press(trials, plan, "2")
            await seen(watch, "IVR_RING", phone=FIRST)
            for number in range(1, MOST_KEPT + 3):
                files.version(number)
                versions.append((await reloaded(house))["after"])
            folder = house.pair.pbx.directory / "etc/generated"
            assert (folder / f"rules-{versions[0]}.conf").exists(), "a call is on it"
            await declines(house, FIRST, plan)
            outcome = await call
    return outcome, versions
