"""The rules that new calls get, exchanged whole while calls are under way.

Rule 1: a call keeps the `Ruleset` that it began with; `current` is asked once per call.
Rule 2: a bad file changes nothing: the old rules stay until a good one is read.
"""

from collections.abc import Callable
from pathlib import Path

from ivr.errors import RulesError
from ivr.routing.rules import Ruleset
from ivr.rulebook.check import PromptExists
from ivr.rulebook.problems import Problem
from ivr.rulebook.read import any_prompt, read


class LiveRules:
    """Holds the current rules of one file.

    `years` is asked at each reading which years of public holidays are needed. Raises `RulesError` if the first
    reading finds a problem: without any rules nothing can run.
    """

    def __init__(self, path: Path, years: Callable[[], range], prompt_exists: PromptExists = any_prompt) -> None:
        self._path = path
        self._years = years
        self._prompt_exists = prompt_exists
        self._current = self._read()

    @property
    def current(self) -> Ruleset:
        """The rules for a call that begins now."""
        return self._current

    def reload(self) -> tuple[Problem, ...]:
        """Read the file again and return its problems; with any problem the rules stay as they were."""
        try:
            self._current = self._read()
        except RulesError as error:
            return tuple(problem for problem in error.problems if isinstance(problem, Problem))
        return ()

    def _read(self) -> Ruleset:
        return read(self._path, years=self._years(), prompt_exists=self._prompt_exists)
