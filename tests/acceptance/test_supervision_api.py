"""The whole of it on the real PBX: a call is dialled, and seen by clients of supervision from beginning to end."""

import asyncio
from typing import Any

import pytest

from ivr.supervision.client import AsyncClient, NoSupervision, NotDone
from ivr.supervision.models import Role, Stage
from ivr.supervision.orders import CallerOrder, HangUpOrder
from ivr.trial.plan import Plan, Press
from tests.acceptance.acting import press
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network
from tests.acceptance.supervised import Supervised, over_tcp, supervision
from tests.acceptance.test_engine_dies import connected
from tests.fakes.patience import until, until_asked


async def stage_of(client: AsyncClient, call: str) -> Stage | None:
    return next((one.stage for one in (await client.calls()).calls if one.call == call), None)


async def reached(client: AsyncClient, call: str, stage: Stage | None) -> bool:
    return await stage_of(client, call) is stage


def stages(made: Supervised, call: str) -> list[Stage]:
    """Give the stages that a subscriber was told of, each once in a row."""
    found: list[Stage] = []
    for change in made.changes:
        if change.call is not None and change.call.call == call and found[-1:] != [change.call.stage]:
            found.append(change.call.stage)
    return found


def test_a_call_is_seen_from_beginning_to_end(house: House) -> None:
    seen: dict[str, Any] = {}

    async def run() -> None:
        async with supervision(house) as made, on_network(house) as trials, house.engine(TUESDAY_10):
            client = made.client
            plan = Plan("8488", caller(), talk=2.0)
            task, watch = await connected(trials, plan, house)
            call = str(watch.linkedid)
            await until_asked(lambda: reached(client, call, Stage.MENU))
            seen["list"] = next(one for one in (await client.calls()).calls if one.call == call)
            seen["number"] = await client.caller(call, CallerOrder(reason="to be called back"))
            async with AsyncClient(over_tcp(made, Role.VIEWER)) as viewer:
                seen["viewer"] = await viewer.call(call)
                with pytest.raises(NotDone) as refused:
                    await viewer.caller(call, CallerOrder(reason="curious"))
                seen["refused"] = refused.value.problem.status
            await press(trials, plan, "2")
            await until_asked(lambda: reached(client, call, Stage.TALKING))
            seen["detail"] = await client.call(call)
            seen["health"] = await until_asked(lambda: healthy(client))
            seen["outcome"] = await task
            await until(lambda: [one for one in made.changes if one.ended and one.ended.call == call])
            seen["stages"], seen["call"], seen["plan"] = stages(made, call), call, plan
            seen["ended"] = next(one.ended for one in made.changes if one.ended and one.ended.call == call)
            with pytest.raises(NotDone, match="not under way"):
                await client.call(call)
            seen["audit"] = await client.audit(call=call)
            seen["metrics"] = await client.metrics()
            assert await made.stopped() == 0
            with pytest.raises(NoSupervision):
                await client.calls()
        seen["log"] = made.log.read_text()
        seen["secrets"] = list(made.tokens.values())

    asyncio.run(run())
    as_it_was(seen)
    as_nobody_should_read(seen)


def as_it_was(seen: dict[str, Any]) -> None:
    plan = seen["plan"]
    assert (seen["list"].service, seen["list"].number, seen["list"].led_by) == ("kekava", "8488", "engine")
    assert seen["list"].caller.endswith(plan.caller[-2:])
    assert seen["number"].caller == plan.caller
    assert seen["viewer"].call.stage is Stage.MENU
    assert seen["refused"] == 403
    assert seen["detail"].call.destination == "kekava-utility"
    assert seen["detail"].call.phone.startswith("kekava-utility-")
    assert seen["detail"].journey[0].kind == "call"
    assert "key" in [step.kind for step in seen["detail"].journey]
    assert {leg.role for leg in seen["detail"].legs} >= {"caller"}
    wanted = [Stage.MENU, Stage.RINGING, Stage.TALKING]
    assert [stage for stage in seen["stages"] if stage in wanted] == wanted
    assert (seen["ended"].disposition, seen["ended"].destination) == ("answered", "kekava-utility")
    assert [(entry.what, entry.who, entry.result) for entry in seen["audit"]] == [
        ("caller", seen["audit"][0].who, "told")
    ]
    assert 'ivr_calls_ended_total{disposition="answered",service="kekava"}' in seen["metrics"]


def as_nobody_should_read(seen: dict[str, Any]) -> None:
    """No whole number but where it was asked for, no token anywhere."""
    shown = [seen["list"], seen["detail"], seen["viewer"], *seen["audit"]]
    assert seen["plan"].caller not in "".join(one.model_dump_json() for one in shown)
    assert seen["plan"].caller not in seen["log"]
    assert not [secret for secret in seen["secrets"] if secret in seen["log"]]
    assert "Traceback" not in seen["log"]


async def healthy(client: AsyncClient) -> bool:
    """Tell whether nothing is wrong, once the state has been looked at."""
    found = await client.health()
    return found.pbx == "up" and bool(found.engines) and found.calls == 1


def test_it_may_end_and_begin_while_calls_go_on(house: House) -> None:
    """Whoever looks is told, gets everything anew, and can end the call; the call notices nothing before that."""
    seen: dict[str, Any] = {}

    async def run() -> None:
        async with on_network(house) as trials, house.engine(TUESDAY_10):
            plan = Plan("8488", caller(), (Press("2", 0.5),), talk=60.0)
            async with supervision(house) as first:
                talk = asyncio.ensure_future(trials.run(plan))
                calls = await until_asked(lambda: talking(first.client))
                call = calls[0]
                first.process.kill()
                await first.process.wait()
                await until(lambda: any(one.notice and one.sequence == 0 for one in first.changes))
                async with supervision(house) as second:
                    await until_asked(lambda: reached(second.client, call, Stage.TALKING))
                    await until(
                        lambda: (
                            [one.notice.trouble for one in first.changes if not one.sequence and one.notice]
                            == [True, False]
                        )
                    )
                    done = await second.client.hangup(call, HangUpOrder(reason="the test is over"))
                    seen["outcome"] = await talk
                    await until_asked(lambda: reached(second.client, call, None))
                    seen["done"], seen["audit"] = done, await second.client.audit(what="hangup")

    async def talking(client: AsyncClient) -> list[str]:
        return [one.call for one in (await client.calls()).calls if one.stage is Stage.TALKING]

    asyncio.run(run())
    assert seen["outcome"].record["disposition"] == "answered"
    assert seen["audit"][0].result == seen["done"].text
    assert seen["audit"][0].details == {"reason": "the test is over"}
