"""`python -m bench.calls`: the same menu as plain dialplan and led by the engine, under the same load, side by side.

Prints the tables of docs/performance.md. Needs root, SIPp, and about eight minutes.
"""

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.house import NATIVE, OURS, House, house
from bench.load import CALL_SECONDS, KEY_AT, SPEECH_SECONDS, Run, run
from bench.table import comparison, doubts, quantile, steps
from ivr.app import now
from ivr.errors import IvrError

STEPS = (10, 25, 50, 75, 100, 125, 150, 200)
"""Calls a second, one after the other until one fails."""


def main() -> int:
    """Measure and print. Exit code 1 if calls failed at the rate of the comparison, 2 if it cannot run."""
    options = _options()
    if options.nice:
        os.nice(options.nice)
    try:
        with house() as place:
            compared = _compare(place, options)
            stepped = [] if options.no_steps else _step_up(place, options)
            version = place.pair.pbx.place.version
    except (IvrError, PermissionError, FileNotFoundError) as error:
        print(f"bench: {error}; it needs root (to watch the loopback interface) and SIPp", file=sys.stderr)
        return 2
    native, ours = ([one for one in compared if one.arm == arm] for arm in ("native", "ours"))
    print(_heading(version, options), comparison(native, ours), doubts(compared), sep="\n\n")
    if stepped:
        print("\nUp to the rate at which a call fails:", steps(stepped), sep="\n\n")
    return int(any(one.failed for one in ours))


def _compare(place: House, options: argparse.Namespace) -> list[Run]:
    runs = []
    for _ in range(options.rounds):
        runs += [_arm(place, arm, options.rate, options.seconds) for arm in ("native", "ours")]
    return runs


def _step_up(place: House, options: argparse.Namespace) -> list[Run]:
    runs: list[Run] = []
    for rate in STEPS:
        going = [arm for arm in ("native", "ours") if not any(one.failed for one in runs if one.arm == arm)]
        runs += [_arm(place, arm, rate, options.step_seconds) for arm in going]
    return runs


def _arm(place: House, arm: str, rate: int, seconds: int) -> Run:
    """Make one run. The engine runs only in its own arm, so that the plain menu has no manager to report to."""
    if arm == "native":
        made = run(place, arm, NATIVE, rate, seconds)
    else:
        with place.engine() as engine:
            made = run(place, arm, OURS, rate, seconds, engine)
    print(_line(made), file=sys.stderr, flush=True)
    return made


def _line(made: Run) -> str:
    engine = (
        ""
        if made.engine is None
        else f", engine {made.engine:.2f}, recorder {made.recorder:.2f}, led {made.led}, fallbacks {made.fallbacks}"
    )
    return (
        f"{made.arm:7} {made.rate:4} calls/s: {made.failed} of {made.calls} failed, PBX {made.pbx:.2f} ms per call{engine}, "
        f"key to INVITE p50 {quantile(made, 0.5):.1f} p95 {quantile(made, 0.95):.1f} ms "
        f"(INVITEs again {made.again}, speech late {made.late:.0f} ms, others {made.others * 100:.0f} %)"
    )


def _heading(version: str, options: argparse.Namespace) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"`python -m bench.calls {' '.join(sys.argv[1:])}`".replace(" `", "`")
        + f", {now():%Y-%m-%d}. {os.cpu_count()} processors ({_processor()}), {memory:.0f} GiB; Asterisk {version}, "
        f"Python {platform.python_version()}, SIPp {_sipp()}.\n"
        f"{options.rounds} rounds of {options.seconds} s at {options.rate} calls/s, native and ours by turns; a call lasts "
        f"{CALL_SECONDS:g} s, its key comes after {KEY_AT:g} s, its speech ends after {SPEECH_SECONDS:g} s."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _sipp() -> str:
    words = subprocess.run(["sipp", "-v"], capture_output=True, text=True, check=False).stdout.split()
    return next((word.strip(".") for word in words if word.startswith("v") and word[1:2].isdigit()), "?")


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.calls", description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=int, default=50, help="calls a second of the comparison")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the comparison")
    parser.add_argument("--seconds", type=int, default=10, help="length of a round's load")
    parser.add_argument("--step-seconds", type=int, default=8, help="length of each step's load")
    parser.add_argument("--no-steps", action="store_true", help="only the comparison")
    parser.add_argument(
        "--nice", type=int, default=0, help="priority of it all, as of nice(1); negative on a busy machine"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
