"""`ivr monitor` in a real terminal, on the real PBX with an engine and supervision: what it shows and does is so."""

import asyncio
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from ivr.monitor.words import TITLES
from ivr.supervision.client import AsyncClient
from ivr.supervision.models import Call, Stage
from ivr.supervision.orders import ClearOrder
from ivr.trial.plan import Plan, Press
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network
from tests.acceptance.supervised import IVR, supervision
from tests.fakes.patience import until, until_asked
from tests.fakes.tmux_terminal import TmuxTerminal, tmux_terminal

UTILITY = (Press("2", 0.5),)
EARS = {
    "l": ("listen", "kekava-police-1", "uqESX"),
    "w": ("whisper", "kekava-police-2", "uqESXw"),
    "b": ("barge", "kekava-duty-1", "uqESXB"),
}
"""Keys, what each is for, the phone that it is done with, and how Asterisk lets that hear. The sound is tested elsewhere."""
LED_TO = "kekava-information"


@contextmanager
def monitor(house: House, columns: int = 80) -> Iterator[TmuxTerminal]:
    # The times that it shows are those of the municipality, not of the terminal.
    environment = {**house.environment, "TERM": "screen-256color", "TZ": "Asia/Tokyo"}
    with tmux_terminal(house.folder, shlex.join((*IVR, "monitor")), environment, columns) as terminal:
        yield terminal


async def talking(client: AsyncClient, where: str = "kekava-utility") -> Call | None:
    known = (await client.calls()).calls
    return next((call for call in known if (call.stage, call.destination) == (Stage.TALKING, where)), None)


def spying(house: House, phone: str) -> str:
    """Give the options of the ChanSpy that Asterisk runs for a phone; "" if it runs none."""
    lines = (house.pair.pbx.cli("core show channels concise") or "").splitlines()
    found = [line.split("!") for line in lines if line.startswith(f"PJSIP/{phone}-")]
    return next((one[6].rpartition(",")[2] for one in found if one[5] == "ChanSpy"), "")


async def listened(house: House, terminal: TmuxTerminal, client: AsyncClient, call: Call) -> None:
    """Let three phones hear a call, by the keys for it."""
    for key, (mode, phone, options) in EARS.items():
        terminal.press(key)
        await terminal.shows(TITLES[mode], call.call, call.caller)
        terminal.type(phone)
        terminal.press("Enter")
        await terminal.shows(f"the phone {phone} is in the call now")
        await until(partial(_is_so, house, phone, options), told=partial(spying, house, phone))
    known = {(one.mode, one.phone, one.call, one.state) for one in await client.listenings()}
    assert known == {(mode, phone, call.call, "listening") for mode, phone, _ in EARS.values()}


def _is_so(house: House, phone: str, options: str) -> bool:
    return spying(house, phone) == options


async def led_and_closed(terminal: TmuxTerminal, client: AsyncClient, call: Call) -> None:
    """Pass the caller on to a line, by the key for it, and close that line."""
    terminal.press("t")
    await terminal.shows("Pass this caller on?", call.call)
    terminal.type(LED_TO)
    terminal.press("Enter")
    await terminal.shows(f"Asterisk leads {call.call} to {LED_TO}")
    await until_asked(lambda: talking(client, LED_TO))
    await terminal.shows("1 talk")
    terminal.press("o")
    await terminal.shows("Override this line?", LED_TO)
    for text in ("closed", "2h", "a drill"):
        terminal.type(text)
        terminal.press("Enter")
    await terminal.shows(f"{LED_TO} is closed until")
    await until_asked(lambda: closed(client))


async def closed(client: AsyncClient) -> bool:
    """Tell whether that line is closed by order; if so, end the order."""
    line = next(one for one in await client.destinations() if one.destination == LED_TO)
    if line.override:
        await client.override_clear(line.override, ClearOrder(reason="the drill is over"))
    return bool(line.override) and not line.open


def test_a_call_is_shown_listened_to_led_elsewhere_and_ended(house: House) -> None:
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
                await listened(house, terminal, made.client, call)
                await led_and_closed(terminal, made.client, call)
                terminal.press("h")
                seen["asked"] = await terminal.shows("Hang up this call?", call.call, "kekava (8488)", call.caller)
                assert (await talking(made.client, LED_TO)) is not None
                terminal.type("a prank")
                terminal.press("Enter")
                seen["told"] = await terminal.shows("has ended: a prank")
                await terminal.shows("0 calls")
                seen["outcome"] = await citizen
                seen["audit"] = await made.client.audit(call=call.call)
                terminal.press("i")
                seen["said"] = await terminal.shows("said here", call.call)
                terminal.press("Escape", "q")

    asyncio.run(run())
    row = next(line for line in seen["row"].splitlines() if "talking" in line)
    assert row.split()[0] == "kekava"
    shown = "".join(seen[name] for name in ("row", "journey", "asked", "told", "said"))
    assert seen["outcome"].record["caller"] not in shown
    assert all(len(line) <= 80 for line in seen["row"].splitlines())
    assert seen["outcome"].record["hung_up_by"] == "supervisor"
    assert [step["destination"] for step in seen["outcome"].record["destinations"]] == ["kekava-utility", LED_TO]
    assert {entry.what for entry in seen["audit"]} >= {"hangup", "transfer", "listen"}
    assert "Traceback" not in seen["told"] + seen["said"]


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
                    await terminal.shows("1 call", "talking", "leads, PBX up", " EE")
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
