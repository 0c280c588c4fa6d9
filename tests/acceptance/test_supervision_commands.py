"""The commands of supervision against the real ones: PBX, engine, supervision, and a call that a citizen makes."""

import asyncio
import json
from typing import Any

from ivr.trial.plan import Plan
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network
from tests.acceptance.supervised import supervision
from tests.acceptance.test_engine_dies import connected
from tests.acceptance.test_status_commands import command
from tests.fakes.patience import until_asked

Ran = tuple[int | None, str, str]


async def at_stage(house: House, call: str, stage: str) -> bool:
    """Ask the command itself where the call is."""
    code, out, _ = await command(house, "calls", "list", "--stage", stage, "--output", "jsonl")
    return code == 0 and any(json.loads(line)["call"] == call for line in out.splitlines())


async def _looked(house: House, call: str) -> dict[str, Ran]:
    words = {
        "list": ("calls", "list"),
        "json": ("calls", "list", "--output", "json"),
        "show": ("calls", "show", call[-8:]),
        "number": ("calls", "show", call, "--full-numbers", "--reason", "to be called back", "--output", "json"),
        "destinations": ("destinations", "--service", "kekava", "--output", "json"),
        "status": ("status",),
        "unasked": ("calls", "hangup", call, "--reason", "the test is over"),
        "nowhere": ("calls", "send", call, "no-such-place", "--yes"),
    }
    return dict(zip(words, await asyncio.gather(*(command(house, *one) for one in words.values())), strict=True))


def test_a_call_is_seen_passed_on_and_ended_from_a_terminal(house: House) -> None:
    seen: dict[str, Any] = {}

    async def run() -> None:
        async with supervision(house), on_network(house) as trials, house.engine(TUESDAY_10):
            plan = Plan("8488", caller(), talk=60.0)
            task, watch = await connected(trials, plan, house)
            call = str(watch.linkedid)
            await until_asked(lambda: at_stage(house, call, "menu"))
            watching = asyncio.ensure_future(
                command(house, "calls", "watch", "--until-ended", call, "--output", "jsonl")
            )
            seen.update(await _looked(house, call))
            seen["sent"] = await command(house, "calls", "send", call, "kekava-utility", "--yes", "--output", "json")
            await until_asked(lambda: at_stage(house, call, "talking"))
            seen["ended"] = await command(house, "calls", "hangup", call, "--reason", "the test is over", "--yes")
            seen["outcome"] = await task
            seen["watched"] = await watching
            seen["again"] = await command(house, "calls", "hangup", call, "--reason", "the test is over", "--yes")
            seen["audit"] = await command(house, "audit", "--call", call, "--output", "jsonl")
            seen["call"], seen["plan"] = call, plan

    asyncio.run(run())
    call, plan = seen["call"], seen["plan"]
    code, out, err = seen["list"]
    assert (code, err) == (0, "")
    assert out.splitlines()[1].split()[:2] == [call, "kekava"]
    assert plan.caller not in out + seen["show"][1]
    (row,) = json.loads(seen["json"][1])
    assert (row["call"], row["stage"], row["menu"], row["number"]) == (call, "menu", "kekava-main", "8488")
    assert seen["show"][1].startswith(f"call {call} to kekava (8488) from ")
    assert json.loads(seen["number"][1])["caller"] == plan.caller
    doors = {one["destination"]: one for one in json.loads(seen["destinations"][1])}
    assert doors["kekava-utility"]["open"]
    assert seen["status"][1].count("engine ") >= 1
    assert "live view: 1 call," in seen["status"][1]
    assert (seen["unasked"][0], "say --yes" in seen["unasked"][2]) == (2, True)
    assert seen["nowhere"][0] in (1, 2)
    assert "no-such-place" in seen["nowhere"][2]
    code, out, err = seen["sent"]
    assert (code, err, json.loads(out)["call"]) == (0, "", call)
    code, out, err = seen["ended"]
    assert (code, err) == (0, "")
    assert call in out
    assert seen["outcome"].record["hung_up_by"] == "supervisor"
    code, out, err = seen["watched"]
    assert (code, err) == (0, "")
    changes = [json.loads(line) for line in out.splitlines()]
    assert changes[-1]["ended"]["call"] == call
    assert {"ringing", "talking"} <= {one["call"]["stage"] for one in changes if one["kind"] == "call"}
    assert (seen["again"][0], "no call under way" in seen["again"][2]) == (1, True)
    audited = [json.loads(line) for line in seen["audit"][1].splitlines()]
    assert {"hangup", "caller"} <= {one["what"] for one in audited}
    assert all(one["call"] == call for one in audited)
