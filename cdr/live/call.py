"""A call under way: where its caller is now, told from the record so far. PURE.

Rule 1: there is no second truth. All of it follows from the record that the fold makes of the lines so far.
Rule 2: the stage is what a supervisor would say. A caller who is held while a colleague asks another one still talks
with that phone; one who was passed on is ringing, or is being connected, until somebody talks with him.
Rule 3: instants are by the clock as it is now, so that whoever looks can subtract them; a step of the clock within the
call is added to those of the record.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from cdr.record.derived import SETTLING, VALID
from cdr.record.parts import Step, Visit
from cdr.record.record import CallRecord
from cdr.record.words import Role, StepKind

WELCOME, ANNOUNCEMENT, MENU, CONNECTING, RINGING, TALKING, MESSAGE = (
    "welcome",
    "announcement",
    "menu",
    "connecting",
    "ringing",
    "talking",
    "message",
)
"""The stages, in the words that `ivr.supervision.models.Stage` has too."""

_LISTENS = frozenset({WELCOME, ANNOUNCEMENT, MENU})
_WAITS = frozenset({CONNECTING, RINGING})
_MUSIC = "music/"
_ATTENDED = "attended_transfer"


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that goes on. `caller` is as in the lines; `since` is when it came to its `stage`.

    `waiting_since` is set while the caller waits for a person. `destination`, `rule` and `reason` are those of the place
    that the caller was sent to last; a key pressed in a menu after that leads away from it. `phone` rings or talks.
    `talked_at` are the destinations with which the caller has talked since he was led anywhere: after an attended transfer
    both, since what was said at the first may be spoken of at the second.
    """

    call: str
    node: str
    service: str
    number: str
    caller: str
    language: str
    started: datetime
    stage: str
    since: datetime
    waiting_since: datetime | None
    menu: str
    destination: str
    talked_at: tuple[str, ...]
    phone: str
    rule: str
    reason: str
    led_by: str
    engine: str
    rules: str
    redirections: int
    topic: str


@dataclass(slots=True)
class _Way:
    """Follows the steps of a call. `to_play` are announcements that have not begun, `keyed` is when the last valid key came."""

    welcomes: Collection[str]
    stage: str
    since: datetime
    waiting_since: datetime | None = None
    menu: str = ""
    phone: str = ""
    to_play: set[str] = field(default_factory=set)
    greeted: bool = False
    keyed: datetime | None = None
    talk: Step | None = None
    talked_at: tuple[str, ...] = ()
    asked: bool = False

    def see(self, step: Step) -> None:
        match step.kind:
            case StepKind.ANNOUNCEMENT:
                self.to_play.add(step.value)
                self._listen(step, ANNOUNCEMENT)
            case StepKind.MENU:
                self.menu = step.name
                self._listen(step, MENU)
            case StepKind.SOUND:
                self._sound(step)
            case StepKind.KEY:
                self.keyed = step.at if step.reason == VALID else self.keyed
                self.to_play.clear()
                if self.stage in _LISTENS:
                    self._go(step.at, MENU)
            case StepKind.DECISION | StepKind.DIAL_FAILED:
                self.talked_at = ()
                self._go(step.at, CONNECTING)
            case StepKind.RETURN:
                self.talked_at = ()
                self._go(step.at, CONNECTING, step.name)
            case StepKind.RING:
                self._go(step.at, RINGING, step.name)
            case StepKind.TALK:
                self.talk = step
                self.talked_at = (*self.talked_at, step.value)
                self._go(step.at, TALKING, step.name)
            case StepKind.TRANSFER:
                self._passed_on(step)
            case StepKind.EXIT:
                self._go(step.at, MESSAGE)
            case _:
                pass

    def _listen(self, step: Step, stage: str) -> None:
        """Come to a menu or an announcement; the welcome comes before either, if there is one."""
        waits = self.welcomes and not self.greeted and self.stage == WELCOME
        self._go(step.at, WELCOME if waits else stage)

    def _sound(self, step: Step) -> None:
        if self.stage not in _LISTENS or step.name.startswith(_MUSIC):
            return
        if step.name in self.welcomes:
            self.greeted = True
            self._go(step.at, WELCOME)
        elif step.name in self.to_play:
            self._go(step.at, ANNOUNCEMENT)
        else:
            self._go(step.at, MENU)

    def _passed_on(self, step: Step) -> None:
        """Leave the phone, unless the talk that this leads to has begun: of an attended transfer Asterisk tells late."""
        talk, attended = self.talk, step.reason == _ATTENDED
        if attended and talk is not None and talk.name != step.name and step.at - talk.at <= SETTLING:
            return
        self.talked_at = self.talked_at if attended else ()
        self._go(step.at, CONNECTING)
        self.asked = attended

    def _go(self, at: datetime, stage: str, phone: str = "") -> None:
        self.asked = False
        if stage != self.stage or (stage in (RINGING, TALKING) and phone != self.phone):
            self.since = at
        self.stage, self.phone = stage, phone
        if stage not in _WAITS:
            self.waiting_since = None
        elif self.waiting_since is None:
            self.waiting_since = at


def live_call(record: CallRecord, welcomes: Collection[str] = ()) -> LiveCall:
    """Tell where the caller of an open call is. `welcomes` are the prompts that are played as a welcome in this call."""
    way = _Way(welcomes, WELCOME, record.started)
    for step in record.steps:
        way.see(step)
    place = _place(record, way)
    if way.asked and place is not None and place.destination:  # a colleague had asked there, and it rings
        way.stage, way.phone = RINGING, _ringing(record, place.destination)
    moved = record.stepped
    return LiveCall(
        call=record.linkedid,
        node=record.node,
        service=record.service,
        number=record.number,
        caller=record.caller,
        language=record.language,
        started=record.started + moved,
        stage=way.stage,
        since=way.since + moved,
        waiting_since=None if way.waiting_since is None else way.waiting_since + moved,
        menu=way.menu if way.stage == MENU else "",
        destination=place.destination if place else "",
        talked_at=tuple(dict.fromkeys(filter(None, way.talked_at))),
        phone=way.phone,
        rule=place.rule if place else "",
        reason=place.reason if place else "",
        led_by=record.led_by.value,
        engine=record.engine,
        rules=record.rules,
        redirections=len(record.redirections),
        topic=record.topic,
    )


def _place(record: CallRecord, way: _Way) -> Visit | None:
    """Give the visit that goes on; None once a key in a menu has led away from it."""
    last = record.visits[-1] if record.visits else None
    if last is not None and way.stage in _LISTENS and way.keyed is not None and way.keyed > last.at:
        return None
    return last


def _ringing(record: CallRecord, destination: str) -> str:
    """Give the phones of a destination that ring, joined by `&`."""
    legs = (leg for leg in record.legs if leg.role is Role.PHONE and leg.destination == destination)
    return "&".join(leg.phone for leg in legs if leg.answered is None and leg.ended is None)
