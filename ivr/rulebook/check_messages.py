"""Checks of what services say and ask beside their menus: announcements, rules about callers."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from ivr.rulebook.graph import reached
from ivr.rulebook.problems import Finding, quoted
from ivr.rulebook.schema import AnnouncementRules, NumberRules, Rulebook
from ivr.rulebook.tree import Path
from ivr.vocabulary import Language, PromptId

PromptExists: TypeAlias = Callable[[PromptId, Language], bool]
"""Tells whether a prompt has a text or recording in a language."""


def announcements(book: Rulebook, prompt_exists: PromptExists) -> Iterator[Finding]:
    """Yield what is wrong with the announcements."""
    for name, rules in book.announcements.items():
        here: Path = ("announcements", name)
        if rules.until <= rules.from_:
            hint = "correct one of the two"
            yield Finding((*here, "until"), f"{rules.until} is not after {rules.from_}", "a later time", hint)
        for service in dict.fromkeys(rules.services):
            if service in book.services:
                yield from _spoken(book, here, rules, service, prompt_exists)
                if not rules.skippable and _has_safety_line(book, service):
                    message = f"{service} has a safety line, and nobody who needs it may be held up"
                    yield Finding((*here, "skippable"), message, "skippable: true", "remove skippable: false")


def _spoken(
    book: Rulebook, here: Path, rules: AnnouncementRules, service: str, prompt_exists: PromptExists
) -> Iterator[Finding]:
    for language in book.services[service].languages:
        if rules.text is not None and language not in rules.text:
            message = f"has no {quoted(language)}, which {service} speaks"
            yield Finding((*here, "text"), message, "the words in each language", f"add {language}: ...")
        if rules.prompt is not None and not prompt_exists(PromptId(rules.prompt), Language(language)):
            message = f"the prompt {quoted(rules.prompt)} does not exist in {quoted(language)}"
            hint = f"write its text to recordings/prompts/{language}/{rules.prompt}.txt and run ivr prompts build"
            yield Finding((*here, "prompt"), message, "a prompt in every language of the service", hint)


def _has_safety_line(book: Rulebook, service: str) -> bool:
    lines = {name for name, rules in book.destinations.items() if rules.safety}
    return any(section == "destinations" and name in lines for section, name in reached(book, service))


def callers(book: Rulebook, service: str) -> Iterator[Finding]:
    """Yield what is wrong with the languages of the numbers and of the callers of a service."""
    rules = book.services[service]
    here: Path = ("services", service)
    spoken: dict[Path, str] = {
        (*here, "numbers", position, "language"): one.language
        for position, one in enumerate(rules.numbers)
        if isinstance(one, NumberRules)
    }
    for position, caller in enumerate(rules.callers):
        if caller.language is not None:
            spoken[*here, "callers", position, "language"] = caller.language
    for path, language in spoken.items():
        if language not in rules.languages:
            expected = f"one of {', '.join(rules.languages)}"
            yield Finding(path, f"{service} does not speak {quoted(language)}", expected, "add it to its languages")
