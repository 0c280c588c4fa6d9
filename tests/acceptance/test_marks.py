"""Marks in the journal, written by a real Asterisk, and phones that ring by a clock that was stepped back."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ivr.app import now
from ivr.asterisk.link import Link, LinkSettings
from ivr.asterisk.marks import ClockWatch, mark
from ivr.asterisk.resync import calls_under_way
from ivr.asterisk.ringing import Ringing
from ivr.trial.plan import Outcome, Plan, Press
from tests.acceptance.acting import noted
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network
from tests.acceptance.test_engine_dies import connected
from tests.fakes.dialled import JournalEar
from tests.fakes.patience import until


@asynccontextmanager
async def attached(house: House) -> AsyncIterator[Link]:
    """Attach as the engine's user."""
    found = house.settings
    link = Link(
        LinkSettings(found.ami_host, found.ami_port, found.ami_user, house.pair.secrets.ami),
        on_event=lambda _: None,
        on_state=lambda _state, _reason: None,
        clock=now,
    )
    running = asyncio.ensure_future(link.run())
    await link.attached()
    yield link
    await link.close()
    await running


def told(ear: JournalEar, kind: str) -> list[dict[str, str]]:
    """Give what the marks of a kind say, in order; a mark is no call's event."""
    return [dict(event.extra) for event in ear.events[""] if event.type == kind and "@ivr-mark" in event.channel]


async def marks(ear: JournalEar, kind: str, at_least: int) -> list[dict[str, str]]:
    """Give what the marks of a kind say once there are so many."""
    await noted(ear, lambda: len(told(ear, kind)) >= at_least)
    return told(ear, kind)


def test_a_step_of_the_clock_stands_in_the_journal_with_its_sign(house: House) -> None:
    clock = {"wall": 1000.0, "monotonic": 50.0}
    back: list[str] = []

    async def stepped_back() -> None:
        back.append("done")

    async def run() -> list[float | None]:
        async with attached(house) as link:
            watch = ClockWatch(link, lambda: clock["wall"], lambda: clock["monotonic"], stepped_back)
            steps = [await watch.look()]
            for wall, monotonic in ((1.3, 1.0), (3601.0, 1.0), (-3598.75, 1.25)):  # slewed; an hour ahead; back again
                clock["wall"] += wall
                clock["monotonic"] += monotonic
                steps.append(await watch.look())
            await asyncio.sleep(0)
        return steps

    ear = JournalEar(house.pair.journal)
    assert asyncio.run(run()) == [None, None, 3600.0, -3600.0]
    assert asyncio.run(marks(ear, "IVR_CLOCK", 2)) == [{"seconds": "3600.000"}, {"seconds": "-3600.000"}]
    assert back == ["done"]


def test_the_oldest_call_stands_in_the_journal(house: House) -> None:
    async def run() -> str:
        async with on_network(house) as trials:
            task, watch = await connected(trials, Plan("8488", caller(), (Press("2", 2.0),), talk=1.0), house)
            async with attached(house) as link:
                listing = await calls_under_way(link)
                assert listing.oldest == watch.linkedid
                await mark(link, "oldest", f"IVR_OLDEST={listing.oldest}")
            await task
        return str(listing.oldest)

    house.quiet()
    ear = JournalEar(house.pair.journal)
    oldest = asyncio.run(run())
    assert asyncio.run(marks(ear, "IVR_OLDEST", 1)) == [{"linkedid": oldest}]


def test_a_phone_that_rings_since_before_a_step_back_is_given_up_at_its_own_time(house: House) -> None:
    """The fallback leads the call. Our clock goes 13 s faster at once, as if the phone had rung for so long of its 15."""
    ahead = 0.0

    async def run() -> tuple[Outcome, int]:
        nonlocal ahead
        async with on_network(house) as trials:
            plan = Plan("8488", caller(), (Press("1", 1.0),), ("none", "ok"), talk=1.0)
            async with attached(house) as link:
                ringing = Ringing(link, "eng-1", lambda: time.monotonic() + ahead, lambda: True)
                await ringing.tick()
                task, watch = await connected(trials, plan, house)

                def rings() -> bool:
                    return any(one.type == "CHAN_START" and one.uniqueid != watch.linkedid for one in watch.events)

                await until(rings, look=watch.look)
                await ringing.tick()
                ahead = 13.0
                ended = await ringing.relieve()
                outcome = await task
        return outcome, ended

    shift = int((TUESDAY_10 - now()).total_seconds())
    house.pair.pbx.cli(f"dialplan set global IVR_CLOCK_SHIFT {shift}")
    try:
        outcome, ended = asyncio.run(run())
    finally:
        house.pair.pbx.cli("dialplan set global IVR_CLOCK_SHIFT 0")
    assert outcome.record is not None
    assert (outcome.trouble, ended) == ("", 1)
    assert (outcome.record["led_by"], outcome.record["answered_by"]) == ("fallback", "kekava-information-2")
    assert 2.0 < outcome.record["seconds"]["waiting"] < 12.0  # not at once, and the first phone's 15 s not waited for
