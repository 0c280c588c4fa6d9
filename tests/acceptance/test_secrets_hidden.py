"""Secrets of a live installation: not in the process list, not in logs, not in answers, not in tracebacks."""

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr.errors import SettingsError
from ivr.settings import load
from ivr.trial.plan import Plan, Press
from tests.acceptance.conftest import House, caller, on_network
from tests.acceptance.test_bad_input import IVR, ivr

COMMANDS = (
    ("doctor",),
    ("doctor", "--output", "json"),
    ("status", "--output", "json"),
    ("pbx", "status"),
)


def secrets(house: House) -> tuple[str, ...]:
    found = house.pair.secrets
    return (found.ami, found.network, found.phone, found.citizen)


def command_lines() -> Iterator[str]:
    """What every user of this machine can see of every process."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue


async def served(house: House, environment: dict[str, str]) -> tuple[str, list[str]]:
    """Run an engine that tells everything through a call; give what it said and the process list meanwhile."""
    engine = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", IVR, "engine"),
        env={**os.environ, **house.environment, **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    assert engine.stderr is not None
    said = b""
    async with asyncio.timeout(180):
        while b"leads calls" not in said:
            more = await engine.stderr.read(65536)
            assert more, said.decode()
            said += more
        seen = list(command_lines())
        rest = asyncio.ensure_future(engine.stderr.read())
        async with on_network(house) as trials:
            outcome = await trials.run(Plan("8488", caller(), (Press("2", 0.5),), talk=0.2))
        assert outcome.trouble == ""
        answers = await asyncio.gather(*(asyncio.to_thread(ivr, house, *words, **environment) for words in COMMANDS))
        seen += list(command_lines())
        engine.send_signal(signal.SIGTERM)
        said += await rest
        await engine.wait()
    return said.decode("utf-8", "replace") + "".join(f"{one.stdout}{one.stderr}" for one in answers), seen


def test_no_secret_is_shown_while_calls_are_led(house: House, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.touch(mode=0o600)
    file.write_text(house.pair.secrets.ami + "\n")
    told, seen = asyncio.run(served(house, {"IVR_AMI_SECRET_FILE": str(file), "IVR_LOG_LEVEL": "debug"}))
    logs = [
        path
        for one in (house.pair.pbx, house.pair.network)
        for path in (one.directory / "log").rglob("*")
        if path.is_file()
    ]
    written = "".join(path.read_text(errors="replace") for path in logs)
    assert "DEBUG" in told or "INFO" in told
    for secret in secrets(house):
        assert len(secret) > 20
        assert secret not in told
        assert not any(secret in line for line in seen)
        assert secret not in written


def test_what_fails_shows_no_secret(house: House, tmp_path: Path) -> None:
    marker = "marker-of-a-secret-4711"
    file = tmp_path / "secret"
    file.write_text(marker)
    file.chmod(0o640)
    tries = {
        "refused the AMI login": {"IVR_AMI_SECRET": marker, "IVR_LOG_LEVEL": "debug"},
        "IVR_AMI_PORT": {"IVR_AMI_SECRET": marker, "IVR_AMI_PORT": "no number"},
        "IVR_AMI_TLS": {"IVR_AMI_SECRET": marker, "IVR_AMI_HOST": "192.0.2.1"},
        f"chmod 600 {file}": {"IVR_AMI_SECRET_FILE": str(file)},
    }
    with ThreadPoolExecutor() as side_by_side:
        done = list(side_by_side.map(lambda environment: ivr(house, "engine", **environment), tries.values()))
    for said, one in zip(tries, done, strict=True):
        assert one.returncode == 2
        assert said in one.stderr
        assert marker not in one.stdout + one.stderr


def test_no_traceback_holds_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    marker = "marker-of-a-secret-4712"
    monkeypatch.setenv("IVR_AMI_SECRET", marker)
    assert marker not in repr(load())
    monkeypatch.setenv("IVR_SIP_PORT", "none")
    with pytest.raises(SettingsError) as caught:
        load()
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=False).format(chain=True))
    assert marker not in told
