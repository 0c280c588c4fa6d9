"""The programs around the hooks: the mail example, and the one that tells of a dead engine."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from ivr.alarms.alarm import payload
from ivr.alarms.died import died

MAIL = Path(__file__).parents[2] / "deploy" / "ivr-alarm-mail.example"
ALARM = payload(died("a", datetime(2026, 11, 22, 3, 0, tzinfo=UTC)), "a")
SECONDS = 30.0  # for a program to end


async def run(*words: str, given: bytes = b"", **variables: str) -> tuple[int, str]:
    """Run Python with these words; give the exit code and what it wrote to stderr."""
    kept: Mapping[str, str] = {"PATH": os.environ["PATH"], **variables}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdin=pipe, stderr=pipe, env=kept)
    async with asyncio.timeout(SECONDS):
        _, errors = await process.communicate(given)
    assert process.returncode is not None
    return process.returncode, errors.decode()


@asynccontextmanager
async def mail_server(got: list[str]) -> AsyncIterator[int]:
    over = asyncio.Event()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 desk\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                got.append((await reader.readuntil(b"\r\n.\r\n")).decode())
            writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
        writer.close()
        over.set()

    server = await asyncio.start_server(client, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        async with asyncio.timeout(SECONDS):
            await over.wait()


async def test_the_mail_example_sends_one_mail() -> None:
    got: list[str] = []
    async with mail_server(got) as port:
        words = (
            "--to",
            "duty@example.org",
            "--sender",
            "ivr@example.org",
            "--server",
            "127.0.0.1",
            "--port",
            str(port),
        )
        assert await run(str(MAIL), *words, given=json.dumps(ALARM).encode()) == (0, "")
    (mail,) = got
    assert "Subject: [critical] engine_died raised: a" in mail
    assert "To: duty@example.org" in mail
    assert "engine: a" in mail


async def test_a_dead_engine_is_told_of(tmp_path: Path) -> None:
    told = tmp_path / "told"
    code, _ = await run("-m", "ivr.alarms.died", "a", IVR_ALARM_COMMAND=f"sh -c 'cat > {told}'")
    assert code == 0
    found = json.loads(told.read_text())
    assert (found["alarm"], found["subject"], found["severity"]) == ("engine_died", "a", "critical")
    assert "journalctl -u ivr-engine@a" in found["text"]


async def test_nobody_is_there_to_be_told() -> None:
    code, errors = await run("-m", "ivr.alarms.died", "a")
    assert code == 1
    assert "alarms only go into this log" in errors


async def test_a_hook_that_cannot_be_one() -> None:
    code, errors = await run("-m", "ivr.alarms.died", "a", IVR_ALARM_URL="http://example.org/T0ken")
    assert code == 2
    assert errors == (
        "ivr: IVR_ALARM_URL would send alarms to example.org unencrypted; use https, or a program on this machine\n"
    )
