"""The call record: what one citizen met from the first ring to the end. PURE.

Rule 1: its words are those of `cdr.record_words`; `docs/records.md` explains them at length.
Rule 2: instants are aware and in UTC, with microseconds. Durations are whole microseconds and
`menu + waiting + talking == total` holds exactly.
Rule 3: text that is not known is `""`, a number or an instant that is not known is `None`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cdr.record_words import Disposition, Heard, LedBy, Role, StepKind


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the caller met, in the order of time.

    | kind | name | value | reason | rule |
    |---|---|---|---|---|
    | engine | engine id | rules version | | |
    | adopted | | | where the caller was when another engine went on | |
    | fallback | | | why it leads | |
    | announcement | announcement id | prompt id | whole, part, skipped | |
    | sound | prompt id, or the sound's name | language | | |
    | menu | menu id | language | | |
    | key | menu id | the key | valid, invalid, no_input | |
    | language | language | | | |
    | decision | destination | | why there | rule id |
    | ring | phone, or `a&b` that ring together | destination | | |
    | dial_failed | as ring | Q.850 cause | busy, no_answer, unreachable, full, cancelled | |
    | talk | phone | destination | | |
    | transfer | from phone | to phone or extension | blind_transfer, attended_transfer, supervisor_transfer | |
    | return | the phone that gets the caller back | | why the target did not take the call | |
    | exit | prompt id | | why the call ends | |
    """

    at: datetime
    kind: StepKind
    name: str = ""
    value: str = ""
    reason: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Redirection:
    """A change of the dialled phone or of the destination, after the first. Phones are `""` where none rang."""

    at: datetime
    from_destination: str
    from_phone: str
    to_destination: str
    to_phone: str
    reason: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One channel of the call. `hangup_cause` is Q.850, 0 where Asterisk had none."""

    uniqueid: str
    channel: str
    role: Role
    phone: str
    destination: str
    started: datetime
    answered: datetime | None
    ended: datetime | None
    hangup_cause: int | None


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, whole. `seen_until` is its last journal line; `ended` is when the caller's channel hung up.

    All instants are by the host's clock as it was when the call began; until its end that was stepped by `stepped`,
    forward if positive. `hung_up_by` is `caller`, `ivr`, `pbx`, or the id of the phone that hung up; `""` while the call
    is open, and where the journal does not tell.
    """

    linkedid: str
    service: str
    number: str
    caller: str
    language: str
    started: datetime
    answered: datetime | None
    connected: datetime | None
    ended: datetime | None
    seen_until: datetime
    menu: timedelta
    waiting: timedelta
    talking: timedelta
    disposition: Disposition
    hung_up_by: str
    hangup_cause: int | None
    led_by: LedBy
    rules: str
    engine: str
    complete: bool
    steps: tuple[Step, ...]
    redirections: tuple[Redirection, ...]
    legs: tuple[Leg, ...]
    stepped: timedelta = timedelta()

    @property
    def total(self) -> timedelta:
        """Give the time from the first line to the end, or to the last line of an open call."""
        return (self.ended or self.seen_until) - self.started

    @property
    def path(self) -> str:
        """Give the valid keys in order, joined by commas, such as `1,2`."""
        return ",".join(step.value for step in self._steps(StepKind.KEY) if step.reason == "valid")

    @property
    def destinations(self) -> tuple[str, ...]:
        """Give the destinations decided on, in order, each once in a row."""
        names = [step.name for step in self._steps(StepKind.DECISION)]
        return tuple(name for i, name in enumerate(names) if i == 0 or names[i - 1] != name)

    @property
    def talked_with(self) -> tuple[str, ...]:
        """Give the phones that the caller talked with, in order."""
        return tuple(step.name for step in self._steps(StepKind.TALK))

    @property
    def announcements(self) -> tuple[Step, ...]:
        """Give the steps of kind `announcement`, in order."""
        return tuple(self._steps(StepKind.ANNOUNCEMENT))

    @property
    def transfers(self) -> int:
        """Give how often a person handed the caller on."""
        return len(self._steps(StepKind.TRANSFER))

    @property
    def returns(self) -> int:
        """Give how often the caller was given back because the target did not take the call."""
        return len(self._steps(StepKind.RETURN))

    @property
    def left_announcement(self) -> Step | None:
        """Give the announcement in which, or up to 5 s after which, the caller hung up; None if there is none."""
        if self.disposition is not Disposition.ABANDONED_ANNOUNCEMENT:
            return None
        begun = (step for step in reversed(self.announcements) if step.reason != Heard.SKIPPED.value)
        return next(begun, None)

    @property
    def answered_by(self) -> str:
        """Give the phone that first talked with the caller, or `""`."""
        return next(iter(self.talked_with), "")

    def as_dict(self) -> dict[str, object]:
        """Give plain values for JSON: instants as ISO 8601 in UTC with microseconds, durations in seconds."""
        return {
            "linkedid": self.linkedid,
            "service": self.service,
            "number": self.number,
            "caller": self.caller,
            "language": self.language,
            "started": instant(self.started),
            "answered": instant(self.answered),
            "connected": instant(self.connected),
            "ended": instant(self.ended),
            "seen_until": instant(self.seen_until),
            "disposition": self.disposition.value,
            "complete": self.complete,
            "led_by": self.led_by.value,
            "engine": self.engine,
            "rules": self.rules,
            "path": self.path,
            "announcements": self._announcements(),
            "keys": self._keys(),
            "destinations": self._decisions(),
            "answered_by": self.answered_by,
            "talked_with": list(self.talked_with),
            "seconds": self._seconds(),
            "redirections": [_redirection(one) for one in self.redirections],
            "hung_up_by": self.hung_up_by,
            "hangup_cause": self.hangup_cause,
            "steps": [_step(one) for one in self.steps],
            "legs": [_leg(one) for one in self.legs],
            "transfers": self.transfers,
            "returns": self.returns,
            "clock_stepped": seconds(self.stepped),
        }

    def _steps(self, kind: StepKind) -> list[Step]:
        return [step for step in self.steps if step.kind is kind]

    def _announcements(self) -> list[dict[str, object]]:
        return [{"announcement": step.name, "prompt": step.value, "heard": step.reason} for step in self.announcements]

    def _keys(self) -> list[dict[str, object]]:
        return [
            {"at": instant(step.at), "menu": step.name, "key": step.value, "result": step.reason}
            for step in self._steps(StepKind.KEY)
        ]

    def _decisions(self) -> list[dict[str, object]]:
        return [
            {"at": instant(step.at), "destination": step.name, "rule": step.rule, "reason": step.reason}
            for step in self._steps(StepKind.DECISION)
        ]

    def _seconds(self) -> dict[str, float]:
        spans = {"menu": self.menu, "waiting": self.waiting, "talking": self.talking, "total": self.total}
        return {name: seconds(span) for name, span in spans.items()}


def instant(at: datetime | None) -> str | None:
    """Write an instant as ISO 8601 with microseconds, always of the same width."""
    return None if at is None else at.isoformat(timespec="microseconds")


def seconds(span: timedelta) -> float:
    """Give a duration in seconds, exact to the microsecond."""
    return round(span / timedelta(seconds=1), 6)


def _redirection(one: Redirection) -> dict[str, object]:
    return {
        "at": instant(one.at),
        "from": {"destination": one.from_destination, "phone": one.from_phone},
        "to": {"destination": one.to_destination, "phone": one.to_phone},
        "reason": one.reason,
    }


def _step(one: Step) -> dict[str, object]:
    texts: dict[str, object] = {"name": one.name, "value": one.value, "reason": one.reason, "rule": one.rule}
    return {"at": instant(one.at), "kind": one.kind.value} | {key: text for key, text in texts.items() if text}


def _leg(one: Leg) -> dict[str, object]:
    return {
        "uniqueid": one.uniqueid,
        "channel": one.channel,
        "role": one.role.value,
        "phone": one.phone,
        "destination": one.destination,
        "started": instant(one.started),
        "answered": instant(one.answered),
        "ended": instant(one.ended),
        "hangup_cause": one.hangup_cause,
    }
