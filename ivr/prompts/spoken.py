"""Announcements whose words stand in the rules: their texts become prompts, spoken by the speech program.

Rule 1: a prompt is named after its words, so other words are another prompt: nothing that plays is ever changed.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from ivr.errors import PromptError
from ivr.prompts.build import Speaker, build
from ivr.prompts.check import Finding, Severity, missing
from ivr.prompts.speech import speak
from ivr.prompts.texts import Place
from ivr.routing.reach import prompts_of
from ivr.routing.rules import Announcement, Ruleset


def unplayable(rules: Ruleset, root: Path) -> tuple[Finding, ...]:
    """Return what is wrong with the prompts that callers of the rules can hear, each prompt once; the grave things only."""
    wanted = {
        (prompt, language): None
        for service in rules.services.values()
        for prompt in prompts_of(service, rules)
        for language in service.languages
    }
    found = (one for prompt, language in wanted for one in missing([prompt], [language], root))
    return tuple(one for one in found if one.severity is Severity.PROBLEM)


def speak_announcements(rules: Ruleset, root: Path, speaker: Speaker = speak) -> tuple[Place, ...]:
    """Write and build what announcements say under `root`; return the prompts that are new. Raises PromptError."""
    texts = {
        Place(root, language, one.prompt): words
        for one in _announcements(rules)
        for language, words in one.texts.items()
    }
    new = tuple(place for place in texts if not place.recording.exists())
    if not new:
        return ()
    try:
        # Made beside the prompts and moved there whole, so that nobody plays half of one.
        with TemporaryDirectory(prefix=".spoken-", dir=root.parent) as folder:
            _make(new, texts, Path(folder), speaker)
    except OSError as error:
        raise PromptError(
            f"{root}: the spoken announcements cannot be written ({error}); check its rights and the free space."
        ) from error
    return new


def _announcements(rules: Ruleset) -> Iterable[Announcement]:
    return (one for service in rules.services.values() for one in service.announcements)


def _make(new: Iterable[Place], texts: Mapping[Place, str], folder: Path, speaker: Speaker) -> None:
    made = {place: Place(folder, place.language, place.prompt) for place in new}
    for place, draft in made.items():
        draft.text.parent.mkdir(parents=True, exist_ok=True)
        draft.text.write_text(texts[place].strip() + "\n", encoding="utf-8")
    build(folder, None, speaker)
    for place, draft in made.items():
        place.text.parent.mkdir(parents=True, exist_ok=True)
        draft.text.replace(place.text)
        draft.recording.replace(place.recording)
