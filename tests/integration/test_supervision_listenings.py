"""Listenings against a made-up Asterisk: which orders are refused, and what its events and its silence make of them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ivr.asterisk.framing import Message
from ivr.asterisk.requests import End
from ivr.errors import LinkLost, RequestRefused
from ivr.supervision.auth import Who
from ivr.supervision.listening import Listenings
from ivr.supervision.models import AuditEntry, Call, CallDetail, Listening, Role, Stage
from ivr.supervision.orders import ListenOrder
from ivr.supervision.pbx import Ours, Pbx
from ivr.supervision.refusals import ActionRefused
from tests.fakes.patience import until

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANNA = Who("anna o'neil", Role.SUPERVISOR, "token")
CALL = "pbx-1795311670.0"


def message(name: str, **headers: str) -> Message:
    return Message(AT, {"Event": name, **headers})


class Asterisk(Pbx):
    """What supervision asks of the PBX, kept; `refuses` are the verbs that it answers by an error."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.refuses: dict[str, Exception] = {}
        self.there: tuple[Ours, ...] = ()
        self.rings: asyncio.Future[tuple[Message, ...]] = asyncio.get_running_loop().create_future()
        self._waiting = {}
        self._listeners: list[Callable[[Message], None]] = []
        self._attached: list[Callable[[], None]] = []
        self._clock = lambda: AT

    async def ask(self, action: Mapping[str, str | Sequence[str]], end: End = End.RESPONSE) -> tuple[Message, ...]:
        self.asked.append(action)
        verb = str(action["Action"])
        if verb in self.refuses:
            raise self.refuses[verb]
        if verb == "Originate":
            return await asyncio.shield(self.rings)
        if verb == "Hangup":
            asyncio.get_running_loop().call_soon(
                self.says, message("Hangup", Uniqueid=str(action["Channel"]), Cause="16")
            )
        return (Message(AT, {"Response": "Success", "Value": ""}),)

    async def ours(self, variables: Sequence[str]) -> tuple[Ours, ...]:
        return self.there

    def says(self, event: Message) -> None:
        self._heard(event)

    def came_back(self) -> None:
        for told in self._attached:
            told()


class World:
    """A call that talks, three telephones that may listen, and what comes of it."""

    def __init__(self) -> None:
        self.pbx = Asterisk()
        self.private = False
        self.changed: list[str] = []
        self.written: list[AuditEntry] = []
        self.listenings = Listenings(
            self.pbx,
            self,
            lambda: ("chief-1", "chief-2", "desk-1"),
            lambda: AT,
            default="chief-1",
            changed=self.changed.append,
            write=self.write,
        )

    async def write(self, entry: AuditEntry) -> None:
        self.written.append(entry)

    def call(self, name: str) -> CallDetail | None:
        if name != CALL:
            return None
        call = Call(
            call=CALL,
            service="kekava",
            number="8488",
            caller="",
            language="lv",
            started=AT,
            stage=Stage.TALKING,
            since=AT,
            destination="duty",
            led_by="engine",
            private=self.private,
        )
        return CallDetail(call=call, journey=(), legs=())

    async def start(self, **order: str) -> Listening:
        return await self.listenings.start(CALL, ListenOrder.model_validate(order), ANNA)

    def begins(self, one: Listening) -> None:
        self.pbx.says(message("UserEvent", UserEvent="IvrListens", Listening=one.id, Call=CALL))

    def over(self, one: Listening, cause: str = "16", ended: str = "") -> None:
        if ended:
            self.pbx.says(message("UserEvent", UserEvent="IvrListens", Listening=one.id, Ended=ended))
        self.pbx.says(message("Hangup", Uniqueid=one.id, Cause=cause))


@pytest.fixture
async def world() -> World:
    return World()


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_phone_is_rung_and_told_what_it_hears(world: World) -> None:
    one = await world.start(mode="whisper")
    assert (one.state, one.phone, one.by, one.mode) == ("ringing", "chief-1", "anna o'neil", "whisper")
    action = world.pbx.asked[0]
    assert (action["Channel"], action["ChannelId"], action["Context"]) == ("PJSIP/chief-1", one.id, "ivr-listen")
    assert action["Variable"] == (
        f"IVR_LISTENS={CALL}",
        "IVR_MODE=whisper",
        "IVR_LISTENER=chief-1",
        "IVR_BY=anna_o_neil",
    )
    assert world.listenings.listened(CALL) == ()
    world.begins(one)
    assert world.listenings.listened(CALL) == ("chief-1",)
    assert world.changed == [CALL]


@pytest.mark.parametrize(
    ("order", "status", "said"),
    [
        ({"phone": "nobody-1"}, 400, "may not listen"),
        ({"phone": "PJSIP.chief-1"}, 400, "may not listen"),
        ({}, 409, "listens already"),
    ],
)
async def test_orders_that_are_refused(world: World, order: dict[str, str], status: int, said: str) -> None:
    await world.start()
    with pytest.raises(ActionRefused, match=said) as refused:
        await world.start(**order)
    assert refused.value.status == status
    assert len(world.listenings.all()) == 1


async def test_no_call_no_phone_and_a_private_call(world: World) -> None:
    with pytest.raises(ActionRefused, match="no call") as refused:
        await world.listenings.start("pbx-1.1", ListenOrder(), ANNA)
    assert refused.value.status == 404
    world.private = True
    with pytest.raises(ActionRefused, match="private") as refused:
        await world.start()
    assert refused.value.status == 409
    world.private = False
    nobody = Listenings(world.pbx, world, lambda: ("chief-1",), lambda: AT)
    with pytest.raises(ActionRefused, match="IVR_SUPERVISOR_PHONE") as refused:
        await nobody.start(CALL, ListenOrder(), ANNA)
    assert refused.value.status == 400
    assert world.pbx.asked == []


@pytest.mark.parametrize(("cause", "why"), [("17", "busy"), ("19", "no answer"), ("99", "not answered")])
async def test_a_phone_that_refuses_at_once(world: World, cause: str, why: str) -> None:
    starting = asyncio.ensure_future(world.start())
    await turns()
    world.over(world.listenings.all()[0], cause)
    world.pbx.rings.set_result((Message(AT, {"Event": "OriginateResponse", "Response": "Failure"}),))
    with pytest.raises(ActionRefused, match=why):
        await starting
    assert world.listenings.all() == ()


@pytest.mark.parametrize("error", [RequestRefused("no such thing"), LinkLost("gone")])
async def test_asterisk_does_not_take_the_order(world: World, error: Exception) -> None:
    world.pbx.refuses["Originate"] = error
    with pytest.raises(ActionRefused, match="cannot be called"):
        await world.start()
    assert world.listenings.all() == ()


@pytest.mark.parametrize(
    ("ended", "reason"), [("", "hung_up"), ("call_over", "call_over"), ("private", "private"), ("failed", "failed")]
)
async def test_an_end_without_an_order_is_audited(world: World, ended: str, reason: str) -> None:
    one = await world.start()
    world.begins(one)
    world.over(one, ended=ended)
    await turns()
    assert world.listenings.all() == ()
    assert [(entry.result, entry.call, entry.details["phone"]) for entry in world.written] == [
        (reason, CALL, "chief-1")
    ]
    assert world.changed == [CALL, CALL]


async def test_an_end_by_order(world: World) -> None:
    one = await world.start()
    world.begins(one)
    done = await world.listenings.end(one.id, ANNA)
    assert (done.state, done.reason) == ("ended", "ended")
    told = {str(action.get("Variable")): action.get("Value") for action in world.pbx.asked}
    assert told["IVR_ENDED"] == "ended"
    assert (world.listenings.all(), world.written) == ((), [])
    with pytest.raises(ActionRefused, match="no listening"):
        await world.listenings.end(one.id, ANNA)


async def test_what_is_over_already_has_ended_too(world: World) -> None:
    one = await world.start()
    world.pbx.refuses["Setvar"] = RequestRefused("No such channel")
    assert (await world.listenings.end(one.id, ANNA)).state == "ended"
    assert world.listenings.all() == ()


async def test_a_call_that_becomes_private_is_listened_to_no_longer(world: World) -> None:
    one = await world.start()
    world.begins(one)
    world.private = True
    detail = world.call(CALL)
    assert detail is not None
    running = asyncio.ensure_future(world.listenings.run(lambda: [detail.call], every=0))
    await until(lambda: world.written)
    running.cancel()
    assert [entry.result for entry in world.written] == ["private"]


@pytest.mark.parametrize(("mode", "times"), [("listen", 2), ("whisper", 0), ("barge", 0)])
async def test_listening_begins_afresh_with_every_other_talk(world: World, mode: str, times: int) -> None:
    """Asterisk takes another telephone's sound for late packets of the first one: found by ear on the real PBX."""
    one = await world.start(mode=mode)
    world.begins(one)
    detail = world.call(CALL)
    assert detail is not None
    talks = detail.call
    again = talks.model_copy(update={"since": AT + timedelta(seconds=9)})
    shown = [talks]
    looks = 0

    def calls() -> list[Call]:
        nonlocal looks
        looks += 1
        return shown

    running = asyncio.ensure_future(world.listenings.run(calls, every=0))
    for now in (
        talks,
        talks.model_copy(update={"stage": Stage.RINGING, "phone": "desk-2"}),
        talks.model_copy(update={"phone": "desk-2"}),
        again,
    ):
        shown[:], seen = [now], looks
        await until(lambda seen=seen: looks > seen + 2)  # type: ignore[misc]
    running.cancel()
    told = [(one["Channel"], one["Context"], one["Exten"]) for one in world.pbx.asked if one["Action"] == "Redirect"]
    assert told == [(one.id, "ivr-listen", "again")] * times


async def test_a_link_that_was_lost_and_a_supervision_before_this_one(world: World) -> None:
    lost = await world.start()
    world.begins(lost)
    values = {
        "IVR_LISTENS": "pbx-2.2",
        "IVR_MODE": "barge",
        "IVR_LISTENER": "desk-1",
        "IVR_BY": "bo",
        "IVR_ENDED": "hung_up",
    }
    nothing = dict.fromkeys(values, "")
    world.pbx.there = (Ours("ivr-supervision-9.9", values), Ours("ivr-supervision-9.8", nothing))
    world.pbx.came_back()
    await turns()
    assert [(one.id, one.call, one.phone, one.state) for one in world.listenings.all()] == [
        ("ivr-supervision-9.9", "pbx-2.2", "desk-1", "listening")
    ]
    assert [entry.result for entry in world.written] == ["link lost"]
