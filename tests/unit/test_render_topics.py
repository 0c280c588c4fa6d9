"""The codes of a service as Asterisk asks for them: codes and names of the rules, and nothing that could break out."""

from dataclasses import replace
from datetime import date

import pytest

from ivr.asterisk.render import dialplan
from ivr.asterisk.render_topics import topics_context
from ivr.errors import RulesError
from ivr.routing.rules import Ruleset, Topic
from ivr.vocabulary import RulesVersion, ServiceId, TopicId
from tests.fakes.ruleset import small

VERSION = RulesVersion("v1")
TOWN = small().services[ServiceId("town")]


def topic(code: str, name: str, *below: Topic) -> Topic:
    return Topic(code, TopicId(name), {}, below)


def with_topics(*topics: Topic) -> Ruleset:
    return replace(small(), services={TOWN.id: replace(TOWN, topics=topics)})


def test_every_code_returns_its_topic_and_the_first_language_is_told() -> None:
    town = replace(TOWN, topics=(topic("1", "water", topic("11", "leak")), topic("2", "heating")))
    lines = topics_context(town, VERSION)
    assert lines[:5] == [
        "[ivr-v1-t-town]",
        "exten => language,1,Return(lv)",
        "exten => 1,1,Return(water)",
        "exten => 11,1,Return(leak)",
        "exten => 2,1,Return(heating)",
    ]


def test_a_service_without_topics_has_no_language_for_them() -> None:
    lines = topics_context(replace(TOWN, topics=()), VERSION)
    assert lines[1] == "exten => language,1,Return()"
    assert lines[2].startswith("exten => i,1,")


@pytest.mark.parametrize(
    "bad", [topic("1", "a)"), topic("1", "a\nb"), topic("_X", "a"), topic("12345", "a"), topic("", "a")]
)
def test_what_cannot_stand_in_a_dialplan_is_refused(bad: Topic) -> None:
    for topics in ((bad,), (topic("7", "fine", bad),)):
        with pytest.raises(RulesError, match="cannot stand in a dialplan"):
            dialplan(with_topics(*topics), today=date(2026, 11, 21))
