"""Bring a changed rules file into use: check it apart, install it, exchange it for new calls; or change nothing.

Rule 1: the event loop only waits here: reading, proving, speaking and rendering happen in another process.
Rule 2: a file with any problem changes nothing. It is told loudly and remembered as the last attempt.
Rule 3: one reload at a time; who comes later waits.
Rule 4: the engine knows a version before the dialplan has it, and the dialplan has it before it is current.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from ivr.errors import IvrError
from ivr.routing.rules import Ruleset
from ivr.rulebook.live import LiveRules
from ivr.rulebook.overrides import Active
from ivr.rulebook.problems import Problem
from ivr.vocabulary import DestinationId, RulesVersion

Generated: TypeAlias = Mapping[str, Mapping[str, str]]
"""What is rendered from the rules: instance (`pbx`, `network`) -> file name -> text."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """What the other process shall do: check the file at `path`, or, if it is None, render `current` again.

    `kept` are older versions, `release` the safety lines that may go, `at` the instant of the proof and of the
    rendered hours.
    """

    path: Path | None
    years: range
    current: Ruleset
    kept: tuple[Ruleset, ...]
    overrides: Active
    release: Set[DestinationId]
    at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a task. `rules` are None if the file could not be read as rules; `files` are all that it named.

    `generated` is empty if nothing may be installed.
    """

    rules: Ruleset | None
    problems: tuple[Problem, ...]
    files: tuple[Path, ...]
    generated: Generated


Check: TypeAlias = Callable[[Task], Awaitable[Checked]]
"""Does a task apart from the event loop; never raises for what a file holds."""
Install: TypeAlias = Callable[[Generated, RulesVersion, bool], Awaitable[None]]
"""Puts generated files into use, or leaves all as it was and raises IvrError. The flag: only if they are not in use."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """One attempt: the version before and after it, what was wrong, and how long it took in seconds."""

    at: datetime
    before: RulesVersion
    after: RulesVersion
    problems: tuple[Problem, ...]
    seconds: float

    @property
    def changed(self) -> bool:
        """Tell whether new calls get other rules than before."""
        return self.before != self.after


class Reloader:
    """Reloads `rules`. `clock` is the real time. `files` are those to be watched, `since` is when the version came.

    `read_at` is when the last reading began, also if it goes on still. `on_done` hears of each attempt; it must be quick.
    """

    def __init__(
        self,
        rules: LiveRules,
        check: Check,
        install: Install,
        clock: Callable[[], datetime],
        on_done: Callable[[Reloaded], None] = lambda _: None,
    ) -> None:
        self.rules = rules
        self.since = self.read_at = clock()
        self.last: Reloaded | None = None
        self.files: tuple[Path, ...] = (rules.path,)
        self._check = check
        self._install = install
        self._clock = clock
        self._on_done = on_done
        self._one_at_a_time = asyncio.Lock()

    async def begin(self) -> None:
        """Prove the rules that were read at the start, and see that the PBX has them, proved or not."""
        done = await self.reload(first=True)
        if done.problems:
            await self.render()

    async def reload(self, release: Set[DestinationId] = frozenset(), *, first: bool = False) -> Reloaded:
        """Read the file again; with any problem the rules stay as they were. `first` spares a PBX that has them."""
        async with self._one_at_a_time:
            began, at, before = time.monotonic(), self._clock(), self.rules.current.version
            self.read_at = at
            checked = await self._check(self._task(self.rules.path, release, at))
            self.files = checked.files or self.files
            problems = checked.problems
            if not problems and checked.rules is not None:
                problems = await self._use(checked.rules, checked.generated, exchange=True, first=first)
            done = Reloaded(at, before, self.rules.current.version, problems, time.monotonic() - began)
            self.last = done
            _tell(done)
            self._on_done(done)
            return done

    async def render(self) -> tuple[Problem, ...]:
        """Render the current rules again: the days ahead, the overrides. Returns what hindered it."""
        async with self._one_at_a_time:
            current = self.rules.current
            checked = await self._check(self._task(None, frozenset(), self._clock()))
            problems = checked.problems or await self._use(current, checked.generated, exchange=False)
            for problem in problems:
                logger.error("the fallback was not rendered again: %s", problem, extra={"action": "render_failed"})
            return problems

    def _task(self, path: Path | None, release: Set[DestinationId], at: datetime) -> Task:
        rules = self.rules
        return Task(path, rules.years(), rules.version(None), rules.kept, rules.overrides, release, at)

    async def _use(
        self, rules: Ruleset, generated: Generated, *, exchange: bool, first: bool = False
    ) -> tuple[Problem, ...]:
        self.rules.announce(rules if exchange else None)
        try:
            await self._install(generated, rules.version, first)
        except IvrError as error:
            self.rules.announce(None)
            hint = "the rules in use stay as they were; mend that and run: ivr rules reload"
            return (
                Problem(str(self.rules.path), 1, 1, "", f"the PBX could not take the new rules: {error}", "", hint),
            )
        if exchange:
            at = self._clock()
            if rules.version != self.rules.current.version:
                self.since = at
            self.rules.exchange(rules, at)
        return ()


def _tell(done: Reloaded) -> None:
    if not done.problems:
        word = "in use" if done.changed else "the same as before"
        logger.info(
            "rules %s are %s, %.2f s after the request",
            done.after,
            word,
            done.seconds,
            extra={"action": "rules_reloaded"},
        )
        return
    for problem in done.problems:
        logger.error("%s", problem, extra={"action": "rules_refused"})
    logger.error(
        "%s stay in use: the file has %d problems", done.after, len(done.problems), extra={"action": "rules_refused"}
    )
