"""The recordings of the shipped prompts, built once for all test processes."""

import fcntl
from pathlib import Path

from ivr.prompts.build import build


def built() -> None:
    """See that every shipped prompt has its recording; one process at a time speaks what is missing."""
    with (Path("recordings") / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build(Path("recordings/prompts"), None)
