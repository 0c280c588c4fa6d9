"""Loaded by Python itself at start, where tests/chaos/clock.py puts this folder on its path: sleep that outlives libfaketime.

libfaketime 0.9.10 lets `clock_nanosleep` with an absolute monotonic time fail (EINVAL), which is how Python sleeps.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
