"""Listenings against a made-up Asterisk: which orders are refused, and what its events and its silence make of them."""

import asyncio
from datetime import timedelta

import pytest

from ivr.asterisk.framing import Message
from ivr.errors import LinkLost, RequestRefused
from ivr.supervision.acting.listening import Listenings
from ivr.supervision.acting.pbx import Ours
from ivr.supervision.models import AuditEntry, Call, Stage
from ivr.supervision.orders import ListenOrder
from ivr.supervision.refusals import ActionRefused, AuditUnwritable
from tests.fakes.listening_world import ANNA, AT, CALL, World, message
from tests.fakes.patience import until


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


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (RequestRefused("no such thing"), 409, "cannot be called: no such thing"),
        (ActionRefused(503, "the PBX cannot be asked"), 503, "the PBX cannot be asked"),
        (LinkLost("gone"), 504, "whether chief-1 rings is not known"),
    ],
)
async def test_asterisk_does_not_take_the_order(world: World, error: Exception, status: int, said: str) -> None:
    world.pbx.refuses["Originate"] = error
    with pytest.raises(ActionRefused, match=said) as refused:
        await world.start()
    assert refused.value.status == status
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


async def test_an_end_that_fails_leaves_it_to_be_ended_for_another_reason(world: World) -> None:
    one = await world.start()
    world.begins(one)
    world.pbx.refuses["Hangup"] = LinkLost("gone")
    with pytest.raises(LinkLost):
        await world.listenings.end(one.id, ANNA)
    world.pbx.refuses.clear()
    world.private = True
    detail = world.call(CALL)
    assert detail is not None
    running = asyncio.ensure_future(world.listenings.run(lambda: [detail.call], every=0))
    await until(lambda: not world.listenings.all())
    running.cancel()


async def test_an_end_that_the_audit_cannot_hold_is_in_the_log(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def full(_: AuditEntry) -> None:
        raise AuditUnwritable

    monkeypatch.setattr(world.listenings, "_write", full)
    one = await world.start()
    world.begins(one)
    world.over(one)
    await turns()
    assert "chief-1 listens no longer: The audit cannot be written" in caplog.text


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


async def test_what_begins_and_ends_while_the_channels_are_read_stays_so(world: World) -> None:
    """The list that Asterisk gives is older than what its events have told meanwhile."""
    values = {
        "IVR_LISTENS": CALL,
        "IVR_MODE": "listen",
        "IVR_LISTENER": "desk-1",
        "IVR_BY": "bo",
        "IVR_ENDED": "hung_up",
    }
    gone = "ivr-supervision-9.9"
    reading = asyncio.get_running_loop().create_future()
    world.pbx.reading = reading
    world.pbx.came_back()
    await turns()
    new = await world.start()
    world.pbx.says(message("Hangup", Uniqueid=gone, Cause="16"))
    reading.set_result((Ours(gone, values),))
    await turns()
    assert world.listenings.all() == (new,)
    assert world.written == []
