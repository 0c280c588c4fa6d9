"""What systemd hears, on a real datagram socket."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ivr.notify import Notifier


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(address)
        made.setblocking(False)
        yield made


def heard(listener: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(listener.recv(4096).decode())
        except BlockingIOError:
            return found


@pytest.mark.parametrize("abstract", [False, True])
def test_ready_status_stopping(tmp_path: Path, abstract: bool) -> None:
    name = f"@ivr-notify-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with listening(name.replace("@", "\0")) as systemd:
        notifier = Notifier({"NOTIFY_SOCKET": name})
        notifier.ready("leads calls")
        notifier.status("5 calls\nand more")
        notifier.stopping("drains")
        assert heard(systemd) == [
            "READY=1\nSTATUS=leads calls",
            "STATUS=5 calls and more",
            "STOPPING=1\nSTATUS=drains",
        ]


class Life:
    """Says alive or not, as in `answers`, then waits to be cancelled."""

    def __init__(self, answers: list[bool]) -> None:
        self.answers = answers
        self.asked = 0
        self.over = asyncio.Event()

    def __call__(self) -> bool:
        self.asked += 1
        if self.asked > len(self.answers):
            self.over.set()
            return False
        return self.answers[self.asked - 1]


async def fed(notifier: Notifier, life: Callable[[], bool], over: asyncio.Event) -> None:
    task = asyncio.ensure_future(notifier.keep(life))
    async with asyncio.timeout(60):
        await over.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_watchdog_is_fed_only_while_alive(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = str(tmp_path / "notify")
    life = Life([True, True, False, False, True])
    with listening(path) as systemd:
        environment = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "3000", "WATCHDOG_PID": str(os.getpid())}
        await fed(Notifier(environment), life, life.over)
        assert heard(systemd) == ["WATCHDOG=1"] * 3
    assert caplog.text.count("the watchdog is not fed any more") == 2


async def test_it_is_fed_three_times_within_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        raise asyncio.CancelledError

    monkeypatch.setattr("ivr.notify.asyncio.sleep", pause)
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "9000000"}
    with pytest.raises(asyncio.CancelledError):
        await Notifier(environment).keep(lambda: True)
    assert pauses == [3.0]


@pytest.mark.parametrize(
    "watchdog",
    [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "3000", "WATCHDOG_PID": "1"}],
)
async def test_no_watchdog_for_this_process(tmp_path: Path, watchdog: dict[str, str]) -> None:
    async with asyncio.timeout(60):
        await Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), **watchdog}).keep(lambda: True)


async def test_without_systemd_nothing_happens() -> None:
    notifier = Notifier({"WATCHDOG_USEC": "3000"})
    notifier.ready("on a desk")
    async with asyncio.timeout(60):
        await notifier.keep(lambda: True)


def test_a_socket_that_is_gone_or_full_does_no_harm(tmp_path: Path) -> None:
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("x")
    with listening(str(tmp_path / "full")) as systemd:
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "full")})
        for _ in range(5000):
            notifier.status("x" * 200)
        assert 0 < len(heard(systemd)) < 5000


def test_another_kind_of_socket_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    Notifier({"NOTIFY_SOCKET": "vsock:2:1234"}).ready("x")
    assert "NOTIFY_SOCKET is no local socket" in caplog.text
