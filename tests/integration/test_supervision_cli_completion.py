"""Completion of calls, destinations and phones, as a shell asks for it; once in a real bash on a real terminal."""

import logging
import os
import socketserver
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr.cli.completing import call_names
from ivr.cli.main import app
from tests.fakes.command_line import LONGEST, OPTIONS, PROGRAM, terminal
from tests.fakes.supervision_server import Answers, Supervision, call, destination

CALLS = [call("pbx-1795311670.0"), call("pbx-1795311670.10"), call("other-7.0", service="jelgava")]
PLACES = [destination(), destination("kekava-duty", open=False, phones=("kekava-duty-1",))]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Supervision]:
    answers = Answers(calls=CALLS, destinations=PLACES)
    with Supervision(tmp_path / "supervision-main.sock", answers).running() as made:
        yield made


@pytest.fixture
def logs_go_on() -> Iterator[None]:
    """Undo what a process that completes does to itself."""
    yield
    logging.disable(logging.NOTSET)


def environment(state: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OPTIONS}
    return {**kept, "IVR_STATE": str(state)}


PATIENT = "import ivr.cli.completing; ivr.cli.completing.LONGEST = 60.0"
"""Lets a shell wait on a machine that is busy with other tests."""


def completed(state: Path, line: str, shell: str = "bash", patient: str = PATIENT) -> subprocess.CompletedProcess[str]:
    """Ask as the completion script of a shell does, at the end of `line`."""
    words = line.split(" ")
    asked = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    code = f"import sys; sys.argv[0] = 'ivr'; {patient or 'pass'}; from ivr.cli.main import main; main()"
    values = {**environment(state), **asked, "_IVR_COMPLETE": f"complete_{shell}"}
    return subprocess.run(
        [sys.executable, "-c", code], env=values, capture_output=True, text=True, timeout=LONGEST, check=False
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ivr calls show ", [one.call for one in CALLS]),
        ("ivr calls transfer pbx-1", ["pbx-1795311670.0", "pbx-1795311670.10"]),
        ("ivr calls transfer other-7.0 kekava-d", ["kekava-duty"]),
        ("ivr calls hangup o", ["other-7.0"]),
        ("ivr calls topic o", ["other-7.0"]),
        ("ivr calls watch --until-ended o", ["other-7.0"]),
        ("ivr calls listen other-7.0 --phone kekava-u", ["kekava-utility-1", "kekava-utility-2"]),
        ("ivr calls list --destination ", ["kekava-utility", "kekava-duty"]),
        ("ivr calls announce outage --destination kekava-u", ["kekava-utility"]),
        ("ivr override add kekava-u", ["kekava-utility"]),
        ("ivr calls un", ["unlisten"]),
    ],
)
@pytest.mark.usefixtures("house", "logs_go_on")
def test_names_are_completed_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, words: list[str]) -> None:
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1), "_IVR_COMPLETE": "complete_bash"}
    for name, value in {**asked, "IVR_STATE": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("ivr.cli.completing.LONGEST", LONGEST)
    done = CliRunner().invoke(app, [], prog_name="ivr")
    assert (done.stdout.split(), done.stderr) == (words, "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
@pytest.mark.usefixtures("house")
def test_zsh_and_fish_get_words_about_each_name(tmp_path: Path, shell: str) -> None:
    done = completed(tmp_path, "ivr calls show other", shell)
    assert "other-7.0" in done.stdout
    assert "jelgava 29…56 ringing" in done.stdout


def test_without_supervision_it_is_silent(tmp_path: Path) -> None:
    done = completed(tmp_path, "ivr calls show ")
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_a_supervision_that_does_not_answer_holds_no_shell_up(tmp_path: Path, house: Supervision) -> None:
    house.answers.delay = threading.Event()
    try:
        began = time.monotonic()
        done = completed(tmp_path, "ivr calls show ", patient="")
        assert (done.stdout.strip(), done.stderr) == ("", "")
        assert time.monotonic() - began < 25.0  # half a second, and the start of Python on a busy machine
    finally:
        house.answers.delay.set()


@pytest.mark.usefixtures("logs_go_on")
def test_a_supervision_that_answers_a_byte_at_a_time_holds_no_shell_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVR_STATE", str(tmp_path))
    enough = threading.Event()

    class Drips(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                while not enough.wait(0.1):  # sooner than the client gives a read up
                    self.request.sendall(b"H")

    with socketserver.ThreadingUnixStreamServer(str(tmp_path / "supervision-main.sock"), Drips) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            began = time.monotonic()
            assert call_names("") == []
            assert time.monotonic() - began < LONGEST / 4
        finally:
            enough.set()
            server.shutdown()


def test_wrong_settings_do_not_write_into_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_SIP_PORT", "none")
    done = completed(tmp_path, "ivr calls show ")
    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.usefixtures("house")
def test_a_person_presses_tab_in_bash(tmp_path: Path) -> None:
    """A program `ivr` in the path, its own completion script, an interactive bash: what is typed is completed."""
    program = tmp_path / "bin" / "ivr"
    program.parent.mkdir()
    program.write_text(f"#!{PROGRAM[0]}\n{PATIENT}\nfrom ivr.cli.main import main\nmain()\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    values = {
        "IVR_STATE": str(tmp_path),
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PS1": "ready> ",
        "HOME": str(tmp_path),
    }
    with terminal(values, "/bin/bash", "--norc", "--noprofile", "-i") as screen:
        screen.until("ready> ")
        screen.types('eval "$(_IVR_COMPLETE=source_bash ivr)"; echo loaded$((1 + 1))\n')
        screen.until("loaded2\r\n\x1b[?2004hready> ")
        screen.types("ivr calls sh\t")
        screen.until("ivr calls show ")
        screen.types("oth\t")
        screen.until("ivr calls show other-7.0 ")
        screen.types("\n")
        screen.until("call other-7.0 to jelgava (8488) from 29…56")
        screen.types("exit\n")
        assert screen.ended() == 0
