"""A reload: check, install, exchange, in this order; or nothing at all."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.errors import PbxUnavailable
from ivr.routing.rules import Ruleset
from ivr.rulebook.live import LiveRules
from ivr.rulebook.problems import Problem
from ivr.rulebook.reload import Checked, Generated, Reloader, Task
from ivr.vocabulary import DestinationId, RulesVersion
from tests.fakes.rules_text import SMALL, YEARS

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WRONG = Problem("rules.yaml", 3, 1, "menus.main", "is wrong")
FILES: Generated = {"pbx": {"numbers.conf": "text"}, "network": {}}


@dataclass
class Workshop:
    """Stands for the process that checks and for the PBX; `found` is what the next check finds."""

    live: LiveRules
    found: Checked
    tasks: list[Task] = field(default_factory=list)
    installed: list[tuple[Generated, str, bool]] = field(default_factory=list)
    while_installing: Callable[[], None] = lambda: None

    async def check(self, task: Task) -> Checked:
        self.tasks.append(task)
        return self.found

    async def install(self, generated: Generated, version: RulesVersion, unless_in_use: bool) -> None:
        self.while_installing()
        self.installed.append((generated, version, unless_in_use))


@pytest.fixture
def live(tmp_path: Path) -> LiveRules:
    path = tmp_path / "rules.yaml"
    path.write_text(SMALL)
    return LiveRules(path, lambda: YEARS)


def second(live: LiveRules) -> Ruleset:
    return replace(live.current, version=RulesVersion("second"))


def made(live: LiveRules, found: Checked) -> tuple[Reloader, Workshop]:
    shop = Workshop(live, found)
    return Reloader(live, shop.check, shop.install, lambda: AT), shop


def good(rules: Ruleset) -> Checked:
    return Checked(rules, (), (Path("a"), Path("b")), FILES)


async def test_a_good_file_comes_into_use(live: LiveRules) -> None:
    first = live.current
    reloader, shop = made(live, good(second(live)))
    seen: list[tuple[Ruleset, Ruleset]] = []
    shop.while_installing = lambda: seen.append((live.version(RulesVersion("second")), live.current))
    done = await reloader.reload(frozenset({DestinationId("police")}))
    assert (done.before, done.after, done.changed, done.problems) == (first.version, "second", True, ())
    assert seen == [(second(live), first)], "the engine knows the version while the dialplan learns it, no earlier"
    assert shop.installed == [(FILES, "second", False)]
    assert (live.current.version, live.kept) == ("second", (first,))
    assert (reloader.last, reloader.files) == (done, (Path("a"), Path("b")))
    task = shop.tasks[0]
    assert (task.path, task.current, task.release, task.at) == (live.path, first, {"police"}, AT)


async def test_the_same_file_is_installed_again_but_changes_nothing(live: LiveRules) -> None:
    reloader, shop = made(live, good(live.current))
    done = await reloader.reload()
    assert (done.changed, len(shop.installed), live.kept) == (False, 1, ())


async def test_a_bad_file_changes_nothing_and_is_told(live: LiveRules, caplog: pytest.LogCaptureFixture) -> None:
    first = live.current
    reloader, shop = made(live, Checked(None, (WRONG, WRONG), (Path("a"),), {}))
    with caplog.at_level(logging.ERROR):
        done = await reloader.reload()
    assert (done.problems, done.changed, done.after) == ((WRONG, WRONG), False, first.version)
    assert (live.current, live.kept, shop.installed) == (first, (), [])
    told = [record for record in caplog.records if record.__dict__.get("action") == "rules_refused"]
    assert [record.levelno for record in told] == [logging.ERROR] * 3
    assert str(WRONG) in told[0].getMessage()


async def test_what_the_pbx_does_not_take_does_not_come_into_use(live: LiveRules) -> None:
    first = live.current
    reloader, shop = made(live, good(second(live)))

    def fail() -> None:
        raise PbxUnavailable("it is down")

    shop.while_installing = fail
    done = await reloader.reload()
    assert "the PBX could not take the new rules: it is down" in str(done.problems[0])
    assert (live.current, live.version(RulesVersion("second"))) == (first, first)


async def test_the_current_rules_are_rendered_again(live: LiveRules) -> None:
    reloader, shop = made(live, good(live.current))
    assert await reloader.render() == ()
    assert (shop.tasks[0].path, reloader.last, live.kept) == (None, None, ())
    shop.found = Checked(None, (WRONG,), (), {})
    assert await reloader.render() == (WRONG,)
    assert len(shop.installed) == 1


async def test_a_start_installs_only_what_the_pbx_has_not(live: LiveRules) -> None:
    reloader, shop = made(live, good(live.current))
    await reloader.begin()
    assert [item[2] for item in shop.installed] == [True]


async def test_a_start_with_rules_that_are_not_proved_still_gives_the_pbx_the_same_as_the_engine(
    live: LiveRules,
) -> None:
    reloader, shop = made(live, Checked(None, (WRONG,), (), {}))
    await reloader.begin()
    assert [task.path for task in shop.tasks] == [live.path, None]


async def test_reloads_wait_for_each_other(live: LiveRules) -> None:
    """The second begins when the first has ended, so each sees the rules that the other left."""
    reloader, shop = made(live, good(second(live)))
    going = 0

    async def slow(task: Task) -> Checked:
        nonlocal going
        going += 1
        assert going == 1
        for _ in range(5):
            await asyncio.sleep(0)
        going -= 1
        return await shop.check(task)

    reloader._check = slow
    await asyncio.gather(*(reloader.reload() for _ in range(3)), reloader.render())
    assert [task.current.version for task in shop.tasks][1:] == ["second"] * 3
