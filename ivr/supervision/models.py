"""What the API says and takes: the one contract between supervision and all that look at it. PURE.

Rule 1: the words are those of the rules, the records and the log. Instants are ISO 8601 in UTC, durations are seconds.
Rule 2: a caller's number is masked everywhere, but in `CallerNumber`, which is given for a reason and audited.
Rule 3: who looks works out how long something lasts from `since`; no message is sent because time passes.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
"""A call, a destination, a phone, an override, as the rules and Asterisk write them."""
Words = Annotated[str, Field(min_length=1, max_length=200)]
"""A reason in a person's words."""


class Model(BaseModel):
    """What all share: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Role(StrEnum):
    """What somebody may do; each may also do what those before it may."""

    VIEWER = "viewer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Stage(StrEnum):
    """Where a call is now. `connecting` has a destination and no phone rings yet; `message` is a last message."""

    WELCOME = "welcome"
    ANNOUNCEMENT = "announcement"
    MENU = "menu"
    CONNECTING = "connecting"
    RINGING = "ringing"
    TALKING = "talking"
    MESSAGE = "message"


class Call(Model):
    """A call under way. `since` is when it came to its stage; `waiting_since` is set while the caller waits for a person."""

    call: Name
    node: str = Field("", description="the PBX, if its calls' names do not tell it")
    service: str
    number: str = Field(description="the number that was dialled")
    caller: str = Field(description="masked; empty if withheld")
    language: str
    started: datetime
    stage: Stage
    since: datetime
    waiting_since: datetime | None = None
    menu: str = ""
    destination: str = ""
    phone: str = Field("", description="the phone that rings or talks; several that ring together are joined by &")
    rule: str = Field("", description="the place in the rules that decided")
    reason: str = Field("", description="why the call is at this destination")
    led_by: str
    engine: str = ""
    rules: str = Field("", description="the version of the rules")
    redirections: int = 0
    topic: str = ""
    private: bool = Field(default=False, description="nobody may listen")
    listened: tuple[str, ...] = Field((), description="the phones that listen now")


class Calls(Model):
    """All calls under way, as of the change `sequence`."""

    at: datetime
    sequence: int
    calls: tuple[Call, ...]


class JourneyStep(Model):
    """One thing that the caller met; `text` says it in words, as `ivr records show` does."""

    at: datetime
    kind: str
    text: str


class CallLeg(Model):
    """One channel of a call."""

    channel: str
    role: str
    phone: str
    destination: str
    started: datetime
    answered: datetime | None
    ended: datetime | None


class CallDetail(Model):
    """A call with all that it met so far."""

    call: Call
    journey: tuple[JourneyStep, ...]
    legs: tuple[CallLeg, ...]


class Ended(Model):
    """A call that is over."""

    call: Name
    node: str = ""
    service: str
    destination: str
    disposition: str
    at: datetime


class NoticeKind(StrEnum):
    """What a notice tells of."""

    DROPPED = "dropped"
    ENGINES = "engines"
    JOURNAL = "journal"
    PBX = "pbx"
    RULES = "rules"


class Notice(Model):
    """Something that whoever looks must know; `trouble` is False when it is over."""

    kind: NoticeKind
    at: datetime
    text: str
    trouble: bool = True


class Change(Model):
    """One message to a subscriber. Exactly the value that `kind` names is set.

    `calls` is the whole view: it comes first, and again after messages were dropped.
    """

    sequence: int
    kind: Literal["calls", "call", "ended", "destinations", "today", "health", "notice"]
    calls: Calls | None = None
    call: Call | None = None
    ended: Ended | None = None
    destinations: "tuple[DestinationNow, ...] | None" = None
    today: "Today | None" = None
    health: "Health | None" = None
    notice: Notice | None = None


class DestinationNow(Model):
    """A destination at this moment. `why` says why it is open or closed, `until` when that changes, if it does."""

    destination: Name
    title: str
    services: tuple[str, ...]
    safety: bool
    private: bool = False
    open: bool
    why: str
    until: datetime | None
    override: str = Field("", description="the id of the override that holds")
    waiting: int = Field(description="callers for whom it rings, or who wait to be put through")
    talking: int
    full_at: int | None = Field(None, description="how many calls it takes at once")
    answered_today: int
    lost_today: int = Field(
        description="callers for whom no phone there was answered today; who met it closed is not counted"
    )
    phones: tuple[str, ...] = ()
    trouble: str = Field("", description="what is wrong, in words; empty if nothing")


class ServiceToday(Model):
    """A service today, by its local day."""

    service: str
    title: str
    day: date
    calls: int
    answered: int
    lost: int
    outside_hours: int
    service_level: float | None = Field(description="part of the calls answered in `within` seconds; None without any")
    within: int
    wait_p50: float | None
    wait_p90: float | None


class Today(Model):
    """What today's figures are, from the records; `at` is when they were read."""

    at: datetime
    services: tuple[ServiceToday, ...]


class EngineHealth(Model):
    """One engine, by its control socket."""

    engine: str
    lead: str
    link: str
    rules: str
    calls: int


class Health(Model):
    """How the parts are. `ok` is False if a supervisor must know of something."""

    at: datetime
    ok: bool
    problems: tuple[str, ...]
    pbx: str = Field(description="up, or why not")
    engines: tuple[EngineHealth, ...]
    journal_lag: float | None = Field(description="seconds since the last line that should be there; None if unknown")
    records: str = Field(description="ok, or why records are not written")
    rules: str
    alarms: tuple[str, ...]
    calls: int
    subscribers: int
    zone: str = Field(
        "", description="the time zone of the first service, such as Europe/Riga; empty until rules were read"
    )


class RulesNow(Model):
    """The rules in use and the last reload."""

    file: str
    version: str
    since: datetime | None
    kept: tuple[str, ...] = ()
    last: str = Field("", description="what came of the last reload, in words")


class OverrideNow(Model):
    """What somebody ordered for a destination."""

    id: Name
    destination: str
    order: str = Field(description="closed, open or redirect=DESTINATION")
    since: datetime
    until: datetime
    reason: str
    author: str
    state: str


class Listening(Model):
    """Somebody listens to a call. `state` is `ringing` until the supervisor's phone is answered."""

    id: Name
    call: Name
    phone: str
    mode: Literal["listen", "whisper", "barge"]
    by: str
    since: datetime
    state: Literal["ringing", "listening", "ended"]
    reason: str = Field("", description="why it ended")


class AuditEntry(Model):
    """Who did what, when, to which call, and what came of it."""

    at: datetime
    who: str
    role: str
    what: str
    call: str = ""
    details: dict[str, str] = Field(default_factory=dict)
    result: str


class Done(Model):
    """What happened, after Asterisk confirmed it: one sentence, and values for programs."""

    text: str
    call: str = ""
    values: dict[str, str] = Field(default_factory=dict)


class Problem(Model):
    """What is wrong and what to do next (RFC 9457, application/problem+json)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class CallerNumber(Model):
    """A caller's whole number, as it was asked for."""

    call: Name
    caller: str
