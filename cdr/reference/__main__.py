"""Writes reference journals: `python -m cdr.reference kekava DIRECTORY`.

    python -m cdr.reference kekava DIRECTORY        kekava.csv: the journal of ten months
    python -m cdr.reference kryvyi-rih DIRECTORY    kryvyi-rih.csv: one month, and kryvyi-rih-cases.csv for `ivr cases import`

Exit codes: 0 written; 2 the arguments or the directory are wrong, the message says how.
"""

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

from cdr.reference import kekava, kryvyi_rih

USAGE = "usage: python -m cdr.reference kekava|kryvyi-rih DIRECTORY"


def write(town: str, directory: Path) -> list[Path]:
    """Write a town's files into a directory, made if need be; give their paths. Raises KeyError and OSError."""
    towns = {"kekava": kekava.lines, "kryvyi-rih": kryvyi_rih.lines}
    lines = towns[town]()
    directory.mkdir(parents=True, exist_ok=True)
    written = [_journal(directory / f"{town}.csv", lines)]
    if town == "kryvyi-rih":
        written.append(_cases(directory / f"{town}-cases.csv", kryvyi_rih.cases()))
    return written


def main(arguments: list[str]) -> int:
    """Write what the arguments ask for; give the exit code."""
    if len(arguments) != 2 or arguments[0] not in ("kekava", "kryvyi-rih"):
        sys.stderr.write(f"{USAGE}\n")
        return 2
    try:
        written = write(arguments[0], Path(arguments[1]))
    except OSError as error:
        sys.stderr.write(f"cannot write there: {error}; give a directory that you may write to\n")
        return 2
    for path in written:
        sys.stdout.write(f"{path}\n")
    return 0


def _journal(path: Path, lines: Iterable[bytes]) -> Path:
    with path.open("wb") as file:
        file.writelines(lines)
    return path


def _cases(path: Path, cases: Iterable[kryvyi_rih.Case]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("reference", "at", "service", "channel", "topic", "status"))
        for one in cases:
            rows.writerow((one.reference, one.at.isoformat(), "kryvyi-rih", one.channel, one.topic, one.status))
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
