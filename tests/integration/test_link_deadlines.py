"""Findings about panoramisk 1.4: no wait without an end, and no end without need."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import uvloop

from ivr.asterisk.connection import MAX_UNSENT, Dialler
from ivr.asterisk.link import LinkState
from ivr.errors import LinkLost, RequestTimeout
from tests.fakes.ami_listener import QUICK, Listener, running_link
from tests.fakes.ami_server import FakeAmi, message, soon


async def test_finding_no_timeout_anywhere_a_request_has_a_deadline() -> None:
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        ami.silent = {"Getvar"}
        with pytest.raises(RequestTimeout, match=r"unknown.*Getvar, 0\.05 s"):
            await link.request({"Action": "Getvar", "Variable": "X"}, timeout=0.05)
        late = message(Response="Success", ActionID=(await ami.seen("Getvar"))["ActionID"], Value="late")
        ami.say(late)
        await link.request({"Action": "Ping"})


async def test_finding_no_timeout_anywhere_a_login_has_a_deadline() -> None:
    listener = Listener()
    async with FakeAmi() as ami:
        ami.silent = {"Login"}
        async with running_link(ami, listener, replace(QUICK, login_timeout=0.05)) as link:
            assert "Login, 0.05 s" in await listener.state(LinkState.LOST)
            ami.silent = set()
            await soon(link.attached())


async def test_finding_no_timeout_anywhere_connecting_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: Dialler) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Dialler, "connect", never)
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener, replace(QUICK, connect_timeout=0.05)):
        assert "within 0.05 s" in await listener.state(LinkState.LOST)


async def test_finding_an_unanswered_ping_is_ignored() -> None:
    listener = Listener()
    settings = replace(QUICK, ping_interval=0.05, ping_timeout=0.1)
    async with FakeAmi() as ami, running_link(ami, listener, settings) as link:
        await soon(link.attached())
        await ami.seen("Ping", 2)
        ami.silent = {"Ping", "Getvar"}
        waiting = asyncio.create_task(link.request({"Action": "Getvar", "Variable": "X"}))
        assert "no answer to Ping" in await listener.state(LinkState.LOST)
        with pytest.raises(LinkLost):
            await soon(waiting)
        ami.silent = set()
        await listener.state(LinkState.ATTACHED, 2)


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_the_watchdog_does_not_misfire_when_our_own_loop_was_blocked(
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """The whole machine stood still: the deadline is long over, and Asterisk needs a moment to answer too."""

    async def scene() -> None:
        listener = Listener()
        settings = replace(QUICK, ping_interval=0.05, ping_timeout=0.1)
        async with FakeAmi() as ami, running_link(ami, listener, settings) as link:
            await soon(link.attached())
            ami.silent = {"Ping"}
            ping = await ami.seen("Ping")
            ami.silent = set()
            pong = message(Response="Success", ActionID=ping["ActionID"], Ping="Pong")
            time.sleep(0.6)  # noqa: ASYNC251 - the fault that is tested
            asyncio.get_running_loop().call_later(0.02, ami.say, pong)
            await ami.seen("Ping", 3)
            assert listener.count(LinkState.LOST) == 0

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scene())


async def test_a_late_pong_counts_while_the_peer_talks() -> None:
    listener = Listener()
    settings = replace(QUICK, ping_interval=0.02, ping_timeout=1.0)
    async with FakeAmi() as ami, running_link(ami, listener, settings) as link:
        await soon(link.attached())
        ami.silent = {"Ping"}
        ping = await ami.seen("Ping")
        ami.silent = set()
        ami.event("E")
        pong = message(Response="Success", ActionID=ping["ActionID"], Ping="Pong")
        asyncio.get_running_loop().call_later(1.2, ami.say, pong)
        await ami.seen("Ping", 2)
        assert listener.count(LinkState.LOST) == 0


async def test_a_peer_that_talks_but_answers_no_ping_is_left_in_the_end() -> None:
    listener = Listener()
    settings = replace(QUICK, ping_interval=0.02, ping_timeout=0.05)
    async with FakeAmi() as ami, running_link(ami, listener, settings) as link:
        await soon(link.attached())
        ami.silent = {"Ping"}

        def talk() -> None:
            if listener.count(LinkState.LOST) == 0:
                ami.event("E")
                asyncio.get_running_loop().call_later(0.01, talk)

        talk()
        assert "no answer to Ping" in await listener.state(LinkState.LOST)


async def test_a_peer_that_does_not_read_is_left_before_memory_fills() -> None:
    listener = Listener()
    batch = [{"Action": "Setvar", "Variable": "X", "Value": "x" * 1000}] * 1000
    async with FakeAmi() as ami, running_link(ami, listener, replace(QUICK, ping_interval=60.0)) as link:
        await soon(link.attached())
        ami.stop_reading()
        sent = 0

        def send_until_refused() -> None:
            nonlocal sent
            for sent in range(100):  # noqa: B007 - how many got through is looked at below
                link.send(batch)

        with pytest.raises(LinkLost, match="does not read"):
            send_until_refused()
        assert sent * 1_000_000 > MAX_UNSENT / 2
        with pytest.raises(LinkLost, match="nothing was sent"):
            link.send(batch)
        await listener.state(LinkState.ATTACHED, 2)
