"""Percentiles of the nearest rank, and means."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdr.statistics.figures import Spread
from cdr.statistics.spreads import NOTHING, listed, rank, spread_of
from tests.fakes.reference_counting import spread

RANKS = [(50, 1, 1), (50, 2, 1), (50, 3, 2), (90, 10, 9), (90, 11, 10), (95, 20, 19), (95, 21, 20), (95, 1, 1)]


@pytest.mark.parametrize(("percent", "number", "expected"), RANKS)
def test_the_rank_is_rounded_up(percent: int, number: int, expected: int) -> None:
    assert rank(percent, number) == expected


def test_known_values() -> None:
    seconds = [1_000_000 * one for one in (5, 1, 4, 2, 3, 6, 7, 8, 9, 100)]
    of = [timedelta(seconds=one) for one in (14.5, 5, 9, 100)]
    assert spread_of(np.array(seconds)) == Spread(10, *of)
    assert spread_of() == spread_of(listed(None)) == NOTHING
    assert spread_of(np.array([1, 2])).mean == timedelta(microseconds=1), "rounded down"


@given(st.lists(st.lists(st.integers(0, 10**12), max_size=40), max_size=3))
def test_as_the_definition_says(lists: list[list[int]]) -> None:
    found = spread_of(*(np.array(values, np.int64) for values in lists))
    assert found == spread(timedelta(microseconds=one) for values in lists for one in values)


def test_a_list_that_the_database_made() -> None:
    assert listed("7,0,12").tolist() == [7, 0, 12]
    assert listed(None).tolist() == []
