"""One run of load: SIPp plays citizens and the phone; what came of it is read from the wire, /proc and the journal."""

import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.house import CITIZENS, HERE, KEY, PHONE, PHONE_PORT, TICK, House, children, cpu, settle
from bench.speech import Speaker, speech_with_key
from bench.wire import Seen, Wire
from cdr.journal.line import JournalEvent, parse_line, unpacked
from ivr.hearing.rtp import Address

KEY_AT, KEY_SECONDS, SPEECH_SECONDS, CALL_SECONDS = 1.2, 0.12, 1.8, 3.9
"""Seconds after the answer: the key, in the middle of the welcome; the end of the speech; the end of the call."""
CITIZEN_PORT, CITIZEN_MEDIA, PHONE_MEDIA = 18080, 33000, 34000
TAIL = 30  # seconds that SIPp may go on after the last call has begun
MOST_CALLS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Run:
    """What one run gave. Processor times in ms per call; `delays` from key to INVITE in ms, one for each call.

    `led` is how many calls the engine led, `fallbacks` how many the generated fallback led; `again` how many INVITEs
    were sent again. Of the measurement itself: packets that it `dropped`, by how many ms the latest hundredth of the
    speech was `late`, and which part of all processors work of `others` took.
    """

    arm: str
    rate: int
    calls: int
    failed: int
    again: int
    pbx: float
    engine: float | None
    recorder: float | None
    delays: tuple[float, ...]
    led: int
    fallbacks: int
    dropped: int
    late: float
    others: float


def run(house: House, arm: str, number: str, rate: int, seconds: int, engine: int | None = None) -> Run:
    """Make `rate` calls a second to `number` for so many seconds and wait until all has come to rest.

    `engine` is the engine's process id. A call fails if any part of it is missing, or if the fallback had to lead it
    although an engine was there.
    """
    folder = house.settings.state / "sipp"
    _write_scenarios(folder)
    pids = (house.pid, engine, *children(engine)) if engine else (house.pid,)
    journal = house.journal.stat().st_size if house.journal.exists() else 0
    pbx = Address(house.settings.sip_host, house.settings.sip_port)
    before = [cpu(pid) for pid in pids]
    machine, own = _machine(), _own()
    with _wire(pbx) as wire:
        with _phone(folder, rate * seconds + TAIL * rate):
            _citizens(folder, pbx, number, rate, seconds)
        settle(*pids)
    used = [cpu(pid) - start for pid, start in zip(pids, before, strict=True)]
    total, busy = (now - then for now, then in zip(_machine(), machine, strict=True))
    others = max(0.0, busy - (_own() - own) - sum(used)) / total
    led, fallbacks = _led(house.journal, journal)
    calls = rate * seconds
    seen = wire.calls()
    whole = sum(call.whole for call in seen.values())
    return Run(
        arm=arm,
        rate=rate,
        calls=calls,
        failed=calls - whole + (fallbacks if engine else 0),
        again=sum(max(0, call.invites - 1) for call in seen.values()),
        pbx=used[0] / calls,
        engine=used[1] / calls if engine else None,
        recorder=sum(used[2:]) / calls if engine else None,
        delays=_delays(seen),
        led=led,
        fallbacks=fallbacks,
        dropped=wire.dropped,
        late=wire.late() * 1000,
        others=others,
    )


@contextmanager
def _wire(pbx: Address) -> Iterator[Wire]:
    speaker = Speaker(Address(CITIZENS, CITIZEN_MEDIA))
    try:
        with Wire(pbx, PHONE, speaker, speech_with_key(KEY, KEY_AT, KEY_SECONDS, SPEECH_SECONDS)) as wire:
            yield wire
    finally:
        speaker.close()


def _delays(seen: dict[str, Seen]) -> tuple[float, ...]:
    found = (call.delay for call in seen.values() if call.whole)
    return tuple(sorted(delay * 1000 for delay in found if delay is not None))


def _write_scenarios(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, port in (("citizen.xml", CITIZEN_MEDIA), ("phone.xml", PHONE_MEDIA)):
        text = (HERE / "sipp" / name).read_text(encoding="utf-8")
        text = text.replace("@CALL@", str(round(CALL_SECONDS * 1000))).replace("@MEDIA@", str(port))
        (folder / name).write_text(text, encoding="utf-8")


@contextmanager
def _phone(folder: Path, most: int) -> Iterator[None]:
    """Let SIPp play the department's phone: it answers at once."""
    own = ("-i", PHONE, "-p", str(PHONE_PORT), "-m", str(most), "-timeout", "120")
    process = _sipp(folder, "phone", own)
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _citizens(folder: Path, pbx: Address, number: str, rate: int, seconds: int) -> None:
    """Let SIPp play the citizens until their last call has ended."""
    own = ("-i", CITIZENS, "-p", str(CITIZEN_PORT), "-s", number)
    limits = (
        "-r",
        str(rate),
        "-m",
        str(rate * seconds),
        "-l",
        str(MOST_CALLS_AT_ONCE),
        "-timeout",
        str(seconds + TAIL),
    )
    process = _sipp(folder, "citizen", (*own, *limits, f"{pbx.host}:{pbx.port}"))
    try:
        process.wait(seconds + TAIL + 10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _sipp(folder: Path, name: str, arguments: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    command = ["sipp", "-sf", f"{name}.xml", "-nostdin", "-buff_size", "1000000", *arguments]
    with (folder / f"{name}.log").open("wb") as output:
        return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


def _machine() -> tuple[float, float]:
    """Give the time of all processors since boot, and what of it they worked, in milliseconds (proc(5), /proc/stat)."""
    ticks = [int(item) for item in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks) * TICK, (sum(ticks) - ticks[3] - ticks[4]) * TICK


def _own() -> float:
    """Give the processor time of this process and of its children that have ended, in milliseconds."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(item.ru_utime + item.ru_stime for item in spent) * 1000


def _led(journal: Path, start: int) -> tuple[int, int]:
    """Count the calls that the engine led and those that the fallback led, from a byte of the journal on."""
    with journal.open("rb") as lines:
        lines.seek(start)
        events = [one for line in lines for one in parse_line(line.rstrip(b"\n")) if isinstance(one, JournalEvent)]
    kinds = [event.type for one in events for event in unpacked(one)]
    return kinds.count("IVR_ENGINE"), kinds.count("IVR_FALLBACK")
