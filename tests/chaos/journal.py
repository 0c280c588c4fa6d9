"""What the journal tells of the load: the calls that are open and where they stand, and who led whom."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from cdr.journal.line import JournalEvent, parse_line, split_lines, unpacked
from tests.chaos.plans import index_of

STATES = ("welcome", "menu", "ringing", "failing over", "talking", "in transfer", "going back", "asked for")
TRANSFERS = {"BLINDTRANSFER", "ATTENDEDTRANSFER", "IVR_TRANSFER"}


@dataclass(frozen=True, slots=True)
class Lines:
    """One call: its caller's number and its lines, notes of one line taken apart."""

    caller: str
    events: tuple[JournalEvent, ...]

    @property
    def over(self) -> bool:
        """Tell whether the call has ended."""
        return any(one.type == "LINKEDID_END" for one in self.events)

    def notes(self, name: str) -> list[JournalEvent]:
        """Give its lines of one type."""
        return [one for one in self.events if one.type == name]


@dataclass(slots=True)
class Tail:
    """Reads a journal piece by piece, so that a long load is not read again and again."""

    path: Path
    offset: int = 0
    calls: dict[str, list[JournalEvent]] = field(default_factory=dict)
    callers: dict[str, str] = field(default_factory=dict)
    others: list[JournalEvent] = field(default_factory=list)

    def look(self) -> "Tail":
        """Take what is new."""
        if not self.path.exists():
            return self
        with self.path.open("rb") as source:
            source.seek(self.offset)
            data = source.read()
        end = 0
        for start, line in split_lines(data):
            end = start + len(line)
            for found in parse_line(line):
                if isinstance(found, JournalEvent):
                    self._take(found)
        self.offset += end
        return self

    def _take(self, event: JournalEvent) -> None:
        if (
            event.type == "CHAN_START"
            and event.linkedid not in self.calls
            and index_of(event.caller_number) is not None
        ):
            self.calls[event.linkedid] = []
            self.callers[event.linkedid] = event.caller_number
        known = self.calls.get(event.linkedid)
        (self.others if known is None else known).extend(unpacked(event))

    def found(self) -> tuple[Lines, ...]:
        """Give the calls of the load so far."""
        return tuple(Lines(self.callers[key], tuple(lines)) for key, lines in self.calls.items())


def states(calls: Iterable[Lines], asking: Set[str] = frozenset()) -> Mapping[str, int]:
    """Count the open calls in each state. About the callers `asking` a colleague is being asked: no line tells that."""
    counted = Counter("asked for" if call.caller in asking else state(call) for call in calls if not call.over)
    return {name: counted.get(name, 0) for name in STATES}


def state(call: Lines) -> str:
    """Tell where an open call stands, by its last lines."""
    where = "welcome"
    failed = transferred = False
    for one in call.events:
        failed = failed or one.type == "IVR_DIALSTATUS"
        transferred = transferred or one.type in TRANSFERS
        where = _after(one, where, failed=failed, transferred=transferred)
    return where


def _after(one: JournalEvent, where: str, *, failed: bool, transferred: bool) -> str:
    match one.type:
        case "STREAM_BEGIN":
            sound = one.get("sound")
            return ("welcome" if "welcome" in sound else "menu") if where in ("welcome", "menu") else where
        case "IVR_RING":
            return "in transfer" if transferred else "failing over" if failed else "ringing"
        case "IVR_DIALSTATUS":
            return "failing over"
        case "IVR_RETURN":
            return "going back"
        case "IVR_MENU":
            return where if where == "welcome" else "menu"
        case "BRIDGE_ENTER":
            return "talking"
        case kind if kind in TRANSFERS:
            return "in transfer"
        case _:
            return where


def led(call: Lines) -> Sequence[str]:
    """Give who led the call, in order: `engine:<name>` or `fallback`."""
    found = []
    for one in call.events:
        if one.type == "IVR_ENGINE":
            found.append(f"engine:{one.get('engine')}")
        elif one.type == "IVR_FALLBACK":
            found.append("fallback")
    return found


def led_by_two(calls: Iterable[Lines]) -> list[str]:
    """Give what is wrong with who led whom: an engine at work on a call that the fallback had taken."""
    wrong = []
    for call in calls:
        kinds = [one.type for one in call.events]
        if "IVR_FALLBACK" not in kinds:
            continue
        late = [one for one in call.events[kinds.index("IVR_FALLBACK") :] if _engines(one)]
        if late:
            wrong.append(f"{call.caller}: {' -> '.join(led(call))}, then {[one.type for one in late[:4]]} by an engine")
    return wrong


def _engines(one: JournalEvent) -> bool:
    """Tell whether an engine wrote this line: its steps run where the dialplan waits for it."""
    return one.type == "IVR_ENGINE" or (
        one.type.startswith("IVR_") and (one.context, one.exten) == ("ivr-call", "engine")
    )
