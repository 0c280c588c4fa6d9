"""What commands that need the whole house ask for: the pair of Asterisks, a town's own, where the journal is."""

from collections.abc import Callable
from pathlib import Path

from ivr.asterisk import embedded
from ivr.asterisk.installation import Installation
from ivr.cli.start import now
from ivr.doctor.site import embedded_site
from ivr.errors import PromptError
from ivr.install.town import town
from ivr.prompts.spoken import speak_announcements, unplayable
from ivr.rulebook.live import LiveRules
from ivr.settings import Settings


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


def journal_files(found: Settings, rules: Callable[[], LiveRules]) -> tuple[Path, list[Path]]:
    """Give Asterisk's journal on this host, and the files that it was rotated to. `rules` is asked where a town's PBX is."""
    own = found.pbx == "embedded"
    path = embedded_site(found).journal if own else town(found, rules().current, today=now().date()).journal
    return path, sorted(one for one in path.parent.glob(f"{path.name}?*") if one.is_file())
