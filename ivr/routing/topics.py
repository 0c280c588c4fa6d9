"""Topics of a service: what calls are about, as one list over all levels of the tree. Pure."""

from collections.abc import Iterable, Iterator

from ivr.routing.rules import Service, Topic
from ivr.vocabulary import PromptId

CONFIRMATIONS = (PromptId("topics/set"), PromptId("topics/unknown"))
"""What an operator hears after a code, in the first language of the service."""


def topics_of(service: Service) -> tuple[Topic, ...]:
    """Give every topic of a service, each before the finer ones below it."""
    return tuple(_below(service.topics))


def _below(topics: Iterable[Topic]) -> Iterator[Topic]:
    for topic in topics:
        yield topic
        yield from _below(topic.topics)


def topic_named(service: Service, word: str) -> Topic | None:
    """Give the topic that a word stands for: its id, or else its code; None if there is none.

    The id comes first: it may be digits too.
    """
    found = topics_of(service)
    return next((one for kind in ("id", "code") for one in found if getattr(one, kind) == word), None)
