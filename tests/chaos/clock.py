"""The host's clock, stepped for Asterisk and engine alone: by libfaketime (Debian package of that name).

Rule 1: only the wall clock is stepped. Monotonic clocks go on, as they do when a real clock is stepped.
Rule 2: the step is read from a file once a second by each process, so they step within a second of each other.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from ivr.asterisk.place import Place

LIBRARY = "libfaketimeMT.so.1"
NAME = "chaos-clock"
STEPPABLE = Path(__file__).resolve().parent / "steppable"


def library() -> Path:
    """Find the library on this host. Raises RuntimeError with what to install."""
    for found in sorted(Path("/usr/lib").glob(f"*/faketime/{LIBRARY}")):
        return found
    raise RuntimeError("this fault needs libfaketime; run: apt-get install libfaketime")


def variables(preload: str, file: str) -> Mapping[str, str]:
    """Give the environment of a process whose clock can be stepped."""
    return {
        "LD_PRELOAD": preload,
        "FAKETIME_TIMESTAMP_FILE": file,
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_RANDOM": "1",
    }


def of_python(place: Place) -> Mapping[str, str]:
    """Give the environment of an engine whose clock steps with that of the Asterisk at `place`."""
    made = variables(str(library()), str(file(place)))
    path = os.pathsep.join(filter(None, (str(STEPPABLE), os.environ.get("PYTHONPATH", ""))))
    return {**made, "PYTHONPATH": path}


def prepared(place: Place) -> Mapping[str, str]:
    """Put the library and the file where Asterisk sees them; give its environment."""
    target = place.root / "tmp" / LIBRARY
    if place.root != Path("/") and not target.exists():
        target.write_bytes(library().read_bytes())
    step(place, 0)
    inside = place.inside(target) if place.root != Path("/") else str(library())
    return variables(inside, place.inside(file(place)))


def file(place: Place) -> Path:
    """Give the file that holds the step, as we see it."""
    return place.root / "tmp" / NAME


def step(place: Place, seconds: int) -> None:
    """Let the clocks be `seconds` ahead of the host's from now on."""
    partial = file(place).with_suffix(".partial")
    partial.write_text(f"{seconds:+d}\n")
    partial.replace(file(place))
