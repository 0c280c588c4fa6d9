"""The topics of a service as a dialplan context: what dialplans/pbx/topics.conf asks for. Pure.

language   the language in which operators hear what came of a code; nothing if the service has no topics
CODE       the topic's id
"""

from ivr.asterisk.render_words import TOPICS, context, extension, leads_somewhere
from ivr.routing.rules import Service
from ivr.routing.topics import topics_of
from ivr.vocabulary import RulesVersion


def topics_context(service: Service, version: RulesVersion) -> list[str]:
    """Render the codes of one service; each is asked by Gosub and returns its answer."""
    found = topics_of(service)
    lines = [f"[{context(version, TOPICS, service.id)}]"]
    lines += extension("language", [f"Return({service.languages[0] if found else ''})"])
    for topic in found:
        lines += extension(topic.code, [f"Return({topic.id})"])
    return [*lines, *leads_somewhere()]
