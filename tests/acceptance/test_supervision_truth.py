"""The live view is the truth: under twenty calls a second, with transfers, it shows what Asterisk itself has."""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdr.journal.reader import Journal, Position
from ivr.asterisk.network import TelephoneNetwork
from ivr.supervision.client import AsyncClient
from ivr.trial.run import Trials
from ivr.vocabulary import Key
from tests.acceptance.conftest import House, caller, on_network
from tests.acceptance.supervised import supervision
from tests.acceptance.test_engine_dies import engine_process
from tests.acceptance.test_pbx_restarts import lost_calls
from tests.fakes.patience import until
from tests.fakes.sipp_load import load, scenario

RATE = 20  # calls a second
SECONDS = 24  # of load
KEY_AT, TALK = 900, 2600  # milliseconds
LONGEST_WRONG = 1.0  # seconds that a call may be missing, or shown though it is over
WORK, EVERY = 0.02, 0.5  # seconds of work, and between two such pieces
LATE = 0.3  # seconds until a subscriber has a change, for 95 of 100
PASSED_ON: Sequence[tuple[tuple[str, ...], float]] = (
    (("blind.24", "ok"), 7.0),
    (("blind.24", "busy", "ok"), 8.0),
    (("blind.99", "ok"), 6.0),
    (("attended.24", "ok"), 11.0),
    (("back.24", "busy"), 8.0),
    (("blonde.24", "ok"), 9.0),
    (("cancel.24", "none"), 8.0),
    (("refer.24", "ok"), 7.0),
)
"""What telephones do with a caller, and how long the caller stays."""


@dataclass
class Teller:
    """What a subscriber in another process was told."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    cpu: float = 0.0
    ages: list[float] = field(default_factory=list)
    now: set[str] = field(default_factory=set)

    def take(self, one: dict[str, Any]) -> None:
        self.changes.append(one)
        match one["kind"]:
            case "calls":
                self.now = set(one["calls"])
            case "call":
                self.now.add(one["call"])
            case "ended":
                self.now.discard(one["call"])
            case "end":
                self.cpu, self.ages = one["cpu"], sorted(one["ages"])

    def shown(self) -> dict[str, list[tuple[float, float]]]:
        """Give when each call was shown: from, until."""
        spans: dict[str, list[tuple[float, float]]] = {}
        for one in self.changes:
            match one["kind"]:
                case "call" if not spans.get(one["call"]) or spans[one["call"]][-1][1] < float("inf"):
                    spans.setdefault(one["call"], []).append((one["at"], float("inf")))
                case "ended":
                    spans[one["call"]][-1] = (spans[one["call"]][-1][0], one["at"])
        return spans

    def late(self) -> list[float]:
        """Give how long each change took from its line's own time, in order."""
        return sorted(one["late"] for one in self.changes if one["kind"] in ("call", "ended"))


@asynccontextmanager
async def telling(journal: Path) -> AsyncIterator[Teller]:
    """Let another process follow the journal; the block begins once it has told all calls."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.live_teller", str(journal)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    teller, lines = Teller(), process.stdout

    async def read() -> None:
        async for line in lines:
            teller.take(json.loads(line))

    reading = asyncio.ensure_future(read())
    try:
        await until(lambda: teller.changes or process.returncode is not None)
        yield teller
        process.stdin.close()
        await reading
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@dataclass
class Machine:
    """How many times slower this host is for a process than if it were alone there: what is demanded is allowed so often."""

    factors: list[float] = field(default_factory=list)

    async def run(self) -> None:
        while True:
            self.factors.append(await asyncio.to_thread(self._work))
            await asyncio.sleep(EVERY)

    def _work(self) -> float:
        began, used = time.monotonic(), time.thread_time()
        while time.thread_time() - used < WORK:
            pass
        return (time.monotonic() - began) / WORK

    @property
    def slow(self) -> float:
        """Give the factor in bad moments: 1.0 for an idle host."""
        return max(1.0, statistics.quantiles(self.factors, n=10)[-1])


@dataclass
class Sample:
    """The citizens' calls that Asterisk had between two instants, and those that supervision listed then.

    Without those whose first step Asterisk had not come to: on a busy host a caller waits for that in silence.
    """

    begun: float
    done: float
    calls: frozenset[str]
    listed: frozenset[str]


async def sampled(house: House, client: AsyncClient, samples: list[Sample]) -> None:
    """Ask Asterisk and supervision every second."""
    while True:
        begun = time.time()  # noqa: TID251
        text = await asyncio.to_thread(house.pair.pbx.cli, "core show channels concise") or ""
        channels = (line.split("!") for line in text.splitlines())
        names = frozenset(one[-1] for one in channels if one[0].startswith("PJSIP/trunk-"))
        done = time.time()  # noqa: TID251
        listed = frozenset(one.call for one in (await client.calls()).calls)
        samples.append(Sample(begun, done, names, listed))
        await asyncio.sleep(max(0.0, begun + 1.0 - time.time()))  # noqa: TID251


async def passed_on(network: TelephoneNetwork, phones: tuple[str, ...], seconds: float) -> None:
    """Call as a citizen who is passed on, and stay so long."""
    citizen = await network.call("8488", caller(), phones)
    await asyncio.wait_for(citizen.answered.wait(), 30)
    await asyncio.sleep(0.6)  # the citizen listens
    await network.press(citizen, [Key("2")])
    await asyncio.sleep(seconds)  # and stays
    await network.hang_up(citizen)


async def citizens(trials: Trials) -> None:
    """Let citizens be passed on in every way, and again, while the load lasts."""
    for _ in range(2):
        await asyncio.gather(*(passed_on(trials.network, phones, seconds) for phones, seconds in PASSED_ON))


def begun(journal: Path) -> dict[str, float]:
    """Give when Asterisk came to the first step of each call."""
    source = Journal(journal)
    found: dict[str, float] = {}
    since: Position | None = None
    while (batch := source.read_once(since)) is not None:
        since = batch.position
        found |= {one.linkedid: one.at / 1e6 for one in batch.events if one.type == "IVR_CALL"}
    return found


def wrong(samples: Sequence[Sample], teller: Teller, allowed: float) -> tuple[list[str], list[str]]:
    """Give the calls that were missing, and those that were shown though Asterisk had none, for longer than allowed."""
    missing: list[str] = []
    ghosts: list[str] = []
    spans = teller.shown()
    for first in samples:
        second = next((one for one in samples if one.begun - first.done >= allowed), None)
        if second is None:
            break
        missing += [
            name
            for name in first.calls & second.calls
            if not any(since < second.begun and until_ > first.done for since, until_ in spans.get(name, []))
        ]
        for name, some in spans.items():
            whole = any(since <= first.begun and until_ >= second.done for since, until_ in some)
            if whole and name not in first.calls | second.calls:
                ghosts.append(name)
    return missing, ghosts


def wrong_lists(samples: Sequence[Sample], allowed: float) -> list[str]:
    """Give the calls that lists lacked, or had too much, for longer than allowed.

    A list is asked for after the channels, so only the next sample tells whether a call was there meanwhile.
    """
    found: list[str] = []
    for first in samples:
        later = [one for one in samples if one.begun - first.done >= allowed]
        if len(later) > 1:
            second, third = later[:2]
            found += (first.calls & second.calls & third.calls) - first.listed - second.listed
            found += (first.listed & second.listed) - first.calls - second.calls
    return found


def spread(seconds: Sequence[float]) -> tuple[float, float]:
    """Give the median and the 95th of 100, in milliseconds."""
    return statistics.median(seconds) * 1000, statistics.quantiles(seconds, n=20)[-1] * 1000


def figures(samples: Sequence[Sample], teller: Teller, machine: Machine, calls: int) -> str:
    """Tell what was measured, whatever is allowed."""
    late = teller.late()
    (p50, p95), (age50, age95) = spread(late), spread(teller.ages)
    missing, ghosts = wrong(samples, teller, LONGEST_WRONG)
    lists = wrong_lists(samples, LONGEST_WRONG)
    most = max(len(sample.calls) for sample in samples)
    return (
        f"\n{calls} calls, at most {most} at once; {len(samples)} samples; {len(late)} changes: p50 {p50:.0f} ms, "
        f"p95 {p95:.0f} ms, longest {late[-1] * 1000:.0f} ms; the view took {teller.cpu:.1%} of a processor; "
        f"the newest line read was {age50:.0f} ms old, p95 {age95:.0f} ms; "
        f"this host was {machine.slow:.1f} times slower than alone; longer than {LONGEST_WRONG:g} s: "
        f"{len(missing)} missing, {len(ghosts)} ghosts, {len(lists)} in lists"
    )


def test_no_ghost_and_no_missing_call_under_twenty_calls_a_second(house: House, tmp_path: Path) -> None:
    samples: list[Sample] = []
    machine = Machine()

    async def run() -> tuple[Teller, int, int | None]:
        server = f"{house.settings.sip_host}:{house.settings.sip_port}"
        async with (
            engine_process(house),
            supervision(house) as supervised,
            telling(house.pair.journal) as teller,
            on_network(house) as trials,
        ):
            sampling = asyncio.ensure_future(sampled(house, supervised.client, samples))
            working = asyncio.ensure_future(machine.run())
            async with load(tmp_path, "8488", RATE, server, scenario("2", KEY_AT, TALK)) as made:
                await asyncio.gather(citizens(trials), asyncio.sleep(SECONDS))
            await asyncio.to_thread(house.quiet)
            await until(lambda: not teller.now)
            sampling.cancel()
            working.cancel()
            notices = [one.notice.text for one in supervised.changes if one.notice and "Asterisk" in one.notice.text]
            assert notices == [], "supervision itself took calls for ghosts"
        steps = begun(house.pair.journal)
        for sample in samples:
            sample.calls = frozenset(name for name in sample.calls if steps.get(name, float("inf")) < sample.begun)
        return teller, made.made, made.failed

    teller, calls, failed = asyncio.run(run())
    print(figures(samples, teller, machine, calls))  # noqa: T201 - for people
    assert (failed, calls > RATE * SECONDS * 0.8) == (0, True)
    assert max(len(sample.calls) for sample in samples) > RATE
    assert wrong(samples, teller, LONGEST_WRONG * machine.slow) == ([], [])
    assert wrong_lists(samples, LONGEST_WRONG * machine.slow) == []
    stages = {one["stage"] for one in teller.changes if one["kind"] == "call"}
    assert stages >= {"welcome", "connecting", "ringing", "talking"}
    assert spread(teller.late())[1] < LATE * machine.slow * 1000


def test_a_killed_asterisk_leaves_no_ghost(house: House) -> None:
    async def run() -> Teller:
        async with telling(house.pair.journal) as teller, on_network(house) as trials:
            await lost_calls(house, trials)
            await until(lambda: not teller.now)
        return teller

    teller = asyncio.run(run())
    over = [one["disposition"] for one in teller.changes if one["kind"] == "ended"]
    assert over == ["pbx_lost", "pbx_lost"]
    assert {one["stage"] for one in teller.changes if one["kind"] == "call"} >= {"welcome", "talking"}
