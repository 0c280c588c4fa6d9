"""`ivr records`, run as an operator runs it."""

import json
import os
import re
import select
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cdr.fold.fold import fold
from cdr.record.record import CallRecord
from ivr.cli.records import app
from ivr.errors import OperatorError
from tests.fakes.call_pieces import IN, TALKS, ends
from tests.fakes.call_table import START, events_of, linkedid_of
from tests.fakes.command_line import CommandLine
from tests.fakes.journal_load import busy_journal

ROOT = Path(__file__).parents[2]
JOURNAL = busy_journal(5)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a store with five calls, named by the environment."""
    for name in ("IVR_SERVICE", "IVR_SINCE", "IVR_UNTIL", "IVR_LIMIT", "IVR_OUTPUT", "IVR_FULL_NUMBERS"):
        monkeypatch.delenv(name, raising=False)
    journal = tmp_path / "journal.csv"
    journal.write_bytes(JOURNAL)
    monkeypatch.setenv("IVR_STATE", str(tmp_path / "var"))
    monkeypatch.setenv("IVR_STORE", str(tmp_path / "var" / "records.sqlite3"))
    assert run("ingest", str(journal)).exit_code == 0
    return tmp_path / "var" / "records.sqlite3"


def masked(record: CallRecord) -> dict[str, Any]:
    """Give a record as JSON shows it."""
    return {**record.as_dict(), "caller": "29…56"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.usefixtures("place")
def test_list_as_table_masks_numbers() -> None:
    done = run("list")
    assert done.exit_code == 0
    assert done.stdout.count("29…56") == 5
    assert "29123456" not in done.stdout
    assert "abandoned_ringing" in done.stdout
    assert "answered" in done.stdout
    assert done.stderr == ""


@pytest.mark.usefixtures("place")
def test_whole_numbers_need_a_reason_which_is_kept() -> None:
    for command in (("list",), ("show", "0.100"), ("export",)):
        refused = run(*command, "--full-numbers")
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert "needs --reason TEXT" in refused.stderr
    assert run("list", "--full-numbers", "--reason", "complaint 7").stdout.count("29123456") == 5
    assert "call from 29123456" in run("show", "0.100", "--full-numbers", "--reason", "complaint 8").stdout
    assert run("export", "--full-numbers", "--reason", "complaint 9").stdout.count("29123456") == 5
    kept = json.loads(run("audit", "--output", "json").stdout)
    assert [(one["what"], one["why"]) for one in kept] == [
        ("full_numbers", "complaint 9"),
        ("full_numbers", "complaint 8"),
        ("full_numbers", "complaint 7"),
    ]


@pytest.mark.usefixtures("place")
def test_a_journal_in_which_nothing_can_be_erased_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = tmp_path / "journal"
    journal.mkdir()  # root may write any file, but no folder
    monkeypatch.setenv("IVR_JOURNAL", str(journal))
    erase = ["subject", "+37129123456", "--reason", "request 7", "--erase", "--yes"]
    with pytest.raises(OperatorError, match=f"{journal}: Is a directory; run this again as a user who may write there"):
        CliRunner().invoke(app, erase, catch_exceptions=False)


@pytest.mark.usefixtures("place")
def test_list_as_json() -> None:
    found = json.loads(run("list", "--output", "json").stdout)
    lines = [json.loads(line) for line in run("list", "--output", "jsonl").stdout.splitlines()]
    assert found == lines
    assert [one["linkedid"] for one in found] == [linkedid_of(number) for number in (5, 4, 3, 2, 1)]
    assert found[-1] == masked(fold(events_of(IN + TALKS + ends(20, "info-1"))))


BEGAN = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=START)
FILTERS = [
    (("--limit", "2"), 2),
    (("--service", "kekava"), 5),
    (("--service", "jelgava"), 0),
    (("--since", BEGAN.isoformat()), 5),
    (("--until", BEGAN.isoformat()), 0),
    (("--since", (BEGAN + timedelta(seconds=1)).isoformat()), 0),
    (("--until", "2099-01-01"), 5),
    (("--since", "2099-01-01"), 0),
]


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(("options", "number"), FILTERS)
def test_list_is_filtered(options: tuple[str, ...], number: int) -> None:
    assert len(json.loads(run("list", "--output", "json", *options).stdout)) == number


@pytest.mark.usefixtures("place")
def test_ages_are_counted_back_from_now() -> None:
    now = datetime.now(UTC)  # noqa: TID251 - compared with the command's own clock
    weeks = max(0, (now - BEGAN).days // 7) + 1
    assert len(json.loads(run("list", "--output", "json", "--since", f"{weeks}w").stdout)) == 5
    assert len(json.loads(run("list", "--output", "json", "--until", f"{weeks}w").stdout)) == 0


@pytest.mark.usefixtures("place")
def test_an_empty_list_says_why_on_stderr() -> None:
    done = run("list", "--service", "jelgava")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "no calls match" in done.stderr


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("text", ["yesterday", "9999999d", "0001-01-01", "d"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    done = run("list", "--since", text)
    assert done.exit_code == 2
    assert "as in 30m, 2h, 7d" in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("part", [linkedid_of(1), "0.100"])
def test_show_tells_the_journey(part: str) -> None:
    done = run("show", part)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == f"call {linkedid_of(1)}, 2026-11-18 11:06:40 UTC"
    assert lines[1] == "    0.000 s  call from 29…56 to 8488 (kekava)"
    assert "    8.200 s  talks with info-1 of info" in lines
    assert "outcome: answered" in lines


@pytest.mark.usefixtures("place")
def test_show_as_json_and_as_journal() -> None:
    events = events_of(IN + TALKS + ends(20, "info-1"))
    assert json.loads(run("show", "0.100", "--output", "json").stdout) == masked(fold(events))
    written = b"".join(one.line + b"\n" for one in events)
    whole = run("show", "0.100", "--output", "journal", "--full-numbers", "--reason", "fault 12")
    assert whole.stdout_bytes == written
    sealed = run("show", "0.100", "--output", "journal").stdout_bytes
    assert re.sub(rb"~[0-9a-f]{16}", b"29123456", sealed) == written != sealed


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("part", "said"), [("nobody", "ivr records list"), ("pbx-", "5 or more calls"), ("00", "5 or more calls")]
)
def test_show_of_no_single_call_ends_with_1(part: str, said: str) -> None:
    done = run("show", part)
    assert (done.exit_code, done.stdout) == (1, "")
    assert said in done.stderr


@pytest.mark.usefixtures("place")
def test_ingest_twice_changes_nothing_and_what_is_bad_is_said(tmp_path: Path) -> None:
    before = run("list", "--output", "json").stdout
    again = tmp_path / "again.csv"
    again.write_bytes(JOURNAL + b"rubbish\n" + JOURNAL[:50])
    done = run("ingest", str(again))
    assert (done.exit_code, done.stdout) == (0, "0 new lines of 0 calls, 1 bad lines\n")
    assert "quarantine" in done.stderr
    assert "the last 50 bytes" in done.stderr
    assert run("list", "--output", "json").stdout == before
    found = run("quarantine")
    assert found.exit_code == 0
    assert "again.csv" in found.stdout
    assert str(len(JOURNAL)) in found.stdout
    assert "1 columns instead of 14" in found.stdout
    assert "rubbish" in found.stdout


@pytest.mark.usefixtures("place")
def test_an_empty_quarantine_says_so() -> None:
    done = run("quarantine")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "every line of the journal was read" in done.stderr


def test_what_an_operator_has_to_mend_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ivr = CommandLine(monkeypatch, capsys)
    no_store = ivr("records", "list", "--store", str(tmp_path / "none"))
    assert (no_store.code, no_store.out) == (2, "")
    assert str(tmp_path / "none") in no_store.err
    assert "ivr records ingest FILE" in no_store.err
    for command in ("export", "rebuild", "quarantine"):
        assert ivr("records", command, "--store", str(tmp_path / "none")).code == 2
    no_journal = ivr("records", "ingest", str(tmp_path / "none.csv"), "--store", str(tmp_path / "store"))
    assert no_journal.code == 2
    assert "none.csv" in no_journal.err


def test_follow_goes_on_until_it_is_interrupted(tmp_path: Path) -> None:
    journal, store = tmp_path / "journal.csv", tmp_path / "records.sqlite3"
    journal.write_bytes(JOURNAL)
    code = "from ivr.cli.records import app; app()"
    command = [sys.executable, "-u", "-c", code, "follow", str(journal), "--store", str(store)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("IVR_")}
    heeding = ["env", "--default-signal=INT", *command]  # a test process may ignore Ctrl-C, and its children with it
    with subprocess.Popen(heeding, cwd=ROOT, env=environment, stderr=subprocess.PIPE, bufsize=0) as process:
        try:
            said = [_line(process), _line(process)]
            with journal.open("ab") as file:
                file.write(b"rubbish\n")
            said += [_line(process), _line(process)]
            process.send_signal(signal.SIGINT)
            said.append(_line(process))
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert said[0].startswith(f"following {journal}")
    assert said[1].endswith(" lines of 5 calls, 0 bad lines\n")
    assert "quarantine" in said[2]
    assert said[3] == "0 lines of 0 calls, 1 bad lines\n"
    assert said[4] == "stopped; the next start goes on from here\n"


def _line(process: "subprocess.Popen[bytes]") -> str:
    """Read one line that the process says, at most 30 s later."""
    assert process.stderr is not None
    ready, _, _ = select.select([process.stderr], [], [], 30)
    assert ready, "the follower says nothing"
    return process.stderr.readline().decode()
