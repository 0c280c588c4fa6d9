"""The topics of a service as one list, and the one that a word stands for."""

from dataclasses import replace

import pytest

from ivr.routing.rules import Service, Topic
from ivr.routing.topics import topic_named, topics_of
from ivr.vocabulary import ServiceId, TopicId
from tests.fakes.ruleset import small


def topic(code: str, name: str, *below: Topic) -> Topic:
    return Topic(code, TopicId(name), {}, below)


TREE = (
    topic("1", "water", topic("11", "leak", topic("111", "street")), topic("12", "meter")),
    topic("2", "heating"),
    topic("3", "12"),
)
TOWN: Service = replace(small().services[ServiceId("town")], topics=TREE)


def test_each_comes_before_the_finer_ones_below_it() -> None:
    assert [one.id for one in topics_of(TOWN)] == ["water", "leak", "street", "meter", "heating", "12"]
    assert topics_of(replace(TOWN, topics=())) == ()


@pytest.mark.parametrize(
    ("word", "found"),
    [("leak", "leak"), ("111", "street"), ("12", "12"), ("11", "leak"), ("2", "heating"), ("9", None), ("", None)],
)
def test_a_word_is_an_id_or_else_a_code(word: str, found: str | None) -> None:
    named = topic_named(TOWN, word)
    assert (None if named is None else named.id) == found
