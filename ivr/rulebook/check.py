"""Checks of what the rules mean, beyond their shape. Each function yields what is wrong in one respect."""

from collections.abc import Iterator

from ivr.routing.numbers import normal
from ivr.rulebook.build import number_text
from ivr.rulebook.check_destinations import destinations
from ivr.rulebook.check_hours import all_hours
from ivr.rulebook.check_messages import PromptExists, announcements, callers
from ivr.rulebook.check_topics import topics
from ivr.rulebook.check_ways import ways
from ivr.rulebook.graph import exits_of, keys_of, reached
from ivr.rulebook.problems import Finding, quoted
from ivr.rulebook.schema import Rulebook
from ivr.rulebook.tree import Path
from ivr.vocabulary import Did, Language, PromptId

__all__ = ["PromptExists"]


def meaning(book: Rulebook, prompt_exists: PromptExists) -> list[Finding]:
    """Return everything that is wrong with the whole entries of a rules file; each mistake once."""
    found = [*_numbers(book), *_languages(book), *destinations(book), *all_hours(book), *ways(book)]
    for service in book.services:
        found += _titles(book, service)
        found += _language_keys(book, service)
        found += _prompts(book, service, prompt_exists)
        found += callers(book, service)
        found += topics(book, service, prompt_exists)
    found += announcements(book, prompt_exists)
    return list(dict.fromkeys(found))


def _numbers(book: Rulebook) -> Iterator[Finding]:
    taken: dict[Did, str] = {}
    for service, rules in book.services.items():
        numbers = [normal(number_text(number)) for number in rules.numbers]
        for position, number in enumerate(numbers):
            owner = taken.setdefault(number, service)
            if (owner, position) != (service, numbers.index(number)):
                written = number_text(rules.numbers[position])
                message = f"the number {quoted(written)} belongs to {owner} already"
                yield Finding(("services", service, "numbers", position), message, hint="remove one of them")


def _languages(book: Rulebook) -> Iterator[Finding]:
    for service, rules in book.services.items():
        for position, language in enumerate(rules.languages):
            if language in rules.languages[:position]:
                message = f"the language {quoted(language)} is named twice"
                yield Finding(("services", service, "languages", position), message, hint="remove one of them")


def _titles(book: Rulebook, service: str) -> Iterator[Finding]:
    rules = book.services[service]
    titled = {("services", service): rules.title}
    for section, name in reached(book, service):
        if section == "destinations" and name in book.destinations:
            titled[section, name] = book.destinations[name].title
    for place, title in titled.items():
        for language in rules.languages:
            if language not in title:
                message = f"has no {quoted(language)}, which {service} speaks"
                yield Finding((*place, "title"), message, "a title in each language", f"add {language}: ...")


def _language_keys(book: Rulebook, service: str) -> Iterator[Finding]:
    languages = book.services[service].languages
    for place in reached(book, service):
        for way in keys_of(book, place):
            language = getattr(way.target, "language", None)
            if language is not None and language not in languages:
                message = f"{service} does not speak {quoted(language)}"
                hint = f"add it to services.{service}.languages, or remove the key"
                yield Finding((*way.path, "language"), message, f"one of {', '.join(languages)}", hint)


def _prompts(book: Rulebook, service: str, prompt_exists: PromptExists) -> Iterator[Finding]:
    for path, prompt in _used_prompts(book, service):
        for language in book.services[service].languages:
            if not prompt_exists(PromptId(prompt), Language(language)):
                message = f"the prompt {quoted(prompt)} does not exist in {quoted(language)}"
                hint = f"write its text to recordings/prompts/{language}/{prompt}.txt and run ivr prompts build"
                yield Finding(path, message, "a prompt in every language of the service", hint)


def _used_prompts(book: Rulebook, service: str) -> Iterator[tuple[Path, str]]:
    rules = book.services[service]
    yield ("services", service, "welcome"), rules.welcome
    yield ("services", service, "sorry"), rules.sorry
    for place in reached(book, service):
        section, name = place
        if section == "destinations" and name in book.destinations:
            kind = book.destinations[name]
            if kind.announcement is not None:
                yield (*place, "announcement"), kind.announcement
            if kind.reject is not None:
                yield (*place, "reject", "announcement"), kind.reject.announcement
        if section == "menus" and name in book.menus:
            menu = book.menus[name]
            yield (*place, "prompt"), menu.prompt
            yield (*place, "invalid", "prompt"), menu.invalid.prompt
            yield (*place, "no_input", "prompt"), menu.no_input.prompt
        for way in (*keys_of(book, place), *exits_of(book, place)):
            for key in ("announcement", "say"):
                prompt: str | None = getattr(way.target, key)
                if prompt is not None:
                    yield (*way.path, key), prompt
