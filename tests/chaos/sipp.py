"""SIPp as citizens and as the departments' phones. What it says of each call is read from its log.

Rule 1: one process plays all citizens: what each does stands in a table (tests/chaos/plans.py), SIPp does the signalling.
Rule 2: the sound of all calls is made and heard by tests/chaos/media.py, for SIPp needs more processor for it than the PBX.
"""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ivr.children import ends_with_us
from tests.chaos.plans import Plan

HERE = Path(__file__).parent / "scenarios"
END_SECONDS = 50.0  # for the calls under way to end; the longest plan takes 36 s
MOST_AT_ONCE = 1500


@dataclass(slots=True)
class Call:
    """When things happened to a citizen, by SIPp's log; None for what did not. `phones` are those that talked."""

    dialled: datetime | None = None
    answered: datetime | None = None
    leaves: datetime | None = None
    ended: datetime | None = None
    phones: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Tell whether the citizen was answered and stayed connected until they hung up themselves."""
        return self.answered is not None and self.ended is not None

    @property
    def dropped(self) -> bool:
        """Tell whether somebody else ended the call."""
        return self.answered is not None and self.leaves is None


class Sipp:
    """One SIPp process in a folder of its own."""

    def __init__(self, folder: Path, name: str, host: str, port: int, arguments: Sequence[str]) -> None:
        self._folder, self.name = folder, name
        self._command = ["sipp", "-sf", f"{name}.xml", "-nostdin", "-i", host, "-p", str(port), "-buff_size", "4000000"]
        self._command += ["-trace_logs", "-log_file", f"{name}.log", "-trace_err", "-error_file", f"{name}.err"]
        self._command += ["-trace_stat", "-stf", f"{name}.csv", "-fd", "1", "-max_socket", "60000", *arguments]
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it; raises RuntimeError if it ends at once."""
        for left in ("log", "err", "csv"):
            (self._folder / f"{self.name}.{left}").unlink(missing_ok=True)
        with (self._folder / f"{self.name}.out").open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=ends_with_us(signal.SIGKILL),
            )
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), 0.3)
            said = (self._folder / f"{self.name}.out").read_text(errors="replace")[-800:]
            raise RuntimeError(f"SIPp ({self.name}) ended at once:\n{said}")

    async def finish(self) -> None:
        """Make no new calls, let those under way end, then end the process."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGUSR1)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), END_SECONDS)
        await self.kill()

    async def kill(self) -> None:
        """End the process at once."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    @property
    def log(self) -> Path:
        """What the scenario's log actions wrote."""
        return self._folder / f"{self.name}.log"


def write_scenario(folder: Path, name: str, values: Mapping[str, str]) -> None:
    """Write a scenario with its places filled."""
    text = (HERE / f"{name}.xml").read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    (folder / f"{name}.xml").write_text(text, encoding="utf-8")


def write_table(folder: Path, plans: Sequence[Plan], ports: Sequence[int]) -> None:
    """Write what SIPp has to know of each citizen; citizen i has the RTP port i of `ports`, which are used again."""
    rows = (f"{plan.caller};{round(plan.seconds * 1000)};{ports[plan.index % len(ports)]};" for plan in plans)
    (folder / "citizens.csv").write_text("SEQUENTIAL\n" + "\n".join(rows) + "\n", encoding="utf-8")


def calls(citizens: Path, *phones: Path) -> dict[str, Call]:
    """Read the logs of the citizens and of the phones: each caller that dialled, in order."""
    found: dict[str, Call] = {}
    for words in _lines(citizens):
        if len(words) == 5 and words[0] in ("dialled", "answered", "leaves", "ended"):
            setattr(found.setdefault(words[1], Call()), words[0], _instant(words[4]))
    for words in (words for log in phones for words in _lines(log)):
        if len(words) == 6 and words[0] == "talks" and words[1] in found:
            found[words[1]].phones.append((words[2], _instant(words[5])))
    return found


def _lines(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text(errors="replace").splitlines()] if path.exists() else []


def _instant(epoch: str) -> datetime:
    return datetime.fromtimestamp(float(epoch), UTC)
