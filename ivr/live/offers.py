"""What a running engine offers on its control socket beside its rules: its state, calls, transfers, topics, figures."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ivr.calls.session import CallSession
from ivr.errors import OperatorError
from ivr.live.control import Offer, Order
from ivr.vocabulary import LinkedId

TARGET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
"""What a destination's name or number may look like on its way into the dialplan."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the answers come from. `state` gives what the engine is to new calls, and whether its link holds."""

    state: Callable[[], Mapping[str, Any]]
    sessions: Callable[[], Mapping[LinkedId, CallSession]]
    transfer: Callable[[LinkedId, str], Awaitable[str]]
    topic: Order
    alarms: Callable[[], Iterable[Mapping[str, Any]]]
    figures: Callable[[], str]
    records: Callable[[], Mapping[str, Any]]
    masked: Callable[[str], str]
    clock: Callable[[], datetime]


def offer(sources: Sources) -> Offer:
    """Give the requests that the control socket answers for these sources."""

    def status() -> Mapping[str, Any]:
        states = Counter(session.state.value for session in sources.sessions().values())
        told = {"calls": dict(states), "alarms": [*sources.alarms()], "records": dict(sources.records())}
        return {**sources.state(), **told}

    async def calls(_: Mapping[str, str]) -> Mapping[str, Any]:
        at = sources.clock()
        return {"calls": [_shown(session, sources.masked, at) for session in sources.sessions().values()]}

    async def metrics(_: Mapping[str, str]) -> Mapping[str, Any]:
        return {"text": sources.figures()}

    async def transfer(given: Mapping[str, str]) -> Mapping[str, Any]:
        if not TARGET.fullmatch(given["to"]):
            raise OperatorError(f"{given['to']!r} is no destination's name or number")
        return {"channel": await sources.transfer(LinkedId(given["call"]), given["to"])}

    return Offer(
        status,
        {
            "calls": (frozenset(), calls),
            "metrics": (frozenset(), metrics),
            "transfer": (frozenset({"call", "to"}), transfer),
            "topic": (frozenset({"call", "topic", "result", "case"}), sources.topic),
        },
    )


def _shown(session: CallSession, masked: Callable[[str], str], at: datetime) -> dict[str, Any]:
    return {
        "call": session.linkedid,
        "service": session.service,
        "number": session.number,
        "caller": masked(session.caller),
        "language": session.language,
        "state": session.state.value,
        "menu": session.menu,
        "destination": session.destination,
        "seconds": round((at - session.since).total_seconds(), 1),
    }
