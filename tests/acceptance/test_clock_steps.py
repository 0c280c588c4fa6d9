"""What a step of the clock would do to callers, on a real Asterisk: a menu that waits for ever, a phone that hardly rings."""

import asyncio
from collections.abc import Sequence

import pytest

from ivr.asterisk.link import Link
from ivr.asterisk.waiting import AGAIN, ask_again
from ivr.trial.plan import Outcome, Plan
from ivr.trial.run import Trials
from ivr.trial.watch import CallWatch
from tests.acceptance.acting import press, seen
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network
from tests.acceptance.test_engine_dies import connected
from tests.acceptance.test_marks import attached


async def plays(house: House, trials: Trials) -> Outcome:
    """Let a citizen hear the menu, be asked again, and press a key only then."""
    plan = Plan("8488", caller(), phones=("ok",), talk=1.0)
    async with attached(house) as link:
        task, watch = await connected(trials, plan, house)
        assert await ask_again(link) == 1
        await seen(watch, "IVR_MENU", 2)
        await seen(watch, "STREAM_BEGIN", 2)
        await press(trials, plan, "2")
        await seen(watch, "BRIDGE_ENTER")
        assert await ask_again(link) == 0  # who talks is left alone
        return await task


def test_a_caller_in_a_menu_hears_it_again_and_is_connected(house: House) -> None:
    async def led() -> Outcome:
        async with on_network(house) as trials, house.engine(TUESDAY_10):
            return await plays(house, trials)

    record = asyncio.run(led()).record
    assert record is not None
    assert (record["led_by"], record["answered_by"]) == ("engine_then_fallback", "kekava-utility-1")
    assert "clock_stepped" in [one["reason"] for one in record["steps"] if one["kind"] == "fallback"]


def test_one_whom_the_fallback_leads_hears_the_menu_again_too(house: House) -> None:
    async def led() -> Outcome:
        async with on_network(house) as trials:
            return await plays(house, trials)

    record = asyncio.run(led()).record
    assert record is not None
    assert (record["led_by"], record["answered_by"]) == ("fallback", "kekava-utility-1")
    assert [one["name"] for one in record["steps"] if one["kind"] == "menu"] == ["kekava-main"] * 2


def test_a_caller_who_pressed_his_key_in_that_moment_has_pressed_it(house: House) -> None:
    """Asterisk is told to lead him into the menu again, and he has left it: the same phone rings for him again."""

    async def run() -> Outcome:
        async with on_network(house) as trials:
            plan = Plan("8488", caller(), phones=("none", "ok"), talk=1.0)
            async with attached(house) as link:
                task, watch = await connected(trials, plan, house)
                await press(trials, plan, "2")
                await seen(watch, "IVR_RING")
                await seen(watch, "APP_START")
                await link.request({"Action": "Redirect", "Channel": watch.events[0].channel, **AGAIN})
                outcome = await task
        return outcome

    outcome = asyncio.run(run())
    assert outcome.record is not None
    assert (outcome.trouble, outcome.record["answered_by"]) == ("", "kekava-utility-1")
    assert [one["kind"] for one in outcome.record["steps"]].count("menu") == 1


async def cut_short(link: Link, watch: CallWatch, count: int) -> None:
    """End the ringing of the phone that rang as number `count`, as Dial does whose time a step forward has used up."""
    await seen(watch, "IVR_RING", count)
    await seen(watch, "CHAN_START", 1 + count)
    trunk, *phones = [one.channel for one in watch.events if one.type == "CHAN_START"]
    if count == 1:
        await link.request({"Action": "Setvar", "Channel": trunk, "Variable": "IVR_RANG", "Value": "1000000000"})
    await link.request({"Action": "Hangup", "Channel": phones[-1], "Cause": "19"})


@pytest.mark.parametrize(
    ("words", "by", "failed"),
    [(("none", "ok"), "kekava-utility-1", 0), (("none", "none", "ok"), "kekava-utility-2", 1)],
)
def test_a_phone_whose_time_a_step_forward_has_used_up_rings_again_and_once(
    house: House, words: Sequence[str], by: str, failed: int
) -> None:
    async def run() -> tuple[Outcome, CallWatch]:
        async with on_network(house) as trials:
            plan = Plan("8488", caller(), phones=tuple(words), talk=1.0)
            async with attached(house) as link:
                task, watch = await connected(trials, plan, house)
                await press(trials, plan, "2")
                for count in range(1, len(words)):
                    await cut_short(link, watch, count)
                outcome = await task
            await watch.look()
        return outcome, watch

    outcome, watch = asyncio.run(run())
    assert outcome.record is not None
    assert (outcome.trouble, outcome.record["answered_by"]) == ("", by)
    told = [one.get("dialstatus") for one in watch.events if one.type == "IVR_DIALSTATUS"]
    assert told == ["NOANSWER"] * failed
