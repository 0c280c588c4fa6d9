"""Children that end with us: how they begin. That they end is seen where they are used."""

import os
import signal
import subprocess
import sys

import pytest

from ivr.children import ends_with_us


@pytest.mark.parametrize("nice", [0, 5])
def test_a_child_stands_back_as_far_as_it_is_told(nice: int) -> None:
    told = subprocess.run(
        (sys.executable, "-c", "import os; print(os.nice(0))"),
        preexec_fn=ends_with_us(signal.SIGKILL, nice),
        capture_output=True,
        check=True,
    )
    assert int(told.stdout) == min(os.nice(0) + nice, 19)
