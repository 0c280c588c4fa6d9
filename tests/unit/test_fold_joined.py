"""Two calls of a telephone joined: what the citizen's call learns of the other one, whatever Asterisk writes where."""

from pathlib import Path

from cdr.fold.call import as_written, call_of
from cdr.fold.fold import fold
from cdr.fold.joined import asked_in, rung_elsewhere, taken_in
from cdr.journal.line import JournalEvent, parse_line, split_lines
from cdr.journal.marks import call_of_line, is_from_outside
from cdr.record.record import CallRecord

TRACES = Path(__file__).parents[1] / "traces"


def lines(name: str) -> list[JournalEvent]:
    events = []
    for offset, line in split_lines((TRACES / f"{name}.csv").read_bytes()):
        events += [one for one in parse_line(line, offset) if isinstance(one, JournalEvent)]
    return events


def without(events: list[JournalEvent], *kinds: str) -> list[JournalEvent]:
    return [event for event in events if event.type not in kinds]


def places(record: CallRecord) -> list[tuple[str, str]]:
    return [(visit.destination, visit.result.value) for visit in record.visits]


def test_a_line_of_another_call_that_names_this_one_belongs_here() -> None:
    told = [event for event in lines("joined_within_the_bridge") if event.type == "IVR_ASKED"]
    assert [(event.get("destination"), event.get("phone")) for event in told] == [
        ("kekava-duty", ""),
        ("kekava-duty", "kekava-duty-1"),
    ]
    assert all(is_from_outside(event) and call_of_line(event) != event.linkedid for event in told)


def test_the_caller_takes_the_telephones_place_within_the_bridge() -> None:
    """Nothing of the phone is in the call, and its talk is all the same: from when he left the colleague until the end."""
    events = lines("joined_within_the_bridge")
    (taken,) = taken_in(call_of(as_written(events)))
    assert taken.asked.get("phone") == "kekava-duty-1"
    record = fold(events)
    assert places(record) == [("kekava-information", "answered"), ("kekava-duty", "answered")]
    assert record.talked_with == ("kekava-information-1", "kekava-duty-1")
    assert record.redirections[-1].to_destination == "kekava-duty"


def test_without_a_word_of_the_phone_nothing_is_made_up() -> None:
    events = without(lines("joined_within_the_bridge"), "IVR_ASKED")
    assert taken_in(call_of(as_written(events))) == ()
    assert fold(events).talked_with == ("kekava-information-1",)


def test_who_was_asked_and_not_joined_has_no_part_in_the_call() -> None:
    """The colleague was asked, and then the caller was given to nobody: he talks with the first one to the end."""
    asked = [event for event in lines("joined_by_the_telephone") if event.type == "IVR_ASKED"]
    moved = {"ATTENDEDTRANSFER", "IVR_TOPIC"}
    kept = [event for event in lines("joined_by_the_telephone") if event.type not in moved and event not in asked]
    talk = [number for number, event in enumerate(kept) if event.type == "BRIDGE_ENTER"][1]
    kept = [*kept[: talk + 1], *asked]
    call = call_of(as_written(kept))
    assert set(asked_in(call)) == {asked[1].uniqueid}
    assert [event.get("destination") for event in rung_elsewhere(call)] == ["kekava-duty", "kekava-duty"]
    assert taken_in(call) == ()
    assert fold(kept).talked_with == ("kekava-information-1",)


def test_a_bridge_left_before_the_phone_answered_is_no_place_taken() -> None:
    events = lines("joined_within_the_bridge")
    asked = [event for event in events if event.type == "IVR_ASKED" and event.get("phone")]
    exits = [event for event in events if event.type == "BRIDGE_EXIT" and event.uniqueid == asked[0].get("linkedid")]
    first = without(events, "BRIDGE_ENTER")
    call = call_of(as_written([event for event in first if event is not exits[-1]]))
    assert taken_in(call) == ()  # the journal lacks that he entered: no bridge was left before


def test_nobody_came_and_the_record_names_what_was_asked_for() -> None:
    record = fold(lines("joined_and_nobody_came"))
    assert places(record) == [
        ("kekava-information", "answered"),
        ("kekava-duty", "busy"),
        ("kekava-information", "answered"),
    ]
    assert [one.to_phone for one in record.redirections] == ["24", "kekava-information-1"]


def test_the_order_of_lines_does_not_matter() -> None:
    for name in ("joined_within_the_bridge", "joined_while_it_rings", "joined_by_the_telephone"):
        events = lines(name)
        assert fold(reversed(events)) == fold(events)
