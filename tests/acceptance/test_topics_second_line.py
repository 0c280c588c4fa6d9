"""Topics around a telephone's own second call: who got the citizen can tell, whenever the two were joined; who was only
asked cannot. The records name the place that got him."""

import asyncio
from collections import defaultdict

from cdr.fold.fold import fold
from cdr.journal.line import JournalEvent
from cdr.journal.marks import call_of_line
from cdr.journal.reader import Journal
from cdr.record.record import CallRecord
from tests.acceptance.conftest import TUESDAY_10, House
from tests.acceptance.talking import DUTY, ME, Talk, colleagues, simulated_phone_back, talking, there
from tests.acceptance.telling import dial, topics
from tests.fakes.two_line_phone import Line, TwoLinePhone

__all__ = ["simulated_phone_back"]
MOMENTS = [0.0005 * number for number in range(10)]
"""Seconds between the answer and the joining. A phone joins by hand much later; within these it may be before the two
are connected, while, or after: Asterisk does something else each time."""


def test_who_got_the_citizen_tells_the_topic_whenever_the_two_were_joined(house: House) -> None:
    async def scene() -> list[str]:
        async with house.engine(TUESDAY_10), colleagues(house, DUTY) as (duty,):
            return [await _got(house, duty, moment) for moment in MOMENTS]

    calls = asyncio.run(scene())
    house.settled()
    records = _records(house)
    for moment, call in zip(MOMENTS, calls, strict=True):
        record = records[call]
        told = [visit.destination for visit in record.visits], record.topic, record.complete
        assert told == (["kekava-information", "kekava-duty"], "residence", True), moment
        assert [step.name for step in record.steps if step.kind.value == "talk"] == [ME, DUTY], moment


async def _got(house: House, duty: TwoLinePhone, moment: float) -> str:
    """Let the colleague get a citizen who is joined to him at this moment, and tell the topic when they have talked."""
    async with talking(house) as talk:
        async with talk.phone.calling("24") as second:
            (await duty.next_ring()).answer()
            await asyncio.sleep(moment)
            assert await talk.phone.refer(talk.line, "24", second) == 202
            await talk.until(lambda: talk.heard("ATTENDEDTRANSFER") and not there(house, ME))
        await talk.network.hang_up(talk.citizen)
        await talk.until(lambda: not there(house, DUTY))
        await _tells(talk, DUTY, "*711")
        return _call(talk)


def _records(house: House) -> dict[str, CallRecord]:
    lines: dict[str, list[JournalEvent]] = defaultdict(list)
    journal, since = Journal(house.pair.journal), None
    while (batch := journal.read_once(since)) is not None:
        since = batch.position
        for event in batch.events:
            lines[call_of_line(event) or ""].append(event)
    return {call: fold(events) for call, events in lines.items() if call}


def test_the_call_that_a_telephone_took_last(house: House) -> None:
    async def scene() -> list[tuple[str, str, str]]:
        async with house.engine(TUESDAY_10), talking(house) as first:
            second = await _asked(first)
            assert await first.phone.refer(first.line, "24", second) == 202
            await first.until(lambda: first.heard("ATTENDEDTRANSFER"))
            for line in (first.line, second):
                await first.phone.hang_up(line)
            await first.until(lambda: not there(house, ME))  # the two calls are one now
            calls = {_call(first): "first"}
            await _tells(first, DUTY, "*721")  # on another line, while they talk
            await first.network.hang_up(first.citizen)
            await first.until(lambda: not there(house, DUTY))
            await _tells(first, DUTY, "*711")
            await _tells(first, ME, "*712")
            async with talking(house) as other:
                calls[_call(other)] = "other"
                second = await _asked(other)
                await _tells(first, ME, "*713")
                await other.phone.hang_up(second)
                await other.until(lambda: not there(house, DUTY))
                await _tells(first, DUTY, "*714")
            said = [dict(event.extra) for event in topics(first.ear)]
        return [(calls[one["linkedid"]], one["by"], one["topic"]) for one in said]

    assert asyncio.run(scene()) == [
        ("first", DUTY, "water"),
        ("first", DUTY, "residence"),
        ("first", ME, "property-tax"),
        ("other", ME, "social-assistance"),
        ("first", DUTY, "schools"),
    ]


def _call(talk: Talk) -> str:
    return next(event.linkedid for event in talk.ear.events[talk.citizen.caller] if event.type == "IVR_CALL")


async def _asked(talk: Talk) -> Line:
    line, status = await talk.phone.call("24")
    assert status == 200
    return line


async def _tells(talk: Talk, phone: str, number: str) -> None:
    before = len(topics(talk.ear))
    assert await asyncio.to_thread(dial, talk.house, phone, number) == "200 OK"
    await talk.until(lambda: len(topics(talk.ear)) > before)
