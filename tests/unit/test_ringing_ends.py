"""Phones that ring while the clock steps back: each rings for its own time by the engine's clock, and no phone for less."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import TypeVar

import pytest

from ivr.asterisk.framing import Message
from ivr.asterisk.requests import End
from ivr.asterisk.ringing import EVERY, SKEW, SPARE, Ringing
from ivr.errors import LinkLost, RequestRefused

PHONE, OTHER = "PJSIP/desk-1-00000001", "PJSIP/desk-2-00000002"
T = TypeVar("T")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Desk:
    """An Asterisk with phones that ring, and a clock that goes on when everybody waits."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.ringing: dict[str, str] = {}
        self.ended: list[tuple[str, float]] = []
        self.tick = ""
        self.fails = False
        self.refuses = False
        self.leads = True
        self.part = Ringing(self, "eng-1", lambda: self.at, lambda: self.leads, self.sleep)
        self._waiting: list[tuple[float, int, Callable[[], object]]] = []
        self._order = count()

    async def sleep(self, seconds: float) -> None:
        done = asyncio.Event()
        self.then(seconds, done.set)
        await done.wait()

    def then(self, seconds: float, do: Callable[[], object]) -> None:
        heapq.heappush(self._waiting, (self.at + seconds, next(self._order), do))

    def run(self, work: Awaitable[T]) -> T:
        async def played() -> T:
            task = asyncio.ensure_future(work)
            while not task.done():
                for _ in range(20):
                    await asyncio.sleep(0)
                if not task.done():
                    self.at, _, do = heapq.heappop(self._waiting)
                    do()
            return task.result()

        return asyncio.run(played())

    async def attached(self) -> None:
        return

    async def request(
        self, action: Mapping[str, str | Sequence[str]], *, end: End = End.RESPONSE
    ) -> tuple[Message, ...]:
        if self.fails:
            raise LinkLost
        channel = str(action.get("Channel", ""))
        if action["Action"] == "Setvar":
            self.tick = str(action["Value"])
        if action["Action"] == "Hangup":
            if self.refuses:
                raise RequestRefused
            assert action["Cause"] == "19"
            self.ended.append((channel, self.at))
        known = self.ringing if end is End.LIST else {}
        return tuple(_status(name, stamp) for name, stamp in known.items() if channel in ("", name))


def _status(channel: str, stamp: str) -> Message:
    state = "Up" if stamp == "answered" else "Ringing"
    headers = {"Event": "Status", "Channel": channel, "Application": "AppDial", "ChannelStateDesc": state}
    return Message(NOON, headers, {"Variable": (f"IVR_RINGS={stamp}",)})


@pytest.fixture
def desk() -> Desk:
    """Give a desk that has had ticks 1 to 20, one each EVERY seconds; the last one now."""
    made = Desk()

    async def ticks() -> None:
        for _ in range(20):
            made.at += EVERY
            await made.part.tick()

    asyncio.run(ticks())
    assert made.tick == "eng-1:20"
    return made


def test_a_phone_rings_for_its_own_time_however_long_it_has_rung(desk: Desk) -> None:
    began = desk.at - 5 * EVERY  # tick 15
    desk.ringing = {PHONE: "15:eng-1:15", OTHER: "60:eng-1:20"}
    assert desk.run(desk.part.relieve()) == 2
    (first, at), (second, later) = desk.ended
    assert (first, second) == (PHONE, OTHER)
    assert began + 15 <= at <= began + 15 + EVERY + SPARE
    assert later == 1010.0 + 60 + SPARE


def test_a_phone_that_has_rung_long_enough_is_ended_at_once(desk: Desk) -> None:
    desk.ringing = {PHONE: "5:eng-1:1"}
    desk.run(desk.part.relieve())
    assert desk.ended == [(PHONE, 1010.0 + SPARE)]


@pytest.mark.parametrize("stamp", ["15:eng-2:3", "15::", "15:", "15:eng-1:20", "15:eng-1:900"])
def test_a_phone_of_which_it_is_not_known_since_when_rings_for_its_whole_time(desk: Desk, stamp: str) -> None:
    desk.ringing = {PHONE: stamp}
    desk.run(desk.part.relieve())
    assert desk.ended == [(PHONE, 1010.0 + 15 + SPARE)]


def test_a_gap_between_ticks_never_shortens_the_ringing(desk: Desk) -> None:
    desk.at += 30  # the link was away; phones are rung with tick 20 all the time
    asyncio.run(desk.part.tick())
    desk.ringing = {PHONE: "15:eng-1:20"}
    desk.run(desk.part.relieve())
    assert desk.ended == [(PHONE, 1040.0 + 15 + SPARE)]


def test_what_begins_to_ring_soon_after_the_step_is_watched_too(desk: Desk) -> None:
    desk.then(SKEW / 2, lambda: desk.ringing.update({OTHER: "10:eng-1:20"}))
    assert desk.run(desk.part.relieve()) == 1
    assert desk.ended == [(OTHER, 1010.0 + SKEW + 10 + SPARE)]


@pytest.mark.parametrize("gone", ["answered", ""])
def test_who_was_answered_or_is_gone_is_left_alone(desk: Desk, gone: str) -> None:
    desk.ringing = {PHONE: "15:eng-1:20"}
    desk.then(14, lambda: desk.ringing.update({PHONE: gone}))
    assert desk.run(desk.part.relieve()) == 0
    assert desk.ended == []


def test_who_is_answered_in_the_very_moment_is_no_mistake(desk: Desk) -> None:
    desk.ringing, desk.refuses = {PHONE: "15:eng-1:20"}, True
    assert desk.run(desk.part.relieve()) == 0


def test_a_lost_link_ends_the_watch_and_is_told(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.ringing = {PHONE: "15:eng-1:20", OTHER: "20:eng-1:20"}
    desk.then(5, lambda: setattr(desk, "fails", True))
    assert desk.run(desk.part.relieve()) == 0
    assert "may go on ringing" in caplog.text


def test_only_the_leader_writes_ticks_and_a_lost_link_does_not_end_it(desk: Desk) -> None:
    def seen(tick: str) -> Callable[[], None]:
        def look() -> None:
            assert desk.tick == tick

        return look

    desk.leads = False
    desk.then(2.1, seen("eng-1:20"))
    desk.then(2.1, lambda: setattr(desk, "leads", True))
    desk.then(3.1, seen("eng-1:22"))
    desk.then(3.1, lambda: setattr(desk, "fails", True))
    desk.then(4.2, lambda: setattr(desk, "fails", False))
    desk.then(4.6, seen("eng-1:25"))

    async def kept() -> None:
        keeping = asyncio.ensure_future(desk.part.keep())
        await desk.sleep(5)
        keeping.cancel()

    desk.run(kept())
