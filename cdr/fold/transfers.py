"""Transfers of the caller by a person, and the caller given back when the target did not take the call. PURE.

Rule 1: the dialplan's IVR_TRANSFER tells of every transfer that brings the caller to it. Where Asterisk's own line tells of
the same one, just before, that counts, since it names the channels.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cdr.fold.call import Call, dialled
from cdr.fold.legs import NO_CHANNEL
from cdr.fold.talks import Talk
from cdr.journal.line import JournalEvent
from cdr.record.parts import Leg
from cdr.record.words import Role

BLIND, ATTENDED, SUPERVISOR = "blind_transfer", "attended_transfer", "supervisor_transfer"
RETURNED = "returned"
HANDS_ON = frozenset({"BLINDTRANSFER", "ATTENDEDTRANSFER", "IVR_TRANSFER", "IVR_RETURN"})
_KINDS = {"BLINDTRANSFER": BLIND, "ATTENDEDTRANSFER": ATTENDED}
_BY_SUPERVISOR = "supervisor"
SETTLING = 1_000_000  # microseconds; bridges are joined around the line that tells of an attended transfer


@dataclass(frozen=True, slots=True)
class Transfer:
    """The caller is handed on: by whom, to which phone (or extension, where no phone has answered), and how.

    `to_destination` is the place of a phone that was asked before.
    """

    from_phone: str
    to_phone: str
    reason: str
    to_destination: str = ""


def transfers_of(call: Call, legs: Sequence[Leg], talks: Sequence[Talk]) -> Mapping[bytes, Transfer]:
    """Give the transfers and returns by the journal line that tells of each."""
    told = [event for event in call.events if event.type in HANDS_ON]
    if not told:  # most calls
        return {}
    book = _Book({leg.uniqueid: leg for leg in legs}, _Talks(talks))
    for event in told:
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


class _Talks:
    """The talks of a call, to be looked up by instants: calls of very many lines take no longer for each."""

    def __init__(self, talks: Sequence[Talk]) -> None:
        self._talks = talks
        self._starts = [talk.start for talk in talks]
        self._ends = [talk.end for talk in talks]

    def begin_between(self, after: int, before: int) -> bool:
        """Tell whether one begins between two instants."""
        number = bisect_right(self._starts, after)
        return number < len(self._starts) and self._starts[number] < before

    def begun_at(self, at: int) -> Talk | None:
        """Give the one that began last."""
        number = bisect_right(self._starts, at)
        return self._talks[number - 1] if number else None

    def from_on(self, at: int) -> Iterator[Talk]:
        """Give those that go on after an instant and begin before the bridges have settled."""
        number = bisect_right(self._ends, at)
        while number < len(self._talks) and self._starts[number] <= at + SETTLING:
            yield self._talks[number]
            number += 1


@dataclass(slots=True)
class _Book:
    """The transfers so far. `last` is Asterisk's line of one that ours may tell of again."""

    by_id: Mapping[str, Leg]
    talks: _Talks
    found: dict[bytes, Transfer] = field(default_factory=dict)
    last: JournalEvent | None = None

    def told_by_asterisk(self, event: JournalEvent) -> None:
        reason = _KINDS[event.type]
        to = (event.get("extension"), "") if reason == BLIND else _receiver(event, self.by_id, self.talks)
        self.found[event.line] = Transfer(self.by_id[event.uniqueid].phone, to[0], reason, to[1])
        self.last = event

    def told_by_us(self, event: JournalEvent) -> None:
        last, self.last = self.last, None
        if last is None or not self._again(event, last):
            self.found[event.line] = self._new(event)
        elif not self.found[last.line].to_phone or event.get("kind") == "attended":  # nobody took him then
            self.found[last.line] = replace(self.found[last.line], to_phone=event.get("to"), to_destination="")

    def _again(self, event: JournalEvent, last: JournalEvent) -> bool:
        """Tell whether our line is about the transfer that Asterisk told of last; of an attended one it comes late."""
        if event.get("kind") != "attended":
            return event.at - last.at <= SETTLING
        return not self.talks.begin_between(last.at, event.at)

    def _new(self, event: JournalEvent) -> Transfer:
        by, kind = event.get("by"), event.get("kind")
        if by != _BY_SUPERVISOR:
            return Transfer(by, event.get("to"), ATTENDED if kind == "attended" else BLIND)
        talk = self.talks.begun_at(event.at)
        return Transfer(self.by_id[talk.uniqueid].phone if talk else "", event.get("to"), SUPERVISOR)


def _concerns(event: JournalEvent, caller: str) -> bool:
    parties = (event.get("transferee_channel_uniqueid"), event.get("transfer_target_channel_uniqueid"))
    return caller in parties


def _receiver(event: JournalEvent, by_id: Mapping[str, Leg], talks: _Talks) -> tuple[str, str]:
    """Find who the caller talks with from here on, and at which place, else the channel that the transfer names."""
    for talk in talks.from_on(event.at):
        if talk.uniqueid != event.uniqueid:
            return by_id[talk.uniqueid].phone, by_id[talk.uniqueid].destination
    leg = by_id.get(event.get("transfer_target_channel_uniqueid"))
    if leg is not None and leg.role is Role.PHONE:
        return leg.phone, leg.destination
    name = event.get("transfer_target_channel_name")
    return "" if name == NO_CHANNEL else dialled(name), ""
