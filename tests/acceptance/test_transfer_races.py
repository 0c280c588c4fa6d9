"""Transfers that meet something else in the same moment, on the real PBX: each has one defined end (docs/transfers.md)."""

import asyncio
from contextlib import AsyncExitStack

from tests.acceptance.conftest import TUESDAY_10, House
from tests.acceptance.talking import DUTY, ME, POLICE, Talk, played, simulated_phone_back, talking

__all__ = ["simulated_phone_back"]
TIMES = 24


def test_a_telephone_asks_on_its_second_line_and_joins_the_two(house: House) -> None:
    """SIP REFER with Replaces."""

    async def scene(talk: Talk) -> None:
        assert talk.citizen.caller in talk.phone.shown[0]
        for wrong in ("8488", "112", "29123456", "kekava", "+35932000102"):
            assert (await talk.phone.call(wrong))[1] in (404, 484), wrong
        second, status = await talk.phone.call("24")
        assert status == 200
        assert await talk.phone.refer(talk.line, "24", second) == 202
        await talk.until(lambda: "ATTENDEDTRANSFER" in {event.type for event in talk.ear.events[talk.citizen.caller]})
        assert not talk.citizen.ended.is_set()
        assert talk.notes("IVR_TRANSFER", "IVR_RETURN") == []
        for line in (talk.line, second):
            await talk.phone.hang_up(line)

    asyncio.run(played(house, scene))


def test_the_initiator_hangs_up_as_soon_as_the_transfer_is_accepted(house: House) -> None:
    async def scene(talk: Talk) -> None:
        assert await talk.phone.refer(talk.line, "24") == 202
        await talk.phone.hang_up(talk.line)
        await talk.until(lambda: talk.answered == [DUTY])

    asyncio.run(played(house, scene, "ok", times=2))


def test_the_initiator_hangs_up_in_the_same_moment(house: House) -> None:
    """What Asterisk takes first counts: the caller is passed on, or the call is over as after any hang-up."""

    async def at_once() -> None:
        async with house.engine(TUESDAY_10):
            for _ in range(2):
                async with talking(house, "ok") as talk:
                    await asyncio.gather(talk.phone.refer(talk.line, "24"), talk.phone.hang_up(talk.line))
                    await talk.until(lambda talk=talk: talk.answered == [DUTY] or talk.citizen.ended.is_set())  # type: ignore[misc]

    asyncio.run(at_once())


def test_of_a_colleagues_and_a_supervisors_transfer_the_supervisors_leads(house: House) -> None:
    """Whoever comes first: the caller comes to the supervisor's place, once, and never back or away."""
    late = iter([0.0, 0.002, 0.004, 0.008, 0.016, 0.05, 0.1, 0.2] * 3)  # seconds by which the colleague comes second

    async def scene(talk: Talk) -> None:
        async def passes() -> None:
            await asyncio.sleep(next(late))
            await talk.phone.refer(talk.line, "24")

        colleague = asyncio.ensure_future(passes())  # nobody answers a REFER in a call that is over
        await talk.redirected("23")
        await talk.until(lambda: bool(talk.answered))
        colleague.cancel()
        await asyncio.gather(colleague, return_exceptions=True)
        assert talk.answered == [POLICE]
        assert talk.notes("IVR_TRANSFER")[-1] == "23"
        assert talk.notes("IVR_RETURN", "IVR_FALLBACK") == []
        assert talk.rung[-1] == POLICE

    asyncio.run(played(house, scene, "ok", "ok", times=TIMES))


def test_two_refers_at_once_are_one(house: House) -> None:
    async def scene(talk: Talk) -> None:
        first, second = await asyncio.gather(talk.phone.refer(talk.line, "24"), talk.phone.refer(talk.line, "23"))
        await talk.until(lambda: bool(talk.answered))
        assert 202 in (first, second)
        assert len(talk.notes("IVR_TRANSFER")) == 1

    asyncio.run(played(house, scene, "ok", "ok"))


def test_a_supervisors_mistake_gives_the_caller_back_to_whom_he_talked_to(house: House) -> None:
    async def scene(talk: Talk) -> None:
        await talk.redirected("99")
        await talk.phone.next_call()
        await talk.until(lambda: talk.notes("IVR_TRANSFER", "IVR_RETURN") == ["99", ME])

    asyncio.run(played(house, scene))


def test_a_caller_is_passed_on_to_the_one_who_passes_him_on(house: House) -> None:
    async def scene(talk: Talk) -> None:
        assert await talk.phone.refer(talk.line, ME) == 202
        await talk.phone.next_call()
        await talk.until(lambda: talk.notes("IVR_TRANSFER", "IVR_RETURN") == [ME])

    asyncio.run(played(house, scene))


def test_the_engine_is_gone_when_the_caller_is_passed_on(house: House) -> None:
    """The fallback leads the transfer, gives the caller back, and keeps the call."""

    async def scene() -> None:
        async with AsyncExitStack() as stack:
            engine = await stack.enter_async_context(AsyncExitStack())
            await engine.enter_async_context(house.engine(TUESDAY_10))
            talk = await stack.enter_async_context(talking(house, "busy", "ok"))
            await engine.aclose()
            assert await talk.phone.refer(talk.line, "24") == 202
            again = await talk.phone.next_call()
            await talk.until(
                lambda: talk.notes("IVR_TRANSFER", "IVR_FALLBACK", "IVR_RETURN") == ["24", "no_engine", ME]
            )
            await talk.until(lambda: talk.bridged == 4)
            assert await talk.phone.refer(again, "23") == 202
            await talk.until(lambda: talk.answered == [POLICE])

    asyncio.run(scene())


def test_a_step_that_answers_an_earlier_entry_is_nothing(house: House) -> None:
    """Asterisk keeps commands that a channel has not come to: here those of a goodbye, which must not end the call.

    What a step of ours plays, it plays only in the entry that it answers.
    """

    async def scene(talk: Talk) -> None:
        channel = next(event.channel for event in talk.ear.events[talk.citizen.caller] if event.type == "IVR_CALL")
        before = talk.notes("STREAM_BEGIN").count("ivr/kekava/menu")
        late = "MSet IVR_ANSWERS=1,IVR_NEXT=goodbye,IVR_CAUSE=16,IVR_TRANSFER=,IVR_DESTINATION=kekava-police,IVR_BACK="
        plays = "Exec ExecIf($[0${IVR_ENTRIES}=1]?Playback(ivr/kekava/menu))"
        for command in (f"EXEC {late}", f"EXEC {plays}", "ASYNCAGI BREAK") * 2:
            await asyncio.to_thread(house.pair.pbx.cli, f'agi exec {channel} "{command}"')
        assert await talk.phone.refer(talk.line, "24") == 202
        await talk.until(lambda: talk.answered == [DUTY])
        assert talk.notes("IVR_TRANSFER", "IVR_FALLBACK", "IVR_RETURN", "IVR_EXIT") == ["24"]
        assert talk.notes("STREAM_BEGIN").count("ivr/kekava/menu") == before

    asyncio.run(played(house, scene, "ok"))
