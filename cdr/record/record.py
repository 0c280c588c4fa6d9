"""The call record: what one citizen met from the first ring to the end. PURE.

Rule 1: its words are those of `cdr.record.words`; `docs/records.md` explains them at length.
Rule 2: instants are aware and in UTC, with microseconds. Durations are whole microseconds and
`menu + waiting + talking == total` holds exactly.
Rule 3: text that is not known is `""`, a number or an instant that is not known is `None`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cdr.record import as_json as plain
from cdr.record.derived import VALID, first_key, key_presses, last_topic, listened, passes, topic_result
from cdr.record.parts import KeyPress, Leg, Listened, Pass, Redirection, Step, Visit
from cdr.record.words import SHUT, Disposition, Heard, LedBy, StepKind, TopicResult

_LOST = frozenset({Disposition.PBX_LOST, Disposition.JOURNAL_GAP})


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, whole. `seen_until` is its last journal line; `ended` is when the caller's channel hung up.

    `node` is the PBX: the system name in the linkedid, else the name given to the journal's source.

    All instants are by the host's clock as it was when the call began; until its end that was stepped by `stepped`,
    forward if positive. `hung_up_by` is `caller`, `ivr`, `supervisor`, `pbx`, or the id of the phone that hung up; `""`
    while the call is open, and where the journal does not tell.
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
    node: str = ""
    visits: tuple[Visit, ...] = ()

    @property
    def total(self) -> timedelta:
        """Give the time from the first line to the end, or to the last line of an open call."""
        return (self.ended or self.seen_until) - self.started

    @property
    def path(self) -> str:
        """Give the valid keys in order, joined by commas, such as `1,2`."""
        return ",".join(step.value for step in self._steps(StepKind.KEY) if step.reason == VALID)

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
    def asked(self) -> datetime | None:
        """Give when the first phone was called."""
        return next((step.at for step in self._steps(StepKind.RING)), None)

    @property
    def keys(self) -> tuple[KeyPress, ...]:
        """Give every answer to a menu and every menu left without one, in order."""
        return key_presses(self.steps, self.ended)

    @property
    def first_key(self) -> str:
        """Give the first valid key that does not choose a language, `""` if there is none."""
        return first_key(self.steps)

    @property
    def first_destination(self) -> str:
        """Give where the caller was sent first, `""` if nowhere."""
        return next((visit.destination for visit in self.visits if visit.destination), "")

    @property
    def last_destination(self) -> str:
        """Give where the caller was at last, after all transfers and returns, `""` if nowhere."""
        return next((visit.destination for visit in reversed(self.visits) if visit.destination), "")

    @property
    def met_closed(self) -> bool:
        """Tell whether a destination that the caller was meant for was closed, by its hours or an override."""
        return any(step.reason in SHUT for step in self._steps(StepKind.DECISION))

    @property
    def passes(self) -> tuple[Pass, ...]:
        """Give every handing on by a person, in order."""
        lost = self.disposition in _LOST or self.ended is None
        return passes(self.steps, hung_up_by=self.hung_up_by, lost=lost)

    @property
    def transfers(self) -> int:
        """Give how often a person handed the caller on."""
        return len(self._steps(StepKind.TRANSFER))

    @property
    def returns(self) -> int:
        """Give how often the caller was given back because the target did not take the call."""
        return len(self._steps(StepKind.RETURN))

    @property
    def topic(self) -> str:
        """Give the topic that was set last, `""` if none is given."""
        told = last_topic(self.steps)
        return told.name if told else ""

    @property
    def result(self) -> TopicResult:
        """Tell what was done about the topic."""
        told = last_topic(self.steps)
        return topic_result(told.reason) if told else TopicResult.NOT_TOLD

    @property
    def case_reference(self) -> str:
        """Give the case that the call belongs to in another system, `""` if none is given."""
        told = last_topic(self.steps)
        return told.value if told else ""

    @property
    def listened(self) -> tuple[Listened, ...]:
        """Give the supervisors' phones that heard the call."""
        return listened(self.steps)

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
        return self._call() | {
            "path": self.path,
            "first_key": self.first_key,
            "announcements": [plain.announcement(one) for one in self.announcements],
            "keys": [plain.key_press(one) for one in self.keys],
            "destinations": [plain.decision(one) for one in self._steps(StepKind.DECISION)],
            "first_destination": self.first_destination,
            "last_destination": self.last_destination,
            "met_closed": self.met_closed,
            "visits": [plain.visit(one) for one in self.visits],
            "answered_by": self.answered_by,
            "talked_with": list(self.talked_with),
            "seconds": self._seconds(),
            "redirections": [plain.redirection(one) for one in self.redirections],
            "hung_up_by": self.hung_up_by,
            "hangup_cause": self.hangup_cause,
            "steps": [plain.step(one) for one in self.steps],
            "legs": [plain.leg(one) for one in self.legs],
            "transfers": self.transfers,
            "returns": self.returns,
            "passes": [plain.handed_on(one) for one in self.passes],
            "topic": self.topic,
            "result": self.result.value,
            "case_reference": self.case_reference,
            "listened": [plain.listening(one) for one in self.listened],
            "clock_stepped": plain.seconds(self.stepped),
        }

    def _call(self) -> dict[str, object]:
        return {
            "node": self.node,
            "linkedid": self.linkedid,
            "service": self.service,
            "number": self.number,
            "caller": self.caller,
            "language": self.language,
            "started": plain.instant(self.started),
            "answered": plain.instant(self.answered),
            "asked": plain.instant(self.asked),
            "connected": plain.instant(self.connected),
            "ended": plain.instant(self.ended),
            "seen_until": plain.instant(self.seen_until),
            "disposition": self.disposition.value,
            "complete": self.complete,
            "led_by": self.led_by.value,
            "engine": self.engine,
            "rules": self.rules,
        }

    def _steps(self, kind: StepKind) -> list[Step]:
        return [step for step in self.steps if step.kind is kind]

    def _seconds(self) -> dict[str, float]:
        spans = {"menu": self.menu, "waiting": self.waiting, "talking": self.talking, "total": self.total}
        return {name: plain.seconds(span) for name, span in spans.items()}
