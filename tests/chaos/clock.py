"""The host's clock, stepped for Asterisk and engine alone: by libfaketime (Debian package of that name).

Rule 1: only the wall clock is stepped. Monotonic clocks go on, as they do when a real clock is stepped.
Rule 2: Asterisk reads the step from a file once a second, an engine from a file of its own at each look. So an engine is
stepped as soon as Asterisk's clock has been seen to have stepped: it can tell of a real step only after that, too.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from cdr.journal.line import JournalEvent, parse_line, split_lines
from ivr.asterisk.place import Place

LIBRARY = "libfaketimeMT.so.1"
NAME, NAME_OF_ENGINES = "chaos-clock", "chaos-clock-of-engines"
LAST = 16_384  # bytes of a journal in which its last line is looked for
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
    made = variables(str(library()), str(file(place, NAME_OF_ENGINES)))
    path = os.pathsep.join(filter(None, (str(STEPPABLE), os.environ.get("PYTHONPATH", ""))))
    return {**made, "PYTHONPATH": path, "FAKETIME_NO_CACHE": "1"}


def prepared(place: Place) -> Mapping[str, str]:
    """Put the library and the file where Asterisk sees them; give its environment."""
    target = place.root / "tmp" / LIBRARY
    if place.root != Path("/") and not target.exists():
        target.write_bytes(library().read_bytes())
    for name in (NAME, NAME_OF_ENGINES):
        step(place, 0, name)
    inside = place.inside(target) if place.root != Path("/") else str(library())
    return variables(inside, place.inside(file(place)))


def file(place: Place, name: str = NAME) -> Path:
    """Give the file that holds the step of Asterisk or of the engines, as we see it."""
    return place.root / "tmp" / name


def step(place: Place, seconds: int, name: str = NAME) -> None:
    """Let the clock of Asterisk, or of the engines, be `seconds` ahead of the host's from now on."""
    partial = file(place, name).with_suffix(".partial")
    partial.write_text(f"{seconds:+d}\n")
    partial.replace(file(place, name))


def ahead(journal: Path, at: float) -> float:
    """Give by how many seconds Asterisk's clock is ahead of `at`, by the last line of its journal."""
    with journal.open("rb") as lines:
        lines.seek(max(0, journal.stat().st_size - LAST))
        data = lines.read()
    found = (one for _, line in split_lines(data) for one in parse_line(line))
    times = [one.at for one in found if isinstance(one, JournalEvent)]
    return times[-1] / 1e6 - at if times else 0.0
