"""`python -m bench.records`: what records cost: journal to rows, the figures of a month, export, report, memory.

Prints the tables of docs/performance.md. Needs PostgreSQL's programs and room for the stores: 10 million calls take 5 GB on
SQLite and 8 GB on PostgreSQL, and about as much again for Asterisk's own table. With `--stores` they are kept, and used
again by the next run.
"""

import argparse
import asyncio
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.records_cdr import Obvious, made
from bench.records_ingest import Ingested, ingest
from bench.records_stores import NAMES, Stores
from bench.records_tables import Size, flatness, journal_to_rows, size_tables
from bench.records_timed import Command, Meter, Taken
from cdr.statistics.scope import month_scope
from cdr.store.store import Store
from ivr.app import now

MONTH, ZONE = "2026-10", ZoneInfo("Europe/Riga")
MODES = ("encrypted", "plain")
OF_A_MONTH = ("--since", "2026-10-01T00:00+03:00", "--until", "2026-11-01T00:00+02:00")
OF_A_YEAR = ("--since", "2025-11-01T00:00+02:00", "--until", "2026-11-01T00:00+02:00")
LARGE = 1_000_000  # calls from which on a year's export is measured too


def main() -> int:
    """Measure and print."""
    options = _options()
    folder = options.stores or Path(tempfile.mkdtemp(prefix="ivr-bench-records-"))
    print(_heading(), flush=True)
    try:
        with Stores(folder) as stores:
            if not options.no_ingest:
                _ingest(stores, options.rounds)
            sizes = [_size(number, stores, options) for number in options.sizes]
            if len(sizes) > 1:
                print(flatness(sizes))
    finally:
        if options.stores is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.records", description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=_sizes, default=[100_000, LARGE], help="calls in the store: 100k,1M,10M")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement")
    parser.add_argument("--stores", type=Path, help="a folder where the stores are kept for the next run")
    parser.add_argument("--no-ingest", action="store_true", help="leave out the journal")
    parser.add_argument("--no-cdr", action="store_true", help="leave out Asterisk's own table")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    units = {"k": 1000, "M": 1_000_000}
    return [int(one.rstrip("kM")) * units.get(one[-1], 1) for one in text.split(",")]


def _heading() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load, _, _ = os.getloadavg()
    return (
        f"`python -m bench.records {' '.join(sys.argv[1:])}`".replace(" `", "`")
        + f", {now():%Y-%m-%d}. {os.cpu_count()} processors, {memory:.0f} GiB; Python "
        f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}. Processes that wanted to run before: {load:.1f}.\n"
    )


def _ingest(stores: Stores, rounds: int) -> None:
    runs: dict[tuple[str, str], list[Ingested]] = {(name, mode): [] for mode in MODES for name in NAMES}
    for _ in range(rounds):  # by turns, so that what else the machine does meets all of them
        for (name, mode), found in runs.items():
            found.append(ingest(stores.folder, stores.empty(name, "ingest"), mode, stores.server_processor))
    print(journal_to_rows(runs), flush=True)


def _size(number: int, stores: Stores, options: argparse.Namespace) -> Size:
    figures: dict[str, dict[str, Taken]] = {}
    commands: dict[str, list[Command]] = {}
    obvious: dict[str, Obvious] = {}
    for name in NAMES:
        place = stores.filled(name, number)
        meter = Meter(stores.server_processor if "://" in place else lambda: 0.0, options.rounds)
        figures[name] = asyncio.run(_figures(place, meter))
        commands[name] = _commands(place, meter, stores.folder, large=number >= LARGE)
        if not options.no_cdr:
            obvious[name] = asyncio.run(made(place, month_scope(None, MONTH, ZONE), options.rounds))
        print(f"{name} with {number:,} calls: measured", file=sys.stderr, flush=True)
    size = Size(number, figures, commands, obvious)
    print(size_tables(size), flush=True)
    return size


async def _figures(place: str, meter: Meter) -> dict[str, Taken]:
    async with Store(place) as store:
        return await meter.figures(store, month_scope(None, MONTH, ZONE))


def _commands(place: str, meter: Meter, folder: Path, *, large: bool) -> list[Command]:
    out, to = str(folder / "written"), ("--store", place, "-o", str(folder / "written"))
    exports = [("csv", "a month", OF_A_MONTH), ("jsonl", "a month", OF_A_MONTH), ("parquet", "a month", OF_A_MONTH)]
    exports += [("csv", "a year", OF_A_YEAR)] if large else []
    found = []
    for kind, how_long, span in exports:
        arguments = ("records", "export", *to, "--format", kind, *span, "--zone", "Europe/Riga")
        found.append(meter.command(f"export of {how_long}, {kind}", *arguments, rounds=1))
    report = ("report", *to, "--service", "kekava", "--month", MONTH)
    found.append(meter.command("report", *report, rounds=meter.rounds))
    Path(out).unlink()
    return found


if __name__ == "__main__":
    sys.exit(main())
