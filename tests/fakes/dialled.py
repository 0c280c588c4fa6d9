"""Dial a number on a real PBX, press keys menu by menu, and tell in our own words what came of it, from the journal."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.asterisk.network import TelephoneNetwork
from ivr.errors import RequestRefused
from ivr.trial.watch import CallWatch
from ivr.vocabulary import Key

LONGEST = 25.0  # seconds that one call may take
BEFORE_KEY = 0.25  # seconds after a menu began
TOLD = {
    "IVR_ANNOUNCEMENT": ("announcements", "prompts", "welcome"),
    "IVR_MENU": ("menu", "language", "welcome"),
    "IVR_KEY": ("menu", "key", "result"),
    "IVR_LANGUAGE": ("language",),
    "IVR_DECISION": ("destination", "rule", "reason"),
    "IVR_RING": ("destination", "phone", "seconds"),
    "IVR_DIALSTATUS": ("dialstatus",),
    "IVR_EXIT": ("reason", "prompt"),
}
"""What is compared: the journal's own events and the fields of each."""
ASKS = ("IVR_MENU", "IVR_ANNOUNCEMENT")


@dataclass(frozen=True)
class Dialled:
    """One call: the number, the keys pressed in one menu after the other, what the phones do that ring, the caller.

    It is over when something is said for the last time, when a menu plays that no key is left for, or when a phone rings
    that no word of `phones` is left for. `patient` waits for the end of silence instead of hanging up in the last menu.
    """

    number: str
    keys: str = ""
    phones: tuple[str, ...] = ()
    caller: str = ""
    patient: int = 0


async def dial(network: TelephoneNetwork, journal: Path, call: Dialled, caller: str) -> list[str]:
    """Make the call and give what the journal says, one line for each event."""
    watch = CallWatch(journal, caller)
    words = (*call.phones, *("none",) * 8)
    citizen = await network.call(call.number, caller, words)
    try:
        async with asyncio.timeout(LONGEST):
            for asked, key in enumerate(call.keys):
                while _count(watch, *ASKS) <= asked and not watch.over:
                    await watch.look()
                await asyncio.sleep(BEFORE_KEY)
                await _press(network, citizen, key)
            while not _is_over(call, watch):
                await watch.look()
    except TimeoutError:
        return [*told(watch), f"NOT OVER AFTER {LONGEST:g} SECONDS"]
    finally:
        await network.hang_up(citizen)
    return told(watch)


async def _press(network: TelephoneNetwork, citizen: object, key: str) -> None:
    try:
        await network.press(citizen, [Key(key)])  # type: ignore[arg-type]
    except RequestRefused:  # the call ended in this moment; the journal says so
        return


def _count(watch: CallWatch, *kinds: str) -> int:
    return sum(event.type in kinds for event in watch.events)


def _is_over(call: Dialled, watch: CallWatch) -> bool:
    rings = _count(watch, "IVR_RING")
    menus = _count(watch, *ASKS)
    return (
        watch.over
        or watch.has("IVR_EXIT")
        or rings > len(call.phones)
        or (menus > len(call.keys) + call.patient and _last_leads(watch) in ASKS)
    )


def _last_leads(watch: CallWatch) -> str:
    return next((event.type for event in reversed(watch.events) if event.type in TOLD), "")


def told(watch: CallWatch) -> list[str]:
    """Give the events in our own words, without times and names of channels."""
    return [
        " ".join([event.type.removeprefix("IVR_"), *(f"{name}={event.get(name)}" for name in TOLD[event.type])])
        for event in watch.events
        if event.type in TOLD
    ]


async def dial_all(
    network: TelephoneNetwork, journal: Path, calls: Sequence[Dialled], first_caller: int
) -> list[list[str]]:
    """Make all calls at the same time."""
    pairs = enumerate(calls)
    return await asyncio.gather(
        *(dial(network, journal, call, call.caller or str(first_caller + place)) for place, call in pairs)
    )
