"""The channels of a call and whose phones they are. PURE.

Rule 1: a channel named after an endpoint that was rung is that phone's. Otherwise it belongs to what was dialled last:
the phone of IVR_RING (also a number behind a trunk), the target of `Dial`, or the extension of a blind transfer.
Rule 2: a channel that comes from another call, and so does not begin here, is the phone that it is named after, or what
it says itself (see `cdr.fold.joined`).
Rule 3: phones that ring together (`a&b`) are told apart by their names alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cdr.fold.call import Call, dialled
from cdr.fold.joined import asked_in, taken_in
from cdr.journal.line import JournalEvent
from cdr.record.parts import Leg
from cdr.record.words import Role
from cdr.times import to_datetime

NO_CHANNEL = "N/A"  # Asterisk's word where an attended transfer joined two bridges

_TARGETS = frozenset({"IVR_RING", "APP_START", "BLINDTRANSFER"})
_MATTERS = _TARGETS | {"ANSWER", "HANGUP", "CHAN_END", "ATTENDEDTRANSFER", "PICKUP"}
_ENDPOINT = re.compile(r"^[^/]+/(.+)-[0-9a-f]{8}(?:;[12])?$")
_INNER = frozenset({"Local", "Announcer", "CBAnn", "CBRec", "Recorder", "Surrogate", "Message"})


@dataclass(slots=True)
class _Draft:
    uniqueid: str
    channel: str
    role: Role
    phone: str
    destination: str
    started: int
    answered: int | None = None
    ended: int | None = None
    cause: int | None = None


@dataclass(slots=True)
class _Book:
    caller: str
    asked: Mapping[str, JournalEvent]
    drafts: dict[str, _Draft] = field(default_factory=dict)
    rung: dict[str, str] = field(default_factory=dict)
    target: str = ""
    told: bool = False

    def see(self, event: JournalEvent) -> None:
        if event.type in _TARGETS:
            self._note_target(event)
        draft = self.drafts.get(event.uniqueid) or self._open(event)
        match event.type:
            case "ANSWER" if draft.answered is None:
                draft.answered = event.at
            case "HANGUP":
                draft.ended = event.at
                draft.cause = to_cause(event.get("hangupcause"))
            case "CHAN_END" if draft.ended is None:
                draft.ended = event.at
            case "ATTENDEDTRANSFER":
                self._join(event, "transfer_target_channel_name", "transfer_target_channel_uniqueid")
            case "PICKUP":
                self._join(event, "pickup_channel", "pickup_channel_uniqueid")
            case _:
                pass

    def _note_target(self, event: JournalEvent) -> None:
        match event.type:
            case "IVR_RING":
                phones = event.get("phone").split("&")
                self.target = phones[0] if len(phones) == 1 else ""
                self.rung |= dict.fromkeys(phones, event.get("destination"))
                self.told = True
            case "APP_START" if event.app == "Dial":
                if not (self.told and event.uniqueid == self.caller):
                    self.target = dialled(event.app_data)
                self.told = False
            case "BLINDTRANSFER":
                self.target = event.get("extension")
            case _:
                pass

    def _open(self, event: JournalEvent) -> _Draft:
        role = self._role(event)
        told = self.asked.get(event.uniqueid)
        phone = (told.get("phone") if told else self._phone(event)) if role is Role.PHONE else ""
        place = told.get("destination") if told else self.rung.get(phone, "")
        draft = _Draft(event.uniqueid, event.channel, role, phone, place, event.at)
        self.drafts[event.uniqueid] = draft
        return draft

    def _role(self, event: JournalEvent) -> Role:
        if event.uniqueid == self.caller:
            return Role.CALLER
        return Role.LOCAL if event.channel.partition("/")[0] in _INNER else Role.PHONE

    def _phone(self, event: JournalEvent) -> str:
        endpoint = endpoint_of(event.channel)
        if endpoint in self.rung or event.type != "CHAN_START":
            return endpoint
        return self.target or endpoint

    def _join(self, event: JournalEvent, name: str, identity: str) -> None:
        """Open the channel that a caller is connected to, if it has no line here yet."""
        channel, uniqueid = event.get(name), event.get(identity)
        if uniqueid not in ("", NO_CHANNEL) and uniqueid not in self.drafts:
            self._open(replace(event, uniqueid=uniqueid, channel=channel))


def legs_of(call: Call) -> tuple[Leg, ...]:
    """Give the channels of a call in the order of their first line."""
    book = _Book(call.caller, asked_in(call))
    for event in call.events:
        if event.type in _MATTERS or event.uniqueid not in book.drafts:
            book.see(event)
    for one in taken_in(call):
        book.see(one.asked)
    return tuple(_leg(draft) for draft in book.drafts.values())


def endpoint_of(channel: str) -> str:
    """Give the endpoint in a channel's name: `PJSIP/police-1-0000002a` belongs to `police-1`."""
    match = _ENDPOINT.match(channel)
    return match[1] if match else channel


def to_cause(text: str) -> int | None:
    """Read a Q.850 cause; None if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def _leg(draft: _Draft) -> Leg:
    return Leg(
        draft.uniqueid,
        draft.channel,
        draft.role,
        draft.phone,
        draft.destination,
        to_datetime(draft.started),
        None if draft.answered is None else to_datetime(draft.answered),
        None if draft.ended is None else to_datetime(draft.ended),
        draft.cause,
    )
