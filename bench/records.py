"""`python -m bench.records`: what records cost: journal to rows, the figures of a month, export, report, memory.

Prints the tables of docs/performance.md. Needs PostgreSQL's programs and room for the stores: 10 million calls take about
6 GB on each database. Times are medians; SQLite lies in `--folder`, PostgreSQL is started there on a port of its own.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from bench.records_cdr import Obvious, made
from bench.records_filler import fill
from bench.records_ingest import Ingested, ingest
from bench.records_timed import Command, figure_times, run_command
from cdr.statistics.scope import month_scope
from cdr.store.store import Store
from tests.postgresql import Server, free_port

MONTH, ZONE = "2026-10", ZoneInfo("Europe/Riga")
PER_MONTH = 100_000  # calls
AIM_CALLS, AIM_FIGURE, AIM_REPORT = 1500, 0.3, 3.0
"""Calls per second on one processor; seconds of each figure; seconds of the whole report."""


def main() -> int:
    """Measure and print."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="ivr-bench-records-", dir=options.folder))
    folder.chmod(0o755)  # PostgreSQL runs as another user
    server = Server(folder / "postgresql", free_port())
    server.start()
    try:
        if not options.no_ingest:
            _print_ingest(folder, server, options.rounds)
        for number in options.sizes:
            _print_size(number, folder, server, options.rounds)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=_sizes, default=[100_000, 1_000_000], help="calls in the store: 100k,1M,10M")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement")
    parser.add_argument("--folder", type=Path, default=None, help="where the stores are made")
    parser.add_argument("--no-ingest", action="store_true", help="leave out the journal")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    units = {"k": 1000, "M": 1_000_000}
    return [int(one.rstrip("kM")) * units.get(one[-1], 1) for one in text.split(",")]


def _print_ingest(folder: Path, server: Server, rounds: int) -> None:
    print("| journal to rows | calls/s by the clock | calls/s of processor | lines/s | aim | memory, MB |")
    print("|---|--:|--:|--:|--:|--:|")
    for name in ("SQLite", "PostgreSQL"):
        found = [ingest(folder, _place(folder, server, name, f"ingest{number}")) for number in range(rounds)]
        print(f"| {name} | {_ingested(found)} |", flush=True)
    print()


def _ingested(found: Sequence[Ingested]) -> str:
    clock = median(one.calls / one.seconds for one in found)
    processor = median(one.calls / one.processor for one in found)
    lines = median(one.lines / one.seconds for one in found)
    met = "met" if processor >= AIM_CALLS else "**missed**"
    return f"{clock:.0f} | {processor:.0f} | {lines:.0f} | {AIM_CALLS}: {met} | {max(one.memory for one in found):.0f}"


def _print_size(number: int, folder: Path, server: Server, rounds: int) -> None:
    columns: dict[str, dict[str, float]] = {}
    commands: dict[str, list[Command]] = {}
    obvious: dict[str, Obvious] = {}
    for name in ("SQLite", "PostgreSQL"):
        place = _place(folder, server, name, f"size{number}")
        held = asyncio.run(fill(place, number, min(number, PER_MONTH)))
        columns[name] = asyncio.run(_figures(place, rounds))
        commands[name] = [_export(place, kind, folder) for kind in ("csv", "jsonl", "parquet")] + [
            _report(place, folder)
        ]
        obvious[name] = asyncio.run(made(place, month_scope(None, MONTH, ZONE), rounds))
        _away(place)
        print(f"{name}: {held} calls", file=sys.stderr, flush=True)
    print(f"| {number:,} calls: one month's figures, s | SQLite | PostgreSQL | aim |\n|---|--:|--:|--:|")
    for figure in columns["SQLite"]:
        times = [columns[name][figure] for name in columns]
        met = "" if figure == "all together" else f"{AIM_FIGURE:g}: {_met(max(times), AIM_FIGURE)}"
        print(f"| {figure} | {times[0]:.3f} | {times[1]:.3f} | {met} |")
    _print_commands(commands)
    _print_obvious(obvious)


def _print_commands(commands: dict[str, list[Command]]) -> None:
    print("\n| the whole command | SQLite, s | MB | PostgreSQL, s | MB | aim |\n|---|--:|--:|--:|--:|--:|")
    for ours, theirs in zip(*commands.values(), strict=True):
        aim = f"{AIM_REPORT:g}: {_met(max(ours.seconds, theirs.seconds), AIM_REPORT)}" if ours.name == "report" else ""
        print(
            f"| {ours.name} | {ours.seconds:.1f} | {ours.memory:.0f} | {theirs.seconds:.1f} | {theirs.memory:.0f} | {aim} |"
        )


def _print_obvious(obvious: dict[str, Obvious]) -> None:
    print("\n| the obvious SQL over Asterisk's `cdr` table, s | SQLite | PostgreSQL |\n|---|--:|--:|")
    for name in obvious["SQLite"].seconds:
        print(f"| {name} | {obvious['SQLite'].seconds[name]:.3f} | {obvious['PostgreSQL'].seconds[name]:.3f} |")
    print(f"\nRows in `cdr`: {obvious['SQLite'].rows:,}.\n", flush=True)


async def _figures(place: str, rounds: int) -> dict[str, float]:
    async with Store(place) as store:
        return await figure_times(store, month_scope(None, MONTH, ZONE), rounds)


def _export(place: str, kind: str, folder: Path) -> Command:
    month = ("--since", "2026-10-01T00:00+03:00", "--until", "2026-11-01T00:00+02:00")
    options = ("--format", kind, "-o", str(folder / f"month.{kind}"), *month, "--zone", "Europe/Riga")
    return run_command(f"export of the month, {kind}", "records", "export", "--store", place, *options)


def _report(place: str, folder: Path) -> Command:
    options = ("--service", "kekava", "--month", MONTH, "-o", str(folder / "report.html"))
    return run_command("report", "report", "--store", place, *options)


def _place(folder: Path, server: Server, name: str, store: str) -> str:
    if name == "SQLite":
        return str(folder / f"{store}.sqlite3")
    server.sql(f"CREATE DATABASE {store}")
    return server.url_of(store)


def _away(place: str) -> None:
    if "://" not in place:
        for path in Path(place).parent.glob(f"{Path(place).name}*"):
            path.unlink()


def _met(value: float, aim: float) -> str:
    return "met" if value <= aim else "**missed**"


if __name__ == "__main__":
    sys.exit(main())
