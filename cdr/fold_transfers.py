"""Transfers of the caller by a person. PURE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdr.fold_call import Call, dialled
from cdr.fold_talks import Talk
from cdr.journal_line import JournalEvent
from cdr.record import Leg
from cdr.record_words import Role

_KINDS = {"BLINDTRANSFER": "blind_transfer", "ATTENDEDTRANSFER": "attended_transfer"}
SETTLING = 1_000_000  # microseconds; bridges are joined around the line that tells of an attended transfer


@dataclass(frozen=True, slots=True)
class Transfer:
    """The caller is handed on: by whom, to which phone (or extension, where no phone has answered), and how."""

    from_phone: str
    to_phone: str
    reason: str


def transfers_of(call: Call, legs: Sequence[Leg], talks: Sequence[Talk]) -> Mapping[bytes, Transfer]:
    """Give the transfers by the journal line that tells of each."""
    by_id = {leg.uniqueid: leg for leg in legs}
    found: dict[bytes, Transfer] = {}
    for event in call.events:
        reason = _KINDS.get(event.type)
        if reason is None or not _concerns(event, call.caller):
            continue
        blind = reason == "blind_transfer"
        to_phone = event.get("extension") if blind else _receiver(event, by_id, talks)
        found[event.line] = Transfer(by_id[event.uniqueid].phone, to_phone, reason)
    return found


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
