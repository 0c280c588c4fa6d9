"""What is said to callers, as text: what `explain` tells. EDGE."""

from pathlib import Path

from ivr.errors import PromptError
from ivr.prompts.texts import Place, read_text
from ivr.proof.explain_text import Words
from ivr.routing.rules import Ruleset
from ivr.vocabulary import Language, PromptId


def words_in(root: Path, rules: Ruleset) -> Words:
    """Give what gives the text of a prompt: from an announcement of the rules, else from its file; `""` if there is none."""
    spoken = {one.prompt: one.texts for service in rules.services.values() for one in service.announcements}

    def words(prompt: PromptId, language: Language) -> str:
        if spoken.get(prompt):
            return spoken[prompt].get(language, "")
        try:
            return " ".join(line.words for line in read_text(Place(root, language, prompt)))
        except PromptError:
            return ""

    return words
