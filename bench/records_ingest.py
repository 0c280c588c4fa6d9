"""Brings a journal of real shape into a store, in a process of its own, and measures that."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.records_timed import memory_of
from cdr.reference import kryvyi_rih

_CODE = """
import asyncio, json, sys, time
from pathlib import Path
from cdr.recorder import ingest_once
from cdr.store.store import Store

async def main(journal, place):
    async with Store(place) as store:
        began, used = time.perf_counter(), time.process_time()
        done = await ingest_once(Path(journal), store)
        return done.lines, time.perf_counter() - began, time.process_time() - used

lines, seconds, processor = asyncio.run(main(*sys.argv[1:]))
print(json.dumps([lines, seconds, processor, Path("/proc/self/status").read_text()]))
"""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What it took: seconds by the clock and of the processor, memory at most in MB."""

    calls: int
    lines: int
    seconds: float
    processor: float
    memory: float


def ingest(folder: Path, place: str) -> Ingested:
    """Bring the reference journal of a city's month, almost 13,000 calls, into a new store."""
    journal = folder / "journal.csv"
    if not journal.exists():
        with journal.open("wb") as file:
            file.writelines(kryvyi_rih.lines())
    command = [sys.executable, "-c", _CODE, str(journal), place]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"bench: the journal was not brought in:\n{done.stderr[-2000:]}")
    lines, seconds, processor, status = json.loads(done.stdout)
    with journal.open("rb") as file:
        calls = sum(line.startswith(b'"IVR_CALL"') for line in file)
    return Ingested(calls, lines, seconds, processor, memory_of(status))
