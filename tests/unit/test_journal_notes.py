"""Several events of ours in one journal line."""

import json

from cdr.journal.line import JournalEvent, parse_line, unpacked


def line(value: object) -> bytes:
    extra = json.dumps({"extra": json.dumps(value)}).replace('"', '""')
    columns = ["IVR_NOTES", "1.000001", "29", "s", "c", "PJSIP/t-1", "AGI", "", "u", "l", "", "", "IVR_NOTES"]
    return (",".join(f'"{one}"' for one in columns) + f',"{extra}"').encode()


def events(value: object) -> list[JournalEvent]:
    (event,) = parse_line(line(value), 0)
    assert isinstance(event, JournalEvent)
    return list(unpacked(event))


def test_each_note_becomes_an_event_of_its_own_in_order() -> None:
    found = events(
        {"IVR_KEY": {"key": "1", "result": "valid"}, "IVR_DECISION": {"destination": "ķekava", "reason": "open"}}
    )
    assert [(event.type, dict(event.extra), event.at) for event in found] == [
        ("IVR_KEY", {"key": "1", "result": "valid"}, 1_000_001),
        ("IVR_DECISION", {"destination": "ķekava", "reason": "open"}, 1_000_001),
    ]


def test_what_has_the_wrong_form_is_left_out() -> None:
    assert [event.type for event in events({"IVR_KEY": "1", "IVR_MENU": {"menu": "m"}})] == ["IVR_MENU"]
    assert events(["IVR_KEY"]) == []


def test_other_events_stay_as_they_are() -> None:
    event = JournalEvent("HANGUP", 1, "", "", "", "", "", "", "u", "l")
    assert list(unpacked(event)) == [event]
