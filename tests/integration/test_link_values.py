"""Findings about panoramisk 1.4: what goes out is safe, what comes in stays whole and in order, secrets stay here."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ivr.asterisk.link import Link, LinkState
from ivr.errors import LinkLost, RequestRefused, RequestTimeout, UnsafeValue
from tests.fakes.ami_listener import AT, Listener, running_link
from tests.fakes.ami_server import SECRET, FakeAmi, message, soon

IN_AGI = "PJSIP/trunk-1"


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
        assert [one.lists["ChanVariable"] for one in (once, twice)] == [("A=1",), ("A=1", "B=2")]


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
