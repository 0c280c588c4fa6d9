"""Take a citizen's call through the rules without a telephone: what is heard, asked, decided and rung, to the end.

Rule 1: nothing is routed here. Every move is made by `ivr.calls.step`, the engine's own, so what is told is what runs.
Rule 2: the citizen hears every announcement and message out, then presses the next key. When the keys are used up,
the call is where it is.
Rule 3: time stands still, unless `pace` says how long the citizen takes before each key.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never

from ivr.calls.actions import Action, Announcements, Ask, Connect, GiveUp, Goodbye, Note, Resume, Return, TypeAgain
from ivr.calls.events import CallEntered, CallEvent, MenuAnswered
from ivr.calls.session import CallSession
from ivr.calls.step import begin, step
from ivr.routing.decision import Decision
from ivr.routing.destinations import ExitReason
from ivr.routing.numbers import service_of
from ivr.routing.rules import Ruleset
from ivr.vocabulary import (
    ChannelName,
    DestinationId,
    Did,
    Key,
    Language,
    LinkedId,
    MenuId,
    PhoneId,
    PromptId,
    RuleId,
    ServiceId,
)

CHANNEL = ChannelName("journey")
SILENCE = "-"  # among the keys: the citizen presses nothing until the menu's time is over
STANDING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Dialled:
    """A call: the number, the keys (one for each menu), the caller's number, and what each line that rings does.

    `at` is aware. An answer is the way of failing, or None if the call is taken; without answers the first line that
    rings takes it.
    """

    number: Did
    at: datetime
    keys: str = ""
    caller: str = ""
    answers: tuple[ExitReason | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """Prompts were played, in this order and language. `announcement` tells that they came before the menu."""

    prompts: tuple[PromptId, ...]
    language: Language
    announcement: bool = False


@dataclass(frozen=True, slots=True)
class InMenu:
    """The menu waits for a key."""

    menu: MenuId


@dataclass(frozen=True, slots=True)
class Pressed:
    """A menu had its answer: `valid`, `invalid` or `no_input` (then `key` is empty)."""

    menu: MenuId
    key: str
    result: str


@dataclass(frozen=True, slots=True)
class Decided:
    """The rules decided where the call goes. `before` and `event` are what the engine decided upon.

    `decision` is None for a rule about the caller that names a menu: nothing has to be judged for it.
    """

    rule: RuleId
    reason: str
    destination: DestinationId | None
    decision: Decision | None
    before: CallSession
    event: CallEvent
    at: datetime


@dataclass(frozen=True, slots=True)
class Rung:
    """A line rings, for `seconds` at most; `answer` is how it failed, None if it took the call."""

    destination: DestinationId
    phone: PhoneId
    seconds: int
    most_calls: int | None
    answer: ExitReason | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The last message was played; then Asterisk hangs up with the Q.850 `cause`."""

    prompt: PromptId
    cause: int


@dataclass(frozen=True, slots=True)
class NotKnown:
    """No service of the rules has the number."""


Meeting: TypeAlias = Heard | InMenu | Pressed | Decided | Rung | Ended | NotKnown
"""One thing that the citizen meets, or that is decided about the call."""


@dataclass(frozen=True, slots=True)
class Journey:
    """A call from its beginning to where it is when the keys are used up.

    `unpressed` are keys for which no menu asked any more. `end` is an `InMenu`, `Rung`, `Ended` or `NotKnown`.
    """

    dialled: Dialled
    service: ServiceId | None
    language: Language | None
    met: tuple[Meeting, ...]
    unpressed: str

    @property
    def end(self) -> Meeting:
        """Where the call is."""
        return self.met[-1]

    @property
    def decided(self) -> Decided | None:
        """The last decision; None if the call is still in its first menu."""
        return next((one for one in reversed(self.met) if isinstance(one, Decided)), None)


@dataclass(slots=True)
class _Citizen:
    """The citizen while the call lasts: the keys and answers that are left, and what was met."""

    entered: CallEntered
    pace: timedelta
    at: datetime
    keys: list[str]
    answers: list[ExitReason | None]
    met: list[Meeting] = field(default_factory=list)


def travel(rules: Ruleset, call: Dialled, pace: timedelta = STANDING) -> Journey:
    """Take the call through the rules. `call.at` must be aware; raises ValueError if it is not."""
    service = service_of(call.number, rules)
    if service is None:
        return Journey(call, None, None, (NotKnown(),), call.keys)
    entered = CallEntered(CHANNEL, call.at, service, call.number, call.caller)
    citizen = _Citizen(entered, pace, call.at, list(call.keys), list(call.answers))
    session = begin(LinkedId("journey"), entered, rules, call.at)
    event: CallEvent | None = entered
    while event is not None:
        before = session
        session, (action,) = step(before, event, rules, citizen.at)
        event = _react(citizen, action, _decisions(action, before, event, session, citizen.at))
    return Journey(call, service, session.language, tuple(citizen.met), "".join(citizen.keys))


def _decisions(
    action: Action, before: CallSession, event: CallEvent, after: CallSession, at: datetime
) -> Iterator[Pressed | Decided]:
    """Yield what the engine noted for the journal: the menu's answer and the decisions, in order."""
    notes: tuple[Note, ...] = () if isinstance(action, GiveUp | TypeAgain) else action.notes
    left = sum(note.name == "IVR_DECISION" for note in notes)
    for note in notes:
        fields = dict(note.fields)
        if note.name == "IVR_KEY":
            yield Pressed(MenuId(fields["menu"]), fields["key"], fields["result"])
        elif note.name == "IVR_DECISION":
            left -= 1
            made = after.decision if left == 0 and after.decision is not before.decision else None
            name = DestinationId(fields["destination"]) if fields["destination"] else None
            yield Decided(RuleId(fields["rule"]), fields["reason"], name, made, before, event, at)


def _react(citizen: _Citizen, action: Action, noted: Iterator[Pressed | Decided]) -> CallEvent | None:
    """Note what the action lets the citizen meet, and give the answer to it; None when the journey is over."""
    citizen.met += noted
    match action:
        case Announcements(say=say, prompts=prompts):
            citizen.met.append(Heard((*say, *prompts), action.language, announcement=True))
            return MenuAnswered(CHANNEL, citizen.at, action.step, None)
        case Ask(prompts=prompts):
            citizen.met += (Heard(prompts, action.language), InMenu(action.menu))
            return _press(citizen, action)
        case Connect():
            return _ring(citizen, action)
        case Goodbye(prompts=prompts):
            citizen.met += (Heard(prompts, action.language), Ended(prompts[-1], action.cause))
            return None
        case GiveUp() | TypeAgain() | Resume() | Return():  # pragma: no cover - never on a journey
            return None
        case _:
            assert_never(action)


def _press(citizen: _Citizen, action: Ask) -> CallEvent | None:
    if not citizen.keys:
        return None
    citizen.at += citizen.pace
    key = citizen.keys.pop(0)
    return MenuAnswered(CHANNEL, citizen.at, action.step, None if key == SILENCE else Key(key))


def _ring(citizen: _Citizen, action: Connect) -> CallEvent | None:
    answer = citizen.answers.pop(0) if citizen.answers else None
    if action.say:
        citizen.met.append(Heard(action.say, action.language))
    citizen.met.append(Rung(action.destination, action.phone, action.seconds, action.most_calls, answer))
    if answer is None:
        return None
    return replace(
        citizen.entered, at=citizen.at, destination=action.destination, position=action.position, result=answer
    )
