"""Callers in a menu when the clock is stepped back: each hears it again, and nobody who has left it is led back there."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from ivr.asterisk.framing import Message
from ivr.asterisk.requests import End
from ivr.asterisk.waiting import ask_again
from ivr.errors import LinkLost, RequestRefused

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
READS, TALKS = "Read", "AppDial"


@dataclass
class Switch:
    """An Asterisk with channels: application and service. Those that are `gone` refuse."""

    channels: dict[str, tuple[str, str]]
    gone: frozenset[str] = frozenset()
    fails: bool = False
    led: list[tuple[str, ...]] = field(default_factory=list)

    async def attached(self) -> None:
        return

    async def request(
        self, action: Mapping[str, str | Sequence[str]], *, end: End = End.RESPONSE
    ) -> tuple[Message, ...]:
        if self.fails:
            raise LinkLost
        if action["Action"] == "Status":
            assert end is End.LIST
            found = [_status(name, *about) for name, about in self.channels.items()]
            return (Message(NOON, {"Response": "Success"}), *found)
        if action["Channel"] in self.gone:
            raise RequestRefused
        self.led.append(tuple(map(str, action.values())))
        return (Message(NOON, {"Response": "Success"}),)


def _status(channel: str, application: str, service: str) -> Message:
    headers = {"Event": "Status", "Channel": channel, "Application": application}
    return Message(NOON, headers, {"Variable": (f"IVR_SERVICE={service or '(null)'}",)})


@pytest.mark.parametrize(
    ("switch", "led"),
    [
        (Switch({"a": (READS, "town"), "b": (READS, "town")}), "ab"),
        (Switch({"a": (TALKS, "town"), "b": (READS, "")}), ""),
        (Switch({"a": (READS, "town"), "b": (READS, "town")}, gone=frozenset("a")), "b"),
    ],
    ids=["in a menu", "others", "gone"],
)
def test_who_is_in_a_menu_hears_it_again(switch: Switch, led: str) -> None:
    assert asyncio.run(ask_again(switch)) == len(led)
    assert sorted(switch.led) == [("Redirect", channel, "ivr-fallback", "stepped", "1") for channel in led]


def test_a_lost_link_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert asyncio.run(ask_again(Switch({"a": (READS, "town")}, fails=True))) == 0
    assert "callers in a menu may wait for ever" in caplog.text
