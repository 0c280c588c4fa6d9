"""Supervisors listen on the real PBX: who hears whom, told by the tones in everybody's recordings; through every transfer."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from cdr.journal.line import JournalEvent
from cdr.journal.marks import OURS
from cdr.record.record import CallRecord
from ivr.app import now
from ivr.asterisk.network import TelephoneNetwork
from ivr.supervision.client import AsyncClient, NotDone
from ivr.supervision.orders import HangUpOrder, ListenOrder, TransferOrder
from tests.acceptance.conftest import TUESDAY_10, House
from tests.acceptance.overheard import Scene, overhear, record_of
from tests.acceptance.supervised import supervision
from tests.fakes.dialled import JournalEar
from tests.fakes.tones_heard import ever, together

OPERATOR, DUTY = "kekava-police-1", "kekava-duty-1"
EARS = ("kekava-utility-1", "kekava-utility-2", "kekava-information-1", "kekava-information-2", "kekava-police-2")
refusals: dict[str, str] = {}


async def blind(scene: Scene) -> None:
    await scene.listen("listen")
    await scene.keys(OPERATOR, "##24")
    await scene.hears(scene.ear, "citizen", "colleague")
    await scene.hangs_up(scene.ear)
    await scene.over()


async def attended(scene: Scene) -> None:
    await scene.listen("whisper")
    await scene.hears(OPERATOR, "citizen", "supervisor")
    await scene.keys(OPERATOR, "*2w24")
    await scene.goes_on(DUTY)
    await scene.hangs_up(OPERATOR)
    await scene.hears(DUTY, "citizen", "supervisor")
    await scene.hears(scene.ear, "citizen", "colleague")


async def supervised(scene: Scene) -> None:
    made = await scene.listen("barge")
    await scene.hears("citizen", "operator", "supervisor")
    await scene.hears(OPERATOR, "citizen", "supervisor")
    with pytest.raises(NotDone) as refused:
        await scene.client.listen(scene.call, ListenOrder(phone=scene.ear))
    refusals["twice"] = refused.value.problem.detail
    await scene.client.transfer(scene.call, TransferOrder(to="24"))
    await scene.hears(DUTY, "citizen", "supervisor")
    await scene.hears("citizen", "colleague", "supervisor")
    await scene.client.end_listening(made.id)


async def private(scene: Scene) -> None:
    """The duty officer's calls are private now; the rendering of that is tested elsewhere."""
    await scene.listen("listen")
    where = f"ivr-{scene.house.rules.current.version}-d-kekava-duty"
    scene.house.pair.pbx.cli(f"dialplan add extension private,1,Return, into {where}")
    try:
        await scene.client.send(scene.call, TransferOrder(to="kekava-duty"))
        await scene.over()
        await scene.goes_on(DUTY, 0.5)
        await scene.client.listen(scene.call, ListenOrder(phone=scene.ear))
        await scene.goes_on(DUTY, 2.5)
        refusals["private again"] = str(
            [one.phone for one in await scene.client.listenings() if one.phone == scene.ear]
        )
    finally:
        scene.house.pair.pbx.cli(f"dialplan remove extension private@{where}")


async def ended(scene: Scene) -> None:
    """What else a telephone that listens can do: press keys. Then the supervisor ends the whole call."""
    await scene.listen("listen")
    await scene.keys(scene.ear, "*w#w5w1#w*w99#")
    await scene.goes_on(scene.ear)
    done = await scene.client.hangup(scene.call, HangUpOrder(reason="abusive"))
    refusals["hung up"] = done.text
    await scene.over()


ACTS = {"blind": blind, "attended": attended, "supervised": supervised, "ended": ended}
Told = Mapping[str, tuple[Scene, CallRecord]]


@asynccontextmanager
async def connected(house: House) -> AsyncIterator[tuple[TelephoneNetwork, JournalEar, AsyncClient]]:
    network = TelephoneNetwork(house.pair, now)
    await network.open()
    ear = JournalEar(house.pair.journal)
    following = asyncio.ensure_future(ear.listen())
    try:
        async with supervision(house) as made, house.engine(TUESDAY_10):
            yield network, ear, made.client
    finally:
        following.cancel()
        await network.close()


async def _played(house: House) -> Told:
    async with connected(house) as (network, journal, client):
        scenes = await asyncio.gather(
            *(
                overhear(house, network, journal, client, act, OPERATOR, ear)
                for act, ear in zip(ACTS.values(), EARS, strict=False)
            )
        )
        told = dict(zip(ACTS, scenes, strict=True))
        told["private"] = await overhear(house, network, journal, client, private, OPERATOR, EARS[-1])
        found = [
            await record_of(house, one, lambda record: record.complete and all(e.reason for e in record.listened))
            for one in told.values()
        ]
        strangers[:] = [
            event for events in journal.events.values() for event in events if event.linkedid.startswith(OURS)
        ]
    return dict(zip(told, zip(told.values(), found, strict=True), strict=True))


strangers: list[JournalEvent] = []


@pytest.fixture(scope="module")
def told(house: House) -> Told:
    return asyncio.run(_played(house))


def test_who_listens_hears_both_and_is_heard_by_none(told: Told) -> None:
    heard = told["blind"][0].heard
    ear = heard[EARS[0]]
    assert together(ear, "citizen", "operator")
    assert together(ear, "citizen", "colleague"), "after the blind transfer"
    for who in ("citizen", OPERATOR, DUTY):
        assert "supervisor" not in ever(heard[who]), who
    assert ever(heard["citizen"]) >= {"operator", "colleague"}


def test_who_whispers_is_heard_by_the_operator_alone(told: Told) -> None:
    heard = told["attended"][0].heard
    assert "supervisor" not in ever(heard["citizen"])
    assert together(heard[OPERATOR], "citizen", "supervisor")
    assert together(heard[DUTY], "citizen", "supervisor"), "after the attended transfer"
    ear = heard[EARS[1]]
    assert together(ear, "citizen", "operator")
    assert together(ear, "citizen", "colleague")


def test_who_barges_in_is_heard_by_both(told: Told) -> None:
    heard = told["supervised"][0].heard
    assert together(heard["citizen"], "operator", "supervisor")
    assert together(heard["citizen"], "colleague", "supervisor"), "after the supervisor's transfer"
    assert together(heard[OPERATOR], "citizen", "supervisor")
    assert together(heard[DUTY], "citizen", "supervisor")
    assert "listens already" in refusals["twice"]


def test_nobody_listens_to_a_private_destination(told: Told) -> None:
    scene, record = told["private"]
    assert "colleague" not in ever(scene.heard[scene.ear])
    assert together(scene.heard["citizen"], "colleague")
    assert [(one.mode, one.reason) for one in record.listened] == [("listen", "private")]
    assert refusals["private again"] == "[]"


def test_the_keys_of_a_telephone_that_listens_do_nothing(told: Told) -> None:
    scene, _ = told["ended"]
    assert ever(scene.heard[scene.ear]) == {"citizen", "operator"}


def test_the_record_says_who_listened_and_why_it_ended(told: Told) -> None:
    listened = {
        name: [(one.phone, one.mode, one.reason) for one in record.listened] for name, (_, record) in told.items()
    }
    assert listened == {
        "blind": [(EARS[0], "listen", "hung_up")],
        "attended": [(EARS[1], "whisper", "call_over")],
        "supervised": [(EARS[2], "barge", "ended")],
        "ended": [(EARS[3], "listen", "call_over")],
        "private": [(EARS[-1], "listen", "private")],
    }


def test_a_call_that_a_supervisor_ends_says_so(told: Told) -> None:
    scene, record = told["ended"]
    assert (record.hung_up_by, record.disposition.value) == ("supervisor", "answered")
    assert refusals["hung up"] == f"{scene.call} has ended: abusive"
    assert {record.hung_up_by for name, (_, record) in told.items() if name != "ended"} == {"caller"}


def test_the_citizens_call_is_not_changed_by_it(told: Told) -> None:
    """The supervisor's channel has a call of its own, of which no record is made; no leg of it is in the citizen's."""
    for name, (scene, record) in told.items():
        assert record.linkedid == scene.call, name
        assert {leg.phone for leg in record.legs} <= {"", OPERATOR, DUTY}, name
        assert scene.citizen.cause in (0, 16), name
    assert strangers, "the telephones that listened are in the journal"
