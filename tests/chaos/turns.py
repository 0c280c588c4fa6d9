"""All faults in turn, each in a process and on ports of its own, so that no fault waits for the load of the one before to end.

Rule 1: faults strike one at a time: the next one is set up when the one before is over and its citizens no longer dial. They
still finish their calls on their own PBX, while the next one's citizens begin.
Rule 2: everything ends with this process.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from ivr.children import ends_with_us
from tests.chaos.house import BASE, RTP
from tests.chaos.judge import Result
from tests.chaos.stage import Fault, Options

DRAINING = "draining"
PLACES = 2
PORTS_EACH, RTP_EACH = 100, 2000
LONGEST_LINE = 1 << 22  # bytes


@dataclass
class Turn:
    """One fault in a process of its own, on the ports of a place."""

    fault: Fault
    place: int
    process: asyncio.subprocess.Process
    said: bytes = b""

    @classmethod
    async def begin(cls, fault: Fault, place: int, options: Options) -> "Turn":
        """Start the process."""
        ports = {
            "IVR_CHAOS_PORTS": str(BASE + PORTS_EACH * place),
            "IVR_CHAOS_RTP": str(RTP + RTP_EACH * place),
        }
        words = [
            "--rate",
            options.rate,
            "--seconds",
            options.seconds,
            "--seed",
            options.seed,
            "--folder",
            options.folder,
        ]
        words += ["--store-minutes", options.store_minutes, "--fault", fault.name, "--turn", "--output", "json"]
        nice = os.getpriority(os.PRIO_PROCESS, 0)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos", "--nice", str(nice), *map(str, words)),
            env={**os.environ, **ports},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
            preexec_fn=ends_with_us(signal.SIGKILL),
        )
        return cls(fault, place, process)

    async def draining(self) -> None:
        """Wait until its citizens no longer dial, or until it ended before that."""
        if self.process.stdout is not None:
            self.said = await self.process.stdout.readline()

    async def result(self) -> Result:
        """Wait for what came of it."""
        rest = b"" if self.process.stdout is None else await self.process.stdout.read()
        await self.process.wait()
        text = rest if self.said.strip() == DRAINING.encode() else self.said + rest
        try:
            return read(text)
        except (ValueError, LookupError):
            broken = Result(self.fault.name, self.fault.title, self.fault.bound)
            broken.wrong = [f"the suite itself ended with {self.process.returncode} and no result"]
            return broken


def read(text: bytes) -> Result:
    """Read the result of one fault as `--output json` prints it."""
    [found] = json.loads(text)["faults"]
    return Result(**{item.name: found[item.name] for item in fields(Result)})


async def in_turn(chosen: Sequence[Fault], options: Options, say: Callable[[str], None]) -> list[Result]:
    """Run all; give the results in the order of the faults."""
    results: list[asyncio.Task[Result]] = []
    for number, fault in enumerate(chosen):
        if number >= PLACES:
            await results[number - PLACES]
        turn = await Turn.begin(fault, number % PLACES, options)
        await turn.draining()
        results.append(asyncio.ensure_future(_told(turn, say)))
    return await asyncio.gather(*results)


async def _told(turn: Turn, say: Callable[[str], None]) -> Result:
    found = await turn.result()
    end = "ok" if found.ok else f"FAILED: {found.wrong[0]}"
    say(f"{turn.fault.name}: {turn.fault.title} ... {end}\n")
    return found
