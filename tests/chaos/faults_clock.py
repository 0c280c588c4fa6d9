"""The host's clock steps by an hour, forward and back again."""

import asyncio
import socket
from dataclasses import dataclass

from ivr.app import now
from tests.chaos import clock
from tests.chaos.faults_callers import press
from tests.chaos.house import BASE, CITIZENS
from tests.chaos.judge import records
from tests.chaos.sipp import Call
from tests.chaos.stage import Fault, Stage
from tests.chaos.town import NUMBER
from tests.chaos.uac import caller

HOUR = 3600
STEPPED = 25.0  # seconds between the steps
LONGEST = 15.0  # seconds until a line of the journal has the new time
SETTLE = 6.0  # seconds until engine and dialplan are sure of the new time
OFF_BY = 1.5  # seconds that a duration may differ from what SIPp saw
ASK_PORT = BASE + 24
OFFICE_KEY = 1


@dataclass(frozen=True, slots=True)
class Wait:
    """The citizen who asks for the office: seconds until the key, and from the key to the end."""

    key: float = 3.0
    end: float = 2.0


async def stepped(stage: Stage) -> None:
    """An hour ahead, which closes the office, and back."""
    await _office(stage, 1, "open")
    stage.strike()
    await _step(stage, HOUR)
    await asyncio.sleep(SETTLE)
    await _office(stage, 2, "closed")
    await asyncio.sleep(STEPPED)
    await _step(stage, 0)
    stage.ended()
    await asyncio.sleep(SETTLE)
    await _office(stage, 3, "open")
    said = [one for one in stage.tail.look().others if one.type == "IVR_CLOCK"]
    stage.notes.append(f"IVR_CLOCK lines in the journal: {[one.get('seconds') for one in said]}")


async def _step(stage: Stage, seconds: int) -> None:
    """Step Asterisk's clock, and the engine's once the journal shows the new time."""
    place, journal = stage.house.pbx.place, stage.house.journal
    clock.step(place, seconds)
    new = await stage.until(lambda: abs(clock.ahead(journal, now().timestamp()) - seconds) < HOUR / 2, LONGEST)
    stage.check(new, "Asterisk's clock was not stepped")
    clock.step(place, seconds, clock.NAME_OF_ENGINES)


async def _office(stage: Stage, number: int, expected: str, wait: Wait = Wait()) -> None:
    """Ask for the office as a citizen; the journal tells whether it was open."""
    sender = f"3713000000{number}"
    async with caller(CITIZENS, ASK_PORT, ("127.0.0.1", BASE)) as line:
        call = line.prepare(NUMBER.encode(), f"<sip:{sender}@example.com>".encode())
        status = await line.dial(call)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sound:
            sound.bind((CITIZENS, ASK_PORT + 1000))
            await asyncio.sleep(wait.key)
            press(sound, call, 0, OFFICE_KEY)
            await asyncio.sleep(wait.end)
        await line.bye(call)
    decisions = [
        one.get("reason") or one.get("rule")
        for one in stage.tail.look().others
        if one.type == "IVR_DECISION" and one.caller_number == sender
    ]
    stage.check(
        status == 200 and decisions[:1] == [expected],
        f"who asked for the office ({status}) was told {decisions}, expected {expected}",
    )


async def durations(stage: Stage) -> None:
    """Each record's length is that of the call as SIPp saw it: it ends between the citizen's BYE and the answer to that."""
    wrong = []
    for record in await records(stage):
        told, seen = record.total.total_seconds(), lengths(stage.load.calls.get(record.caller))
        if seen is not None and not seen[0] - OFF_BY <= told <= seen[1] + OFF_BY:
            wrong.append(f"{record.caller}: {told:.1f} s, in truth {seen[0]:.1f} to {seen[1]:.1f} s")
    stage.check(not wrong, f"durations are wrong: {len(wrong)}, such as {wrong[:4]}")


def lengths(call: Call | None) -> tuple[float, float] | None:
    """Give the least and the greatest length of a call in seconds; None if it was not whole."""
    if call is None or call.dialled is None or call.answered is None or call.leaves is None or call.ended is None:
        return None
    return (call.leaves - call.answered).total_seconds(), (call.ended - call.dialled).total_seconds()


FAULTS = (
    Fault(
        "clock-steps",
        "clock an hour ahead, then back",
        stepped,
        "durations right, hours new",
        clock=True,
        finally_=durations,
        after=20.0,
    ),
)
