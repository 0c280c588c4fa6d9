"""docs/cli.md and the helps tell of the commands as they are."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.testing import CliRunner

from ivr.cli.calls import CallsCommands
from ivr.cli.calls_known import COLUMNS
from ivr.cli.exits import Code
from ivr.cli.main import Commands, app

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
NOUNS = ("destinations", "audit", "status")


def commands() -> Iterator[tuple[str, ...]]:
    """Give the words of every command that this page tells of."""
    yield from (("calls", name) for name in CallsCommands.places)
    yield from ((name,) for name in NOUNS)
    yield from (("override", name) for name in ("add", "list", "clear"))


@pytest.mark.parametrize("words", [*commands()], ids=" ".join)
def test_every_help_has_an_example_and_the_page_has_the_command(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert f"Example: ivr {' '.join(words)}" in done.stdout
    assert "--output" in done.stdout
    assert "table|json|jsonl" in done.stdout
    assert f"ivr {' '.join(words)}" in PAGE or f"`{words[-1]}`" in PAGE


def test_every_command_on_the_page_exists() -> None:
    found = set(re.findall(r"\bivr ([a-z]+)(?: ([a-z]+))?", PAGE))
    assert len(found) > 15
    for noun, verb in found:
        assert noun in Commands.places, noun
        group = Commands.places[noun].load(noun)
        if verb and isinstance(group, TyperGroup):
            assert verb in group.commands, f"{noun} {verb}"


def test_the_page_has_the_columns_of_the_list_of_calls() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `calls list` | `call`"))
    assert re.findall(r"`([a-z]+)`", row.split("|")[2]) == list(COLUMNS)


def test_the_page_has_every_exit_code() -> None:
    rows = re.findall(r"^\| (\d) \| \S", PAGE, re.MULTILINE)
    assert [int(one) for one in rows] == [code.value for code in Code]
