"""Topics around a telephone's own second call: its own citizen is told about, not the colleague who was asked."""

import asyncio

from tests.acceptance.conftest import TUESDAY_10, House
from tests.acceptance.talking import DUTY, ME, Talk, simulated_phone_back, talking
from tests.acceptance.telling import dial, topics
from tests.fakes.two_line_phone import Line

__all__ = ["simulated_phone_back"]


def test_the_call_that_a_telephone_took_last(house: House) -> None:
    async def scene() -> list[tuple[str, str, str]]:
        async with house.engine(TUESDAY_10), talking(house) as first:
            second = await _asked(first)
            assert await first.phone.refer(first.line, "24", second) == 202
            await first.until(lambda: first.heard("ATTENDEDTRANSFER"))
            for line in (first.line, second):
                await first.phone.hang_up(line)
            await first.until(lambda: not _is_there(house, ME))  # the two calls are one now
            await first.network.hang_up(first.citizen)
            await first.until(lambda: not _is_there(house, DUTY))
            calls = {_call(first): "first"}
            await _tells(first, ME, "*712")
            async with talking(house) as other:
                calls[_call(other)] = "other"
                second = await _asked(other)
                await _tells(first, ME, "*713")
                await other.phone.hang_up(second)
            said = [dict(event.extra) for event in topics(first.ear)]
        return [(calls[one["linkedid"]], one["by"], one["topic"]) for one in said]

    assert asyncio.run(scene()) == [
        ("first", ME, "property-tax"),
        ("other", ME, "social-assistance"),
    ]


def _call(talk: Talk) -> str:
    return next(event.linkedid for event in talk.ear.events[talk.citizen.caller] if event.type == "IVR_CALL")


def _is_there(house: House, phone: str) -> bool:
    channels = (house.pair.pbx.cli("core show channels concise") or "").splitlines()
    return any(line.startswith(f"PJSIP/{phone}-") for line in channels)


async def _asked(talk: Talk) -> Line:
    line, status = await talk.phone.call("24")
    assert status == 200
    return line


async def _tells(talk: Talk, phone: str, number: str) -> None:
    before = len(topics(talk.ear))
    assert await asyncio.to_thread(dial, talk.house, phone, number) == "200 OK"
    await talk.until(lambda: len(topics(talk.ear)) > before)
