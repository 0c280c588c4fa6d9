"""How many examples the dear properties are tried with: half in `make test`, which draws others each time; `make long` four
times as many as they say."""

import os

import pytest
from _pytest.mark import ParameterSet

SHARE = float(os.environ.get("IVR_EXAMPLES", "0.5"))


def some(most: int) -> int:
    """Return how many of so many examples this run draws."""
    return max(5, round(most * SHARE))


def seldom(*values: object) -> list[ParameterSet]:
    """Give parameters of `make long` alone, beside those that `make test` has too."""
    return [pytest.param(value, marks=pytest.mark.long) for value in values]
