"""Commands load what they need and nothing else; the lists of commands tell what is there."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from ivr.cli.calls import CallsCommands
from ivr.cli.lazy import LazyGroup
from ivr.cli.main import Commands, app
from ivr.cli.records import RecordsCommands
from ivr.cli.rules import RulesCommands
from tests.fakes.supervision_server import Answers, Supervision, call, destination

HEAVY = {"sqlalchemy", "numpy", "httpx", "holidays", "pydantic", "matplotlib", "pyarrow", "panoramisk", "ivr.app"}
HEAVY |= {"fastapi", "uvicorn", "textual", "websockets"}
SETTINGS = {"pydantic"}  # the settings need it, and Typer within a noun
GROUPS = [Commands, RulesCommands, RecordsCommands, CallsCommands]


def loaded(*words: str) -> set[str]:
    """Run `ivr` in a process of its own and tell which heavy modules it has loaded."""
    code = (
        "import json, sys\nfrom ivr.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(json.dumps(list(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return HEAVY & set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("words", [["--version"], ["--help"]], ids=" ".join)
def test_what_tells_of_the_program_loads_nothing_heavy(words: list[str]) -> None:
    assert loaded(*words) == set()


ASKING = [
    *(["status"], ["calls", "list"], ["metrics"], ["rules", "status"], ["rules", "--help"], ["records", "--help"]),
    *(
        ["calls", "--help"],
        ["calls", "transfer", "7", "desk", "--yes"],
        ["calls", "watch"],
        ["destinations"],
        ["audit"],
    ),
]


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_what_asks_the_engine_loads_no_engine(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_STATE", "/nowhere")
    assert loaded(*words) <= SETTINGS


ASKING_SUPERVISION = [["calls", "list"], ["calls", "show", "1670.0"], ["destinations"], ["status"]]


@pytest.mark.parametrize("words", ASKING_SUPERVISION, ids=" ".join)
def test_what_asks_supervision_loads_an_http_client_and_no_server(
    words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IVR_STATE", str(tmp_path))
    answers = Answers(calls=[call()], destinations=[destination()])
    with Supervision(tmp_path / "supervision-main.sock", answers).running():
        assert loaded(*words) == SETTINGS | {"httpx"}


def test_rules_are_checked_without_the_house() -> None:
    assert not loaded("rules", "check", "--help") & {"ivr.app", "sqlalchemy", "httpx", "numpy"}


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout.count(".") == 2


@pytest.mark.parametrize("group", GROUPS)
def test_every_command_is_where_the_list_says(group: type[LazyGroup]) -> None:
    for name, place in group.places.items():
        found = place.load(name)
        assert found.name == name
        assert found.help
        standing = getattr(import_module(f"ivr.cli.{place.module}"), place.name)
        assert isinstance(found, TyperGroup) == isinstance(standing, typer.Typer)


@pytest.mark.parametrize("group", GROUPS)
def test_every_line_of_the_list_is_one_sentence_that_fits(group: type[LazyGroup]) -> None:
    for place in group.places.values():
        assert place.help.endswith(".")
        assert len(place.help) <= 80


def test_a_mistyped_command_is_answered_with_the_nearest() -> None:
    done = CliRunner().invoke(app, ["recrods"])
    assert done.exit_code == 2
    assert "records" in done.stderr


def test_completion_knows_the_commands_of_a_noun(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"_IVR_COMPLETE": "complete_bash", "COMP_WORDS": "ivr rules ch", "COMP_CWORD": "2"}.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, [], prog_name="ivr")
    assert done.stdout.split() == ["check"]


def test_every_command_of_the_program_has_its_help() -> None:
    program = get_command(app)
    assert isinstance(program, Commands)
    for name in Commands.places:
        done = CliRunner().invoke(app, [name, "--help"])
        assert done.exit_code == 0, name
