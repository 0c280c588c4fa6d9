"""What a supervisor says a call was about: checked against the rules, then written into the journal by Asterisk.

Rule 1: what reaches Asterisk is a topic of the rules, a word from a list, or matches `CALL` or `CASE`.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ivr.errors import OperatorError, UnknownCall
from ivr.routing.rules import Ruleset, Service
from ivr.routing.topics import topic_named, topics_of
from ivr.vocabulary import LinkedId, ServiceId, TopicId

CALL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
"""What a linkedid looks like."""
CASE = re.compile(r"(?:[^\W_][\w./-]{0,39})?")
"""A reference of the municipality's own system: letters of any script, digits, and `_ . / -`."""
RESULTS = ("", "consulted", "registered")
SUPERVISOR = "supervisor"

Write = Callable[[LinkedId, TopicId, str, str, str], Awaitable[None]]
"""Writes call, topic, result, case and who says so. Raises LinkError."""


class TopicOrders:
    """Carries out the orders. `service_of` gives the service of a call under way or over, None if there is no such call."""

    def __init__(
        self, rules: Callable[[], Ruleset], service_of: Callable[[LinkedId], Awaitable[str | None]], write: Write
    ) -> None:
        self._rules = rules
        self._service_of = service_of
        self._write = write

    async def tell(self, given: Mapping[str, str]) -> Mapping[str, Any]:
        """Set the topic of a call by `call`, `topic` (id or code), `result` and `case`. Raises OperatorError, LinkError."""
        _refuse_unlike(given)
        call = LinkedId(given["call"])
        service = await self._service(call)
        topic = topic_named(service, given["topic"])
        if topic is None:
            known = ", ".join(f"{one.code} {one.id}" for one in topics_of(service)) or "none"
            raise OperatorError(f"{service.id} has no topic {given['topic']!r}; it has: {known}")
        await self._write(call, topic.id, given["result"], given["case"], SUPERVISOR)
        title = topic.title[service.languages[0]]
        return {**given, "topic": topic.id, "title": title, "service": service.id, "by": SUPERVISOR}

    async def _service(self, call: LinkedId) -> Service:
        name = await self._service_of(call)
        if name is None:
            raise UnknownCall(
                f"there is no call {call}; `ivr calls list` shows those under way, `ivr records list` those that are over"
            )
        service = self._rules().services.get(ServiceId(name))
        if service is None:
            raise OperatorError(f"the call {call} was to {name!r}, which is no service of the rules in use")
        return service


def _refuse_unlike(given: Mapping[str, str]) -> None:
    if not CALL.fullmatch(given["call"]):
        raise OperatorError(f"{given['call']!r} is no call; `ivr calls list` shows their names")
    if given["result"] not in RESULTS:
        raise OperatorError(f"{given['result']!r} is no result; give consulted or registered, or leave it out")
    if not CASE.fullmatch(given["case"]):
        raise OperatorError(
            f"{given['case']!r} is no case reference; it has letters, digits and _ . / - only, at most 40, and begins with "
            "a letter or digit"
        )
