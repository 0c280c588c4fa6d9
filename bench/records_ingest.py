"""Brings a journal of real shape into a store, in a process of its own, and measures that.

Rule 1: what is measured is what the recorder does with a journal that it must catch up with: from the bytes of the file to
the rows that are committed, numbers sealed as by default. The start of the process, the making of the store's tables and
of the journal are not.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.records_timed import memory_of
from cdr.reference import kryvyi_rih

_CODE = """
import asyncio, gc, json, sys, time
from pathlib import Path
from cdr.__main__ import COLLECTING
from cdr.privacy.keeper import keeper_of
from cdr.recorder import ingest_once
from cdr.store.store import Store

async def main(journal, place, numbers, key):
    async with Store(place, sealer=keeper_of(numbers, Path(key))) as store:
        began, used = time.perf_counter(), time.process_time()
        done = await ingest_once(Path(journal), store)
        return done.lines, time.perf_counter() - began, time.process_time() - used

gc.set_threshold(*COLLECTING)
lines, seconds, processor = asyncio.run(main(*sys.argv[1:]))
print(json.dumps([lines, seconds, processor, Path("/proc/self/status").read_text()]))
"""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What it took: seconds by the clock, of our processor and of the database server's; memory at most in MB."""

    calls: int
    lines: int
    seconds: float
    processor: float
    server: float
    memory: float


def ingest(folder: Path, place: str, numbers: str, server_processor: Callable[[], float]) -> Ingested:
    """Bring the reference journal of a city's month, almost 13,000 calls, into a new store."""
    journal = folder / "journal.csv"
    if not journal.exists():
        with journal.open("wb") as file:
            file.writelines(kryvyi_rih.lines())
    command = [sys.executable, "-c", _CODE, str(journal), place, numbers, str(folder / "ingest.key")]
    before = server_processor()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"bench: the journal was not brought in:\n{done.stderr[-2000:]}")
    lines, seconds, processor, status = json.loads(done.stdout)
    server = server_processor() - before if "://" in place else 0.0
    with journal.open("rb") as file:
        calls = sum(line.startswith(b'"IVR_CALL"') for line in file)
    return Ingested(calls, lines, seconds, processor, server, memory_of(status))
