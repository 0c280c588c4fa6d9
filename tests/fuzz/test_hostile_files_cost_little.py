"""Files made to cost time or memory: each is read by a process of its own, with limits, and what it cost is measured."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.examples import seldom
from tests.fakes.rules_text import SMALL

ROOT = Path(__file__).parents[2]
SIZE = 256 * 1024  # bytes of each file that is read to its end
MEMORY = 150 * 1024 * 1024  # bytes at most, beyond the program itself
SECONDS = 12  # of processor time at most, on a slow and busy core; 1 to 4 on a quick one
LIMIT_MEGABYTES, LIMIT_SECONDS = 1500, 60


def filled(unit: str) -> str:
    return unit * (SIZE // len(unit))


def counted(form: str, most: int = SIZE) -> str:
    return "".join(form.format(number) for number in range(most // len(form.format(100_000))))


FILES: dict[str, Callable[[], str]] = {
    "a list of numbers": lambda: "services: [" + filled("1,") + "]\n",
    "a list of nothing": lambda: "services: [" + filled("~,") + "]\n",
    "unknown keys": lambda: counted("{}: 1\n"),
    "names that are none": lambda: SMALL.replace("services:\n", "services:\n" + counted("  A{}: 1\n")),
    "empty entries": lambda: SMALL.replace("destinations:\n", "destinations:\n" + counted("  d{}: {{}}\n")),
    "empty expectations": lambda: SMALL + "expectations: [" + filled("{},") + "]\n",
    "numbers of no form": lambda: SMALL.replace('"8488", ', filled("{},")),
    "names that do not exist": lambda: SMALL.replace("keys:\n", "keys:\n" + counted("      {}: {{menu: m}}\n"), 1),
    "callers without end": lambda: SMALL.replace("    menu: main\n", "    callers: [" + filled("{},") + "]\n", 1),
    "one key again and again": lambda: filled("a: 1\n"),
    "directives": lambda: counted("%TAG !a{}! b\n"),
    "open brackets": lambda: filled("["),
    "open braces": lambda: filled("{? "),
    "dashes": lambda: filled("- "),
    "a quote that does not end": lambda: '"' + filled("\\x41"),
    "one long line": lambda: "a: " + filled("x"),
    "spaces": lambda: filled(" "),
    "empty lines": lambda: filled("\n"),
    "an alias bomb": lambda: "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(40_000)),
    "control characters": lambda: filled("\x07"),
}


def cost_of(path: Path) -> dict[str, float]:
    """Return what reading a file cost; fails if the limits ended it."""
    command = [sys.executable, "-m", "tests.fakes.hostile_rules", str(path), str(LIMIT_MEGABYTES), str(LIMIT_SECONDS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    cost: dict[str, float] = json.loads(done.stdout)
    return cost


@pytest.mark.parametrize("kind", [*list(FILES)[::2], *seldom(*list(FILES)[1::2])])
def test_memory_and_time_are_bounded(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(FILES[kind](), encoding="utf-8")
    cost = cost_of(path)
    assert cost["problems"] >= 1
    assert cost["line"] >= 1
    assert cost["memory"] < MEMORY
    assert cost["seconds"] < SECONDS


def test_a_file_of_100_megabytes_costs_no_memory(tmp_path: Path) -> None:
    path, included = tmp_path / "rules.yaml", tmp_path / "town.yaml"
    for file in (path, included):
        with file.open("wb") as empty:
            empty.truncate(100_000_000)
    assert cost_of(path)["memory"] < 10_000_000
    path.write_text(f"include: [town.yaml]\n{SMALL}", encoding="utf-8")
    cost = cost_of(path)
    assert cost["problems"] == 1
    assert cost["memory"] < 10_000_000 + 20_000_000  # what checking the small file needs
