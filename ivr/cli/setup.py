"""What every command that needs the whole house does first: logs, settings, rules, the pair of Asterisks."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

from ivr import logs
from ivr.app import now
from ivr.asterisk import embedded
from ivr.asterisk.installation import Installation
from ivr.errors import PromptError
from ivr.install.town import town
from ivr.prompts.spoken import prompt_exists_in, speak_announcements, unplayable
from ivr.rulebook.live import LiveRules
from ivr.rulebook.read import years_around
from ivr.settings import Settings, load

T = TypeVar("T")


def settings(**changes: object) -> Settings:
    """Read the settings and set up the logs. Raises SettingsError."""
    found = load(**changes)
    logs.set_up(found.log_level)
    return found


def rules_of(found: Settings) -> LiveRules:
    """Read the rules. Raises RulesError with all problems."""
    return LiveRules(found.rules, lambda: years_around(now().year), prompt_exists_in(found.prompts))


def pair_of(found: Settings, rules: LiveRules) -> embedded.Pair:
    """Describe the pair of Asterisks. Raises PbxUnavailable, and PromptError if a prompt of the rules has no sound."""
    _spoken(found, rules)
    return embedded.pair(found, rules.current, today=now().date())


def installation_of(found: Settings, rules: LiveRules) -> Installation:
    """Describe the PBX that the settings name: the embedded pair, or a town's own. Raises as `pair_of` does."""
    if found.pbx == "embedded":
        return pair_of(found, rules)
    _spoken(found, rules)
    return town(found, rules.current, today=now().date())


def _spoken(found: Settings, rules: LiveRules) -> None:
    speak_announcements(rules.current, found.prompts)
    problems = [str(finding) for finding in unplayable(rules.current, found.prompts)]
    if problems:
        raise PromptError("\n".join(["some prompts cannot be played:", *problems]))


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a fresh event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
