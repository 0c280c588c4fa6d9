"""One regression test, at least, for each finding about panoramisk 1.4 in a live PBX's hands.

The finding stands in each test's name.
"""

import ast
import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ivr.asterisk.connection import MAX_UNSENT, Dialler
from ivr.asterisk.link import End, Link, LinkState
from ivr.errors import LinkLost, LoginRefused, RequestRefused, RequestTimeout, UnsafeValue
from tests.fakes.ami_listener import AT, QUICK, Listener, running_link
from tests.fakes.ami_server import SECRET, FakeAmi, message, soon

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
        began = time.monotonic()
        assert "no answer to Ping" in await listener.state(LinkState.LOST)
        assert time.monotonic() - began < 1.0
        with pytest.raises(LinkLost):
            await soon(waiting)
        ami.silent = set()
        await listener.state(LinkState.ATTACHED, 2)


async def test_the_watchdog_does_not_misfire_when_our_own_loop_was_blocked() -> None:
    listener = Listener()
    settings = replace(QUICK, ping_interval=0.05, ping_timeout=0.1)
    async with FakeAmi() as ami, running_link(ami, listener, settings) as link:
        await soon(link.attached())
        await ami.seen("Ping")
        time.sleep(0.6)  # noqa: ASYNC251 - the fault that is tested
        count = ami.names().count("Ping")
        await ami.seen("Ping", count + 2)
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
    jitter = iter([0.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0])
    async with FakeAmi() as ami:
        await ami.stop()
        settings = replace(QUICK, port=ami.port, backoff_first=0.02, backoff_most=0.1)
        link = Link(
            settings,
            on_event=listener.on_event,
            on_state=listener.on_state,
            clock=lambda: AT,
            random=lambda: next(jitter),
        )
        slept: list[float] = []
        real_delay = link._delay
        link._delay = lambda failures: slept.append(real_delay(failures)) or slept[-1]  # type: ignore[method-assign, func-returns-value]
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


HARMFUL: Sequence[tuple[str, Mapping[str, Any]]] = [
    ("CR LF", {"Action": "Setvar", "Variable": "X", "Value": "1\r\nAction: Originate"}),
    ("LF", {"Action": "Setvar", "Variable": "X", "Value": "1\nAction: Originate"}),
    ("CR", {"Action": "Setvar", "Variable": "X", "Value": "1\r"}),
    ("NUL", {"Action": "Setvar", "Variable": "X", "Value": "1\0"}),
    ("in a list", {"Action": "Setvar", "Variable": ["A=1", "B=2\r\n\r\nAction: Logoff"]}),
    ("in the verb", {"Action": "Ping\r\nAction: Logoff"}),
    ("in a name", {"Action": "Ping", "A: 1\r\nB": "1"}),
    ("a lone surrogate", {"Action": "Setvar", "Variable": "X", "Value": "\udc80"}),
    ("no verb", {"Variable": "X"}),
    ("a line too long", {"Action": "Setvar", "Value": "x" * (1022 - len("Value: ") + 1)}),
    ("a line too long in bytes", {"Action": "Setvar", "Value": "ā" * 510}),
    ("too many headers", {"Action": "Setvar", "Variable": ["A=1"] * 126}),
    ("a plain CommandID", {"Action": "AGI", "Channel": IN_AGI, "Command": "NOOP", "CommandID": "1804289383"}),
]


@pytest.mark.parametrize("action", [action for _, action in HARMFUL], ids=[name for name, _ in HARMFUL])
async def test_finding_cr_lf_in_a_value_starts_a_second_action(action: Mapping[str, Any]) -> None:
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        with pytest.raises(UnsafeValue) as caught:
            await link.request(action)
        with pytest.raises(UnsafeValue):
            link.send([{"Action": "Ping"}, action])
        assert "Originate" not in str(caught.value)
        await link.request({"Action": "Ping"})
        assert ami.names() == ["Login", "Ping"]


async def test_the_longest_line_and_the_most_headers_are_sent_whole() -> None:
    longest = {"Action": "Setvar", "Variable": "X", "Value": "x" * (1022 - len("Value: "))}
    async with FakeAmi() as ami, running_link(ami, Listener()) as link:
        await soon(link.attached())
        await link.request(longest)
        assert ami.variables["X"] == longest["Value"]
        with pytest.raises(RequestRefused):
            await link.request({"Action": "Many", "Variable": ["A=1"] * 125})
        assert ami.reads[-1].count(b"\r\n") == 127 + 1


async def test_finding_a_letter_split_between_reads_vanishes_and_an_empty_last_header_is_dropped() -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        raw = message(Event="E", Name="Ķekava", AccountCode="")
        middle = raw.index("Ķ".encode()) + 1
        ami.say(raw[:middle])
        await soon(half_of_it_was_read(link))
        ami.say(raw[middle:])
        (event,) = await listener.heard(1)
        assert event.headers == {"Event": "E", "Name": "Ķekava", "AccountCode": ""}
        assert event.at is AT


async def half_of_it_was_read(link: Link) -> None:
    """Let the loop turn until the first half of a message waits in the framer."""
    framer = link._attached_connection().framer
    while not framer._buffer:  # noqa: ASYNC110 - the framer is pure and has no event to wait for
        await asyncio.sleep(0)


async def test_finding_coroutine_callbacks_run_unbounded_and_out_of_order() -> None:
    async def callback(*_: object) -> None: ...

    for pair in ({"on_event": callback, "on_state": print}, {"on_event": print, "on_state": callback}):
        with pytest.raises(TypeError, match="plain functions"):
            Link(QUICK, clock=lambda: AT, **pair)  # type: ignore[arg-type]


async def test_finding_order_is_not_kept_two_events_in_one_read() -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        ami.say(message(Event="E", N="1") + message(Event="Unwanted") + message(Event="E", N="2"))
        assert [event.get("N") for event in await listener.heard(2)] == ["1", "2"]


async def test_order_is_kept_in_a_burst_of_ten_thousand_events() -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        ami.say(
            b"".join(message(Event="E", N=str(number)) + message(Event="VarSet", N="x") for number in range(10_000))
        )
        await listener.heard(10_000)
        assert [event.get("N") for event in listener.events] == [str(number) for number in range(10_000)]


async def test_finding_repeated_headers_are_a_str_once_and_a_list_else() -> None:
    listener = Listener()
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        ami.say(b"Event: E\r\nChanVariable: A=1\r\n\r\nEvent: E\r\nChanVariable: A=1\r\nChanVariable: B=2\r\n\r\n")
        once, twice = await listener.heard(2)
        assert (once.chan_variables, twice.chan_variables) == (("A=1",), ("A=1", "B=2"))


async def test_finding_secrets_and_replayed_actions_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    listener = Listener()
    value = "value-of-a-citizen"
    action = {"Action": "Setvar", "Variable": "X", "Value": value}
    async with FakeAmi() as ami, running_link(ami, listener) as link:
        await soon(link.attached())
        link.send([{**action, "Channel": "none"}, {"Action": "Nonsense", "Value": value}], on_refused=lambda *_: None)
        with pytest.raises(RequestRefused) as refused:
            await link.request({**action, "Channel": "none"})
        ami.silent = {"Setvar"}
        with pytest.raises(RequestTimeout) as timed_out:
            await link.request(action, timeout=0.01)
        with pytest.raises(UnsafeValue) as unsafe:
            await link.request({**action, "Value": value + "\n"})
        lost = asyncio.create_task(link.request(action))
        await ami.seen("Setvar", 4)
        ami.cut()
        with pytest.raises(LinkLost) as gone:
            await soon(lost)
        await listener.state(LinkState.ATTACHED, 2)
        texts = [caplog.text, repr(link.settings), *(str(one.value) for one in (refused, timed_out, unsafe, gone))]
    assert not [text for text in texts if SECRET in text or value in text]
    assert caplog.records


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
