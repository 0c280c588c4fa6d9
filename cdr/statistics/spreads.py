"""Means and percentiles of durations. PURE.

Rule 1: a percentile is the one of the nearest rank: of n values the `ceil(p * n)`-th smallest. It is a value that occurred.
Rule 2: numpy is loaded only where there is something to reckon with: it takes longer to load than most commands run.
"""

from typing import TYPE_CHECKING

from cdr.statistics.figures import Spread
from cdr.times import span_of

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

    Micros = NDArray[int64]
    """Durations in microseconds, in any order."""

PERCENTILES = (50, 90, 95)  # per cent

NOTHING = Spread(0, None, None, None, None)


def spread_of(*lists: "Micros") -> Spread:
    """Give the spread of the durations of all lists together."""
    import numpy as np  # noqa: PLC0415 - rule 2

    values = lists[0] if len(lists) == 1 else np.concatenate([*lists, np.empty(0, np.int64)])
    number = len(values)
    if number == 0:
        return NOTHING
    places = [rank(percent, number) - 1 for percent in PERCENTILES]
    ordered = np.partition(values, places)
    return Spread(number, span_of(int(values.sum()) // number), *(span_of(int(ordered[place])) for place in places))


def rank(percent: int, number: int) -> int:
    """Give which of so many values, counted from 1, is the percentile."""
    return -(-percent * number // 100)


def listed(text: str | None) -> "Micros":
    """Read durations that the database put together, with commas between them; None stands for none."""
    import numpy as np  # noqa: PLC0415 - rule 2

    return np.fromstring(text, np.int64, sep=",") if text else np.empty(0, np.int64)
