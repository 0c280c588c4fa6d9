"""Mutated and made-up rules files: never a crash, always rules or problems with a place in the file."""

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.errors import RulesError
from ivr.routing.rules import Ruleset
from ivr.rulebook.problems import Problem
from tests.fakes.rules_text import SMALL, read_text

LINES = SMALL.splitlines()
WORDS = sorted({word for line in LINES for word in line.replace(":", " ").split()})
SIGNS = "*&!?-:#'\"[]{},|>%@`\t\n \\~<=\u00a0\u2028\ufeff\x85ā😀"


def outcome_of(text: str) -> Ruleset | tuple[Problem, ...]:
    """Read a text; whatever is wrong has to be a problem that stands in the file."""
    try:
        return read_text(text)
    except RulesError as error:
        problems = tuple(problem for problem in error.problems if isinstance(problem, Problem))
    assert problems
    last = len(text.replace("\r\n", "\n").splitlines()) + 1
    for problem in problems:
        assert 1 <= problem.line <= last
        assert problem.column >= 1
        assert problem.message
        assert len(str(problem).splitlines()) == 1
        assert problem.hint
    return problems


def mutant(dice: random.Random) -> str:
    """Change the small file in up to three places: lines, words, signs, indentation."""
    lines = list(LINES)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(lines))
        match dice.randrange(8):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, dice.choice(lines))
            case 2:
                lines[at] = dice.choice(["  ", "    ", "\t", " "]) + lines[at]
            case 3:
                lines[at] = lines[at].removeprefix("  ")
            case 4:
                place = dice.randint(0, len(lines[at]))
                lines[at] = lines[at][:place] + dice.choice(SIGNS) + lines[at][place:]
            case 5:
                place = dice.randint(0, len(lines[at]))
                lines[at] = lines[at][:place] + lines[at][place + 1 :]
            case 6:
                lines[at] = lines[at].replace(dice.choice(WORDS), dice.choice(WORDS), 1)
            case _:
                lines[at] = (
                    lines[at].split(":")[0] + ": " + dice.choice(["", "[]", "{}", "3", "x", "null", "1e9", "- a"])
                )
    return "\n".join(lines) + "\n"


def test_mutants_of_a_good_file() -> None:
    dice = random.Random(8488)
    outcomes = [outcome_of(mutant(dice)) for _ in range(300)]
    good = sum(isinstance(outcome, Ruleset) for outcome in outcomes)
    assert 10 < good < 290


@settings(max_examples=100, deadline=None)
@given(st.text(st.one_of(st.sampled_from(SIGNS + string.ascii_lowercase), st.characters()), max_size=60))
def test_any_text(text: str) -> None:
    outcome_of(text.encode("utf-8", "replace").decode())


values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["main", "desk", "lv", "operator", "town/menu"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)


def as_yaml(value: object) -> str:
    """Write a value in YAML's flow style."""
    match value:
        case dict():
            return "{" + ", ".join(f'"{key}": {as_yaml(item)}' for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(as_yaml, value)) + "]"
        case None:
            return "~"
        case _:
            return str(value).lower()


WORDS = [word for word in WORDS if not set(word) & set('"\\{}[],')]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["services", "menus", "destinations", "hours", "max_hops"]), st.data(), values)
def test_any_value_in_place_of_a_section_or_an_entry(section: str, data: st.DataObject, value: object) -> None:
    head = next(number for number, line in enumerate(LINES) if line.startswith(f"{section}:"))
    if section == "max_hops" or data.draw(st.booleans()):
        rest = next((n for n in range(head + 1, len(LINES)) if not LINES[n].startswith(" ")), len(LINES))
        lines = [*LINES[:head], f"{section}: {as_yaml(value)}", *LINES[rest:]]
    else:
        lines = [*LINES[: head + 1], f"  extra: {as_yaml(value)}", *LINES[head + 1 :]]
    outcome_of("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "[" * 100_000,
        "{" * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "".join("  " * depth + f"k{depth}:\n" for depth in range(200)),
        "a: " + "x" * 500_000,
        "".join(f"k{number}: 1\n" for number in range(2_000)),
        "services: {" + "".join(f"k{number}: 1, " for number in range(2_000)) + "}",
        "a: !!python/object/apply:os.system [id]",
        "<<: {services: 3}",
        "\ufeff\ufeff",
        "%YAML 1.1\n---\nservices: off\n",
        "a: 0x10\nb: 1_000\nc: .inf\nd: 2026-01-01\ne: 12:30:45\n",
    ],
    ids=range(14),
)
def test_hostile_files_are_refused_quickly(text: str) -> None:
    assert not isinstance(outcome_of(text), Ruleset)
