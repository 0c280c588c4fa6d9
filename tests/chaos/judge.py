"""What came of a fault: counted from SIPp's log, the sound, the journal and the store, each by itself.

Rule 1: a call is dropped if it was answered and anybody but the citizen ended it, or if it was not answered at all.
Calls that were under way or dialled while Asterisk itself was down are counted apart: no process can keep them.
Rule 2: a record is expected for every call that was answered on the wire, and for every call that the journal has.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from cdr.record.record import CallRecord
from cdr.store.store import Store
from cdr.times import to_datetime
from ivr.app import now
from tests.chaos.colleagues import held
from tests.chaos.journal import Lines, led, led_by_two
from tests.chaos.media import Voice
from tests.chaos.plans import MENU_WAIT, PASSED_ON, REACHES, Kind, Plan, index_of, kind_of
from tests.chaos.sipp import Call
from tests.chaos.stage import Fault, Stage

WORST_HOLE = 0.6  # seconds without the other person's voice within a conversation
LATE = 0.3  # seconds by which the load's own sound may be late without a word
CROWDED = 0.5  # of the time something may wait for a processor without a word
TOLD = 6  # how many examples are told of one thing that is wrong


@dataclass(slots=True)
class Result:
    """One line of the table. Seconds where it says so; `back` is None if it was not asked for."""

    fault: str
    title: str
    bound: str
    states: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    gone_with_pbx: int = 0
    dropped: int = 0
    silence: float = 0.0
    hole: float = 0.0
    expected: int = 0
    found: int = 0
    doubled: int = 0
    incomplete: int = 0
    back: float | None = None
    asked: int = 0
    reached: int = 0
    twice: int = 0
    to_pass: int = 0
    passed: int = 0
    adopted: int = 0
    taken: int = 0
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether every bound was kept."""
        return not self.wrong

    def as_dict(self) -> dict[str, object]:
        """Give plain values."""
        return asdict(self) | {"ok": self.ok}


async def judge(fault: Fault, stage: Stage) -> Result:
    """Sum up a fault whose load has ended and whose records are written."""
    made = Result(fault.name, fault.title, fault.bound, dict(stage.states), len(stage.load.calls))
    made.wrong, made.notes = list(stage.wrong), list(stage.notes)
    spared = gone(stage)
    made.gone_with_pbx = len(spared)
    _count_calls(made, stage, spared)
    count_passed(made, stage, spared)
    _count_silence(made, fault, stage, spared)
    lines = stage.tail.look().found()
    made.wrong.extend(f"led by two: {text}" for text in led_by_two(lines)[:TOLD])
    _count_back(made, fault, stage, lines)
    await _count_records(made, fault, stage, lines, spared)
    waited = stage.crowded.share()
    if stage.load.media.late > LATE or waited > CROWDED:
        text = f"the machine was busy: for {waited:.0%} of the time something waited for a processor"
        made.notes.append(f"{text}; the load's own sound was up to {stage.load.media.late:.1f} s late")
    return made


def gone(stage: Stage) -> set[str]:
    """Give the callers whose calls met a time without Asterisk."""
    if stage.outage is None:
        return set()
    start, end = stage.outage
    met = set()
    for caller, call in stage.load.calls.items():
        until = call.ended or call.leaves
        if call.dialled is not None and call.dialled <= end and (until is None or until >= start):
            met.add(caller)
    return met


def _count_calls(made: Result, stage: Stage, spared: set[str]) -> None:
    bad = {caller: call for caller, call in stage.load.calls.items() if not call.whole and caller not in spared}
    made.dropped = len(bad)
    for caller, call in list(bad.items())[:TOLD]:
        made.wrong.append(f"dropped: {_told(caller, call, stage.struck)}")
    if made.dropped > TOLD:
        made.wrong.append(f"dropped: {made.dropped - TOLD} more")
    for caller, call in stage.load.calls.items():
        new = stage.struck is None or (call.dialled is not None and call.dialled >= stage.struck)
        if new and caller not in spared and kind_of(caller) in REACHES:
            made.asked += 1
            made.reached += bool(call.phones)
            voice = stage.load.media.heard.get(index_of(caller) or 0)
            made.twice += voice is not None and len(voice.pressed) > 1
            if not call.phones and made.asked - made.reached <= TOLD:
                keys = _pressed(voice, [*stage.load.media.phones, *stage.load.media.heard.values()])
                made.wrong.append(f"no phone answered: {_told(caller, call, stage.struck)}; {keys}")


def count_passed(made: Result, stage: Stage, spared: set[str]) -> None:
    """Count the callers whom a colleague passed on, whenever he did: those who had the time must have come to another phone.

    Those who are returned come to the same one a second time.
    """
    for caller, call in stage.load.calls.items():
        needed = PASSED_ON.get(kind_of(caller))
        if needed is None or caller in spared or not call.phones or call.leaves is None:
            continue
        if (call.leaves - call.phones[0][1]).total_seconds() >= needed:
            made.to_pass += 1
            made.passed += len(call.phones) > 1
            if len(call.phones) == 1 and made.to_pass - made.passed <= TOLD:
                made.wrong.append(f"was not passed on: {_told(caller, call, stage.struck)}")


def _pressed(voice: Voice | None, others: Iterable[Voice]) -> str:
    """Tell which keys were pressed, and who had the same port of the PBX shortly before."""
    if voice is None:
        return "heard nothing"
    same = [other for other in others if other is not voice and other.remote == voice.remote]
    before = [round(other.ear.last - voice.ear.first, 2) for other in same]
    pressed = [(round(at, 2), key) for at, key in voice.pressed]
    return f"pressed {pressed}, PBX port {voice.remote[1]}, used by others until {before} s"


def _told(caller: str, call: Call, struck: datetime | None) -> str:
    def at(moment: datetime | None) -> str:
        return "never" if moment is None else f"{(moment - (struck or moment)).total_seconds():+.1f} s"

    times = ", ".join(f"{name} {at(getattr(call, name))}" for name in ("dialled", "answered", "leaves", "ended"))
    return f"{caller} ({kind_of(caller).name.lower()}): {times}"


def _count_silence(made: Result, fault: Fault, stage: Stage, spared: set[str]) -> None:
    worst = (0.0, "")
    hole = (0.0, "")
    for index, voice in stage.load.media.heard.items():
        plan = stage.load.plans[index]
        if plan.caller in spared:
            continue
        worst = max(worst, (longest(plan, voice), f"{plan.caller} {plan.kind.name.lower()}"))
        if hears_on(plan):
            hole = max(hole, (voice.ear.hole, plan.caller))
    made.silence, made.hole = round(worst[0], 2), round(hole[0], 2)
    if fault.silence is not None and made.silence > fault.silence:
        made.wrong.append(f"a citizen ({worst[1]}) heard nothing for {made.silence} s")
    if made.hole > WORST_HOLE + stage.load.media.late:
        made.wrong.append(f"people who talked ({hole[1]}) did not hear each other for {made.hole} s")


def hears_on(plan: Plan) -> bool:
    """Tell whether a citizen, once somebody speaks, hears that without a break: who waits for a ringing phone does not."""
    return plan.kind not in (Kind.TRANSFERRED, Kind.RETURNED) and not (plan.kind is Kind.ATTENDED and held(plan.caller))


def longest(plan: Plan, voice: Voice) -> float:
    """Give the longest silence that a citizen heard, in seconds.

    Who presses no key is not counted the menu's wait for one; a key that is pressed in a silence begins it anew.
    """
    worst = 0.0
    natural = MENU_WAIT if plan.kind is Kind.SILENT else 0.0
    end = min(plan.seconds, voice.ear.last - voice.ear.first + 1.0) if voice.ear.packets else 0.0
    for silence in voice.ear.silences:
        stop = min(silence.end, plan.seconds)
        starts = [at for at, _ in voice.pressed if silence.start < at < stop]
        worst = max(worst, stop - max([silence.start, *starts]) - natural)
    return max(worst, min(plan.seconds, end) - (voice.ear.sounded - voice.ear.first) - natural)


def _count_back(made: Result, fault: Fault, stage: Stage, lines: Sequence[Lines]) -> None:
    """Find until when new calls fell back to the dialplan."""
    over = stage.over or stage.struck
    if over is None:
        return
    leaders = [led(call) for call in lines]
    made.adopted = sum(len({who for who in one if who != "fallback"}) > 1 for one in leaders)
    made.taken = sum("fallback" in one for one in leaders)
    late = [at for call in lines if (at := _fell_back(call)) is not None and over <= at <= now()]
    made.back = round(max(((at - over).total_seconds() for at in late), default=0.0), 1)
    if fault.back is not None and made.back > fault.back:
        made.wrong.append(f"new calls were led by the engine again only {made.back} s after the fault")


def _fell_back(call: Lines) -> datetime | None:
    """Give when a call began that met the fallback before any engine; None if it did not."""
    first = next(iter(led(call)), "")
    began = call.notes("IVR_CALL")
    return to_datetime(began[0].at) if first == "fallback" and began else None


async def _count_records(made: Result, fault: Fault, stage: Stage, lines: Iterable[Lines], spared: set[str]) -> None:
    found = await records(stage)
    callers = Counter(record.caller for record in found)
    wanted = {caller for caller, call in stage.load.calls.items() if call.answered is not None}
    wanted |= {call.caller for call in lines}
    made.expected, made.found = len(wanted), sum(caller in callers for caller in wanted)
    doubled = [caller for caller, times in callers.items() if times > 1]
    made.doubled = len(doubled)
    open_ones = [record.caller for record in found if record.ended is None]
    made.incomplete = len(open_ones)
    lost = sorted(wanted - set(callers))
    if doubled:
        made.wrong.append(f"doubled records: {doubled[:TOLD]}")
    if lost and not fault.losses:
        made.wrong.append(f"lost records: {len(lost)}, such as {lost[:TOLD]}")
    if open_ones and not fault.losses:
        made.wrong.append(f"records without an end: {len(open_ones)}, such as {open_ones[:TOLD]}")
    stray = {record.caller for record in found if record.ended is None} - spared
    if spared and stray:
        made.notes.append(f"open records of calls that did not meet the outage: {len(stray)}")


async def records(stage: Stage) -> list[CallRecord]:
    """Read the records of the load from the store."""
    async with Store(stage.house.store) as store:
        return [record for record in await store.records() if index_of(record.caller) is not None]
