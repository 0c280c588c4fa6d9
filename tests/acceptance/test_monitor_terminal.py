"""`ivr monitor` in a real terminal, on the real PBX with an engine and supervision: what it shows and does is so."""

import asyncio
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ivr.supervision.client import AsyncClient
from ivr.supervision.models import Call, Stage
from ivr.trial.plan import Plan, Press
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network
from tests.acceptance.supervised import IVR, supervision
from tests.fakes.patience import until_asked
from tests.fakes.tmux_terminal import TmuxTerminal, tmux_terminal

UTILITY = (Press("2", 0.5),)


@contextmanager
def monitor(house: House, columns: int = 80) -> Iterator[TmuxTerminal]:
    environment = {**house.environment, "TERM": "screen-256color", "TZ": "Europe/Riga"}
    with tmux_terminal(house.folder, shlex.join((*IVR, "monitor")), environment, columns) as terminal:
        yield terminal


async def talking(client: AsyncClient) -> Call | None:
    return next((call for call in (await client.calls()).calls if call.stage is Stage.TALKING), None)


def test_a_call_is_shown_and_ended(house: House) -> None:
    seen: dict[str, Any] = {}

    async def run() -> None:
        async with supervision(house) as made, on_network(house) as trials, house.engine(TUESDAY_10):
            with monitor(house) as terminal:
                seen["empty"] = await terminal.shows("0 calls", "leads, PBX up", "kekava-utility")
                plan = Plan("8488", caller(), UTILITY, talk=60.0)
                citizen = asyncio.ensure_future(trials.run(plan))
                call = await until_asked(lambda: talking(made.client))
                assert call is not None
                seen["row"] = await terminal.shows("1 call  0 wait  1 talk", "talking", "kekava-utility")
                terminal.press("Down", "Enter")
                seen["journey"] = await terminal.shows(call.call, "channels", "caller")
                terminal.press("Escape")
                await terminal.shows("1 talk", "talking")
                terminal.press("h")
                seen["asked"] = await terminal.shows("Hang up this call?", call.call, "kekava (8488)", call.caller)
                assert (await talking(made.client)) is not None
                terminal.type("a prank")
                terminal.press("Enter")
                seen["done"] = await terminal.shows("0 calls", f"{call.call} has ended: a prank")
                seen["outcome"] = await citizen
                seen["audit"] = await made.client.audit(call=call.call)
                terminal.press("i")
                seen["told"] = await terminal.shows("said here", call.call)
                terminal.press("Escape")
                await terminal.shows("0 calls")
                terminal.press("q")
        seen["plan"] = plan

    asyncio.run(run())
    row = next(line for line in seen["row"].splitlines() if "talking" in line)
    assert row.split()[0] == "kekava"
    assert seen["plan"].caller not in "".join(str(seen[name]) for name in ("row", "journey", "asked", "told"))
    assert all(len(line) <= 80 for line in seen["row"].splitlines())
    assert seen["outcome"].record["hung_up_by"] == "supervisor"
    assert seen["audit"][0].what == "hangup"
    assert "Traceback" not in seen["done"] + seen["told"]


def test_it_outlives_supervision_and_the_engine(house: House) -> None:
    seen: dict[str, Any] = {}

    async def run() -> None:
        async with on_network(house) as trials:
            with monitor(house, 150) as terminal:
                seen["none"] = await terminal.shows("not connected")
                async with supervision(house) as first, house.engine(TUESDAY_10):
                    plan = Plan("8488", caller(), UTILITY, talk=120.0)
                    citizen = asyncio.ensure_future(trials.run(plan))
                    await until_asked(lambda: talking(first.client))
                    await terminal.shows("1 call", "talking", "leads, PBX up")
                    terminal.press("Down")
                    first.process.kill()
                    await first.process.wait()
                    seen["lost"] = await terminal.shows("!! not connected for", "talking")
                    async with supervision(house):
                        await terminal.shows_no_more("not connected")
                        seen["back"] = await terminal.shows("1 call", "talking", "leads, PBX up")
                        terminal.press("h")
                        await terminal.shows("Hang up this call?", "kekava (8488)")
                        terminal.type("enough")
                        terminal.press("Enter")
                        await terminal.shows("0 calls")
                        await citizen
                async with supervision(house):
                    seen["no engine"] = await terminal.shows("! no engine leads")
                    async with house.engine(TUESDAY_10):
                        seen["engine"] = await terminal.shows("leads, PBX up")

    asyncio.run(run())
    assert "Traceback" not in "".join(map(str, seen.values()))
