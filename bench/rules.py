"""`python -m bench.rules`: what rules cost: one decision, a check with its proof, a reload.

Prints the tables of docs/performance.md. Needs no PBX and about two minutes.
"""

import argparse
import gc
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from bench.many import rules as many_rules
from ivr.routing.decide import decide
from ivr.routing.decision import Facts
from ivr.routing.rules import Ruleset
from ivr.routing.targets import ToDestination
from ivr.rulebook.read import read_bytes

START = datetime(2026, 11, 21, tzinfo=UTC)
FEW, MANY = 10, 1000  # services
ROUNDS, DECISIONS = 5, 20_000


def main() -> int:
    """Measure and print."""
    options = _options()
    _decisions(options.rounds)
    _checks(options.rounds)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of each measurement")
    return parser.parse_args()


def _decisions(rounds: int) -> None:
    """Time single decisions with few and with many services, in turns, so that a noisy machine disturbs both."""
    rulesets = {count: _ruleset(count) for count in (FEW, MANY)}
    found: dict[int, list[tuple[float, float]]] = {count: [] for count in rulesets}
    for number in range(rounds):
        for count, ruleset in rulesets.items():
            found[count].append(_timed(ruleset, number))
    print("| services | decide p50, us | p99, us |\n|--:|--:|--:|")
    for count, runs in found.items():
        print(f"| {count} | {median(run[0] for run in runs):.1f} | {median(run[1] for run in runs):.1f} |")
    ratio = median(run[0] for run in found[MANY]) / median(run[0] for run in found[FEW])
    print(f"\np50 with {MANY} services is {ratio:.2f} times that with {FEW}.\n")


def _ruleset(services: int) -> Ruleset:
    return read_bytes(many_rules(services).encode(), "many.yaml", years=range(2025, 2030))


def _timed(rules: Ruleset, seed: int) -> tuple[float, float]:
    """Return p50 and p99 in microseconds of decisions for random services, destinations and instants of 13 months."""
    chance = random.Random(seed)
    services = list(rules.services)
    names = list(rules.destinations)
    cases = [
        (
            Facts(chance.choice(services), ToDestination(chance.choice(names))),
            START + timedelta(seconds=chance.randrange(34_000_000)),
        )
        for _ in range(DECISIONS)
    ]
    for facts, at in cases[:2000]:
        decide(facts, rules, at)
    gc.collect()
    gc.disable()
    took = []
    for facts, at in cases:
        begun = time.perf_counter_ns()
        decide(facts, rules, at)
        took.append(time.perf_counter_ns() - begun)
    gc.enable()
    cuts = quantiles(took, n=100)
    return cuts[49] / 1000, cuts[98] / 1000


def _checks(rounds: int) -> None:
    """Time `ivr rules check`, which proves too, as a command: the shipped file and one with many services."""
    with TemporaryDirectory() as folder:
        many = Path(folder) / "many.yaml"
        many.write_text(many_rules(MANY), encoding="utf-8")
        prompts = Path(folder) / "prompts/en/s"
        prompts.mkdir(parents=True)
        for name in ("welcome", "menu", "again", "closed", "sorry"):
            (prompts / f"{name}.txt").write_text(f"{name}\n", encoding="utf-8")
        shipped = _command([])
        large = _command(["--rules", str(many), "--prompts", str(prompts.parents[1])])
        print("| `ivr rules check` (coverage included) | s | aim |\n|---|--:|--:|")
        print(f"| the shipped rules | {median(_seconds(shipped) for _ in range(rounds)):.2f} | 2 |")
        size = many.stat().st_size / 1e6
        print(f"| {MANY} services, {size:.1f} MB | {median(_seconds(large) for _ in range(min(rounds, 3))):.1f} | 60 |")


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-c", "from ivr.cli.main import main; main()", "rules", "check", *arguments]


def _seconds(command: Sequence[str]) -> float:
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench: the check failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
