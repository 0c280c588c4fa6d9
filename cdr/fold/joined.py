"""What a telephone's second call leaves in the citizen's call when the telephone joins the two. PURE.

Rule 1: the second call tells each citizen's call that the telephone is in which place it rings, and the phone that answers
tells the same, on its own channel (IVR_ASKED). In a call that it was not joined to, that means nothing.
Rule 2: the two may be joined before the telephone has entered the bridge of its second call. Asterisk then lets the
citizen's channel take the telephone's place in it, without a word: it leaves a bridge that it never entered. It came there
when it left the one before, and talks with the phone that answered last.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cdr.fold.call import Call
from cdr.journal.line import JournalEvent
from cdr.journal.marks import ASKED


@dataclass(frozen=True, slots=True)
class Taken:
    """A place that the caller took in a bridge: `after` is the line that he left the bridge before with."""

    after: bytes
    bridge: str
    asked: JournalEvent


def asked_in(call: Call) -> Mapping[str, JournalEvent]:
    """Give the phones that answered a telephone's second call, by uniqueid."""
    return {event.uniqueid: event for event in call.outside if event.type == ASKED and event.get("phone")}


def rung_elsewhere(call: Call) -> Iterator[JournalEvent]:
    """Give what a telephone's second call told of the places that it rang."""
    return (event for event in call.outside if event.type == ASKED)


def taken_in(call: Call) -> tuple[Taken, ...]:
    """Give the places that the caller took of a telephone."""
    asked = asked_in(call)
    return tuple(_taken(call, tuple(asked.values()))) if asked else ()


def _taken(call: Call, asked: tuple[JournalEvent, ...]) -> Iterator[Taken]:
    inside, left = "", b""
    for event in call.own:
        if event.type == "BRIDGE_ENTER":
            inside = event.get("bridge_id")
        elif event.type == "BRIDGE_EXIT":
            answered = [one for one in asked if one.at <= event.at]
            if not inside and left and answered:
                yield Taken(left, event.get("bridge_id"), answered[-1])
            inside, left = "", event.line
