"""Which prompts a caller can hear behind each kind of destination."""

from dataclasses import replace

from ivr.routing.destinations import Message, Reject
from ivr.routing.reach import prompts_of
from ivr.vocabulary import DestinationId, PromptId, ServiceId
from tests.fakes.many_services import many


def test_messages_refusals_and_menus_behind_hours_are_heard() -> None:
    rules = many(1)
    service = rules.services[ServiceId("t0-service")]
    desk, roads = (rules.destinations[DestinationId(f"t0-{name}")] for name in ("desk", "roads"))
    told = replace(desk, kind=Message(PromptId("moved"))), replace(roads, kind=Reject(PromptId("refused"), 1))
    changed = replace(rules, destinations={**rules.destinations, **{one.id: one for one in told}})
    assert set(prompts_of(service, rules)) == {"welcome", "menu", "again", "busy", "sorry"}
    assert set(prompts_of(service, changed)) == {"welcome", "menu", "again", "busy", "sorry", "moved", "refused"}
