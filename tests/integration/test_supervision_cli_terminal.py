"""On a terminal, with NO_COLOR, and in a pipe: frames, colours, widths, progress."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.command_line import LONGEST, OPTIONS, PROGRAM, terminal
from tests.fakes.supervision_server import Answers, Supervision, call, destination

COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-9]|4[0-9]|9[0-7]|10[0-7])[0-9;]*m")
FRAMES = set("│┃─━╭╮╰╯┏┓┗┛┡┩└┘├┤")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    answers = Answers(
        calls=[call(), call("pbx-1795311999.7")],
        destinations=[
            destination("kekava-utility-with-a-long-name", trouble="nobody answers, since a quarter of an hour")
        ],
    )
    with Supervision(tmp_path / "supervision-main.sock", answers).running():
        yield tmp_path


def piped(state: Path, *words: str, **values: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in OPTIONS}
    environment = {**kept, "IVR_STATE": str(state), **values}
    return subprocess.run(
        (*PROGRAM, *words), env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
    )


@pytest.mark.parametrize("words", [("--help",), ("calls", "hangup", "--help")], ids=" ".join)
def test_help_has_frames_on_a_terminal_only(state: Path, words: tuple[str, ...]) -> None:
    done = piped(state, *words, COLUMNS="60")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: ")
    assert not FRAMES & set(done.stdout)
    assert "\x1b" not in done.stdout
    assert "..." not in done.stdout.split("Options:")[1]  # no line of help is cut
    with terminal({}, *words) as screen:
        assert screen.ended() == 0
    assert set(screen.shown) & FRAMES


def test_wrong_usage_has_no_frames_in_a_pipe(state: Path) -> None:
    done = piped(state, "calls", "hangup")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Missing argument 'CALL'" in done.stderr
    assert not FRAMES & set(done.stderr)


@pytest.mark.parametrize("words", [("calls", "list"), ("destinations",), ("calls", "--help")], ids=" ".join)
def test_no_color_is_obeyed_on_a_terminal(state: Path, words: tuple[str, ...]) -> None:
    with terminal({"IVR_STATE": str(state), "NO_COLOR": "1"}, *words) as screen:
        assert screen.ended() == 0
    assert screen.shown
    assert not COLOUR.search(screen.shown)


@pytest.mark.parametrize("columns", [80, 100])
def test_a_narrow_terminal_folds_long_values_and_keeps_short_ones_whole(state: Path, columns: int) -> None:
    with terminal({"IVR_STATE": str(state), "COLUMNS": str(columns)}, "calls", "list") as screen:
        assert screen.ended() == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.shown).split("\r\n")
    assert max(map(len, lines)) <= columns
    assert [line.split()[:5] for line in lines if line.startswith("pbx-")] == [
        ["pbx-1795311670.0", "kekava", "29…56", "ringing", "12"],
        ["pbx-1795311999.7", "kekava", "29…56", "ringing", "12"],
    ]
    assert not FRAMES & set(screen.shown)


def test_trouble_has_a_sign(state: Path) -> None:
    assert "! nobody answers, since a quarter of an hour" in piped(state, "destinations").stdout
    assert "kekava-utility-with-a-long-name" in piped(state, "destinations").stdout


def test_a_form_that_the_environment_names_is_taken(state: Path) -> None:
    assert piped(state, "calls", "list", IVR_OUTPUT="jsonl").stdout.count("{") == 2
    assert piped(state, "calls", "list", IVR_HEADERS="0").stdout.startswith("pbx-")


def test_long_work_shows_on_a_terminal_that_it_goes_on(state: Path) -> None:
    rules = ("--rules", str(Path(__file__).parents[2] / "routing_rules.yaml"))
    words = ("rules", "coverage", "--months", "1", *rules)
    with terminal({"NO_COLOR": "1"}, *words) as screen:
        assert screen.ended() == 0
    assert "following every way from" in screen.shown
    assert not COLOUR.search(screen.shown)
    done = piped(state, *words)
    assert (done.returncode, "following every way" in done.stdout + done.stderr) == (0, False)
