"""The parts of a call record: what one call is made of. PURE.

Rule 1: instants are aware and in UTC, with microseconds; durations are whole microseconds.
Rule 2: text that is not known is `""`, a number or an instant that is not known is `None`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cdr.record.words import PassResult, Role, StepKind, VisitResult


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
    | topic | topic id | case reference | consulted, registered | who set it |
    | said | prompt id, played while the caller waited | | | who had it played |
    | listen | the phone that listens | listen, whisper, barge | `""` when it begins, else why it ends | who listens |
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
class KeyPress:
    """One answer to a menu. `result` is `valid`, `invalid`, `no_input`, or `left`: the menu was left without an answer.

    `waited` is the time since that menu began to play, None if it was never begun.
    """

    at: datetime
    menu: str
    key: str
    result: str
    waited: timedelta | None


@dataclass(frozen=True, slots=True)
class Visit:
    """The caller is sent to a destination: `at`, by which `rule` and for which `reason`, and what comes of it.

    `asked` is when the first phone was called, `connected` when the caller first talked with somebody. `waiting` and
    `talking` are the parts of the call's times that lie between this visit's beginning and the next one's.
    """

    at: datetime
    destination: str
    rule: str
    reason: str
    asked: datetime | None
    connected: datetime | None
    waiting: timedelta
    talking: timedelta
    result: VisitResult


@dataclass(frozen=True, slots=True)
class Listened:
    """A supervisor's phone heard the call. `mode` is `listen`, `whisper` (the operator hears it) or `barge` (both do).

    `ended` is None, and `reason` `""`, while it listens, and if Asterisk went away meanwhile.
    """

    phone: str
    mode: str
    by: str
    began: datetime
    ended: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Pass:
    """A person hands the caller on. `kind` is `blind`, `attended` or `supervisor`; `target` a phone or an extension.

    `reason` is why the caller was given back, if that is the result.
    """

    at: datetime
    kind: str
    from_phone: str
    target: str
    result: PassResult
    reason: str
