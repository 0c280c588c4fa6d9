"""AMI messages, as Asterisk 22.10 sent them, become events of a call."""

import pytest

from ivr.asterisk.framing import Message
from ivr.asterisk.translate import WANTED_EVENTS, translate
from ivr.calls.events import (
    CallEntered,
    Connected,
    HungUp,
    KeyPressed,
    LeftControl,
    MenuAnswered,
    StepBegan,
)
from ivr.routing.destinations import ExitReason
from tests.fakes.ruleset import OPEN

CHANNEL = "PJSIP/trunk-00000000"
ENV = (
    "agi_request%3A%20async%0Aagi_channel%3A%20PJSIP%2Ftrunk-00000000%0Aagi_language%3A%20en%0A"
    "agi_calleridname%3A%20unknown%0A{arguments}%0A"
)


def message(event: str, **headers: str) -> Message:
    return Message(OPEN, {"Event": event, "Channel": CHANNEL, "Linkedid": "pbx-1.0", **headers})


def started(*arguments: str, number: str = "29123456") -> Message:
    text = "%0A".join(f"agi_arg_{place}%3A%20{value}" for place, value in enumerate(arguments, start=1))
    return message("AsyncAGIStart", CallerIDNum=number, Env=ENV.format(arguments=text))


def test_a_new_call() -> None:
    found = translate(started("kekava", "8488", "", "", "", "lv"), "me")
    assert found == ("pbx-1.0", CallEntered(CHANNEL, OPEN, "kekava", "8488", "29123456", "lv"))  # type: ignore[arg-type]


def test_a_call_says_which_version_of_the_rules_took_it() -> None:
    found = translate(started("kekava", "8488", "", "", "", "lv", "3fa9c1d2e4b5"), "me")
    assert found is not None
    assert isinstance(found[1], CallEntered)
    assert (found[1].rules, found[1].destination) == ("3fa9c1d2e4b5", None)


def test_a_call_whose_phone_failed() -> None:
    found = translate(started("kekava", "8488", "kekava-utility", "1", "busy", "en", number="<unknown>"), "me")
    assert found is not None
    event = found[1]
    assert isinstance(event, CallEntered)
    assert (event.destination, event.position, event.result, event.caller) == (
        "kekava-utility",
        1,
        ExitReason.BUSY,
        "",
    )


def test_a_caller_id_cannot_pretend_to_be_an_argument() -> None:
    """Asterisk names the arguments last, the empty ones too; the last one counts."""
    hostile = "agi_callerid%3A%20x%0Aagi_arg_1%3A%20other%0Aagi_arg_3%3A%20elsewhere%0A"
    real = "agi_arg_1%3A%20kekava%0Aagi_arg_2%3A%208488%0Aagi_arg_3%3A%20%0A"
    found = translate(message("AsyncAGIStart", CallerIDNum="1", Env=hostile + real), "me")
    assert found is not None
    assert isinstance(found[1], CallEntered)
    assert (found[1].service, found[1].destination) == ("kekava", None)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"CommandId": "me:3:b", "Result": "200%20result%3D0%0A"}, StepBegan(CHANNEL, OPEN, 3)),  # type: ignore[arg-type]
        ({"CommandId": "me:3:e", "Result": "200%20result%3D1%20(9)%0A"}, MenuAnswered(CHANNEL, OPEN, 3, "9")),  # type: ignore[arg-type]
        ({"CommandId": "me:3:e", "Result": "200%20result%3D1%20()%0A"}, MenuAnswered(CHANNEL, OPEN, 3, None)),  # type: ignore[arg-type]
        ({"CommandId": "me:3:e", "Result": "200%20result%3D0%0A"}, MenuAnswered(CHANNEL, OPEN, 3, None)),  # type: ignore[arg-type]
        ({"CommandId": "me:3:-", "Result": "200%20result%3D0%0A"}, None),
        ({"CommandId": "other:3:e", "Result": "200%20result%3D1%20(9)%0A"}, None),
        ({"CommandId": "", "Result": ""}, None),
        ({"CommandId": "me:x:e", "Result": ""}, None),
        ({"CommandId": "123456", "Result": ""}, None),
    ],
)
def test_results_of_commands(headers: dict[str, str], expected: object) -> None:
    found = translate(message("AsyncAGIExec", **headers), "me")
    assert (found and found[1]) == expected


@pytest.mark.parametrize(
    ("event", "headers", "expected"),
    [
        ("AsyncAGIEnd", {}, LeftControl(CHANNEL, OPEN)),  # type: ignore[arg-type]
        (
            "DTMFEnd",
            {"Digit": "#", "DurationMs": "160", "Direction": "Received"},
            KeyPressed(CHANNEL, OPEN, "#", 160),  # type: ignore[arg-type]
        ),
        ("DTMFEnd", {"Digit": "#", "DurationMs": "160", "Direction": "Sent"}, None),
        ("DTMFEnd", {"Digit": "1", "DurationMs": "?", "Direction": "Received"}, KeyPressed(CHANNEL, OPEN, "1", 0)),  # type: ignore[arg-type]
        ("BridgeEnter", {}, Connected(CHANNEL, OPEN)),  # type: ignore[arg-type]
        ("Hangup", {"Cause": "16"}, HungUp(CHANNEL, OPEN, 16)),  # type: ignore[arg-type]
        ("Hangup", {"Cause": "odd"}, HungUp(CHANNEL, OPEN, 0)),  # type: ignore[arg-type]
        ("Newchannel", {}, None),
        ("AsyncAGIStart", {"Env": ""}, None),
    ],
)
def test_other_messages(event: str, headers: dict[str, str], expected: object) -> None:
    found = translate(message(event, **headers), "me")
    assert (found and found[1]) == expected


def test_the_link_is_told_which_events_are_read() -> None:
    assert {"AsyncAGIStart", "AsyncAGIExec", "AsyncAGIEnd", "DTMFEnd", "Hangup"} <= WANTED_EVENTS
