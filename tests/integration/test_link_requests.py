"""Requests, batches and events of a link: each request has its own end."""

import asyncio

import pytest

from ivr.asterisk.framing import MAX_MESSAGE
from ivr.asterisk.link import End, Link, LinkState
from ivr.errors import LinkLost, RequestRefused, RequestTimeout, UnsafeValue
from tests.fakes.ami_listener import QUICK, Listener, running_link
from tests.fakes.ami_server import FakeAmi, message, soon

CALL = {"Action": "Originate", "Channel": "PJSIP/desk", "Exten": "1", "Context": "c", "Priority": "1", "Async": "true"}
IN_AGI = "PJSIP/trunk-1"
COMMAND = {"Action": "AGI", "Channel": IN_AGI, "Command": "NOOP"}


async def test_response_ends_with_the_response() -> None:
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        await link.request({"Action": "Setvar", "Variable": "X", "Value": "Ķekavā 💧"})
        (answer,) = await link.request({"Action": "Getvar", "Variable": "X"})
        assert (answer.get("Value"), answer.variables) == ("Ķekavā 💧", ("X",))


async def test_list_ends_with_complete_and_other_events_pass_by() -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        ami.silent = {"CoreShowChannels"}
        asked = asyncio.create_task(link.request({"Action": "CoreShowChannels"}, end=End.LIST))
        action_id = (await ami.seen("CoreShowChannels"))["ActionID"]
        ami.say(message(Response="Success", ActionID=action_id, EventList="start", Message="Channels will follow"))
        ami.say(message(Event="CoreShowChannel", ActionID=action_id, Channel="A"))
        ami.event("E", N="between")
        ami.say(message(Event="CoreShowChannel", ActionID="another", Channel="B"))
        ami.say(message(Event="CoreShowChannel", ActionID=action_id, Channel="C"))
        ami.event("CoreShowChannelsComplete", ActionID=action_id, EventList="Complete", ListItems="2")
        messages = await soon(asked)
        assert [one.get("Channel") for one in messages] == ["", "A", "C", ""]
        assert messages[-1].get("ListItems") == "2"
        assert [event.get("N") for event in await listener.heard(1)] == ["between"]


@pytest.mark.parametrize("outcome", ["Success", "Failure"])
async def test_originate_ends_with_its_result_also_if_nobody_answers(outcome: str) -> None:
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        ami.dials = outcome
        response, result = await link.request(CALL, end=End.ORIGINATE)
        assert response.get("Message") == "Originate successfully queued"
        assert (result.name, result.get("Response")) == ("OriginateResponse", outcome)


@pytest.mark.parametrize(("asked", "seconds"), [(None, "35 s"), ("1000", "6 s")])
async def test_originate_waits_for_its_ringing_time(
    asked: str | None, seconds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        ami.dials = None
        given: list[float] = []

        def at_once(delay: float) -> asyncio.Timeout:
            given.append(delay)
            return asyncio.timeout_at(asyncio.get_running_loop().time())

        monkeypatch.setattr("ivr.asterisk.link.asyncio.timeout", at_once)
        with pytest.raises(RequestTimeout, match=seconds):
            await link.request(CALL | ({} if asked is None else {"Timeout": asked}), end=End.ORIGINATE)


async def test_agi_takes_the_callers_command_id_and_answers_of_others_pass_by() -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        ami.channels[IN_AGI] = True
        ami.agi = lambda _: None
        asked = asyncio.create_task(link.request({**COMMAND, "CommandID": "mine-1"}, end=End.AGI))
        await ami.seen("AGI")
        ami.event("E", Channel=IN_AGI, ActionID=(await ami.seen("AGI"))["ActionID"])
        for command_id in ("1804289383", "other", "mine-1"):
            ami.event("AsyncAGIExec", Channel=IN_AGI, Result="200%20result%3D1%0A", CommandId=command_id)
        assert (await soon(asked))[-1].get("CommandId") == "mine-1"
        assert [event.get("CommandId") for event in listener.events] == ["", "1804289383", "other"]


async def test_a_command_id_that_still_waits_is_refused() -> None:
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        ami.channels[IN_AGI] = True
        ami.agi = lambda _: None
        first = asyncio.create_task(link.request({**COMMAND, "CommandID": "mine-1"}, end=End.AGI))
        await ami.seen("AGI")
        with pytest.raises(UnsafeValue, match="CommandID"):
            await link.request({**COMMAND, "CommandID": "mine-1"}, end=End.AGI)
        ami.event("AsyncAGIExec", Channel=IN_AGI, Result="x", CommandId="mine-1")
        await soon(first)


async def test_finding_async_agi_end_or_hangup_fails_the_channels_pending_commands() -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        ami.channels = {IN_AGI: True, "PJSIP/trunk-2": True}
        ami.agi = lambda _: None
        left = [asyncio.create_task(link.request(COMMAND, end=End.AGI)) for _ in range(2)]
        stays = asyncio.create_task(link.request({**COMMAND, "Channel": "PJSIP/trunk-2"}, end=End.AGI))
        await ami.seen("AGI", 3)
        ami.hang_up(IN_AGI)
        for task in left:
            with pytest.raises(RequestRefused, match="channel left"):
                await soon(task)
        assert [event.name for event in await listener.heard(1)] == ["Hangup"]
        assert not stays.done()
        ami.hang_up("PJSIP/trunk-2")
        with pytest.raises(RequestRefused):
            await soon(stays)


async def test_finding_hangup_alone_fails_the_channels_pending_commands() -> None:
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        ami.channels[IN_AGI] = True
        ami.agi = lambda _: None
        asked = asyncio.create_task(link.request(COMMAND, end=End.AGI))
        await ami.seen("AGI")
        ami.event("Hangup", Channel=IN_AGI)
        with pytest.raises(RequestRefused, match="channel left"):
            await soon(asked)


@pytest.mark.parametrize("end", list(End))
async def test_an_error_ends_every_kind_of_request(end: End) -> None:
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        with pytest.raises(RequestRefused, match="does not exist"):
            await link.request({**COMMAND, "Channel": "gone"}, end=end)


async def test_a_batch_is_one_write_in_order_and_its_results_are_events() -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        ami.channels[IN_AGI] = True
        reads = len(ami.reads)
        link.send([{**COMMAND, "CommandID": f"step-{number}"} for number in range(3)])
        events = await listener.heard(3)
        assert [event.get("CommandId") for event in events] == ["step-0", "step-1", "step-2"]
        assert len(ami.reads) == reads + 1


async def test_a_batch_tells_which_of_it_was_refused() -> None:
    refused: list[tuple[int, str]] = []
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        ami.channels = {IN_AGI: True, "PJSIP/trunk-2": False}
        channels = [IN_AGI, "gone", IN_AGI, "PJSIP/trunk-2"]
        link.send(
            [{**COMMAND, "Channel": one, "CommandID": "c"} for one in channels], on_refused=lambda *a: refused.append(a)
        )
        link.send([{"Action": "Nonsense"}])
        await link.request({"Action": "Ping"})
        assert refused == [
            (1, "Channel gone does not exist."),
            (3, "Failed to add AGI command to channel PJSIP/trunk-2 queue"),
        ]
        assert not link._attached_connection().batched


async def test_nothing_is_asked_while_the_link_is_not_attached() -> None:
    link = Link(QUICK, on_event=print, on_state=lambda *_: None, clock=lambda: pytest.fail("no message was framed"))
    with pytest.raises(LinkLost, match="nothing was sent"):
        await link.request({"Action": "Ping"})
    with pytest.raises(LinkLost, match="nothing was sent"):
        link.send([{"Action": "Ping"}])
    await link.close()


async def test_a_cancelled_request_leaves_nothing_behind() -> None:
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        ami.silent = {"Getvar"}
        asked = asyncio.create_task(link.request({"Action": "Getvar", "Variable": "X"}))
        await ami.seen("Getvar")
        asked.cancel()
        await asyncio.wait([asked])
        assert not link._attached_connection().responses


@pytest.mark.parametrize(
    "noise",
    [
        b"Event: E2\r\n\r\n",
        b"Response: Success\r\nActionID: nobodys\r\n\r\n",
        b"Response: Error\r\nMessage: Missing action in request\r\n\r\n",
        b"Event: FullyBooted\r\nActionID: 1\r\n\r\n",
        b"Event: AsyncAGIExec2\r\nCommandId: x\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"\x00\xff\xfe garbage: \x80\r\n\r\n",
        b"Event: Hangup\r\nEvent: E\r\n\r\n",
        b"Event: \r\n\r\nResponse: \r\n\r\n",
    ],
)
async def test_noise_does_not_hurt(noise: bytes) -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        ami.silent = {"Getvar"}
        asked = asyncio.create_task(link.request({"Action": "Getvar", "Variable": "X"}))
        action_id = (await ami.seen("Getvar"))["ActionID"]
        ami.say(noise)
        ami.say(message(Response="Success", ActionID=action_id, Value="right"))
        assert (await soon(asked))[0].get("Value") == "right"
        assert listener.count(LinkState.LOST) == 0


async def test_a_hundred_megabyte_message_without_end_makes_the_link_start_again() -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        ami.say(b"Event: E\r\nX: " + b"x" * (100 * 1024 * 1024))
        assert f"more than {MAX_MESSAGE} bytes" in await listener.state(LinkState.LOST)
        await listener.state(LinkState.ATTACHED, 2)
        await link.request({"Action": "Ping"})
        assert listener.events == []
