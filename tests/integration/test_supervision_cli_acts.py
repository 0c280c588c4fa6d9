"""Commands that act on calls: what is ordered, who is asked first, what is printed, with which exit code."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.supervision.models import Done, Listening, Problem
from tests.fakes.command_line import CommandLine, terminal
from tests.fakes.control_socket import control_socket
from tests.fakes.supervision_server import AT, Answers, Supervision, call

FIRST = call()
OTHER = call("pbx-1795311999.7")
PATH = f"/api/calls/{FIRST.call}"
REASON = ("--reason", "line left open")


@pytest.fixture
def ivr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("IVR_STATE", str(tmp_path))
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Supervision]:
    with Supervision(tmp_path / "supervision-main.sock", Answers(calls=[FIRST, OTHER])).running() as made:
        yield made


def posted(house: Supervision) -> list[tuple[str, object]]:
    return [(path, body) for method, path, _, body in house.asked if method == "POST"]


@pytest.mark.parametrize(
    ("words", "path", "body"),
    [
        (("transfer", "1670.0", "kekava-duty", "--yes"), f"{PATH}/transfer", {"to": "kekava-duty"}),
        (("send", "1670.0", "21", "-y"), f"{PATH}/send", {"to": "21"}),
        (("hangup", "1670.0", "--reason", "line  left open", "--yes"), f"{PATH}/hangup", {"reason": "line left open"}),
        (
            ("topic", "1670.0", "heating", "--result", "registered", "--case", "A-12"),
            f"{PATH}/topic",
            {"topic": "heating", "result": "registered", "case": "A-12"},
        ),
        (
            ("announce", "outage", "--destination", "kekava-utility"),
            "/api/announce",
            {"prompt": "outage", "service": None, "destination": "kekava-utility"},
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_what_happened_is_printed_not_what_was_asked(
    ivr: CommandLine, house: Supervision, words: tuple[str, ...], path: str, body: dict[str, object]
) -> None:
    answer = Done(text="Asterisk did it: Ķekava", call=FIRST.call, values={"channel": "PJSIP/trunk-7"})
    house.answers.orders[path] = answer
    done = ivr("calls", *words)
    assert (done.code, done.out, done.err) == (0, "Asterisk did it: Ķekava\n", "")
    ((asked, order),) = posted(house)
    assert asked == path
    assert isinstance(order, dict)
    assert {name: order.get(name) for name in body} == body
    assert Done.model_validate_json(ivr("calls", *words, "--output", "json").out) == answer
    assert Done.model_validate_json(ivr("calls", *words, "--output", "jsonl").out) == answer


@pytest.mark.parametrize(
    ("status", "code"), [(400, 2), (401, 2), (403, 2), (404, 1), (409, 1), (429, 1), (503, 3), (504, 4)]
)
def test_a_refusal_is_told_in_its_own_words(ivr: CommandLine, house: Supervision, status: int, code: int) -> None:
    words = "the call is at a private destination"
    house.answers.orders[f"{PATH}/send"] = Problem(title="No", status=status, detail=words)
    done = ivr("calls", "send", FIRST.call, "kekava-duty", "--yes")
    assert (done.code, done.out, done.err) == (code, "", f"ivr: {words}\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("transfer", "1670.0", "a,1)\nx", "--yes"), "no destination's name"),
        (("send", "1670.0", "", "--yes"), "no destination's name"),
        (("hangup", "1670.0", "--yes"), "--reason is needed"),
        (("hangup", "1670.0", "--yes", "--reason", "x" * 201), "at most 200 letters"),
        (("announce", "../outage"), "letters, digits"),
        (("topic", "1670.0", "heat ing"), "no topic's name"),
        (("topic", "1670.0", "heating", "--result", "solved"), "consulted"),
        (("listen", "1670.0", "--phone", "a&b"), "no phone's name"),
        (("transfer", "1670.0", "kekava-duty"), "say --yes"),
        (("send", "1670.0", "kekava-duty"), "say --yes"),
        (("hangup", "1670.0", *REASON), "say --yes"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_a_wrong_order_is_refused_before_anything_is_asked_of_the_pbx(
    ivr: CommandLine, house: Supervision, words: tuple[str, ...], said: str
) -> None:
    done = ivr("calls", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert posted(house) == []


@pytest.mark.parametrize(
    ("words", "answer", "code"),
    [
        (("transfer", "kekava-duty"), "y", 0),
        (("send", "kekava-duty"), "n", 1),
        (("hangup", *REASON), "y", 0),
        (("hangup", *REASON), "", 1),
    ],
)
def test_on_a_terminal_the_call_is_named_and_a_person_is_asked(
    house: Supervision, tmp_path: Path, words: tuple[str, ...], answer: str, code: int
) -> None:
    line = ("calls", words[0], "1670.0", *words[1:])
    with terminal({"IVR_STATE": str(tmp_path)}, *line) as screen:
        shown = " ".join(screen.until("[y/N]").split())
        assert f"call {FIRST.call} (kekava, 29…56, ringing at kekava-utility for 12 s)" in shown
        assert posted(house) == []
        screen.types(f"{answer}\n")
        assert screen.ended() == code
    assert [path for path, _ in posted(house)] == ([] if code else [f"{PATH}/{words[0]}"])


def test_without_supervision_the_engine_passes_callers_on_and_tells_topics(ivr: CommandLine, tmp_path: Path) -> None:
    row = {"call": "pbx-1.0", "service": "kekava", "number": "8488", "caller": "29…56", "language": "lv"}
    row |= {"state": "talking", "menu": None, "destination": "kekava-utility", "seconds": 3.2}
    topic = {
        "topic": "heating",
        "title": "Apkure",
        "result": "",
        "case": "A-1",
        "service": "kekava",
        "by": "supervisor",
    }
    answers = {
        "calls": {"ok": True, "calls": [row]},
        "transfer": {"ok": True, "channel": "PJSIP/trunk-0"},
        "topic": {"ok": True, "call": "pbx-1.0", **topic},
    }
    with control_socket(tmp_path / "control-main.sock", answers) as asked:
        done = ivr("calls", "transfer", "1.0", "kekava-duty", "--yes")
        assert asked[-1] == {"do": "transfer", "call": "pbx-1.0", "to": "kekava-duty"}
        unknown = ivr("calls", "transfer", "none", "kekava-duty", "--yes")
        told = ivr("calls", "topic", "1.0", "heating", "--case", "A-1")
        assert asked[-1] == {"do": "topic", "call": "pbx-1.0", "topic": "heating", "result": "", "case": "A-1"}
        over = ivr("calls", "topic", "pbx-0.7", "22", "--output", "json")
        assert asked[-1]["call"] == "pbx-0.7"  # a call that is over has its whole name
    assert (done.code, done.out.startswith("Asterisk has passed PJSIP/trunk-0 on to kekava-duty")) == (0, True)
    assert (unknown.code, "ivr calls list" in unknown.err) == (1, True)
    assert told.out == "Asterisk has written into the journal that pbx-1.0 is about Apkure (heating), case A-1\n"
    assert json.loads(over.out)["values"] == topic
    with control_socket(tmp_path / "control-main.sock", {"calls": answers["calls"]}):
        refused = ivr("calls", "transfer", "1.0", "kekava-duty", "--yes")
    assert (refused.code, refused.err.splitlines()[-1]) == (1, "ivr: cannot transfer")


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("transfer", "1670.0", "kekava-duty", "--yes"), f"{PATH}/transfer"),
        (("topic", "1670.0", "heating"), f"{PATH}/topic"),
    ],
)
def test_the_engine_is_not_asked_for_what_supervision_refuses(
    ivr: CommandLine, house: Supervision, tmp_path: Path, words: tuple[str, ...], path: str
) -> None:
    """A supervision that cannot keep its audit refuses: nobody gets round the audit by that."""
    house.answers.orders[path] = Problem(title="No", status=503, detail="the audit cannot be written")
    with control_socket(tmp_path / "control-main.sock", {}) as asked:
        done = ivr("calls", *words)
    assert (done.code, done.err, asked) == (3, "ivr: the audit cannot be written\n", [])


def listening(state: str, **changes: str) -> Listening:
    values = {"id": "a1", "call": FIRST.call, "phone": "duty-1", "mode": "whisper", "by": "anna", "since": AT}
    return Listening.model_validate({**values, "state": state, **changes})


@pytest.mark.parametrize(
    ("then", "code", "said"),
    [
        (listening("listening"), 0, f"duty-1 hears call {FIRST.call}, the operator alone hears it; listening a1"),
        (listening("ended", reason="the phone is busy"), 1, f"does not hear call {FIRST.call}: the phone is busy"),
    ],
)
def test_a_listening_is_told_when_the_phone_was_answered(
    ivr: CommandLine, house: Supervision, then: Listening, code: int, said: str
) -> None:
    house.answers.orders[f"{PATH}/listen"] = listening("ringing")
    house.answers.listenings = [then]
    done = ivr("calls", "whisper", "1670.0", "--phone", "duty-1")
    assert posted(house) == [(f"{PATH}/listen", {"mode": "whisper", "phone": "duty-1"})]
    assert (done.code, done.err) == (code, "duty-1 rings\n")
    assert said in done.out
    assert Listening.model_validate_json(ivr("calls", "whisper", "1670.0", "--output", "json").out) == then


def test_a_phone_that_nobody_answers_is_given_up(
    ivr: CommandLine, house: Supervision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.cli.calls_listen.PATIENCE", 0.0)
    house.answers.orders[f"{PATH}/listen"] = listening("ringing")
    house.answers.orders["/api/listenings/a1/end"] = listening("ended", reason="given up")
    done = ivr("calls", "listen", "1670.0")
    assert (done.code, done.out) == (1, f"duty-1 does not hear call {FIRST.call}: given up\n")
    assert posted(house)[-1][0] == "/api/listenings/a1/end"


def test_a_private_call_is_not_heard(ivr: CommandLine, house: Supervision) -> None:
    house.answers.orders[f"{PATH}/listen"] = Problem(title="Conflict", status=409, detail="the call is private")
    assert ivr("calls", "barge", "1670.0").err == "ivr: the call is private\n"


def test_a_listening_is_ended_by_its_id(ivr: CommandLine, house: Supervision) -> None:
    house.answers.orders["/api/listenings/a1/end"] = listening("ended")
    done = ivr("calls", "unlisten", "a1")
    assert (done.code, done.out) == (0, f"duty-1 does not hear call {FIRST.call} any more\n")
