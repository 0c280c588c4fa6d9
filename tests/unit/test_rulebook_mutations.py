"""Mutated and made-up rules files: never a crash, always rules or problems with a place in the file."""

import random
import string
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.errors import RulesError
from ivr.routing.rules import Ruleset
from ivr.rulebook.problems import Problem
from ivr.rulebook.read import read_bytes
from tests.fakes.examples import some
from tests.fakes.rules_mutants import SIGNS, mutant, problems_in, whole
from tests.fakes.rules_text import FULL, SMALL, YEARS

LINES = SMALL.splitlines()
WORDS = sorted({word for line in LINES for word in line.replace(":", " ").split()})
MUTANTS = some(2_500)  # in each of four tests


def outcome_of(data: bytes) -> Ruleset | tuple[Problem, ...]:
    """Read bytes; whatever is wrong has to be a problem that stands in the file."""
    try:
        rules = read_bytes(data, "rules.yaml", years=YEARS)
    except RulesError as error:
        return problems_in(error, {"rules.yaml": data})
    whole(rules)
    return rules


@pytest.mark.parametrize("seed", [8488, 1520, 63005522, 80011032])
def test_mutants_of_a_file_with_every_key(seed: int) -> None:
    dice, good = random.Random(seed), FULL.encode()
    outcomes = Counter(type(outcome_of(mutant(dice, good))) for _ in range(MUTANTS))
    assert outcomes[Ruleset] > MUTANTS / 100
    assert outcomes[tuple] > MUTANTS / 2


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_two_texts_in_place_of_parts_of_a_file(data: st.DataObject) -> None:
    text = FULL
    for _ in range(2):
        begin = data.draw(st.integers(0, len(text)))
        end = begin + data.draw(st.integers(0, 30))
        text = text[:begin] + data.draw(st.text(st.sampled_from(SIGNS + "a1"), max_size=8)) + text[end:]
    outcome_of(text.encode())


@settings(max_examples=40, deadline=None)
@given(st.text(st.one_of(st.sampled_from(SIGNS + string.ascii_lowercase), st.characters()), max_size=60))
def test_any_text(text: str) -> None:
    outcome_of(text.encode("utf-8", "replace"))


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


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["services", "menus", "destinations", "hours", "max_hops", "expectations"]), st.data(), values)
def test_any_value_in_place_of_a_section_or_an_entry(section: str, data: st.DataObject, value: object) -> None:
    if section == "expectations":
        outcome_of(f"{SMALL}expectations: {as_yaml(value)}\n".encode())
        return
    head = next(number for number, line in enumerate(LINES) if line.startswith(f"{section}:"))
    if section == "max_hops" or data.draw(st.booleans()):
        rest = next((n for n in range(head + 1, len(LINES)) if not LINES[n].startswith(" ")), len(LINES))
        lines = [*LINES[:head], f"{section}: {as_yaml(value)}", *LINES[rest:]]
    else:
        lines = [*LINES[: head + 1], f"  extra: {as_yaml(value)}", *LINES[head + 1 :]]
    outcome_of(("\n".join(lines) + "\n").encode())


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
        "services: [" + "~," * 100_000 + "]",
        "services: {" + "".join(f"K{number}: 1, " for number in range(20_000)) + "}",
        "".join(f"%TAG !a{number}! b\n" for number in range(50_000)),
        "x: 1\n" * 20_000,
        "'" * 99_999,
        "a: |\n" + "  x\n" * 50_000,
        "a: 0x10\nb: 1_000\nc: .inf\nd: 2026-01-01\ne: 12:30:45\n",
    ],
    ids=range(20),
)
def test_hostile_files_are_refused_quickly(text: str) -> None:
    assert not isinstance(outcome_of(text.encode()), Ruleset)
