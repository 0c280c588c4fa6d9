"""Findings about panoramisk 1.4 in a live PBX's hands: replay, callbacks, logins, retries. One test, at least, for each.

The finding stands in each test's name; the others are in `test_link_deadlines.py` and `test_link_values.py`.
"""

import ast
import asyncio
import logging
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

import pytest

from ivr.asterisk.link import End, Link, LinkState
from ivr.errors import LinkLost, LoginRefused, UnsafeValue
from tests.fakes.ami_listener import AT, QUICK, Listener, running_link
from tests.fakes.ami_server import FakeAmi, soon

CALL = {"Action": "Originate", "Channel": "PJSIP/desk", "Exten": "1", "Context": "c", "Priority": "1", "Async": "true"}
IN_AGI = "PJSIP/trunk-1"


async def test_finding_send_agi_command_never_resolves() -> None:
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        ami.channels[IN_AGI] = True
        await soon(link.attached())
        command = {"Action": "AGI", "Channel": IN_AGI, "Command": "NOOP"}
        response, result = await link.request(command, end=End.AGI)
        assert response.get("Message") == "Added AGI command to queue"
        assert (result.name, result.get("Result")) == ("AsyncAGIExec", "200%20result%3D1%0A")


async def test_finding_unanswered_actions_are_replayed_after_a_reconnect() -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        ami.silent = {"Originate"}
        call = asyncio.create_task(link.request(CALL, end=End.ORIGINATE))
        link.send([CALL])
        await ami.seen("Originate", 2)
        ami.cut()
        with pytest.raises(LinkLost, match="unknown"):
            await soon(call)
        ami.silent = set()
        await listener.state(LinkState.ATTACHED, 2)
        await link.request({"Action": "Ping"})
        assert ami.names() == ["Login", "Originate", "Originate", "Login", "Ping"]


async def test_finding_an_exception_in_one_callback_drops_the_link(caplog: pytest.LogCaptureFixture) -> None:
    listener = Listener()

    def fail(_: object) -> None:
        raise RuntimeError("a fault of ours")

    async with FakeAmi() as ami:
        link = Link(replace(QUICK, port=ami.port), on_event=fail, on_state=listener.on_state, clock=lambda: AT)
        running = asyncio.create_task(link.run())
        await soon(link.attached())
        ami.event("E", Linkedid="17.4")
        await link.request({"Action": "Ping"})
        assert listener.count(LinkState.LOST) == 0
        await link.close()
        await soon(running)
    record = next(record for record in caplog.records if record.exc_info)
    assert record.__dict__["linkedid"] == "17.4"
    assert "E of call 17.4" in record.getMessage()


async def test_finding_an_exception_in_one_callback_drops_the_link_state_and_refusal_too() -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    async with FakeAmi() as ami:
        link = Link(replace(QUICK, port=ami.port), on_event=fail, on_state=fail, clock=lambda: AT)
        running = asyncio.create_task(link.run())
        await soon(link.attached())
        link.send([{"Action": "Nonsense"}], on_refused=fail)
        await link.request({"Action": "Ping"})
        assert len(ami.sessions) == 1
        await link.close()
        await soon(running)


@pytest.mark.parametrize("value", [None, "false", ""])
async def test_finding_originate_without_async_drops_the_link(value: str | None) -> None:
    call = {name: text for name, text in CALL.items() if name != "Async"} | ({} if value is None else {"Async": value})
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        with pytest.raises(UnsafeValue, match="Async"):
            await link.request(call)
        with pytest.raises(UnsafeValue, match="Async"):
            link.send([call])
        await link.request({"Action": "Ping"})
        assert ami.names() == ["Login", "Ping"]


async def test_finding_a_refused_login_is_retried_silently_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    listener = Listener()
    async with FakeAmi() as ami:
        settings = replace(QUICK, port=ami.port, secret="wrong-secret")
        link = Link(settings, on_event=listener.on_event, on_state=listener.on_state, clock=lambda: AT)
        waiting = asyncio.create_task(link.attached())
        with pytest.raises(LoginRefused, match="Authentication failed"):
            await soon(link.run())
        with pytest.raises(LoginRefused):
            await soon(waiting)
        assert [state for state, _ in listener.states] == [LinkState.CONNECTING, LinkState.REFUSED]
        assert ami.names() == ["Login"]
        await link.close()
    assert any(record.levelno == logging.ERROR and "refused" in record.getMessage() for record in caplog.records)


async def test_finding_fixed_retry_attempts_come_later_and_later_with_jitter() -> None:
    listener = Listener()
    jitter = chain([0.0, 1.0, 0.5], repeat(0.0))
    slept: list[float] = []

    class Spied(Link):
        def _delay(self, failures: int) -> float:
            slept.append(super()._delay(failures))
            return slept[-1]

    async with FakeAmi() as ami:
        await ami.stop()
        settings = replace(QUICK, port=ami.port, backoff_first=0.02, backoff_most=0.1)
        link = Spied(
            settings,
            on_event=listener.on_event,
            on_state=listener.on_state,
            clock=lambda: AT,
            random=lambda: next(jitter),
        )
        running = asyncio.create_task(link.run())
        await listener.state(LinkState.LOST, 5)
        await link.close()
        await soon(running)
        await ami.start()
    assert slept[:5] == pytest.approx([0.01, 0.04, 0.06, 0.05, 0.05])


async def test_finding_close_does_not_stop_the_retry() -> None:
    listener = Listener()
    async with FakeAmi() as ami:
        await ami.stop()
        settings = replace(QUICK, port=ami.port, backoff_first=60.0, backoff_most=60.0)
        link = Link(settings, on_event=listener.on_event, on_state=listener.on_state, clock=lambda: AT)
        running = asyncio.create_task(link.run())
        await listener.state(LinkState.LOST)
        waiting = asyncio.create_task(link.attached())
        await soon(link.close())
        await soon(running)
        with pytest.raises(LinkLost):
            await soon(waiting)
        await ami.start()
        await soon(link.run())
    assert listener.states[-1][0] is LinkState.CLOSED
    assert ami.names() == []


async def test_finding_coroutine_callbacks_run_unbounded_and_out_of_order() -> None:
    async def callback(*_: object) -> None: ...

    for pair in ({"on_event": callback, "on_state": print}, {"on_event": print, "on_state": callback}):
        with pytest.raises(TypeError, match="plain functions"):
            Link(QUICK, clock=lambda: AT, **pair)  # type: ignore[arg-type]


def test_finding_call_manager_fast_agi_and_parse_agi_result_are_not_used() -> None:
    unwanted = {"CallManager", "fast_agi", "parse_agi_result", "send_agi_command", "call_manager"}
    package = Path(__file__).parents[2] / "ivr"
    used: set[str] = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                used |= {*(node.module or "").split("."), *(alias.name for alias in node.names)}
            elif isinstance(node, ast.Attribute):
                used.add(node.attr)
            elif isinstance(node, ast.Import):
                used |= {part for alias in node.names for part in alias.name.split(".")}
    assert "panoramisk" in used
    assert not used & unwanted
