"""What goes wrong says what, where and what to do; what runs goes on; no call and no record is lost."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cdr.store.store import Store
from ivr.app import running
from ivr.cli.stores import sealed_store
from ivr.trial.plan import Outcome, Plan, Press
from ivr.trial.run import Trials
from tests.acceptance.conftest import House, as_stored, caller, on_network
from tests.fakes.patience import until, until_asked

IVR = "from ivr.cli.main import main; main()"
CATCH_UP = 120.0  # seconds; the longest pause of a recorder that tries again is 30
LONGEST_COMMAND = 180.0  # seconds


def ivr(
    house: House, *arguments: str, within: tuple[str, ...] = (), **environment: str
) -> "subprocess.CompletedProcess[str]":
    values = {**os.environ, **house.environment, **environment}
    command = [*within, sys.executable, "-c", IVR, *arguments]
    return subprocess.run(command, env=values, capture_output=True, text=True, timeout=LONGEST_COMMAND)


def refused(done: "subprocess.CompletedProcess[str]") -> str:
    """The command ended with 2 and one message, without a traceback."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_broken_rules_file_is_named_with_line_and_column(house: House, tmp_path: Path) -> None:
    text = Path("routing_rules/kekava.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "rules.yaml"
    broken.write_text(
        text.replace("{destination: kekava-utility}", "{destination: kekava-utilty}", 1), encoding="utf-8"
    )
    message = refused(ivr(house, "engine", IVR_RULES=str(broken)))
    line = text[: text.index("{destination: kekava-utility}")].count("\n") + 1
    assert f"{broken}:{line}:" in message
    assert "kekava-utility" in message
    broken.write_text("services: [", encoding="utf-8")
    assert f"{broken}:" in refused(ivr(house, "engine", IVR_RULES=str(broken)))
    assert "no-such.yaml" in refused(ivr(house, "engine", IVR_RULES=str(tmp_path / "no-such.yaml")))


def test_a_missing_recording_is_named(house: House, tmp_path: Path) -> None:
    for path in Path("recordings/prompts").glob("*/**/*.txt"):
        target = tmp_path / path.relative_to("recordings/prompts")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    message = refused(ivr(house, "engine", IVR_PROMPTS=str(tmp_path)))
    assert "kekava/welcome.wav" in message
    assert "ivr prompts build" in message


def test_a_wrong_manager_secret_is_final_and_loud(house: House) -> None:
    message = refused(ivr(house, "engine", IVR_AMI_SECRET="not-it"))
    assert "refused the AMI login" in message
    assert "not-it" not in message


def test_a_taken_port_is_named(house: House, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        message = refused(
            ivr(house, "pbx", "up", IVR_SIP_PORT=str(port), IVR_INSTANCE="taken", IVR_STATE=str(tmp_path))
        )
    assert f"udp 127.0.0.1:{port}" in message
    assert "IVR_SIP_PORT" in message


def test_without_root_and_asterisk_it_says_what_to_do(house: House) -> None:
    nobody = ("/usr/bin/unshare", "--user")  # a user namespace without a root
    message = refused(ivr(house, "pbx", "up", within=nobody, PATH="/nowhere", IVR_TREE="/nowhere/tree"))
    assert "needs root" in message
    assert "install Asterisk" in message


def test_wrong_options_are_explained(house: House) -> None:
    assert "a phone can do" in refused(ivr(house, "try", "8488", "--answer", "maybe"))
    assert "2026-12-24 16:30" in refused(ivr(house, "try", "8488", "--at", "Christmas"))
    assert "keys are" in refused(ivr(house, "try", "8488", "--press", "x"))


async def call(trials: Trials) -> Outcome:
    return await trials.run(Plan("8488", caller(), (Press("2", 0.5),), talk=0.5))


def test_an_unreadable_journal_line_stops_nothing(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    async def run() -> tuple[Outcome, object]:
        async with (
            on_network(house) as trials,
            running(house.settings, house.pair, house.rules),
            sealed_store(house.settings) as store,
        ):
            with house.pair.journal.open("ab") as journal:
                journal.write(b'"what is this\n')
            outcome = await call(trials)
            return outcome, await stored(store, outcome)

    outcome, record = asyncio.run(run())
    assert record == as_stored(house, outcome.record)
    assert "quarantine" in capfd.readouterr().err


async def stored(store: Store, outcome: Outcome) -> object:
    """Wait for the call's complete record."""

    async def complete() -> dict[str, object] | None:
        found = await store.record(outcome.linkedid or "")
        return found.as_dict() if found is not None and found.complete else None

    return await until_asked(complete, CATCH_UP)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)], check=True)
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_under_the_store_loses_no_call_and_no_record(
    house: House, small_disk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []

    def is_full() -> bool:
        said.append(capfd.readouterr().err)
        return "space" in "".join(said)

    async def run() -> tuple[Outcome, object]:
        async with on_network(house) as trials:
            settings = house.settings.model_copy(update={"store": small_disk / "records.sqlite3"})
            filler = small_disk / "filler"
            async with (
                sealed_store(settings) as store,
                running(settings, replace(house.pair, settings=settings), house.rules),
            ):
                fill(filler)
                outcome = await call(trials)
                await until(is_full, CATCH_UP, told=lambda: said)
                filler.unlink()
                record = await stored(store, outcome)
        return outcome, record

    outcome, record = asyncio.run(run())
    assert outcome.record is not None
    assert outcome.record["disposition"] == "answered"
    assert record == as_stored(house, outcome.record)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return
