"""`python -m bench.reload`: seconds from the request to reload until a new call is on the new version.

A real PBX, a running engine, and a citizen who dials again and again. Prints a table of docs/performance.md. Needs root.
"""

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import many
from ivr.app import now
from ivr.asterisk.embedded import Pair
from ivr.asterisk.network import TelephoneNetwork
from ivr.cli.rules_read import rules_of
from ivr.cli.setup import pair_of
from ivr.errors import IvrError
from ivr.live.client import ask
from ivr.prompts.build import build
from ivr.settings import load

PORTS = {"SIP_PORT": 18160, "AMI_PORT": 18138, "NETWORK_PORT": 18170, "NETWORK_AMI_PORT": 18139}
RTP = {"RTP_FIRST": 26000, "NETWORK_RTP_FIRST": 30000}
PATIENCE = 180.0  # seconds
PAUSE = 0.05  # seconds between two calls
CALLER = re.compile(r"IVR_CALL.*?rules[^0-9a-f]+([0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class Measured:
    """One reload: seconds of the engine's own work, and until the first call on the new version."""

    engine: float
    seen: float


def main() -> int:
    """Measure and print. Exit code 2 if it cannot run."""
    options = _options()
    rows = []
    try:
        for name, write, number in (("shipped", _shipped, "8488"), ("1,000 services", _many, many.number_of(500))):
            with TemporaryDirectory(prefix="ivr-bench-reload-") as folder:
                root = write(Path(folder))
                rows.append((name, _measured(Path(folder), root, number, options.rounds)))
                print(rows[-1], file=sys.stderr, flush=True)
    except (IvrError, PermissionError, FileNotFoundError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(_table(rows))
    return 0


def _shipped(folder: Path) -> Path:
    """Copy the shipped rules, so that they can be changed."""
    shutil.copy("routing_rules.yaml", folder)
    shutil.copytree("routing_rules", folder / "routing_rules")
    return folder / "routing_rules.yaml"


def _many(folder: Path) -> Path:
    """Write rules with many services, and a sound for each of their prompts."""
    root = folder / "routing_rules.yaml"
    text = many.rules(1000)
    root.write_text(text, encoding="utf-8")
    build(Path("recordings/prompts"))
    sound = next(Path("recordings/prompts").glob("en/kekava/*.wav"))
    for prompt in sorted(set(re.findall(r"\bs/[a-z-]+", text))):
        place = folder / "prompts/en" / f"{prompt}.wav"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sound, place)
        shutil.copy(sound.with_suffix(".txt"), place.with_suffix(".txt"))
    return root


def _measured(folder: Path, root: Path, number: str, rounds: int) -> list[Measured]:
    prompts = folder / "prompts"
    settings = {
        **PORTS,
        **RTP,
        "INSTANCE": "bench-reload",
        "RULES": root,
        "STATE": folder / "state",
        "STORE": folder / "records.sqlite3",
        "OVERRIDES": folder / "overrides.sqlite3",
        "PROMPTS": prompts if prompts.is_dir() else Path("recordings/prompts"),
        "LOG_LEVEL": "error",
    }
    os.environ.update(
        {f"IVR_{name}": str(value) for name, value in settings.items()}
    )  # the engine's process reads them
    found = load()
    if not prompts.is_dir():
        build(found.prompts)
    pair = pair_of(found, rules_of(found))
    pair.start(bound=True)
    try:
        with _engine(found.control):
            return [asyncio.run(_one(pair, root, number, turn)) for turn in range(rounds)]
    finally:
        pair.stop()


@contextmanager
def _engine(control: Path) -> Iterator[None]:
    """Run the engine as a process until the end of the block; it has proved its rules when the block begins."""
    process = subprocess.Popen([sys.executable, "-c", "from ivr.cli.main import main; main()", "engine"])
    try:
        deadline = time.monotonic() + PATIENCE
        while not control.exists() or ask(control, {"do": "status"})["last"] is None:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("bench: the engine did not start; the reason is above")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


async def _one(pair: Pair, root: Path, number: str, turn: int) -> Measured:
    """Change the rules, ask for a reload and dial until a call is on the new version."""
    network = TelephoneNetwork(pair, now)
    await network.open()
    await asyncio.to_thread(_change, root, turn)
    began = time.monotonic()
    reload = asyncio.ensure_future(asyncio.to_thread(ask, pair.settings.control, {"do": "reload"}))
    start = pair.journal.stat().st_size if pair.journal.exists() else 0
    old = ask(pair.settings.control, {"do": "status"})["version"]
    seen = None
    for call in range(int(PATIENCE / PAUSE)):
        citizen = await network.call(number, f"3712700{call:04}")
        await citizen.answered.wait()
        await network.hang_up(citizen)
        if seen is None and any(version != old for version in _versions(pair.journal, start)):
            seen = time.monotonic() - began
        if seen is not None and reload.done():
            break
        await asyncio.sleep(PAUSE)
    await network.close()
    answer = await reload
    if answer["problems"] or seen is None:
        raise SystemExit(f"bench: the reload was refused: {answer['problems'][:3]}")
    return Measured(answer["seconds"], seen)


def _change(root: Path, turn: int) -> None:
    root.write_text(f"{root.read_text(encoding='utf-8')}# {turn}\n", encoding="utf-8")


def _versions(journal: Path, start: int) -> set[str]:
    with journal.open("rb") as lines:
        lines.seek(start)
        return set(CALLER.findall(lines.read().decode("utf-8", "replace")))


def _table(rows: list[tuple[str, list[Measured]]]) -> str:
    lines = ["| rules | rounds | engine's work, s | until a new call is on them, s |", "|---|--:|--:|--:|"]
    for name, found in rows:
        engine, seen = median(one.engine for one in found), median(one.seen for one in found)
        lines.append(f"| {name} | {len(found)} | {engine:.2f} | {seen:.2f} |")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.reload", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="reloads of each file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
