"""Upkeep: overrides come and go while an engine runs, a changed file is read, and failures do not end it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.app import now
from ivr.live.upkeep import Upkeep
from ivr.routing.rules import Override, OverrideKind
from ivr.rulebook.live import LiveRules
from ivr.rulebook.overrides import Cleared, OverrideStore
from ivr.rulebook.problems import Problem
from ivr.rulebook.reload import Checked, Generated, Reloader, Task
from ivr.vocabulary import DestinationId, OverrideId, RulesVersion
from tests.fakes.patience import until
from tests.fakes.rules_text import SMALL, YEARS

DESK = DestinationId("desk")
WAIT = 60.0  # seconds


class House:
    """Rules with upkeep. `checks` and `installs` are put in as they come; the clock goes only by hand."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "rules.yaml"
        self.path.write_text(SMALL)
        self.at = now()
        self.rules = LiveRules(self.path, lambda: YEARS)
        self.store = OverrideStore(folder / "overrides.sqlite3")
        self.checks: asyncio.Queue[Task] = asyncio.Queue()
        self.problems: tuple[Problem, ...] = ()
        self.reloader = Reloader(self.rules, self._check, self._install, lambda: self.at)
        self.changed = asyncio.Event()
        order = self.rules.order
        self.rules.order = lambda wanted: (order(wanted), self.changed.set())[0]  # type: ignore[method-assign]

    async def _check(self, task: Task) -> Checked:
        self.checks.put_nowait(task)
        return Checked(self.rules.current, self.problems, (self.path,), {})

    async def _install(self, generated: Generated, version: RulesVersion, unless_in_use: bool) -> None:
        pass

    def add(self, name: str, hours: float = 1) -> Override:
        end = self.at + timedelta(hours=hours)
        made = Override(OverrideId(name), DESK, OverrideKind.CLOSED, self.at, end, "why", "anna")
        return self.store.add(lambda _: made)

    async def ordered(self, *orders: Override) -> None:
        """Wait for the next change of the overrides, which must be these."""
        async with asyncio.timeout(WAIT):
            await self.changed.wait()
        self.changed.clear()
        assert dict(self.rules.overrides) == ({DESK: orders} if orders else {})

    async def checked(self, path: Path | None) -> Task:
        """Wait for the next check, which must be of this file (None: rendered again)."""
        async with asyncio.timeout(WAIT):
            task = await self.checks.get()
        assert task.path == path
        return task

    @asynccontextmanager
    async def kept_up(self) -> AsyncIterator[None]:
        upkeep = Upkeep(self.reloader, self.store, lambda: self.at)
        await upkeep.begin()
        task = asyncio.get_running_loop().create_task(upkeep.run())
        await self.checked(self.path)
        yield
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_what_holds_at_the_start_is_rendered_at_once(house: House) -> None:
    made = house.add("a")
    house.add("old", -1)
    async with house.kept_up():
        assert dict(house.rules.overrides) == {DESK: (made,)}
        assert house.checks.empty(), "the first check has seen them"


async def test_overrides_come_expire_and_are_cleared(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with house.kept_up():
        first = house.add("a", 1)
        await house.ordered(first)
        assert (await house.checked(None)).overrides == {DESK: (first,)}
        second = house.add("b", 3)
        await house.ordered(first, second)
        house.at += timedelta(hours=2)
        await house.ordered(second)
        house.store.clear("b", Cleared(house.at, "ivan", "done"))
        await house.ordered()
    told = [record.__dict__["action"] for record in caplog.records]
    assert told == ["override_added", "override_added", "override_expired", "override_cleared"]
    assert "desk is closed by override a of anna until" in caplog.records[0].getMessage()


async def test_overrides_that_cannot_be_read_leave_those_that_are_known(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async with house.kept_up():
        made = house.add("a")
        await house.ordered(made)
        await house.checked(None)
        good = house.store.path.read_bytes()
        house.store.path.write_bytes(b"broken" * 1000)
        await heard(caplog, "overrides_unusable")
        assert dict(house.rules.overrides) == {DESK: (made,)}
        house.store.path.write_bytes(good)
        house.store.clear("a", Cleared(house.at, "ivan", "done"))
        await house.ordered()


async def test_a_changed_file_is_read(house: House) -> None:
    async with house.kept_up():
        house.path.write_text(SMALL + "# changed\n")
        await house.checked(house.path)
        house.path.unlink()
        await house.checked(house.path)
        house.path.write_text(SMALL)
        await house.checked(house.path)


async def test_what_fails_in_between_is_told_and_does_not_end_it(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.live.upkeep.AGAIN", 0.01)
    async with house.kept_up():
        known = house.store.known
        house.store.known = failing()  # type: ignore[method-assign]
        house.add("a")
        await heard(caplog, "upkeep_failed")
        house.store.known = known  # type: ignore[method-assign]
        made = house.add("b")
        await house.ordered(*(one.override for one in known()))
        assert made in house.rules.overrides[DESK]


async def test_a_fallback_that_was_not_rendered_is_rendered_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.live.upkeep.AGAIN", 0.01)
    async with house.kept_up():
        house.problems = (Problem("x", 1, 1, "", "no"),)
        house.add("a")
        await house.checked(None)
        await house.checked(None)
        house.problems = ()
        await house.checked(None)


def failing() -> Callable[[], tuple[object, ...]]:
    def fail() -> tuple[object, ...]:
        message = "a fault of ours"
        raise RuntimeError(message)

    return fail


async def heard(caplog: pytest.LogCaptureFixture, action: str) -> None:
    """Wait until a line of the log has this action."""
    await until(lambda: action in [record.__dict__.get("action") for record in caplog.records], WAIT)
