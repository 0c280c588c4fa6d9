"""Dial numbers on a real PBX, press keys menu by menu, and tell in our own words what came of it, from the journal."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cdr.journal.line import JournalEvent, unpacked
from cdr.journal.reader import Journal, Position
from ivr.asterisk.network import Citizen, TelephoneNetwork
from ivr.errors import RequestRefused
from ivr.vocabulary import Key

LONGEST = 240.0  # seconds that one call may take
LOOK_SECONDS = 0.03  # seconds between looks at the journal
BEFORE_KEY = 0.2  # seconds after a menu began
TOLD = {
    "IVR_ANNOUNCEMENT": ("announcements", "prompts", "welcome"),
    "IVR_MENU": ("menu", "language", "welcome"),
    "IVR_KEY": ("menu", "key", "result"),
    "IVR_LANGUAGE": ("language",),
    "IVR_DECISION": ("destination", "rule", "reason"),
    "IVR_RING": ("destination", "phone", "seconds"),
    "IVR_DIALSTATUS": ("dialstatus",),
    "IVR_EXIT": ("reason", "prompt"),
    "IVR_TRANSFER": ("to", "by", "kind"),
    "IVR_RETURN": ("phone", "reason"),
}
"""What is compared: the journal's own events and the fields of each."""
ASKS = ("IVR_MENU", "IVR_ANNOUNCEMENT")


@dataclass(frozen=True)
class Dialled:
    """One call: the number, the keys pressed in one menu after the other, what the phones do that ring, the caller.

    It is over when something is said for the last time, when a menu plays that no key is left for, or when a phone rings
    that no word of `phones` is left for, a colleague's who gets the caller back among them; with `stays` it then goes on
    until all others that stay are over too. `patient` is how many menus more are waited for without a key.
    """

    number: str
    keys: str = ""
    phones: tuple[str, ...] = ()
    caller: str = ""
    patient: int = 0
    stays: bool = False


class JournalEar:
    """Follows the journal once for all calls: `events` by the caller's number, from now on."""

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)
        self._position: Position | None = self._journal.end()
        self._callers: dict[str, str] = {}
        self.events: dict[str, list[JournalEvent]] = defaultdict(list)
        self._news = asyncio.Event()

    async def listen(self) -> None:
        """Read on until cancelled."""
        while True:
            self.read()
            self._news.set()
            self._news = asyncio.Event()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Wait until the journal has been looked at again."""
        await self._news.wait()

    def read(self) -> None:
        """Take what is new."""
        while (batch := self._journal.read_once(self._position)) is not None:
            self._position = batch.position
            for event in batch.events:
                if event.type == "CHAN_START":
                    self._callers.setdefault(event.linkedid, event.caller_number)
                caller = self._callers.get(event.linkedid)
                if caller is not None:
                    self.events[caller].extend(unpacked(event))


async def dial_all(network: TelephoneNetwork, journal: Path, calls: Sequence[Dialled], first: int) -> list[list[str]]:
    """Make all calls at the same time; those without a caller of their own get numbers from `first` on."""
    ear = JournalEar(journal)
    listening = asyncio.ensure_future(ear.listen())
    callers = [call.caller or str(first + place) for place, call in enumerate(calls)]
    together = asyncio.Barrier(sum(call.stays for call in calls) or 1)
    try:
        return list(
            await asyncio.gather(
                *(_dial(network, ear, call, caller, together) for call, caller in zip(calls, callers, strict=True))
            )
        )
    finally:
        listening.cancel()


async def _dial(
    network: TelephoneNetwork, ear: JournalEar, call: Dialled, caller: str, together: asyncio.Barrier
) -> list[str]:
    """Make one call and give what the journal says, one line for each event."""
    events = ear.events[caller]
    citizen = await network.call(call.number, caller, (*call.phones, *("none",) * 8))
    try:
        async with asyncio.timeout(LONGEST):
            for asked, key in enumerate(call.keys):
                while _count(events, *ASKS) <= asked and not _is_over(call, events):
                    await ear.look()
                if _is_over(call, events):
                    break
                await asyncio.sleep(BEFORE_KEY)
                await _press(network, citizen, key)
            while not _is_over(call, events):
                await ear.look()
            if call.stays:
                await together.wait()
    except TimeoutError:
        return [*told(events), f"NOT OVER AFTER {LONGEST:g} SECONDS"]
    finally:
        await network.hang_up(citizen)
    return told(events)


async def _press(network: TelephoneNetwork, citizen: Citizen, key: str) -> None:
    try:
        await network.press(citizen, [Key(key)])
    except RequestRefused:  # the call ended in this moment; the journal says so
        return


def _count(events: Sequence[JournalEvent], *kinds: str) -> int:
    return sum(event.type in kinds for event in events)


def _is_over(call: Dialled, events: Sequence[JournalEvent]) -> bool:
    last = next((event.type for event in reversed(events) if event.type in TOLD), "")
    return (
        _count(events, "LINKEDID_END", "IVR_EXIT") > 0
        or _count(events, "IVR_RING", "IVR_RETURN") > len(call.phones)
        or (last in ASKS and _count(events, *ASKS) > len(call.keys) + call.patient)
    )


def told(events: Sequence[JournalEvent]) -> list[str]:
    """Give the events in our own words, without times and names of channels."""
    return [
        " ".join([event.type.removeprefix("IVR_"), *(f"{name}={event.get(name)}" for name in TOLD[event.type])])
        for event in events
        if event.type in TOLD
    ]
