"""Places of a destination (`most_calls`) follow the caller through every kind of transfer, on the real PBX."""

import asyncio
from collections.abc import Iterator

import pytest

from ivr.app import now
from tests.acceptance.conftest import TUESDAY_10, House
from tests.acceptance.talking import ME, Talk, played, simulated_phone_back, talking

__all__ = ["simulated_phone_back"]
CONSULTATION = "kryvyi-rih-consultation"
"""Has places; its extension is 41."""
TIMES = 5


@pytest.fixture(autouse=True)
def office_hours(house: House) -> Iterator[None]:
    """Let the fallback, which leads whom colleagues ask, judge hours at the same time as the engine."""
    shift = int((TUESDAY_10 - now()).total_seconds())
    house.pair.pbx.cli(f"dialplan set global IVR_CLOCK_SHIFT {shift}")
    yield
    house.pair.pbx.cli("dialplan set global IVR_CLOCK_SHIFT 0")


def test_a_place_is_taken_where_the_caller_goes_and_given_back_with_him(house: House) -> None:
    async def goes(talk: Talk) -> None:
        assert talk.places() == []
        assert await talk.phone.refer(talk.line, "41") == 202
        await talk.until(lambda: talk.places() == [CONSULTATION])
        await talk.phone.hang_up(talk.line)

    async def comes_back(talk: Talk) -> None:
        assert await talk.phone.refer(talk.line, "24") == 202
        line = await talk.phone.next_call()
        await talk.until(lambda: talk.places() == ["kekava-information"])
        await talk.until(lambda: talk.notes("IVR_TRANSFER", "IVR_RETURN") == ["24", ME])
        await talk.until(lambda: talk.bridged == 4)
        assert talk.places() == ["kekava-information"]
        await talk.phone.hang_up(line)
        await talk.citizen.ended.wait()
        await talk.until(lambda: talk.places() == [])

    async def both() -> None:
        async with house.engine(TUESDAY_10):
            async with talking(house, "none", "none", "none", "none") as talk:
                await goes(talk)
            async with talking(house, "busy") as talk:
                await comes_back(talk)

    asyncio.run(both())


def test_a_second_call_takes_a_place_that_the_caller_keeps_when_the_two_are_joined(house: House) -> None:
    """SIP REFER with Replaces: nothing has to be told to anybody, the place is the phone's that was asked."""

    async def scene(talk: Talk) -> None:
        second, status = await talk.phone.call("41")
        assert (status, talk.places()) == (200, [CONSULTATION])
        assert await talk.phone.refer(talk.line, "41", second) == 202
        await talk.until(lambda: talk.heard("ATTENDEDTRANSFER"))
        assert talk.places() == [CONSULTATION]
        for line in (talk.line, second):
            await talk.phone.hang_up(line)
        assert talk.places() == [CONSULTATION]
        assert not talk.citizen.ended.is_set()
        await talk.network.hang_up(talk.citizen)
        await talk.until(lambda: talk.places() == [])

    async def many() -> None:
        async with house.engine(TUESDAY_10):
            for _ in range(TIMES):
                async with talking(house) as talk:
                    await scene(talk)

    asyncio.run(many())


def test_a_colleague_who_asks_with_the_feature_code_takes_a_place_with_the_caller(house: House) -> None:
    async def scene(talk: Talk) -> None:
        assert await talk.phone.refer(talk.line, "24") == 202
        await talk.until(lambda: talk.places() == [CONSULTATION])  # asked, not joined yet
        await talk.until(lambda: talk.heard("ATTENDEDTRANSFER"))
        await talk.until(lambda: talk.gone(talk.answered[0]))
        assert talk.places() == [CONSULTATION]

    asyncio.run(played(house, scene, "attended.41", "ok"))


def test_a_caller_who_is_passed_on_leaves_the_place_that_he_had(house: House) -> None:
    async def scene(talk: Talk) -> None:
        assert await talk.phone.refer(talk.line, "41") == 202
        await talk.until(lambda: talk.places() == [CONSULTATION])
        await talk.until(lambda: talk.heard("ATTENDEDTRANSFER"))
        await talk.until(lambda: talk.places() == [])
        assert len(talk.answered) == 2

    asyncio.run(played(house, scene, "attended.24", "none", "none", "none", "ok"))


def test_a_caller_who_was_joined_to_another_goes_back_to_that_one(house: House) -> None:
    """A supervisor's mistake: the phone that gets him back, and the place, are those of the one he talks to now."""

    async def scene(talk: Talk) -> None:
        second, _ = await talk.phone.call("41")
        assert await talk.phone.refer(talk.line, "41", second) == 202
        await talk.until(lambda: talk.heard("ATTENDEDTRANSFER"))
        for line in (talk.line, second):
            await talk.phone.hang_up(line)
        await talk.redirected("99")
        await talk.until(lambda: len(talk.notes("IVR_RETURN")) == 1)
        assert talk.notes("IVR_RETURN")[0].startswith(CONSULTATION)
        await talk.until(lambda: talk.places() == [CONSULTATION])

    asyncio.run(played(house, scene, "ok", "ok"))
