"""Checks of the topics of a service: codes that can be told apart, names for records, titles, the words after a code.

Rule 1: an operator ends a code by `#` or a pause, so one code may be the beginning of another.
"""

from collections.abc import Iterator, Mapping

from ivr.routing.topics import CONFIRMATIONS
from ivr.rulebook.check_messages import PromptExists
from ivr.rulebook.problems import Finding, quoted
from ivr.rulebook.schema import Rulebook, TopicRules
from ivr.rulebook.tree import Path
from ivr.vocabulary import Language

DEEPEST = 3


def topics(book: Rulebook, service: str, prompt_exists: PromptExists) -> Iterator[Finding]:
    """Yield what is wrong with the topics of a service."""
    rules = book.services[service]
    path: Path = ("services", service, "topics")
    codes: set[str] = set()
    names: set[str] = set()
    for here, code, topic in _below(path, rules.topics):
        yield from _differ(here, code, topic, codes, names)
        yield from _titled(here, topic, rules.languages)
    if rules.topics:
        yield from _confirmed(path, Language(rules.languages[0]), prompt_exists)


def _below(path: Path, entries: Mapping[str, TopicRules]) -> Iterator[tuple[Path, str, TopicRules]]:
    for code, topic in entries.items():
        yield (*path, code), code, topic
        yield from _below((*path, code, "topics"), topic.topics)


def _differ(here: Path, code: str, topic: TopicRules, codes: set[str], names: set[str]) -> Iterator[Finding]:
    if code in codes:
        hint = "give one of them another code"
        yield Finding(here, f"the code {quoted(code)} is used twice", "codes that differ", hint, in_key=True)
    if topic.id in names:
        hint = "give one of them another id"
        yield Finding((*here, "id"), f"the id {quoted(topic.id)} is used twice", "ids that differ", hint)
    if here.count("topics") > DEEPEST:
        hint = "move it up, or leave it out"
        yield Finding(here, "lies too deep", f"at most {DEEPEST} levels", hint, in_key=True)
    codes.add(code)
    names.add(topic.id)


def _titled(here: Path, topic: TopicRules, languages: list[str]) -> Iterator[Finding]:
    for language in languages:
        if language not in topic.title:
            hint = f"add {language}: ..."
            yield Finding((*here, "title"), f"has no {quoted(language)}", "a title in each language", hint)


def _confirmed(path: Path, language: Language, prompt_exists: PromptExists) -> Iterator[Finding]:
    """Operators hear what came of a code in the first language of the service."""
    for prompt in CONFIRMATIONS:
        if not prompt_exists(prompt, language):
            message = f"the prompt {quoted(prompt)} does not exist in {quoted(language)}"
            hint = f"write its text to recordings/prompts/{language}/{prompt}.txt and run ivr prompts build"
            yield Finding(path, message, "what operators hear, in the first language of the service", hint)
