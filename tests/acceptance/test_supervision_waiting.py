"""Callers who wait hear an announcement; calls are sent and ended at every stage; a supervision that is killed."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ivr.asterisk.network import Citizen, TelephoneNetwork
from ivr.hearing.recognise import recognise
from ivr.hearing.wav import read_wav
from ivr.supervision.access.peers import user_name
from ivr.supervision.client import AsyncClient, NotDone
from ivr.supervision.models import Stage
from ivr.supervision.orders import AnnounceOrder, HangUpOrder, ListenOrder, TransferOrder
from ivr.vocabulary import Key, PhoneId
from tests.acceptance.conftest import TUESDAY_10, House, caller
from tests.acceptance.supervised import supervision
from tests.acceptance.talking import DUTY, ME, colleagues, simulated_phone_back, talking
from tests.acceptance.test_supervision_listening import connected
from tests.fakes.dialled import JournalEar
from tests.fakes.patience import a_while, until, until_asked

__all__ = ["simulated_phone_back"]
EAR = "kekava-utility-1"
PROMPT = "kekava/all-busy"
USER = user_name(os.geteuid())
RECORDED = Path("recordings/prompts/lv") / f"{PROMPT}.wav"
Scene = Callable[[TelephoneNetwork, JournalEar, AsyncClient], Awaitable[None]]


def played(house: House, scene: Scene) -> None:
    async def run() -> None:
        async with connected(house) as (network, journal, client):
            await scene(network, journal, client)

    asyncio.run(run())


async def at(client: AsyncClient, call: str, stage: Stage) -> bool:
    return any(one.call == call and one.stage is stage for one in (await client.calls()).calls)


async def calling(
    network: TelephoneNetwork, journal: JournalEar, client: AsyncClient, key: str, *phones: str, stage: Stage
) -> tuple[Citizen, str]:
    """Let a citizen call and come to a stage; give the citizen and the call."""
    citizen = await network.call("8488", caller(), phones)
    events = journal.events[citizen.caller]
    await until(lambda: any(event.type == "IVR_MENU" for event in events))
    if key:
        await network.press(citizen, [Key(key)])
    call = events[0].linkedid
    await until_asked(lambda: at(client, call, stage))
    return citizen, call


def test_a_caller_for_whom_a_phone_rings_hears_the_announcement_and_no_other_caller_does(house: House) -> None:
    async def scene(network: TelephoneNetwork, journal: JournalEar, client: AsyncClient) -> None:
        waiting, call = await calling(network, journal, client, "3", "none", stage=Stage.RINGING)
        talking_one, _ = await calling(network, journal, client, "2", "ok", stage=Stage.TALKING)
        with pytest.raises(NotDone) as refused:
            await client.announce(AnnounceOrder(prompt="kekava/none"))
        assert refused.value.problem.status == 400
        with pytest.raises(NotDone) as refused:
            await client.announce(AnnounceOrder(prompt=PROMPT, destination="kekava-utility"))
        assert (refused.value.problem.status, refused.value.problem.detail) == (409, "nobody waits there now")
        done = await client.announce(AnnounceOrder(prompt=PROMPT, service="kekava"))
        assert (done.text, done.values) == (f"{PROMPT} is played to 1 of 1 callers who wait", {"calls": call})
        assert await at(client, call, Stage.RINGING)
        prompt = read_wav(RECORDED)
        folder = house.pair.network.directory / "calls"

        def heard_by(citizen: Citizen) -> float:
            found = recognise(read_wav(folder / f"citizen-{citizen.caller}.wav"), {PROMPT: prompt})
            return sum(one.fraction for one in found)

        await until_asked(lambda: asyncio.to_thread(lambda: heard_by(waiting) > 0.5), look=a_while)
        assert heard_by(talking_one) == 0
        for citizen in (waiting, talking_one):
            await network.hang_up(citizen)

    played(house, scene)


def test_of_two_announcements_to_a_caller_the_later_one_counts_and_both_are_in_the_record(house: House) -> None:
    """The caller was sent on out of a talk, and waits again."""

    async def scene(network: TelephoneNetwork, journal: JournalEar, client: AsyncClient) -> None:
        citizen, call = await calling(network, journal, client, "3", "ok", "none", stage=Stage.TALKING)
        await client.send(call, TransferOrder(to="kekava-duty"))
        await until_asked(lambda: at(client, call, Stage.RINGING))
        for prompt in ("kekava/menu", PROMPT):
            assert (await client.announce(AnnounceOrder(prompt=prompt))).values == {"calls": call}

        def speaking() -> int:
            return (house.pair.pbx.cli("core show channels concise") or "").count("!ivr-mark!say!")

        await until(lambda: speaking() == 1)
        told = [f"hears {prompt} while waiting, played by {USER}" for prompt in ("kekava/menu", PROMPT)]

        async def in_the_journey() -> bool:
            return [step.text for step in (await client.call(call)).journey if step.kind == "said"] == told

        await until_asked(in_the_journey)
        await network.hang_up(citizen)
        await citizen.ended.wait()

    played(house, scene)


def test_an_announcement_ends_when_a_phone_answers(house: House) -> None:
    async def scene(network: TelephoneNetwork, journal: JournalEar, client: AsyncClient) -> None:
        house.pair.network.cli("dialplan set global ANSWER_SECONDS 4")
        try:
            waiting, call = await calling(network, journal, client, "3", "ok", stage=Stage.RINGING)
            await client.announce(AnnounceOrder(prompt="kekava/menu"))
            await until_asked(lambda: at(client, call, Stage.TALKING))
            await until(lambda: "announce@ivr-mark" not in (house.pair.pbx.cli("core show channels concise") or ""), 5)
            assert await at(client, call, Stage.TALKING)
            await network.hang_up(waiting)
        finally:
            house.pair.network.cli("dialplan set global ANSWER_SECONDS 1")

    played(house, scene)


STAGES = {"menu": ("", Stage.MENU), "ringing": ("3", Stage.RINGING), "talking": ("3", Stage.TALKING)}


def test_a_call_is_sent_and_ended_at_every_stage(house: House) -> None:
    async def scene(network: TelephoneNetwork, journal: JournalEar, client: AsyncClient) -> None:
        async def sent(name: str) -> None:
            key, stage = STAGES[name]
            phones = ("ok",) if name == "menu" else ("ok", "ok") if name == "talking" else ("none", "ok")
            citizen, call = await calling(network, journal, client, key, *phones, stage=stage)
            if stage is not Stage.TALKING:
                with pytest.raises(NotDone, match="send it instead"):
                    await client.transfer(call, TransferOrder(to="24"))
            with pytest.raises(NotDone, match="no destination"):
                await client.send(call, TransferOrder(to="kekava-dutty"))
            done = await client.send(call, TransferOrder(to="kekava-duty"))
            assert done.values["destination"] == "kekava-duty"
            events = journal.events[citizen.caller]
            await until(lambda: any(one.type == "IVR_TRANSFER" for one in events))
            notes = [dict(one.extra) for one in events if one.type == "IVR_TRANSFER"]
            assert notes == [{"to": "kekava-duty", "by": "supervisor", "kind": "supervisor"}], name
            await until(lambda: events[-1].type == "BRIDGE_ENTER" or citizen.ended.is_set())
            await until_asked(lambda: at(client, call, Stage.TALKING))
            await client.hangup(call, HangUpOrder(reason="done"))
            await citizen.ended.wait()

        async def ended(name: str) -> None:
            key, stage = STAGES[name]
            citizen, call = await calling(
                network, journal, client, key, "ok" if name == "talking" else "none", stage=stage
            )
            await client.hangup(call, HangUpOrder(reason="abusive"))
            await citizen.ended.wait()
            assert citizen.cause == 16, name
            with pytest.raises(NotDone, match=r"no call|has just ended"):
                await client.hangup(call, HangUpOrder(reason="again"))

        for name in STAGES:
            await asyncio.gather(sent(name), ended(name))

    played(house, scene)


def test_a_second_call_to_a_private_destination_ends_listening_before_the_two_are_joined(house: House) -> None:
    async def scene() -> None:
        where = f"ivr-{house.rules.current.version}-d-kekava-duty"
        house.pair.pbx.cli(f"dialplan add extension private,1,Return, into {where}")
        async with (
            house.engine(TUESDAY_10),
            supervision(house) as made,
            colleagues(house, DUTY) as phones,
            talking(house) as talk,
        ):
            client = made.client
            call = next(one.linkedid for one in talk.ear.events[talk.citizen.caller] if one.type == "IVR_CALL")
            await talk.network.set_phone(PhoneId(EAR), "ok")
            await until_asked(lambda: at(client, call, Stage.TALKING))
            await until_asked(client.destinations)
            await client.listen(call, ListenOrder(phone=EAR))
            await until_asked(lambda: _listens(client))
            async with talk.phone.calling("24") as second:
                ring = await phones[0].next_ring()
                assert await _listens(client), "nobody of the private destination has answered yet"
                ring.answer()
                await until_asked(lambda: _nobody(client))
                assert await talk.phone.refer(talk.line, "24", second) == 202
                await talk.until(lambda: talk.heard("ATTENDEDTRANSFER"))
            await client.listen(call, ListenOrder(phone=EAR))
            await until_asked(lambda: _nobody(client))
            told = [
                dict(one.extra) for events in talk.ear.events.values() for one in events if one.type == "IVR_LISTEN"
            ]
            assert [one["ended"] for one in told] == ["", "private"]

    try:
        asyncio.run(scene())
    finally:
        house.pair.pbx.cli(f"dialplan remove extension private@ivr-{house.rules.current.version}-d-kekava-duty")


async def _listens(client: AsyncClient) -> bool:
    return any(one.state == "listening" for one in await client.listenings())


async def _nobody(client: AsyncClient) -> bool:
    return not await client.listenings()


def test_a_supervision_that_is_killed_leaves_the_telephone_listening_and_the_next_one_knows_it(house: House) -> None:
    async def scene() -> None:
        async with house.engine(TUESDAY_10), talking(house) as talk:
            call = next(one.linkedid for one in talk.ear.events[talk.citizen.caller] if one.type == "IVR_CALL")
            await talk.network.set_phone(PhoneId(EAR), "ok")
            async with supervision(house) as made:
                await until_asked(lambda: at(made.client, call, Stage.TALKING))
                await until_asked(made.client.destinations)
                one = await made.client.listen(call, ListenOrder(phone=EAR, mode="whisper"))
                await until_asked(lambda: _listens(made.client))
                made.process.kill()
                await made.process.wait()
            async with supervision(house) as made:
                await until_asked(lambda: _listens(made.client))
                (found,) = await made.client.listenings()
                assert (found.id, found.call, found.phone, found.mode) == (one.id, call, EAR, "whisper")
                ended = await made.client.end_listening(found.id)
                assert (ended.state, ended.reason) == ("ended", "ended")
                assert await _nobody(made.client)
            assert not talk.citizen.ended.is_set()
            assert talk.answered == [ME] or talk.bridged == 2

    asyncio.run(scene())
