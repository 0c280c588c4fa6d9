"""The lists of supervision's commands: what is shown in each form, with which exit code, and if nobody answers."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.supervision.models import AuditEntry, CallDetail, CallerNumber, Listening, OverrideNow, Problem, Stage
from tests.fakes.command_line import CommandLine
from tests.fakes.control_socket import control_socket
from tests.fakes.supervision_server import AT, Answers, Supervision, call, destination, health

FIRST = call()
OTHER = call("pbx-1795311999.7", service="jelgava", stage=Stage.MENU, menu="jelgava-main", destination="", phone="")
STARS = "kekava-information-with-a-very-long-name-that-nobody-would-give-but-somebody-does"


@pytest.fixture
def ivr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("IVR_STATE", str(tmp_path))
    monkeypatch.setenv("IVR_OVERRIDES", str(tmp_path / "overrides.sqlite3"))
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Supervision]:
    answers = Answers(calls=[FIRST, OTHER], destinations=[destination(), destination("kekava-duty", open=False)])
    with Supervision(tmp_path / "supervision-main.sock", answers).running() as made:
        yield made


@pytest.mark.usefixtures("house")
def test_calls_are_a_table_that_scripts_can_read(ivr: CommandLine) -> None:
    done = ivr("calls", "list")
    assert (done.code, done.err) == (0, "")
    head, *rows = (line.split() for line in done.out.splitlines())
    assert head == ["call", "service", "caller", "stage", "seconds", "place", "phone"]
    assert rows == [
        [FIRST.call, "kekava", "29…56", "ringing", "12", "kekava-utility", "kekava-utility-1"],
        [OTHER.call, "jelgava", "29…56", "menu", "12", "jelgava-main", "-"],
    ]
    assert [line.split() for line in ivr("calls", "list", "--no-headers").out.splitlines()] == rows


@pytest.mark.usefixtures("house")
def test_calls_for_programs_have_every_field_and_the_seconds(ivr: CommandLine) -> None:
    found = json.loads(ivr("calls", "list", "--output", "json").out)
    assert found[0] == FIRST.model_dump(mode="json") | {"seconds": 12.0}
    lines = ivr("calls", "list", "--output", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == found


@pytest.mark.usefixtures("house")
def test_calls_can_be_picked(ivr: CommandLine) -> None:
    for words in (("--service", "jelgava"), ("--stage", "menu")):
        assert [
            json.loads(line)["call"] for line in ivr("calls", "list", *words, "--output", "jsonl").out.splitlines()
        ] == [OTHER.call]
    assert ivr("calls", "list", "--destination", "kekava-utility", "--no-headers").out.split()[0] == FIRST.call
    none = ivr("calls", "list", "--stage", "talking")
    assert (none.code, none.out, none.err) == (1, "", "no call is under way that is asked for\n")
    assert ivr("calls", "list", "--stage", "talking", "--output", "json").out == "[]\n"
    assert ivr("calls", "list", "--stage", "sleeping").code == 2


def test_no_call_is_exit_code_1(ivr: CommandLine, house: Supervision) -> None:
    house.answers.calls = []
    done = ivr("calls", "list")
    assert (done.code, done.out, done.err) == (1, "", "no call is under way\n")
    assert (ivr("calls", "list", "--output", "jsonl").out, ivr("calls", "list", "--output", "json").out) == ("", "[]\n")


def test_what_a_caller_made_up_does_not_steer_the_terminal(ivr: CommandLine, house: Supervision) -> None:
    house.answers.calls = [call(caller="\x1b[2J\x9b1m\u202e")]
    for form in ("table", "json", "jsonl"):
        out = ivr("calls", "list", "--output", form).out
        assert out.replace("\n", "").isprintable(), form


def test_no_value_is_cut_in_a_pipe_and_nothing_is_drawn(ivr: CommandLine, house: Supervision) -> None:
    house.answers.calls = [call(destination=STARS, phone="&".join(f"phone-number-{one}" for one in range(40)))]
    out = ivr("calls", "list").out
    assert STARS in out
    assert "phone-number-39" in out
    assert not set(out) & set("│┃─━╭╮╰╯┏┓┗┛\x1b")
    assert out.count("\n") == 2


def test_without_supervision_the_engine_is_asked_and_that_is_said(ivr: CommandLine, tmp_path: Path) -> None:
    shown = {"call": "pbx-1.0", "service": "kekava", "number": "8488", "caller": "29…56", "language": "lv"}
    shown |= {"state": "asking", "menu": "kekava-main", "destination": None, "seconds": 3.2}
    with control_socket(tmp_path / "control-main.sock", {"calls": {"ok": True, "calls": [shown]}}):
        done = ivr("calls", "list")
        plain = json.loads(ivr("calls", "list", "--output", "json").out)
    assert (done.code, done.err) == (
        0,
        "ivr: no supervision answers: these are the calls that the engine which leads follows, and no others\n",
    )
    assert done.out.splitlines()[1].split() == ["pbx-1.0", "kekava", "29…56", "menu", "3", "kekava-main", "-"]
    assert plain == [{**shown, "destination": "", "stage": "menu"}]


def test_a_socket_that_a_dead_supervision_left_is_as_none(
    ivr: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "supervision-main.sock"))
    for words in (("calls", "list"), ("calls", "transfer", "7", "kekava-duty", "--yes")):
        none = ivr(*words)
        assert (none.code, none.out) == (3, "")
        assert "no supervision answers, and no engine answers" in none.err
    alone = ivr("destinations")
    assert (alone.code, "no supervision answers at" in alone.err) == (3, True)
    monkeypatch.setattr("os.access", lambda *_: False)
    foreign = ivr("destinations")
    assert (foreign.code, "is not for you; run this as the user of supervision" in foreign.err) == (2, True)
    with control_socket(tmp_path / "control-main.sock", {"calls": {"ok": True, "calls": []}}):
        empty = ivr("calls", "list")
    assert (empty.code, empty.err.splitlines()[-1]) == (1, "no call is under way")


@pytest.mark.parametrize(
    "words",
    [
        ("calls", "list"),
        ("calls", "show", "7"),
        ("calls", "watch"),
        ("calls", "transfer", "7", "kekava-duty", "--yes"),
        ("calls", "send", "7", "kekava-duty", "--yes"),
        ("calls", "hangup", "7", "--reason", "open line", "--yes"),
        ("calls", "announce", "outage"),
        ("calls", "topic", "7", "heating"),
        ("calls", "listen", "7"),
        ("calls", "listenings"),
        ("calls", "unlisten", "7"),
        ("destinations",),
        ("audit",),
        ("status",),
    ],
    ids=" ".join,
)
def test_if_nobody_answers_each_says_what_to_start(ivr: CommandLine, words: tuple[str, ...]) -> None:
    done = ivr(*words)
    assert done.code == 3
    assert done.out.startswith("supervision: not running") if words == ("status",) else done.out == ""
    assert done.err.startswith("ivr: ")
    assert "ivr engine" in done.err or "ivr supervision" in done.err


def test_one_call_is_told_and_whole_numbers_need_a_reason(ivr: CommandLine, house: Supervision) -> None:
    done = ivr("calls", "show", "1670.0")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"call {FIRST.call} to kekava (8488) from 29…56\n  ringing at kekava-utility")
    assert "(kekava-utility-1) for 12 s; began" in done.out  # by supervision's clock: this machine's may be wrong
    assert "heard the welcome" in done.out
    assert "rule: destinations.kekava-utility" in done.out
    assert CallDetail.model_validate_json(ivr("calls", "show", "1670.0", "--output", "json").out).call == FIRST
    refused = ivr("calls", "show", "1670.0", "--full-numbers")
    assert (refused.code, refused.out, "--reason TEXT" in refused.err) == (2, "", True)
    path = f"/api/calls/{FIRST.call}/caller"
    house.answers.orders[path] = CallerNumber(call=FIRST.call, caller="+37129123456")
    whole = ivr("calls", "show", "1670.0", "--full-numbers", "--reason", "complaint 7")
    assert "from +37129123456" in whole.out
    assert house.asked[-1][:2] == ("POST", path)
    assert house.asked[-1][3] == {"reason": "complaint 7"}


@pytest.mark.parametrize(("zone", "clock"), [("Europe/Kyiv", "14:00:00 EET"), ("Asia/Tokyo", "21:00:00 JST")])
def test_times_are_those_of_the_municipality(ivr: CommandLine, house: Supervision, zone: str, clock: str) -> None:
    house.answers.health = health(zone=zone)
    house.answers.calls = [FIRST.model_copy(update={"started": AT})]
    house.answers.destinations = [destination(until=AT)]
    assert f"began {AT:%Y-%m-%d} {clock}\n" in ivr("calls", "show", FIRST.call).out
    assert ivr("destinations", "--no-headers").out.split()[2] == f"{AT:%Y-%m-%d}T{clock[:5]}"
    assert json.loads(ivr("destinations", "--output", "jsonl").out)["until"] == f"{AT:%Y-%m-%dT%H:%M:%S}Z"


@pytest.mark.usefixtures("house")
def test_a_call_that_is_none_or_several_is_exit_code_1(ivr: CommandLine) -> None:
    none, several = ivr("calls", "show", "4711"), ivr("calls", "show", "pbx")
    assert (none.code, "ivr calls list" in none.err) == (1, True)
    assert (several.code, FIRST.call in several.err, OTHER.call in several.err) == (1, True, True)


def test_destinations_tell_why_and_trouble_by_a_sign(ivr: CommandLine, house: Supervision) -> None:
    house.answers.destinations = [
        destination(),
        destination("jelgava-desk", services=("jelgava",), open=False, why="a holiday", until=AT, trouble="all away"),
    ]
    head, first, second = ivr("destinations").out.splitlines()
    names = ["destination", "state", "until", "waiting", "talking", "answered", "lost", "why"]
    assert head.split() == names
    assert first.split() == ["kekava-utility", "open", "-", "1", "2", "30", "4", "at", "every", "hour"]
    assert second.startswith("jelgava-desk")
    assert second.endswith("! all away; a holiday")
    for words in (("--trouble",), ("--service", "jelgava")):
        assert ivr("destinations", *words, "--no-headers").out.split()[0] == "jelgava-desk"
    lines = ivr("destinations", "--output", "jsonl").out.splitlines()
    assert [json.loads(line)["destination"] for line in lines] == ["kekava-utility", "jelgava-desk"]
    house.answers.destinations = [destination()]
    well = ivr("destinations", "--trouble")
    assert (well.code, well.out, well.err) == (1, "", "no destination is in trouble\n")


def test_the_audit_is_asked_for_by_who_what_and_call(ivr: CommandLine, house: Supervision) -> None:
    entry = AuditEntry(at=AT, who="anna", role="supervisor", what="hangup", call=FIRST.call, result="done")
    house.answers.audit = [entry.model_copy(update={"details": {"reason": "open line"}})]
    done = ivr("audit", "--who", "anna", "--what", "hangup", "--call", FIRST.call, "--limit", "5")
    assert done.out.splitlines()[1].startswith(f"2026-11-22T12:00:00Z  anna  supervisor  hangup  {FIRST.call}  done")
    assert done.out.endswith("reason=open line\n")
    query = house.asked[-1][2]
    assert {name: value[0] for name, value in query.items()} == {
        "who": "anna",
        "what": "hangup",
        "call": FIRST.call,
        "limit": "5",
    }
    house.answers.audit = []
    assert ivr("audit").code == 1


def test_listenings_that_go_on_are_shown(ivr: CommandLine, house: Supervision) -> None:
    one = Listening(id="a1", call=FIRST.call, phone="duty-1", mode="listen", by="anna", since=AT, state="listening")
    house.answers.listenings = [one, one.model_copy(update={"id": "a2", "state": "ended"})]
    done = ivr("calls", "listenings", "--output", "jsonl")
    assert [json.loads(line)["id"] for line in done.out.splitlines()] == ["a1"]
    house.answers.listenings = []
    none = ivr("calls", "listenings")
    assert (none.code, none.out, none.err) == (1, "", "nobody listens\n")


def test_status_tells_of_supervision_beside_the_engines(ivr: CommandLine, house: Supervision, tmp_path: Path) -> None:
    engine = {"ok": True, "engine": "host-1-aa", "lead": "leading", "why": "fence 7", "link": "attached"}
    engine |= {"version": "abc", "since": "today", "calls": {"asking": 1}, "records": {}, "alarms": []}
    with control_socket(tmp_path / "control-main-1-aa.sock", {"status": engine}):
        well = ivr("status")
        both = json.loads(ivr("status", "--output", "json").out)
        lines = [json.loads(line)["part"] for line in ivr("status", "--output", "jsonl").out.splitlines()]
        house.answers.health = health(ok=False, problems=("the journal is late",))
        ill = ivr("status")
    assert (well.code, well.err) == (0, "")
    assert "engine host-1-aa: leading (fence 7), link attached" in well.out
    assert "supervision: ok, PBX up\n  live view: 2 calls, 1 subscriber, journal behind by 0.1 s" in well.out
    assert (both["engines"], both["supervision"]["calls"], lines) == ([engine], 2, ["engine", "supervision"])
    assert (ill.code, "PROBLEM the journal is late" in ill.out) == (1, True)
    alone = ivr("status")
    assert (alone.code, "supervision: tells of a problem" in alone.out, "ivr engine" in alone.err) == (3, True, True)


def test_status_is_not_well_if_supervision_runs_and_does_not_tell(
    ivr: CommandLine, house: Supervision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = {"ok": True, "engine": "host-1-aa", "lead": "leading", "why": "fence 7", "link": "attached"}
    engine |= {"version": "abc", "since": "today", "calls": {}, "records": {}, "alarms": []}
    house.answers.health = Problem(title="No", status=503, detail="nothing is known yet")
    with control_socket(tmp_path / "control-main-1-aa.sock", {"status": engine}):
        people, script = ivr("status"), ivr("status", "--output", "json")
        monkeypatch.setattr("os.access", lambda *_: False)
        monkeypatch.setattr("ivr.cli.supervised.lives", lambda _: False)
        foreign = ivr("status")
    assert (people.code, people.err, people.out.splitlines()[-1]) == (1, "", "supervision: nothing is known yet")
    assert (script.code, json.loads(script.out)["supervision"]) == (1, None)
    assert script.err == "ivr: supervision: nothing is known yet\n"
    assert (foreign.code, "is not for you" in foreign.out) == (1, True)


def test_overrides_of_another_machine_are_ordered_there(
    ivr: CommandLine, house: Supervision, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = OverrideNow(
        id="3f9a1c07", destination="kekava-duty", order="closed", since=AT, until=AT + timedelta(hours=2),
        reason="burst pipe", author="anna", state="active",
    )  # fmt: skip
    house.answers.overrides = [now]
    assert ivr("override", "list").err == "no override was ever made\n"  # this machine's own
    with house.elsewhere() as address:
        monkeypatch.setenv("IVR_SUPERVISION_URL", address)
        monkeypatch.setenv("IVR_SUPERVISION_TOKEN", "secret-of-anna")
        assert ivr("override", "list").out.splitlines()[1].split()[:3] == ["3f9a1c07", "kekava-duty", "closed"]
        wrong = ivr("override", "add", "kekava-duty", "shut", "--until", "2h", "--reason", "burst pipe")
        done = ivr("override", "add", "kekava-duty", "closed", "--until", "2h", "--reason", "burst  pipe")
        assert house.asked[-1][3] == {
            "destination": "kekava-duty", "order": "closed", "until": "2h", "reason": "burst pipe",
        }  # fmt: skip
        cleared = ivr("override", "clear", "3f9a1c07", "--reason", "mended", "--output", "json")
        assert house.asked[-1][1:] == ("/api/overrides/3f9a1c07/clear", {}, {"reason": "mended"})
    assert (wrong.code, "order 'shut': write closed, open or redirect=" in wrong.err) == (2, True)
    assert (done.code, done.out) == (0, "done: /api/overrides\n")
    assert json.loads(cleared.out)["text"] == "done: /api/overrides/3f9a1c07/clear"


def test_what_asterisk_did_not_confirm_is_exit_code_4(ivr: CommandLine, house: Supervision) -> None:
    house.answers.orders["/api/announce"] = Problem(title="Timeout", status=504, detail="Asterisk did not confirm")
    done = ivr("calls", "announce", "outage")
    assert (done.code, done.out, done.err) == (4, "", "ivr: Asterisk did not confirm\n")
