"""Hooks: real commands and a real web server on loopback, both also at their worst."""

import asyncio
import json
import logging
import os
import shlex
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvloop
from pydantic import SecretStr

from ivr.alarms.delivery import MOST_WAITING, Delivery, HookFailed
from ivr.alarms.hook_command import CommandHook
from ivr.alarms.hook_web import WebHook
from ivr.alarms.hooks import hooks
from ivr.alarms.metrics import Metrics
from ivr.errors import SettingsError
from ivr.settings import Settings

ALARM = {
    "alarm": "safety_unanswered",
    "severity": "critical",
    "change": "raised",
    "subject": "policijas tālrunis",
    "text": "nobody\0 took it",
    "raised_at": "2026-11-22T03:00:00+00:00",
    "at": "2026-11-22T03:00:00+00:00",
    "engine": "pbx-1",
}
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
    async with asyncio.timeout(10):
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


@dataclass
class Web:
    """A web server that answers as it is told, and keeps what it got."""

    answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    port: int = 0
    got: list[bytes] = field(default_factory=list)
    clients: "list[asyncio.Task[None] | None]" = field(default_factory=list)

    def hook(self, seconds: float = LONG, path: str = f"/{TOKEN}") -> WebHook:
        return WebHook(f"http://127.0.0.1:{self.port}{path}", seconds)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Web"]:
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self
            await asyncio.gather(*filter(None, self.clients))

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients.append(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._served(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        self.got.append(head + await reader.readexactly(length))
        writer.write(self.answer)
        await writer.drain()


async def test_an_address_gets_the_alarm_as_json() -> None:
    async with Web().serving() as web:
        await web.hook().send(ALARM)
    head, _, body = web.got[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST /{TOKEN} HTTP/1.1".encode())
    assert b"content-type: application/json" in head.lower()
    assert json.loads(body) == ALARM


@pytest.mark.parametrize("status", [b"404 Not Found", b"500 Oh", b"302 Found\r\nLocation: http://127.0.0.1:1/"])
async def test_an_address_that_refuses(status: bytes) -> None:
    async with Web(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n").serving() as web:
        with pytest.raises(HookFailed, match=f"status {status[:3].decode()}"):
            await web.hook().send(ALARM)
    assert len(web.got) == 1


async def test_an_address_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel takes the call, nobody answers
        hook = Web(port=silent.getsockname()[1]).hook(seconds=0.2)
        with pytest.raises(HookFailed, match=r"within 0\.2 s|ReadTimeout"):
            await hook.send(ALARM)


@pytest.mark.parametrize("answer", [b"garbage\r\n\r\n", b"", b"HTTP/1.1 99999 x\r\n\r\n"])
async def test_an_address_that_answers_nonsense(answer: bytes) -> None:
    async with Web(answer).serving() as web:
        with pytest.raises(HookFailed):
            await web.hook().send(ALARM)


async def test_an_endless_answer_is_not_read() -> None:
    async with Web(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 100_000).serving() as web:
        await web.hook().send(ALARM)


async def test_nobody_listens_and_no_log_line_shows_the_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Web().serving() as web:
        hook = web.hook()
        await hook.send(ALARM)
    metrics = Metrics()
    assert await Delivery(hook, metrics, pauses=(0,)).deliver(ALARM) is False
    assert metrics.hook_failures == {"web 127.0.0.1": 2}
    assert "alarm hook web 127.0.0.1: ConnectError" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"http://example.org/{TOKEN}", "example.org unencrypted"),
        (f"http://10.0.0.1/{TOKEN}", "unencrypted"),
        (f"ftp://127.0.0.1/{TOKEN}", "begins with https"),
        (f"/{TOKEN}", "needs a host"),
        (f"https:///{TOKEN}", "needs a host"),
        (f"https://[{TOKEN}", "needs a host"),
        (f"https://host:{TOKEN}/", "no address"),
    ],
)
def test_addresses_that_may_not_be_used(url: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as caught:
        WebHook(url, 1)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://example.org/x", "http://localhost:1/", "http://[::1]:1/", "http://127.3.2.1/"]
)
def test_addresses_that_may(url: str) -> None:
    assert WebHook(url, 1).name.startswith("web ")


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


class Doorman:
    """A hook that fails `failures` times, and waits at the door while it is shut."""

    name = "doorman"

    def __init__(self, failures: int = 0, error: Exception | None = None) -> None:
        self.failures = failures
        self.error = error or HookFailed("not now")
        self.open = asyncio.Event()
        self.came = asyncio.Event()
        self.took: list[str] = []

    async def send(self, alarm: Mapping[str, str]) -> None:
        self.came.set()
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise self.error
        self.took.append(alarm["subject"])
        self.came.set()


@asynccontextmanager
async def delivering(delivery: Delivery) -> AsyncIterator[None]:
    task = asyncio.ensure_future(delivery.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def taken(hook: Doorman, number: int) -> None:
    async with asyncio.timeout(10):
        while len(hook.took) < number:
            hook.came.clear()
            await hook.came.wait()


async def test_what_waits_is_bounded_and_the_oldest_goes(caplog: pytest.LogCaptureFixture) -> None:
    hook, metrics = Doorman(), Metrics()
    delivery = Delivery(hook, metrics)
    for number in range(MOST_WAITING + 3):
        delivery.put({**ALARM, "subject": str(number)})
    async with delivering(delivery):
        hook.open.set()
        await taken(hook, MOST_WAITING)
        delivery.put({**ALARM, "subject": "later"})
        await taken(hook, MOST_WAITING + 1)
    assert hook.took == [*map(str, range(3, MOST_WAITING + 3)), "later"]
    assert metrics.hook_dropped == {"doorman": 3}
    assert metrics.hook_sent == {"doorman": MOST_WAITING + 1}
    assert "never got safety_unanswered raised (0): 100 alarms wait already" in caplog.text


@pytest.mark.parametrize("error", [HookFailed("not now"), RuntimeError(TOKEN)])
async def test_three_tries_then_the_next_alarm(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    hook, metrics = Doorman(failures=5, error=error), Metrics()
    hook.open.set()
    delivery = Delivery(hook, metrics, pauses=(0, 0))
    for subject in ("one", "two", "three"):
        delivery.put({**ALARM, "subject": subject})
    async with delivering(delivery):
        await taken(hook, 2)
    assert hook.took == ["two", "three"]
    assert metrics.hook_failures == {"doorman": 5}
    assert metrics.hook_dropped == {"doorman": 1}
    assert "never got safety_unanswered raised (one): 3 tries failed" in caplog.text
    assert TOKEN not in caplog.text
