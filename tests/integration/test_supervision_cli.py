"""`ivr supervision`: its tokens, and the process itself without PBX, engine, journal or store: over TLS, once per instance."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from ivr.children import ends_with_us
from ivr.cli.main import app
from ivr.errors import IvrError, OperatorError
from ivr.live.client import lives
from ivr.settings import load
from ivr.supervision.api.sockets import unix_socket
from ivr.supervision.client import Client, NotDone
from tests.fakes.patience import blocked_until
from tests.fakes.supervision_asks import certificate

ROOT = Path(__file__).parents[2]
IVR = (sys.executable, "-c", "from ivr.cli.main import main; main()")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    values = {
        "IVR_STATE": str(tmp_path),
        "IVR_INSTANCE": "cli",
        "IVR_STORE": str(tmp_path / "records.sqlite3"),
        "IVR_OVERRIDES": str(tmp_path / "overrides.sqlite3"),
        "IVR_JOURNAL": str(tmp_path / "journal.csv"),
        "IVR_AMI_PORT": "1",  # nobody is there
        "COLUMNS": "200",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def ivr(*words: str) -> Result:
    return CliRunner().invoke(app, ["supervision", *words])


# --- tokens


def test_a_token_is_shown_once_and_found_by_its_name(state: Path) -> None:
    made = ivr("token", "add", "wall-1", "--role", "viewer", "--expires", "30d")
    assert made.exit_code == 0
    (token,) = made.stdout.split()
    assert "not shown again" in made.stderr
    (row,) = json.loads(ivr("token", "list", "--output", "json").stdout)
    assert (row["name"], row["role"], row["state"]) == ("wall-1", "viewer", "valid")
    lasts = datetime.fromisoformat(row["expires"]) - datetime.fromisoformat(row["created"])
    assert lasts == timedelta(days=30)
    table = ivr("token", "list")
    assert "wall-1" in table.stdout
    for text in (table.output, json.dumps(row), (state / "supervision-cli.tokens").read_text()):
        assert token not in text
    assert ivr("token", "remove", "wall-1").exit_code == 0
    assert ivr("token", "remove", "wall-1").exit_code == 1
    assert ivr("token", "list").exit_code == 1


@pytest.mark.parametrize("expires", ["yesterday", "0h", "2020-01-01", "30x", "9999999999999w", "d", "-3d"])
def test_a_wrong_end_is_refused(expires: str) -> None:
    made = ivr("token", "add", "a", "--role", "viewer", "--expires", expires)
    assert made.exit_code != 0
    assert isinstance(made.exception, (IvrError, SystemExit))
    assert ivr("token", "list").exit_code == 1


@pytest.mark.parametrize("expires", ["2999-01-01", "2999-01-01T12:00+02:00", "12h", "1w"])
def test_a_right_end_is_taken(expires: str) -> None:
    assert ivr("token", "add", "a", "--role", "admin", "--expires", expires).exit_code == 0


def test_a_role_is_one_of_three() -> None:
    assert ivr("token", "add", "a", "--role", "king").exit_code == 2
    assert ivr("token", "add", "a").exit_code == 2


def test_a_name_is_taken_once() -> None:
    ivr("token", "add", "a", "--role", "viewer")
    again = ivr("token", "add", "a", "--role", "admin")
    assert isinstance(again.exception, IvrError)
    assert "remove it first" in str(again.exception)


# --- the process


@contextmanager
def running(state: Path, **values: str) -> Iterator[str]:
    """Run it, and give what it says about where it is."""
    path = load().supervision_socket
    log = state / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            (*IVR, "supervision"),
            env=os.environ | values,
            stderr=out,
            cwd=ROOT,
            preexec_fn=ends_with_us(signal.SIGKILL),  # noqa: PLW1509 - prctl(2) is all it does
        )
    try:
        blocked_until(lambda: lives(path) or process.poll() is not None, told=log.read_text)
        assert process.poll() is None, log.read_text()
        blocked_until(lambda: "supervision answers at" in log.read_text())
        yield next(word.rstrip(",") for word in log.read_text().split() if word.startswith("http") or str(path) in word)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert "Traceback" not in log.read_text()
        assert not path.exists()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_it_serves_though_everything_else_is_away(state: Path) -> None:
    """Begun where a killed one left its socket; systemd is told; a second one is refused."""
    with socket.socket(socket.AF_UNIX) as dead, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        dead.bind(str(load().supervision_socket))
        systemd.bind(str(state / "notify"))
        with running(state, NOTIFY_SOCKET=str(state / "notify")), Client(load()) as client:
            assert systemd.recv(1000).startswith(b"READY=1\nSTATUS=at ")
            health = client.health()
            assert not health.ok
            assert health.pbx != "up"
            assert client.calls().calls == ()
            assert blocked_until(client.destinations)
            assert "ivr_calls" in client.metrics()
            assert load().supervision_socket.stat().st_mode & 0o777 == 0o660
            taken = unix_socket(load().supervision_socket)
            with pytest.raises(OperatorError, match="another supervision answers"), taken:
                pass
        assert systemd.recv(1000).startswith(b"STOPPING=1")


def test_it_speaks_tls_and_a_new_token_holds_at_once(state: Path) -> None:
    cert, key = certificate(state)
    values = {
        "IVR_SUPERVISION_LISTEN": "127.0.0.1:0",
        "IVR_SUPERVISION_CERT": str(cert),
        "IVR_SUPERVISION_KEY": str(key),
    }
    with running(state, **values):
        url = next(
            word for word in (state / "log").read_text().replace(",", " ").split() if word.startswith("https://")
        )
        token = ivr("token", "add", "anna", "--role", "admin").stdout.strip()
        with Client(load(supervision_url=url, supervision_token=token, supervision_ca=cert)) as client:
            assert client.audit() == ()
            ivr("token", "remove", "anna")
            with pytest.raises(NotDone):
                client.audit()
        found = httpx.get(f"{url}/healthz", verify=ssl.create_default_context(cafile=cert))
        assert found.headers["strict-transport-security"]
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://{url.removeprefix('https://')}/healthz")
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{url}/healthz")  # nobody that is known has signed it
