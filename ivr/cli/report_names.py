"""What the routing rules call a service and its parts, for the report of its calls."""

from collections.abc import Iterable, Mapping

from cdr.report.gathered import Names
from ivr.routing.rules import Ruleset, Service, Topic
from ivr.vocabulary import Language


def names_of(rules: Ruleset, service: Service, language: str) -> Names:
    """Give the names in a language; where the rules have none in it, that of the service's first language."""

    def named(title: Mapping[Language, str]) -> str:
        wanted = (Language(language), *service.languages)
        return next((title[one] for one in wanted if one in title), next(iter(title.values())))

    topics = list(_with_parents(service.topics, ""))
    return Names(
        service=named(service.title),
        numbers=" / ".join(service.numbers),
        destinations={str(name): named(one.title) for name, one in rules.destinations.items()},
        topics={str(one.id): named(one.title) for one, _ in topics},
        topic_of={str(one.id): parent for one, parent in topics if parent},
        rules_version=rules.version,
    )


def safety_lines(rules: Ruleset) -> tuple[str, ...]:
    """Give the destinations that nothing may close."""
    return tuple(str(name) for name, one in rules.destinations.items() if one.safety)


def _with_parents(topics: Iterable[Topic], parent: str) -> Iterable[tuple[Topic, str]]:
    for one in topics:
        yield one, parent
        yield from _with_parents(one.topics, str(one.id))
