"""Transfers of the caller by a person, and the caller given back when the target did not take the call. PURE.

Rule 1: the dialplan's IVR_TRANSFER tells of every transfer that brings the caller to it. Where Asterisk's own line tells of
the same one, just before, that counts, since it names the channels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdr.fold_call import Call, dialled
from cdr.fold_talks import Talk
from cdr.journal_line import JournalEvent
from cdr.record import Leg
from cdr.record_words import Role

BLIND, ATTENDED, SUPERVISOR = "blind_transfer", "attended_transfer", "supervisor_transfer"
RETURNED = "returned"
_KINDS = {"BLINDTRANSFER": BLIND, "ATTENDEDTRANSFER": ATTENDED}
_BY_SUPERVISOR = "supervisor"
SETTLING = 1_000_000  # microseconds; bridges are joined around the line that tells of an attended transfer


@dataclass(frozen=True, slots=True)
class Transfer:
    """The caller is handed on: by whom, to which phone (or extension, where no phone has answered), and how."""

    from_phone: str
    to_phone: str
    reason: str


def transfers_of(call: Call, legs: Sequence[Leg], talks: Sequence[Talk]) -> Mapping[bytes, Transfer]:
    """Give the transfers and returns by the journal line that tells of each."""
    by_id = {leg.uniqueid: leg for leg in legs}
    found: dict[bytes, Transfer] = {}
    told_at: int | None = None
    for event in call.events:
        match event.type:
            case "BLINDTRANSFER" | "ATTENDEDTRANSFER" if _concerns(event, call.caller):
                found[event.line] = _by_phone(event, by_id, talks)
                told_at = event.at
            case "IVR_TRANSFER" if event.uniqueid == call.caller:
                if told_at is None or event.at - told_at > SETTLING:
                    found[event.line] = _by_note(event, by_id, talks)
                told_at = None
            case "IVR_RETURN" if event.uniqueid == call.caller:
                found[event.line] = Transfer("", event.get("phone"), RETURNED)
            case _:
                pass
    return found


def _by_phone(event: JournalEvent, by_id: Mapping[str, Leg], talks: Sequence[Talk]) -> Transfer:
    reason = _KINDS[event.type]
    to_phone = event.get("extension") if reason == BLIND else _receiver(event, by_id, talks)
    return Transfer(by_id[event.uniqueid].phone, to_phone, reason)


def _by_note(event: JournalEvent, by_id: Mapping[str, Leg], talks: Sequence[Talk]) -> Transfer:
    by = event.get("by")
    if by != _BY_SUPERVISOR:
        return Transfer(by, event.get("to"), BLIND)
    partners = [by_id[talk.uniqueid].phone for talk in talks if talk.start <= event.at]
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
    return dialled(event.get("transfer_target_channel_name"))
