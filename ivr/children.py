"""Child processes that end with us, however we end."""

import ctypes
import os
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def ends_with_us(number: signal.Signals, nice: int = 0) -> Callable[[], None]:
    """Give the function for `preexec_fn`: the kernel sends the child `number` when this process ends (prctl(2), Linux).

    `nice` is by how much the child stands back behind us when processors are short (nice(2)).
    """

    def ask() -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
        os.nice(nice)

    return ask
