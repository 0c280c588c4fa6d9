"""The PBX under load and the engine beside it: a private pair of processes with own name, ports and state.

Rule 1: the PBX is configured by the project's own templates. Added here: the phone's fixed address (SIPp does not
register), the same menu as plain dialplan under another number, and more RTP ports.
Rule 2: both processes end with this one, however it ends.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ivr.app import now
from ivr.asterisk.embedded import Pair, generated
from ivr.asterisk.instance import Instance
from ivr.asterisk.render import DIAL_OPTIONS
from ivr.asterisk.render_fallback import NO_TERMINATOR, sound
from ivr.children import ends_with_us
from ivr.cli.rules_read import rules_of
from ivr.cli.setup import pair_of
from ivr.prompts.build import build
from ivr.routing.rules import Ruleset
from ivr.settings import Settings, load

HERE = Path(__file__).parent
NATIVE = "8489"
"""The number of the menu in plain dialplan."""
OURS = "8488"
KEY = "2"
CITIZENS, PHONE = "127.0.0.4", "127.0.0.5"
PHONE_PORT = 18082
SETTINGS = {
    "IVR_INSTANCE": "bench",
    "IVR_RULES": str(HERE / "rules.yaml"),
    "IVR_STATE": "var/bench",
    "IVR_STORE": "var/bench/records.sqlite3",
    "IVR_OVERRIDES": "var/bench/overrides/overrides.sqlite3",
    "IVR_SIP_PORT": "18060",
    "IVR_AMI_PORT": "18038",
    "IVR_NETWORK_PORT": "18070",
    "IVR_NETWORK_AMI_PORT": "18039",
    "IVR_RTP_FIRST": "26000",
    "IVR_TRUNK_MATCH": CITIZENS,
    "IVR_LOG_LEVEL": "info",
}
LAST_RTP_PORT = 31999
PATIENCE = 20.0  # seconds for the engine to start, and for the processes to come to rest
TICK = 1000 / os.sysconf("SC_CLK_TCK")  # milliseconds


@dataclass(frozen=True, slots=True)
class House:
    """A PBX that is up."""

    settings: Settings
    pair: Pair
    pid: int

    @property
    def journal(self) -> Path:
        """The journal of the PBX."""
        return self.pair.journal

    @contextmanager
    def engine(self, command: tuple[str, ...] = ()) -> Iterator[int]:
        """Run the engine as its own process until the end of the block; gives its process id.

        `command` stands before Python, to watch the engine with a profiler.
        """
        log = self.settings.state / "engine.log"
        program = (sys.executable, "-c", "from ivr.cli.main import main; main()", "engine")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *program],
                stderr=output,
                preexec_fn=ends_with_us(signal.SIGKILL),  # noqa: PLW1509 - no other thread runs yet
            )
        try:
            _await_lead(process, log)
            settle(process.pid, *children(process.pid))
            yield process.pid
        finally:
            process.terminate()
            process.wait(PATIENCE)


@contextmanager
def house() -> Iterator[House]:
    """Start the PBX; end it with the block. Raises PbxUnavailable, PortTaken."""
    os.environ.update(SETTINGS)  # the engine's process reads the same
    settings = load()
    build(settings.prompts, None)
    rules = rules_of(settings)
    pair = pair_of(settings, rules)
    pbx = _prepared(pair.pbx, rules.current)
    pbx.configure()
    pair.share_sounds()
    for left in (pair.journal, Path(settings.store)):
        left.unlink(missing_ok=True)
    try:
        pbx.start(bound=True)
        yield House(settings, pair, pbx.running() or 0)
    finally:
        pbx.stop()


def cpu(pid: int) -> float:
    """Give the processor time that a process has used, in milliseconds (proc(5): utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def children(pid: int) -> tuple[int, ...]:
    """Give the processes that a process has started and that live: the engine's is the recorder."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return tuple(int(child) for found in lists for child in found.read_text().split())


def settle(*pids: int) -> None:
    """Wait until the processes use less than 3 % of a processor, or until patience ends."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        before = sum(map(cpu, pids))
        time.sleep(0.6)
        if sum(map(cpu, pids)) - before < 18:
            return


def _prepared(pbx: Instance, rules: Ruleset) -> Instance:
    """Add what the load needs. The extension of the plain menu stands in the context of the service numbers."""
    files: Mapping[str, str] = generated(rules, today=now().date())
    (menu,), (phone,) = (
        rules.menus.values(),
        {ring.phone for item in rules.destinations.values() for ring in item.lines},
    )
    (service,) = rules.services.values()
    numbers = f"{files['numbers.conf']}exten => {NATIVE},1,Goto(bench-native,start,1)\n" + "\n".join(
        [
            "[bench-native]",
            "exten => start,1,Answer()",
            f" same => n,Set(CHANNEL(language)={service.languages[0]})",
            f" same => n(ask),Read(KEY,{sound(service.welcome)}&{sound(menu.prompt)},1,{NO_TERMINATOR},1,{menu.timeout:g})",
            " same => n,Goto(key-${KEY},1)",
            f"exten => key-{KEY},1,Dial(PJSIP/{phone},20,{DIAL_OPTIONS})",
            f" same => n,Playback({sound(service.sorry)})",
            " same => n,Hangup(16)",
            "exten => i,1,Goto(start,ask)",
            "",
        ]
    )
    accounts = (
        f"[{phone}](phone)\naors = {phone}\n"
        f"[{phone}](phone-aor)\ncontact = sip:{phone}@{PHONE}:{PHONE_PORT}\n"
    )  # fmt: skip
    return replace(
        pbx,
        values={**pbx.values, "RTP_LAST": str(LAST_RTP_PORT)},
        generated={**files, "numbers.conf": numbers, "pjsip_phones.conf": accounts},
    )


def _await_lead(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while b" leads calls" not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"bench: the engine did not start; the reason is at the end of {log}")
        time.sleep(0.1)
