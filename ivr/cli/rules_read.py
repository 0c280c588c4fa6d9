"""How commands read the rules that the settings name."""

from ivr.cli.start import now
from ivr.prompts.texts import prompt_exists_in
from ivr.rulebook.live import LiveRules
from ivr.rulebook.read import years_around
from ivr.settings import Settings


def rules_of(found: Settings) -> LiveRules:
    """Read the rules. Raises RulesError with all problems."""
    return LiveRules(found.rules, lambda: years_around(now().year), prompt_exists_in(found.prompts))
