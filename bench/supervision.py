"""`python -m bench.supervision`: what the live view costs calls, and how soon 500 subscribers have what changed.

Prints the tables of docs/performance.md. The part with calls needs root and SIPp. Less than five minutes.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import told_calls
from bench.house import OURS, House, cpu, house
from bench.load import run
from bench.subscribers import subscribers
from bench.supervised import dropped, supervision
from bench.supervision_tables import Arm, Storm, calls_table, storm_table
from bench.table import doubts
from ivr.app import now
from ivr.errors import IvrError
from ivr.settings import Settings, load

ARMS = (None, 0, 10, 500)
"""Subscribers; None without supervision."""
INSTANCE = "bench-events"
HEAD = 1.0  # seconds between the making of the lines and the first of them


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Exit code 1 if calls failed or messages were dropped, 2 if it cannot run."""
    options = _options(arguments)
    if options.nice:
        os.nice(options.nice)
    arms: list[Arm] = []
    try:
        rates = [] if options.no_events else options.events
        storms = [events(options.subscribers, one, options.event_seconds) for one in rates]
        if not options.no_calls:
            with house() as place, place.engine() as engine:
                arms = list(_calls(place, engine, options))
    except (IvrError, PermissionError, FileNotFoundError) as error:
        print(f"bench: {error}; calls need root (to watch the loopback interface) and SIPp", file=sys.stderr)
        return 2
    print(f"`python -m bench.supervision`, {now():%Y-%m-%d}, {os.cpu_count()} processors.")
    if arms:
        print(calls_table(arms), doubts([one.run for one in arms]), sep="\n\n")
    if storms:
        print(storm_table(storms))
    return int(any(one.run.failed for one in arms) or any(one.dropped for one in storms))


def _calls(place: House, engine: int, options: argparse.Namespace) -> Iterator[Arm]:
    """Make the rounds: each arm once in each, the first one without supervision."""
    for _ in range(options.rounds):
        yield _told(_arm(place, engine, options, None, None))
        with supervision(place.settings, {}, pbx=True) as process:
            for number in ARMS[1:]:
                yield _told(_arm(place, engine, options, process, number))


def _arm(place: House, engine: int, options: argparse.Namespace, process: int | None, number: int | None) -> Arm:
    with ExitStack() as stack:
        heard = None
        listening = stack.enter_context(subscribers(place.settings.supervision_socket, number)) if number else None
        began, used, since = time.monotonic(), cpu(process) if process else 0.0, now().timestamp()
        made = run(place, f"{number} subscribers", OURS, options.rate, options.seconds, engine)
        took, spent = time.monotonic() - began, (cpu(process) if process else 0.0) - used
        if listening is not None:
            heard = listening.heard(since, now().timestamp() - 1)
    return Arm(number, made, spent / made.calls, spent / took / 1000, heard)


def _told(arm: Arm) -> Arm:
    print(arm.line(), file=sys.stderr, flush=True)
    return arm


def events(number: int, rate: int, seconds: float) -> Storm:
    """Let so many subscribers look at a journal that grows by so many lines a second; no PBX and no engine run."""
    with _apart() as (settings, environment), supervision(settings, environment, pbx=False) as process:
        with subscribers(settings.supervision_socket, number) as listening:
            begin = now().timestamp() + HEAD
            lines = told_calls.rising(rate, seconds, begin)
            place, start = Path(environment["IVR_JOURNAL"]), begin + told_calls.LONGEST
            early = [one for one in lines if one[0] < start]
            told_calls.write(place, early, start)
            used, began = cpu(process), time.monotonic()
            written = told_calls.write(place, lines[len(early) :], start)
            spent, took = cpu(process) - used, time.monotonic() - began
            time.sleep(1)  # until the last have come
            heard = listening.heard(start, written.until)
        storm = Storm(written, spent / took / 1000, heard, max(heard.dropped, dropped(settings)))
    print(storm.line(), file=sys.stderr, flush=True)
    return storm


@contextmanager
def _apart() -> Iterator[tuple[Settings, dict[str, str]]]:
    """Give settings of an instance that has only a journal."""
    with TemporaryDirectory(prefix="ivr-bench-events-") as folder:
        values = {
            "instance": INSTANCE,
            "state": folder,
            "journal": f"{folder}/journal.csv",
            "store": f"{folder}/records.sqlite3",
            "overrides": f"{folder}/overrides.sqlite3",
            "rules": str(Path("routing_rules.yaml").absolute()),
        }
        Path(values["journal"]).touch()
        yield load(**values), {f"IVR_{name.upper()}": value for name, value in values.items()}


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.supervision", description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=int, default=20, help="calls a second")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of the part with calls")
    parser.add_argument("--seconds", type=int, default=10, help="length of a round's load")
    parser.add_argument("--subscribers", type=int, default=500, help="subscribers of the part without calls")
    parser.add_argument(
        "--events", type=int, nargs="+", default=[1000, 5000], help="lines a second of the part without calls"
    )
    parser.add_argument("--event-seconds", type=float, default=15, help="length of that part, after 15 s before it")
    parser.add_argument("--no-calls", action="store_true", help="only the part without calls")
    parser.add_argument("--no-events", action="store_true", help="only the part with calls")
    parser.add_argument("--nice", type=int, default=0, help="priority of it all, as of nice(1)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
