"""What can be asked of supervision: for each request its method, its path, its order, and what the answer is. PURE."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

from pydantic import TypeAdapter

from ivr.supervision.models import (
    AuditEntry,
    CallDetail,
    CallerNumber,
    Calls,
    DestinationNow,
    Done,
    Health,
    Listening,
    Model,
    OverrideNow,
    RulesNow,
    Today,
)
from ivr.supervision.orders import (
    AnnounceOrder,
    CallerOrder,
    ClearOrder,
    ExplainOrder,
    HangUpOrder,
    ListenOrder,
    OverrideOrder,
    ReloadOrder,
    TopicOrder,
    TransferOrder,
)

T = TypeVar("T")
EVENTS = "/api/events"
METRICS = "/metrics"
LONG = 70.0  # seconds for what reads, proves or installs rules; supervision gives up after 60 (`rule_actions`)


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """A request; `answer` reads what comes back, `order` is what is sent.

    `seconds` is how long the answer may take; None is what the client waits for any other.
    """

    method: str
    path: str
    answer: TypeAdapter[T]
    order: Model | None = None
    seconds: float | None = None


def _path(*parts: str) -> str:
    return "/".join(["/api", *(quote(part, safe="") for part in parts)])


CALLS = Asked("GET", _path("calls"), TypeAdapter(Calls))
DESTINATIONS = Asked("GET", _path("destinations"), TypeAdapter(tuple[DestinationNow, ...]))
TODAY = Asked("GET", _path("today"), TypeAdapter(Today))
HEALTH = Asked("GET", _path("health"), TypeAdapter(Health))
RULES = Asked("GET", _path("rules"), TypeAdapter(RulesNow))
LISTENINGS = Asked("GET", _path("listenings"), TypeAdapter(tuple[Listening, ...]))
_DETAIL: TypeAdapter[CallDetail] = TypeAdapter(CallDetail)
_DONE: TypeAdapter[Done] = TypeAdapter(Done)
_LISTENING: TypeAdapter[Listening] = TypeAdapter(Listening)
_NUMBER: TypeAdapter[CallerNumber] = TypeAdapter(CallerNumber)
_OVERRIDES: TypeAdapter[tuple[OverrideNow, ...]] = TypeAdapter(tuple[OverrideNow, ...])
_AUDIT: TypeAdapter[tuple[AuditEntry, ...]] = TypeAdapter(tuple[AuditEntry, ...])


def call(name: str) -> Asked[CallDetail]:
    """Ask for a call with its journey."""
    return Asked("GET", _path("calls", name), _DETAIL)


def overrides(*, every: bool) -> Asked[tuple[OverrideNow, ...]]:
    """Ask for the overrides that hold, or for all."""
    return Asked("GET", _path("overrides") + ("?all=true" if every else ""), _OVERRIDES)


def audit(who: str, what: str, name: str, limit: int) -> Asked[tuple[AuditEntry, ...]]:
    """Ask for the newest entries of the audit; an empty text is any."""
    query = urlencode({"who": who, "what": what, "call": name, "limit": limit})
    return Asked("GET", f"{_path('audit')}?{query}", _AUDIT)


def transfer(name: str, order: TransferOrder) -> Asked[Done]:
    """Pass a caller on."""
    return Asked("POST", _path("calls", name, "transfer"), _DONE, order)


def send(name: str, order: TransferOrder) -> Asked[Done]:
    """Send a call at any stage to a destination."""
    return Asked("POST", _path("calls", name, "send"), _DONE, order)


def hangup(name: str, order: HangUpOrder) -> Asked[Done]:
    """End a call."""
    return Asked("POST", _path("calls", name, "hangup"), _DONE, order)


def listen(name: str, order: ListenOrder) -> Asked[Listening]:
    """Listen to a call."""
    return Asked("POST", _path("calls", name, "listen"), _LISTENING, order)


def end_listening(listening: str) -> Asked[Listening]:
    """End a listening."""
    return Asked("POST", _path("listenings", listening, "end"), _LISTENING)


def topic(name: str, order: TopicOrder) -> Asked[Done]:
    """Say what a call is about."""
    return Asked("POST", _path("calls", name, "topic"), _DONE, order)


def caller(name: str, order: CallerOrder) -> Asked[CallerNumber]:
    """Ask for a caller's whole number."""
    return Asked("POST", _path("calls", name, "caller"), _NUMBER, order)


def announce(order: AnnounceOrder) -> Asked[Done]:
    """Play a recording to callers who wait."""
    return Asked("POST", _path("announce"), _DONE, order)


def override_add(order: OverrideOrder) -> Asked[Done]:
    """Close, open or redirect a destination."""
    return Asked("POST", _path("overrides"), _DONE, order)


def override_clear(override: str, order: ClearOrder) -> Asked[Done]:
    """End an override."""
    return Asked("POST", _path("overrides", override, "clear"), _DONE, order)


def rules_check() -> Asked[Done]:
    """Check the file of the rules."""
    return Asked("POST", _path("rules", "check"), _DONE, seconds=LONG)


def rules_reload(order: ReloadOrder) -> Asked[Done]:
    """Take the file of the rules."""
    return Asked("POST", _path("rules", "reload"), _DONE, order, LONG)


def explain(order: ExplainOrder) -> Asked[Done]:
    """Ask where a call would go."""
    return Asked("POST", _path("rules", "explain"), _DONE, order)
