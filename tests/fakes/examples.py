"""How many examples the dear properties are tried with: half in `make test`, which draws others each time; `make long` four
times as many as they say."""

import os

SHARE = float(os.environ.get("IVR_EXAMPLES", "0.5"))


def some(most: int) -> int:
    """Return how many of so many examples this run draws."""
    return max(5, round(most * SHARE))
