"""Child processes that end with us, however we end."""

import ctypes
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def ends_with_us(number: signal.Signals) -> Callable[[], None]:
    """Give the function for `preexec_fn`: the kernel sends the child `number` when this process ends (prctl(2), Linux)."""

    def ask() -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)

    return ask
