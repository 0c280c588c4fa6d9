"""A telephone asks by a second call of its own and joins the two before anybody answers, on the real PBX (REFER, Replaces).

Asterisk lets the caller's channel take the place of the telephone's while it rings: docs/transfers.md.
"""

import asyncio

from tests.acceptance.conftest import TUESDAY_10, House
from tests.acceptance.talking import DUTY, ME, Talk, colleagues, simulated_phone_back, talking, there
from tests.fakes.two_line_phone import Ring, TwoLinePhone

__all__ = ["simulated_phone_back"]
CONSULTATION = "kryvyi-rih-consultation"
"""Has places; its four phones ring together; its extension is 41."""
PHONES = [f"{CONSULTATION}-{number}" for number in (1, 2, 3, 4)]
HERE = "kekava-information"


async def _joined(talk: Talk, number: str, phones: list[TwoLinePhone]) -> list[Ring]:
    """Let our telephone call the number and join the two while the phones ring."""
    async with talk.phone.calling(number) as second:
        rings = [await phone.next_ring() for phone in phones]
        assert talk.places() == ([CONSULTATION] if number == "41" else [])
        assert await talk.phone.refer(talk.line, number, second) == 202
        await talk.until(lambda: talk.heard("ATTENDEDTRANSFER") and not there(talk.house, ME))
    return rings


def test_nobody_takes_the_call_and_the_caller_is_back(house: House) -> None:
    async def scene() -> None:
        async with house.engine(TUESDAY_10), colleagues(house, DUTY) as phones, talking(house) as talk:
            (ring,) = await _joined(talk, "24", phones)
            ring.refuse()
            again = await talk.phone.next_call()
            await talk.until(lambda: talk.bridged == 4)
            assert talk.notes("IVR_TRANSFER", "IVR_RETURN") == ["24", ME]
            assert not talk.citizen.ended.is_set()
            assert talk.places() == [HERE]
            await talk.phone.hang_up(again)
            await talk.citizen.ended.wait()

    asyncio.run(scene())


def test_the_place_is_counted_from_the_first_ring_to_the_end_of_the_talk(house: House) -> None:
    async def scene() -> None:
        async with house.engine(TUESDAY_10), colleagues(house, *PHONES) as phones:
            for busy, takes in ((0, 1), (1, 0)):
                async with talking(house) as talk:
                    rings = await _joined(talk, "41", phones)
                    assert talk.places() == [CONSULTATION]
                    rings[busy].refuse()
                    await talk.until(lambda one=PHONES[busy]: not there(house, one))  # type: ignore[misc]
                    assert talk.places() == [CONSULTATION]
                    rings[takes].answer()
                    await talk.until(lambda: talk.bridged == 3)  # the phone itself was in another call then
                    assert talk.places() == [CONSULTATION]
                    assert not talk.citizen.ended.is_set()
                    await talk.network.hang_up(talk.citizen)
                    await talk.until(lambda: talk.places() == [])
            async with talking(house) as talk:
                for ring in await _joined(talk, "41", phones):
                    ring.refuse()
                await talk.phone.next_call()
                await talk.until(lambda: talk.bridged == 4)
                assert talk.places() == [HERE]

    asyncio.run(scene())


def test_the_telephone_gives_up_and_the_place_is_free(house: House) -> None:
    async def scene() -> None:
        async with house.engine(TUESDAY_10), colleagues(house, *PHONES) as phones, talking(house) as talk:
            async with talk.phone.calling("41") as second:
                rings = [await phone.next_ring() for phone in phones]
                assert talk.places() == [CONSULTATION]
                for ring in rings:
                    ring.refuse()
                await second.ended.wait()
            await talk.until(lambda: talk.places() == [])
            assert not talk.citizen.ended.is_set()

    asyncio.run(scene())
