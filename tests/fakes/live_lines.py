"""Journals for the live view: events with their places, and how a call is shown line by line."""

from collections.abc import Iterable, Iterator

from cdr.errors import EmptyCall
from cdr.fold.call import as_written
from cdr.fold.fold import fold_written
from cdr.journal.line import JournalEvent, parse_line, split_lines, unpacked
from cdr.journal.marks import NONE, call_of_line, mark_in, marks_by_node
from cdr.journal.places import file_name
from cdr.live.call import LiveCall, live_call
from cdr.live.calls import Gone, LiveCalls, Shown


def placed(data: bytes) -> list[JournalEvent]:
    """Give the events of a journal file with their places."""
    name = file_name(data)
    found = (one for offset, line in split_lines(data) for one in parse_line(line, offset, name))
    return [one for one in found if isinstance(one, JournalEvent)]


def told(call: LiveCall) -> str:
    """Tell in short where a call is."""
    parts = (call.stage, call.menu, call.destination, call.phone)
    return " ".join(part for part in parts if part)


def seen(events: Iterable[JournalEvent]) -> list[str]:
    """Give what a supervisor sees of one call whose lines come one by one, without repetitions."""
    live = LiveCalls()
    found: list[str] = []
    for event in events:
        live.take([event])
        for change in live.changes():
            match change:
                case Shown():
                    text = told(change.call)
                case Gone():
                    text = f"over {change.disposition}"
            if found[-1:] != [text]:
                found.append(text)
    return found


def by_the_fold(events: list[JournalEvent]) -> dict[str, LiveCall]:
    """Give the calls that go on after these lines, each from a fold of its own."""
    lines: dict[str, list[JournalEvent]] = {}
    for event in events:
        lines.setdefault(call_of_line(event) or "", []).append(event)
    marks = marks_by_node(mark for event in events if (mark := mark_in(event)))
    return dict(_going_on(lines, marks.get("pbx", NONE)))


def _going_on(lines: dict[str, list[JournalEvent]], marks: object) -> Iterator[tuple[str, LiveCall]]:
    for name, some in lines.items():
        try:
            record = fold_written(as_written(some), marks)  # type: ignore[arg-type]
        except EmptyCall:
            continue
        if name and record.service and not record.complete and record.ended is None:
            notes = (
                note for event in some for note in unpacked(event) if note.type in ("IVR_MENU", "IVR_ANNOUNCEMENT")
            )
            welcomes = {said for note in notes if (said := note.get("welcome"))}
            yield name, live_call(record, welcomes)
