"""`python -m tests.chaos [--fault NAME ...]`: breaks one thing after the other under load and prints one table.

Exit codes: 0 every bound was kept; 1 one was missed; 2 it cannot run.
"""

import argparse
import asyncio
import os
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ivr.errors import IvrError
from tests.chaos import table
from tests.chaos.faults import ALL
from tests.chaos.judge import Result
from tests.chaos.run import run
from tests.chaos.stage import Fault, Options
from tests.chaos.turns import DRAINING, in_turn

WIDTH = 260
FILES = 8192
"""Open files: each citizen has a port."""


def main() -> int:
    """Run what the command line asks for."""
    arguments = _parser().parse_args()
    if arguments.list:
        sys.stdout.write("".join(f"{fault.name:24} {fault.title}\n" for fault in ALL))
        return 0
    if os.geteuid() != 0:
        sys.stderr.write("chaos: it mounts file systems and starts Asterisk in its tree; run it as root\n")
        return 2
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard) if hard > 0 else FILES, hard))
    os.setpriority(os.PRIO_PROCESS, 0, arguments.nice)
    chosen = [fault for fault in ALL if not arguments.fault or fault.name in arguments.fault]
    options = Options(
        arguments.rate, arguments.seconds, arguments.seed, arguments.store_minutes, arguments.folder.resolve()
    )
    try:
        results = asyncio.run(_all(chosen, options, turn=arguments.turn))
    except IvrError as error:
        sys.stderr.write(f"chaos: {error}\n")
        return 2
    if arguments.output == "json":
        sys.stdout.write(table.as_json(results, options.seed, options.rate) + "\n")
    else:
        table.shown(results, Console(width=WIDTH))
    return 0 if all(one.ok for one in results) else 1


async def _all(chosen: Sequence[Fault], options: Options, *, turn: bool) -> list[Result]:
    def say(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()

    def draining() -> None:
        sys.stdout.write(DRAINING + "\n")
        sys.stdout.flush()

    if turn:
        return [await run(chosen[0], options, draining)]
    began = time.monotonic()
    say(f"seed {options.seed}, {options.rate:g} calls/s; {len(chosen)} faults\n")
    results = await in_turn(chosen, options, say)
    say(f"{len(chosen)} faults took {(time.monotonic() - began) / 60:.1f} minutes\n")
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    names = [fault.name for fault in ALL]
    parser.add_argument("--fault", action="append", choices=names, metavar="NAME", help="only these; see --list")
    parser.add_argument("--list", action="store_true", help="name all faults")
    parser.add_argument("--rate", type=float, default=10.0, help="calls a second")
    parser.add_argument("--seconds", type=int, default=0, help="load after each fault, at least")
    parser.add_argument("--seed", type=int, default=1, help="of the citizens; the same seed, the same citizens")
    parser.add_argument("--store-minutes", type=float, default=1.0, help="how long the record store is down")
    parser.add_argument(
        "--nice", type=int, default=0, help="priority of all of it; below 0 on a machine with other work"
    )
    parser.add_argument("--turn", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--output", choices=("table", "json"), default="table")
    parser.add_argument("--folder", type=Path, default=Path("var/chaos").resolve(), help="for all that a run leaves")
    return parser


if __name__ == "__main__":
    sys.exit(main())
