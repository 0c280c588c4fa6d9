"""The rules that calls get, exchanged whole while calls are under way.

Rule 1: a call keeps the `Ruleset` that it began with: the version that the dialplan gave it, as long as it is kept.
Rule 2: overrides belong to no version: they hold at once, for calls under way too.
Rule 3: a version that the dialplan may name is known here before the dialplan has it, and stays for a while after.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ivr.routing.rules import Ruleset
from ivr.rulebook.check import PromptExists
from ivr.rulebook.overrides import NONE, Active
from ivr.rulebook.read import any_prompt, read
from ivr.vocabulary import RulesVersion

MOST_KEPT = 8
"""Older versions that are kept; each is in the dialplan too and makes its reload longer."""
MOST_KEPT_SERVICES = 1500
"""Services of all older versions together; of very large rules only one older version is kept."""
LONGEST_KEPT = timedelta(minutes=20)
"""How long a version is kept after the last call could begin on it."""


@dataclass(frozen=True, slots=True)
class _Older:
    """A version that was current until `until`."""

    rules: Ruleset
    until: datetime


class LiveRules:
    """Holds the current rules of one file, older versions that calls may be on, and the overrides.

    `years` says which years of public holidays are needed. Raises `RulesError` if the first reading finds a problem:
    without any rules nothing can run.
    """

    def __init__(self, path: Path, years: Callable[[], range], prompt_exists: PromptExists = any_prompt) -> None:
        self.path = path
        self.years = years
        self._current = read(path, years=years(), prompt_exists=prompt_exists)
        self._older: tuple[_Older, ...] = ()
        self._coming: Ruleset | None = None
        self._overrides: Active = NONE

    @property
    def current(self) -> Ruleset:
        """The rules for a call that begins now, with the overrides that are known now."""
        return self._current.overridden(self._overrides)

    @property
    def kept(self) -> tuple[Ruleset, ...]:
        """Older versions that calls may still be on, the youngest first."""
        return tuple(older.rules for older in self._older)

    @property
    def overrides(self) -> Active:
        """The overrides that are known now, by destination, oldest first."""
        return self._overrides

    def version(self, version: RulesVersion | None) -> Ruleset:
        """Return the rules of a version that is kept, else the current ones; with the overrides that are known now."""
        candidates = (self._current, *((self._coming,) if self._coming else ()), *self.kept)
        found = next((rules for rules in candidates if rules.version == version), self._current)
        return found.overridden(self._overrides)

    def order(self, overrides: Active) -> None:
        """Exchange the overrides."""
        self._overrides = overrides

    def announce(self, rules: Ruleset | None) -> None:
        """Know rules that the dialplan may name from now on, though they are not current yet; None forgets them."""
        self._coming = rules

    def exchange(self, rules: Ruleset, at: datetime) -> None:
        """Make `rules` current, from `at` on. Those before stay known for a while."""
        before, self._current, self._coming = self._current, rules, None
        older = [one for one in (_Older(before, at), *self._older) if one.rules.version != rules.version]
        most = max(1, min(MOST_KEPT, MOST_KEPT_SERVICES // max(1, len(before.services))))
        self._older = tuple(one for one in older if at - one.until < LONGEST_KEPT)[:most]
