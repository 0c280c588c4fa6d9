"""Mutants of the shipped rules: one file of them is broken by chance, the others stay as they are.

`IVR_MUTANTS` says how many (120 unless told; `make fuzz` has 10,000). The seed is fixed, so a failure can be repeated.
"""

import os
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from ivr.errors import RulesError
from ivr.routing.rules import Ruleset
from ivr.rulebook.include import files
from ivr.rulebook.read import read, years_around
from tests.fakes.rules_mutants import mutant, problems_in, whole

ROOT = Path(__file__).parents[2] / "routing_rules.yaml"
MUTANTS = int(os.environ.get("IVR_MUTANTS", "120"))
SHARES = 8  # tests over which the mutants are spread
YEARS = years_around(2026)


def outcome_of(path: Path, data: dict[str, bytes]) -> str:
    """Read the files below `path`, which hold `data`; say what came of it."""
    try:
        rules = read(path, years=YEARS)
    except RulesError as error:
        problems_in(error, data)
        return "problems"
    whole(rules)
    return "rules"


@pytest.mark.parametrize("share", range(SHARES))
def test_a_mutant_is_rules_or_problems_with_a_line(share: int, tmp_path: Path) -> None:
    shutil.copy(ROOT, tmp_path)
    for file in files(ROOT)[1:]:
        target = tmp_path / file.relative_to(ROOT.parent)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(file, target)
    path = tmp_path / ROOT.name
    good = {str(file): file.read_bytes() for file in files(path)}
    assert isinstance(read(path, years=YEARS), Ruleset)
    dice = random.Random(share)
    outcomes: Counter[str] = Counter()
    for _ in range(MUTANTS // SHARES):
        name = dice.choice(sorted(good))
        data = {**good, name: mutant(dice, good[name])}
        Path(name).write_bytes(data[name])
        outcomes[outcome_of(path, data)] += 1
        Path(name).write_bytes(good[name])
    assert outcomes["problems"] > outcomes.total() / 3
