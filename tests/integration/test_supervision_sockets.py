"""The socket for users of this machine: one supervision has it, whoever begins or ends in the same moment."""

import socket
import threading
from pathlib import Path

import pytest

from ivr.errors import OperatorError
from ivr.live.client import lives
from ivr.supervision.api import sockets
from ivr.supervision.api.sockets import unix_socket


def bound(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(path))
    return made


def test_it_listens_with_its_mode_and_is_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "state" / "s.sock"
    with unix_socket(path):
        assert lives(path)
        assert path.stat().st_mode & 0o777 == 0o660
    assert not path.exists()


def test_of_two_that_begin_at_once_one_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.sock"
    bound(path).close()  # what a killed one left
    said: list[str] = []

    def other() -> None:
        try:
            with unix_socket(path):
                said.append("has it")
        except OperatorError as error:
            said.append(str(error))

    second = threading.Thread(target=other)

    def looked(at: Path) -> bool:
        """Let the other one begin between our look and our taking it."""
        monkeypatch.setattr(sockets, "lives", lives)
        second.start()
        second.join(0.3)  # it waits for us; else it would have it by now
        return lives(at)

    monkeypatch.setattr(sockets, "lives", looked)
    with unix_socket(path):
        second.join(10)
        assert lives(path)
    assert len(said) == 1
    assert "another supervision answers" in said[0]


def test_who_ends_leaves_the_socket_of_a_later_one(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    with unix_socket(path):
        path.unlink()
        later = bound(path)
    assert path.exists()
    later.close()


def test_a_place_that_cannot_hold_it_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / ("s" * 120), Path("/proc/nowhere/s.sock")):
        with pytest.raises(OperatorError, match=r"cannot be made .* IVR_STATE"), unix_socket(path):
            pass
