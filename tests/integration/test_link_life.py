"""The life of a link: connect, boot, lose, connect again, close."""

import asyncio
import contextlib
import logging
from dataclasses import replace

import pytest
import uvloop

from ivr.asterisk.link import End, Link, LinkState
from ivr.errors import LinkLost
from tests.fakes.ami_listener import AT, QUICK, Listener, running_link
from tests.fakes.ami_server import FakeAmi, soon

S = LinkState


async def test_states_of_a_good_life() -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        assert link.state is S.ATTACHED
        assert listener.states[-1] == (S.ATTACHED, "Asterisk's manager version 11.0.0")
    assert [state for state, _ in listener.states] == [S.CONNECTING, S.ATTACHED, S.CLOSED]


async def test_attached_means_booted(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.asterisk.link.BOOT_WARNING", 0.02)
    listener = Listener()
    settings = replace(QUICK, ping_interval=0.02)
    async with FakeAmi(booted=False) as ami, running_link(ami, listener, settings) as link:
        await ami.seen("Ping", 3)
        assert link.state is S.CONNECTING
        with pytest.raises(LinkLost):
            link.send([{"Action": "Ping"}])
        ami.boot()
        await soon(link.attached())
    assert any("FullyBooted" in record.getMessage() for record in caplog.records if record.levelno == logging.WARNING)


async def test_a_pbx_that_dies_while_it_boots_is_tried_again() -> None:
    listener = Listener()
    async with FakeAmi(booted=False) as ami, running_link(ami, listener) as link:
        await ami.seen("Login")
        ami.booted = True
        ami.cut()
        await soon(link.attached())
        assert listener.count(S.LOST) == 1


async def test_restart_of_the_pbx() -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        await ami.stop()
        await listener.state(S.LOST, 3)
        await ami.start()
        await listener.state(S.ATTACHED, 2)
        await link.request({"Action": "Ping"})
        assert [state for state, _ in listener.states if state is not S.CONNECTING][-1] is S.ATTACHED


async def test_a_peer_that_is_no_asterisk_is_left_and_tried_again() -> None:
    listener = Listener()
    async with FakeAmi(banner=b"SSH-2.0-OpenSSH_9.2\r\n") as ami, running_link(ami, listener) as link:
        assert "no AMI banner" in await listener.state(S.LOST)
        ami.banner = b"Asterisk Call Manager/11.0.0\r\n"
        await soon(link.attached())


async def test_a_connection_that_breaks_at_once_counts_as_a_failure() -> None:
    listener = Listener()
    settings = replace(QUICK, backoff_first=0.02, backoff_most=60.0)
    async with FakeAmi() as ami:
        link = Link(
            replace(settings, port=ami.port),
            on_event=listener.on_event,
            on_state=listener.on_state,
            clock=lambda: AT,
            random=lambda: 1.0,
        )
        running = asyncio.create_task(link.run())
        for number in range(1, 4):
            await listener.state(S.ATTACHED, number)
            ami.cut()
        await listener.state(S.LOST, 3)
        await link.close()
        await soon(running)
    reasons = [reason for state, reason in listener.states if state is S.LOST]
    assert [reason.rsplit("in ")[-1] for reason in reasons] == ["0.0 s", "0.0 s", "0.1 s"]


async def test_close_fails_what_waits_and_can_be_called_again() -> None:
    async with FakeAmi() as ami:
        listener = Listener()
        async with running_link(ami, listener) as link:
            await soon(link.attached())
            ami.silent = {"Getvar"}
            asked = asyncio.create_task(link.request({"Action": "Getvar", "Variable": "X"}))
            await ami.seen("Getvar")
            await soon(link.close())
            with pytest.raises(LinkLost, match="closed"):
                await soon(asked)
            await soon(link.close())
        assert listener.states[-1] == (S.CLOSED, "closed by us")


async def test_close_sends_what_was_written_before() -> None:
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        link.send([{"Action": "Setvar", "Variable": f"V{number}", "Value": "x" * 900} for number in range(500)])
        await soon(link.close())
        await ami.seen("Setvar", 500)


async def test_close_does_not_wait_for_a_peer_that_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.asterisk.link.CLOSE_SECONDS", 0.05)
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        ami.stop_reading()
        with contextlib.suppress(LinkLost):
            for _ in range(3):
                link.send([{"Action": "Setvar", "Value": "x" * 1000}] * 1000)
        await soon(link.close())


async def test_cancelling_run_ends_the_connection() -> None:
    async with FakeAmi() as ami:
        listener = Listener()
        link = Link(
            replace(QUICK, port=ami.port), on_event=listener.on_event, on_state=listener.on_state, clock=lambda: AT
        )
        running = asyncio.create_task(link.run())
        await soon(link.attached())
        ami.silent = {"Getvar"}
        asked = asyncio.create_task(link.request({"Action": "Getvar", "Variable": "X"}))
        await ami.seen("Getvar")
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await soon(running)
        with pytest.raises(LinkLost):
            await soon(asked)
        with pytest.raises(LinkLost):
            link.send([{"Action": "Ping"}])
        await link.close()


def test_the_same_on_uvloop() -> None:
    async def scene() -> None:
        listener = Listener()
        async with FakeAmi() as ami, running_link(ami, listener, replace(QUICK, ping_interval=0.05)) as link:
            await soon(link.attached())
            ami.channels["A"] = True
            await link.request({"Action": "AGI", "Channel": "A", "Command": "NOOP"}, end=End.AGI)
            await ami.seen("Ping")
            ami.silent = {"Getvar"}
            asked = asyncio.create_task(link.request({"Action": "Getvar", "Variable": "X"}))
            await ami.seen("Getvar")
            ami.cut()
            with pytest.raises(LinkLost):
                await soon(asked)
            await listener.state(S.ATTACHED, 2)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scene())
