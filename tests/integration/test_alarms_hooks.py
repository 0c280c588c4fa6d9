"""Commands as alarm hooks, also at their worst, and the hooks that the settings make."""

import asyncio
import json
import os
import shlex
import sys
from pathlib import Path

import pytest
import uvloop
from pydantic import SecretStr

from ivr.alarms.delivery import HookFailed
from ivr.alarms.hook_command import CommandHook
from ivr.alarms.hooks import hooks
from ivr.errors import SettingsError
from ivr.settings import Settings
from tests.fakes.alarm_payload import ALARM

TOKEN = "T0ken-9f3c"
LONG = 60.0  # seconds: longer than any test


def command(*words: str, seconds: float = LONG) -> CommandHook:
    return CommandHook(shlex.join(words), seconds)


def script(text: str, *arguments: str, seconds: float = LONG) -> CommandHook:
    return command(sys.executable, "-c", text, *arguments, seconds=seconds)


async def test_a_command_gets_the_alarm_and_nothing_that_it_does_not_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVR_AMI_SECRET", TOKEN)
    out = tmp_path / "out.json"
    text = "import json, os, sys; json.dump([json.load(sys.stdin), dict(os.environ)], open(sys.argv[1], 'w'))"
    await script(text, str(out)).send(ALARM)
    given, variables = json.loads(out.read_text())
    assert given == ALARM
    own = {name: value for name, value in variables.items() if name.startswith("IVR_")}
    assert own == {
        "IVR_ALARM": "safety_unanswered",
        "IVR_ALARM_SEVERITY": "critical",
        "IVR_ALARM_CHANGE": "raised",
        "IVR_ALARM_SUBJECT": "policijas tālrunis",
        "IVR_ALARM_TEXT": "nobody  took it",
        "IVR_ALARM_RAISED_AT": ALARM["raised_at"],
        "IVR_ALARM_AT": ALARM["at"],
        "IVR_ALARM_ENGINE": "pbx-1",
    }
    assert TOKEN not in str(variables)


async def test_there_is_no_shell(tmp_path: Path) -> None:
    with pytest.raises(HookFailed, match="cannot be run"):
        await CommandHook(f"true;touch {tmp_path}/made", LONG).send(ALARM)
    await CommandHook(f"true ; touch {tmp_path}/made", LONG).send(ALARM)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        (command("false"), "ended with 1"),
        (command("/nowhere/at-all"), "cannot be run .No such file"),
        (command(__file__), "cannot be run .Permission denied"),
        (script("import os; os.abort()"), "ended with -6"),
    ],
)
async def test_a_command_that_fails(hook: CommandHook, why: str) -> None:
    with pytest.raises(HookFailed, match=why):
        await hook.send(ALARM)


def test_the_loop_of_the_engine_runs_commands_too(tmp_path: Path) -> None:
    async def run() -> None:
        await command("sh", "-c", 'cat > "$0"', str(tmp_path / "got")).send(ALARM)
        for _ in range(5):
            await command("true").send(ALARM)
        with pytest.raises(HookFailed, match="ended with 3"):
            await command("sh", "-c", "exit 3").send(ALARM)
        with pytest.raises(HookFailed, match="was killed"):
            await command("sleep", "1000", seconds=0.1).send(ALARM)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    assert json.loads((tmp_path / "got").read_text()) == ALARM


class Told:
    """A named pipe through which a command tells its process ids."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path

    async def pids(self) -> list[int]:
        descriptor = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        await readable(descriptor)
        words = os.read(descriptor, 100).split()
        os.close(descriptor)
        return [int(word) for word in words]


async def test_a_command_that_hangs_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    told = Told(tmp_path / "pids")
    text = 'trap "" TERM; sleep 1000 & echo $$ $! > "$0"; wait'
    sending = asyncio.ensure_future(command("sh", "-c", text, str(told.path), seconds=1.0).send(ALARM))
    watched = [os.pidfd_open(pid) for pid in await told.pids()]
    with pytest.raises(HookFailed, match="did not end within 1 s and was killed"):
        await sending
    for pidfd in watched:  # readable when the process is dead (pidfd_open(2))
        await readable(pidfd)
        os.close(pidfd)


async def readable(descriptor: int) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    async with asyncio.timeout(60):
        await ready.wait()
    loop.remove_reader(descriptor)


async def test_a_cancelled_send_leaves_no_process(tmp_path: Path) -> None:
    told = Told(tmp_path / "pids")
    text = "import os, signal, sys; open(sys.argv[1], 'w').write(str(os.getpid())); signal.pause()"
    sending = asyncio.ensure_future(script(text, str(told.path)).send(ALARM))
    (pidfd,) = [os.pidfd_open(pid) for pid in await told.pids()]
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await readable(pidfd)
    os.close(pidfd)


async def test_a_command_that_prints_100_megabytes_and_reads_nothing() -> None:
    text = "import sys\nfor n in range(1600): sys.stdout.write('x' * 65536); sys.stderr.write('y' * 1024)"
    await script(text).send({**ALARM, "text": "t" * 1_000_000})


def test_the_settings_make_the_hooks(caplog: pytest.LogCaptureFixture) -> None:
    both = Settings(alarm_command="/nowhere/mail --to x", alarm_url=SecretStr(f"https://example.org/{TOKEN}"))
    assert [hook.name for hook in hooks(both)] == ["command mail", "web example.org"]
    assert "/nowhere/mail, which is not there" in caplog.text
    assert TOKEN not in repr(both)
    assert hooks(Settings()) == ()
    assert "alarms only go into this log" in caplog.text


@pytest.mark.parametrize(("text", "why"), [("mail 'x", "No closing quotation"), ("  ", "is empty")])
def test_commands_that_cannot_be_read(text: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        hooks(Settings(alarm_command=text))
