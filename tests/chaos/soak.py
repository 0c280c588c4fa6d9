"""`python -m tests.chaos.soak --minutes 30 --rate 20`: a steady load, and what of it stays behind in the engine.

Exit codes: 0 nothing stayed behind; 1 something did; 2 it cannot run.
"""

import argparse
import asyncio
import resource
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import IvrError
from tests.chaos.engines import Engine, children, descriptors, memory
from tests.chaos.house import House, house
from tests.chaos.load import Load
from tests.chaos.plans import PREFIX

WARM = 5  # minutes after which memory may grow no more
GROWTH = 1.02
EACH = 60.0  # seconds between two lines
FILES = 8192
CATCH_UP = 60  # seconds for the recorder
HEAD = "minute    calls  dropped  channels  engine kB  recorder kB  asterisk kB  engine files  records  sound late s"


@dataclass(frozen=True, slots=True)
class Look:
    """What was there at one moment. Memory in kB."""

    minute: int
    calls: int
    dropped: int
    channels: int
    engine: int
    recorder: int
    asterisk: int
    files: int
    records: int
    late: float

    def line(self) -> str:
        """Give it as a line of the table."""
        return (
            f"{self.minute:6} {self.calls:8} {self.dropped:8} {self.channels:9} {self.engine:10} {self.recorder:12} "
            f"{self.asterisk:12} {self.files:13} {self.records:8} {self.late:13.2f}"
        )


async def soak(folder: Path, minutes: float, rate: float, seed: int, say: Callable[[str], None]) -> list[str]:
    """Run the load; give what is wrong at the end."""
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(house(folder))
        engine = Engine(place.environment, place.folder / "engine.log")
        stack.push_async_callback(engine.kill)
        await engine.start()
        load = Load(place, rate, seed, round(rate * (minutes * 60 + 120)))
        stack.push_async_callback(load.end)
        await load.start()
        looks = [look async for look in _looks(place, engine, load, minutes, say)]
        await load.finish()
        return await _verdict(place, engine, load, looks)


async def _looks(
    place: House, engine: Engine, load: Load, minutes: float, say: Callable[[str], None]
) -> AsyncIterator[Look]:
    start = time.monotonic()
    say(HEAD)
    minute = 0
    while time.monotonic() - start < minutes * 60:
        await asyncio.sleep(min(EACH, max(1.0, start + minutes * 60 - time.monotonic())))
        minute += 1
        look = await _look(place, engine, load, minute)
        say(look.line())
        yield look


async def _look(place: House, engine: Engine, load: Load, minute: int) -> Look:
    calls = await asyncio.to_thread(load.so_far)
    late, load.media.late = load.media.late, 0.0
    return Look(
        minute=minute,
        calls=len(calls),
        dropped=sum(load.overdue(caller, call) for caller, call in calls.items()),
        channels=await place.channels(),
        engine=memory(engine.pid),
        recorder=sum(memory(pid) for pid in children(engine.pid)),
        asterisk=memory(place.pbx.running() or 0),
        files=descriptors(engine.pid),
        records=recorded(place)[0],
        late=late,
    )


def recorded(place: House) -> tuple[int, int]:
    """Count the records of the load, and the callers that have one."""
    with sqlite3.connect(f"file:{place.settings.store}?mode=ro", uri=True, timeout=30) as store:
        query = "SELECT count(*), count(DISTINCT caller) FROM calls WHERE caller LIKE ?"
        first, second = store.execute(query, (f"{PREFIX}%",)).fetchone()
    return int(first), int(second)


async def _verdict(place: House, engine: Engine, load: Load, looks: list[Look]) -> list[str]:
    """Compare the end with the beginning, once the recorder has caught up."""
    answered = sum(call.answered is not None for call in load.calls.values())
    for _ in range(CATCH_UP):
        if recorded(place)[1] >= answered:
            break
        await asyncio.sleep(1)
    channels, files = await place.channels(), descriptors(engine.pid)
    code = await engine.stop()
    return [text for text, wrong in _checks(load, looks, recorded(place), answered, channels, files, code) if wrong]


def _checks(
    load: Load,
    looks: list[Look],
    found: tuple[int, int],
    answered: int,
    channels: int,
    files: int,
    code: int | None,
) -> Iterator[tuple[str, bool]]:
    bad = [caller for caller, call in load.calls.items() if not call.whole]
    yield f"{len(bad)} calls were dropped or failed, such as {bad[:5]}", bool(bad)
    yield f"{found[0]} records of {found[1]} callers for {answered} calls", found != (answered, answered)
    yield f"{channels} channels were left over", channels > 0
    before = looks[0].files if looks else files
    yield f"the engine has {files} open files, it had {before} after the first minute", files > before
    yield f"the engine ended with {code}", code != 0
    if len(looks) > WARM:
        first, last = looks[WARM - 1].engine, looks[-1].engine
        yield f"the engine's memory grew from {first} to {last} kB after {WARM} minutes", last > first * GROWTH


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=20.0, help="calls a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("var/soak").resolve())
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

    def say(text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    say(f"{arguments.rate:g} calls/s for {arguments.minutes:g} minutes, seed {arguments.seed}")
    try:
        wrong = asyncio.run(soak(arguments.folder, arguments.minutes, arguments.rate, arguments.seed, say))
    except (IvrError, RuntimeError) as error:
        sys.stderr.write(f"soak: {error}\n")
        return 2
    say("ok: nothing stayed behind" if not wrong else "\n".join(f"FAILED {text}" for text in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
