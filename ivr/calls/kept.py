"""What Asterisk keeps of a session, so that another engine, or the fallback, can go on where one stopped.

It travels in the channel variable IVR_STATE, set by each step in the same breath as everything else of it:

    step-hops-asked-crowded-invalid-no_input-announcing-since-results

All are numbers; `since` is in seconds since 1970 (0: in no menu); `results` has one letter for each line tried. The
fallback reads the same places with CUT, so the order is a contract with dialplans/pbx/extensions.conf.

Rule 1: what cannot be read is nothing, never an error: a call whose state is unknown begins again.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from ivr.calls.session import CallSession
from ivr.routing.destinations import ExitReason

MOST = 1_000_000
"""Counts above this are no counts."""
LETTERS = {
    ExitReason.BUSY: "b",
    ExitReason.NO_ANSWER: "n",
    ExitReason.UNREACHABLE: "u",
    ExitReason.FULL: "f",
}
"""How a tried line failed, as one letter."""
_RESULTS = {letter: reason for reason, letter in LETTERS.items()}
_FORM = re.compile(
    r"([0-9]{1,7})-([0-9]{1,7})-([0-9]{1,7})-([01])-([0-9]{1,7})-([0-9]{1,7})-([01])-([0-9]{1,10})-([bnuf]*)"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """The counts of a session; see `CallSession` for their meaning. `results` are those of the lines tried, in order."""

    step: int = 0
    hops: int = 0
    asked: int = 0
    crowded: bool = False
    invalid: int = 0
    no_input: int = 0
    announcing: bool = False
    since: datetime | None = None
    results: tuple[ExitReason, ...] = ()


NEW = Kept()
"""Of a call that has just begun."""


def kept_of(session: CallSession) -> Kept:
    """Give what has to be kept of a session."""
    return Kept(
        step=session.step,
        hops=session.hops,
        asked=session.asked,
        crowded=session.crowded,
        invalid=session.invalid,
        no_input=session.no_input,
        announcing=session.announcing,
        since=session.menu_since,
        results=tuple(attempt.outcome for attempt in session.attempts),
    )


def pack(kept: Kept) -> str:
    """Write it as the value of IVR_STATE."""
    since = int(kept.since.timestamp()) if kept.since else 0
    results = "".join(LETTERS.get(result, "u") for result in kept.results)
    counts = (
        kept.step,
        kept.hops,
        kept.asked,
        int(kept.crowded),
        kept.invalid,
        kept.no_input,
        int(kept.announcing),
        since,
    )
    return "-".join([*map(str, counts), results])


def unpack(text: str) -> Kept | None:
    """Read a value of IVR_STATE; None if it is none."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    step, hops, asked, crowded, invalid, no_input, announcing, since = map(int, found.groups()[:8])
    if max(step, hops, asked, invalid, no_input) > MOST:
        return None
    return Kept(
        step=step,
        hops=hops,
        asked=asked,
        crowded=bool(crowded),
        invalid=invalid,
        no_input=no_input,
        announcing=bool(announcing),
        since=datetime.fromtimestamp(since, UTC) if since else None,
        results=tuple(_RESULTS[letter] for letter in found.group(9)),
    )
