"""One fault from its beginning to its line in the table: new house, engine, load, the fault itself, judgement."""

import asyncio
import shutil
import tempfile
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from ivr.app import now
from tests.chaos import clock
from tests.chaos.engines import Engine
from tests.chaos.house import BASE, DATABASE_PORT, PROXY_PORT, House, house
from tests.chaos.journal import Tail
from tests.chaos.judge import Result, judge
from tests.chaos.load import Load
from tests.chaos.proxy import Proxy
from tests.chaos.service import Service
from tests.chaos.stage import Fault, Options, Stage
from tests.postgresql import Server, server

LONGEST_RUN = 900.0  # seconds of load for which citizens are planned, beside what the options ask for
EVERYWHERE = 60.0  # seconds within which there are calls in every state
ENOUGH = {
    "welcome": 5, "menu": 5, "ringing": 1, "failing over": 3, "talking": 5, "in transfer": 1, "going back": 1, "asked for": 1,
}  # fmt: skip
"""Calls in each state before a fault strikes."""


async def run(fault: Fault, options: Options, draining: Callable[[], None] = lambda: None) -> Result:
    """Run one fault. What breaks the suite itself is told as wrong; the others go on.

    `draining` is called when the fault is over and the citizens no longer dial.
    """
    folder = options.folder / fault.name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return await _run(fault, options, folder, draining)
    except (OSError, RuntimeError, TimeoutError, AssertionError) as error:
        broken = Result(fault.name, fault.title, fault.bound)
        broken.wrong = [f"the suite itself failed: {type(error).__name__}: {error}"]
        (folder / "suite.log").write_text("".join(traceback.format_exception(error)))
        return broken


async def _run(fault: Fault, options: Options, folder: Path, draining: Callable[[], None]) -> Result:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(_database()) if fault.database else None
        store = database.url if database else None
        place = await stack.enter_async_context(house(folder, fault.mounts, clock=fault.clock, store=store))
        stage = await _stage(stack, fault, options, place)
        stage.database = database
        await stage.load.start()
        await everywhere(stage)
        await fault.work(stage)
        if stage.over is None:
            stage.ended()
        await asyncio.sleep(max(fault.after, options.seconds))
        draining()
        await stage.load.finish()
        await _leave(stage)
        if fault.finally_ is not None:
            await fault.finally_(stage)
        result = await judge(fault, stage)
    _keep(place, folder)
    return result


@asynccontextmanager
async def _database() -> AsyncIterator[Server]:
    """Start a PostgreSQL with nothing in it. Its folder is not below ours: its own user must reach it."""
    with tempfile.TemporaryDirectory(prefix="chaos-postgresql-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        async with server(Path(folder) / "server", DATABASE_PORT) as made:
            yield made


async def _stage(stack: AsyncExitStack, fault: Fault, options: Options, place: House) -> Stage:
    """Start the engine, through a proxy if the fault needs one, and prepare the load."""
    proxy = None
    environment = dict(place.environment)
    if fault.clock:
        environment |= clock.of_python(place.pbx.place)
    if fault.proxied:
        proxy = Proxy(PROXY_PORT, ("127.0.0.1", BASE + 1))
        await proxy.open()
        stack.push_async_callback(proxy.close)
        environment["IVR_AMI_PORT"] = str(PROXY_PORT)
    kind = Service if fault.unit else Engine
    engine = kind(environment, place.folder / "engine.log")
    stack.push_async_callback(engine.kill)
    await engine.start()
    rate = fault.rate or options.rate
    load = Load(place, rate, options.seed, round(rate * (LONGEST_RUN + options.seconds + options.store_minutes * 60)))
    stack.push_async_callback(load.end)
    stage = Stage(place, engine, load, options, Tail(place.journal), proxy, engines=[engine])
    stack.push_async_callback(_kill_all, stage)
    return stage


async def everywhere(stage: Stage) -> None:
    """Wait until there are calls in every state."""
    deadline = now() + timedelta(seconds=EVERYWHERE)
    while any(stage.where()[name] < least for name, least in ENOUGH.items()):
        if now() > deadline:
            raise RuntimeError(f"no call came into every state: {dict(stage.where())}")
        await asyncio.sleep(0.2)


async def _leave(stage: Stage) -> None:
    """Let no channel be left over, and end the engines: their recorder brings in the rest."""
    for _ in range(50):
        if not (left := await stage.house.channels()):
            break
        await asyncio.sleep(0.2)
    stage.check(not left, f"{left} channels were left over in Asterisk")
    for engine in stage.engines:
        code = await engine.stop()
        stage.check(code in (0, -9), f"the engine ended with {code}; see {engine.log}")


async def _kill_all(stage: Stage) -> None:
    for engine in stage.engines:
        await engine.kill()


def _keep(place: House, folder: Path) -> None:
    """Keep what tells of this run, beside what Asterisk said."""
    for source, name in ((place.journal, "journal.csv"), (place.pbx.directory / "log/messages.log", "asterisk.log")):
        if source.exists():
            shutil.copyfile(source, folder / name)
