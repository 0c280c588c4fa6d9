"""State and figures on the real PBX: a destination waits, talks and has answered; the engine goes, and it is said."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from prometheus_client.parser import text_string_to_metric_families

from ivr.supervision.client import AsyncClient
from ivr.supervision.models import DestinationNow, Health, NoticeKind, ServiceToday
from ivr.supervision.now.health import NO_ENGINE
from ivr.supervision.orders import HangUpOrder
from ivr.trial.plan import Plan
from tests.acceptance.acting import press
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network
from tests.acceptance.supervised import Supervised, supervision
from tests.acceptance.test_engine_dies import connected
from tests.fakes.all_figures import all_figures
from tests.fakes.patience import until, until_asked

T = TypeVar("T")
UTILITY = "kekava-utility"
"""Key 2: open at any hour, so that the hour of the test does not matter."""


async def utility(client: AsyncClient) -> DestinationNow:
    return next(one for one in await client.destinations() if one.destination == UTILITY)


async def kekava(client: AsyncClient) -> ServiceToday:
    return next(one for one in (await client.today()).services if one.service == "kekava")


async def shows(made: Supervised, true: Callable[[DestinationNow], bool]) -> DestinationNow:
    """Wait until the destination is so."""
    return await asked(lambda: utility(made.client), true)


async def healthy(made: Supervised, true: Callable[[Health], bool]) -> Health:
    """Wait until health is so."""
    return await asked(made.client.health, true)


async def asked(ask: Callable[[], Awaitable[T]], true: Callable[[T], bool]) -> T:
    """Ask until an answer is as it should be, and give it."""
    last: list[T] = []

    async def once() -> bool:
        last[:] = [await ask()]
        return true(last[0])

    await until_asked(once, 60, told=lambda: last)
    return last[0]


def samples(text: str) -> dict[str, float]:
    """Sum the samples of each name over their labels."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


def test_a_call_shows_at_its_destination_and_in_the_figures(house: House) -> None:
    seen: dict[str, Any] = {}

    async def run() -> None:
        async with supervision(house) as made, on_network(house) as trials:
            async with house.engine(TUESDAY_10):
                seen["before"] = await healthy(made, lambda found: bool(found.engines) and not found.problems)
                answered = (await utility(made.client)).answered_today
                plan = Plan("8488", caller(), talk=120.0)
                task, watch = await connected(trials, plan, house)
                await press(trials, plan, "2")
                seen["talks"] = await shows(made, lambda one: one.talking == 1)
                seen["metrics"] = await made.client.metrics()
                await made.client.hangup(str(watch.linkedid), HangUpOrder(reason="it was seen"))
                await task
                seen["after"] = await shows(made, lambda one: not one.talking and one.answered_today > answered)
                seen["today"] = await kekava(made.client)
                seen["rules"] = await made.client.rules()
            seen["alone"] = await healthy(made, lambda found: NO_ENGINE in found.problems)
            seen["still"] = await utility(made.client)
            await until(
                lambda: [one for one in made.changes if one.notice and one.notice.kind is NoticeKind.ENGINES][-1:]
            )
            seen["changes"] = list(made.changes)

    asyncio.run(run())
    assert (seen["before"].pbx, seen["before"].records, seen["before"].engines[0].lead) == ("up", "ok", "leading")
    assert (seen["talks"].open, seen["talks"].waiting, seen["talks"].trouble) == (True, 0, "")
    assert seen["today"].answered >= 1
    assert seen["today"].service_level is not None
    assert seen["rules"].version == house.rules.current.version
    assert (seen["still"].open, seen["still"].why) == (seen["after"].open, seen["after"].why)
    told = [change.destinations for change in seen["changes"] if change.destinations is not None]
    waited = [one for some in told for one in some if one.destination == UTILITY and one.waiting]
    assert waited or any(change.call and change.call.stage == "ringing" for change in seen["changes"])
    notices = [one.notice for one in seen["changes"] if one.notice and one.notice.kind is NoticeKind.ENGINES]
    assert notices[-1].trouble
    found = samples(seen["metrics"])
    assert set(found) >= {"ivr_calls", "ivr_view_latency_seconds_bucket", "ivr_destination_open"}
    assert {name for name in found if name.startswith("ivr_")} <= set(all_figures())
    assert found["ivr_key_to_invite_seconds_count"] >= 1
    assert 0 < found["ivr_key_to_invite_seconds_sum"] / found["ivr_key_to_invite_seconds_count"] < 5
    assert found["ivr_ami_answer_seconds_count"] > 1
    assert (found["ivr_calls"], found["ivr_pbx_up"], found["ivr_engine_answers"]) == (1, 1, 1)
