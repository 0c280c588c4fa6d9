"""Transfers of the caller by a person, and the caller given back when the target did not take the call. PURE.

Rule 1: the dialplan's IVR_TRANSFER tells of every transfer that brings the caller to it. Where Asterisk's own line tells of
the same one, just before, that counts, since it names the channels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cdr.fold_call import Call, dialled
from cdr.fold_talks import Talk
from cdr.journal_line import JournalEvent
from cdr.record import Leg
from cdr.record_words import Role

BLIND, ATTENDED, SUPERVISOR = "blind_transfer", "attended_transfer", "supervisor_transfer"
RETURNED = "returned"
_KINDS = {"BLINDTRANSFER": BLIND, "ATTENDEDTRANSFER": ATTENDED}
_BY_SUPERVISOR = "supervisor"
_NO_CHANNEL = "N/A"  # Asterisk's word where an attended transfer joined two bridges
SETTLING = 1_000_000  # microseconds; bridges are joined around the line that tells of an attended transfer


@dataclass(frozen=True, slots=True)
class Transfer:
    """The caller is handed on: by whom, to which phone (or extension, where no phone has answered), and how."""

    from_phone: str
    to_phone: str
    reason: str


def transfers_of(call: Call, legs: Sequence[Leg], talks: Sequence[Talk]) -> Mapping[bytes, Transfer]:
    """Give the transfers and returns by the journal line that tells of each."""
    book = _Book({leg.uniqueid: leg for leg in legs}, talks)
    for event in call.events:
        match event.type:
            case "BLINDTRANSFER" | "ATTENDEDTRANSFER" if _concerns(event, call.caller):
                book.told_by_asterisk(event)
            case "IVR_TRANSFER" if event.uniqueid == call.caller:
                book.told_by_us(event)
            case "IVR_RETURN" if event.uniqueid == call.caller:
                book.found[event.line] = Transfer("", event.get("phone"), RETURNED)
            case _:
                pass
    return book.found


@dataclass(slots=True)
class _Book:
    """The transfers so far. `last` is Asterisk's line of one that ours may tell of again."""

    by_id: Mapping[str, Leg]
    talks: Sequence[Talk]
    found: dict[bytes, Transfer] = field(default_factory=dict)
    last: JournalEvent | None = None

    def told_by_asterisk(self, event: JournalEvent) -> None:
        reason = _KINDS[event.type]
        to_phone = event.get("extension") if reason == BLIND else _receiver(event, self.by_id, self.talks)
        self.found[event.line] = Transfer(self.by_id[event.uniqueid].phone, to_phone, reason)
        self.last = event

    def told_by_us(self, event: JournalEvent) -> None:
        last, self.last = self.last, None
        if last is None or not self._again(event, last):
            self.found[event.line] = self._new(event)
        elif not self.found[last.line].to_phone:
            self.found[last.line] = replace(self.found[last.line], to_phone=event.get("to"))

    def _again(self, event: JournalEvent, last: JournalEvent) -> bool:
        """Tell whether our line is about the transfer that Asterisk told of last; of an attended one it comes late."""
        if event.get("kind") != "attended":
            return event.at - last.at <= SETTLING
        return not any(last.at < talk.start < event.at for talk in self.talks)

    def _new(self, event: JournalEvent) -> Transfer:
        by, kind = event.get("by"), event.get("kind")
        if by != _BY_SUPERVISOR:
            return Transfer(by, event.get("to"), ATTENDED if kind == "attended" else BLIND)
        partners = [self.by_id[talk.uniqueid].phone for talk in self.talks if talk.start <= event.at]
        return Transfer(partners[-1] if partners else "", event.get("to"), SUPERVISOR)


def _concerns(event: JournalEvent, caller: str) -> bool:
    parties = (event.get("transferee_channel_uniqueid"), event.get("transfer_target_channel_uniqueid"))
    return caller in parties


def _receiver(event: JournalEvent, by_id: Mapping[str, Leg], talks: Sequence[Talk]) -> str:
    """Find who the caller talks with from here on, else the channel that the transfer names."""
    for talk in talks:
        near = talk.end > event.at and talk.start <= event.at + SETTLING
        if near and talk.uniqueid != event.uniqueid:
            return by_id[talk.uniqueid].phone
    leg = by_id.get(event.get("transfer_target_channel_uniqueid"))
    if leg is not None and leg.role is Role.PHONE:
        return leg.phone
    name = event.get("transfer_target_channel_name")
    return "" if name == _NO_CHANNEL else dialled(name)
