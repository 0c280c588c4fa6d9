"""`ivr status`, `ivr calls`, `ivr metrics` against a running engine, a call under way, and no engine at all."""

import asyncio
import json
import os
import sys
from typing import Any

from ivr.trial.plan import Plan
from tests.acceptance.acting import press
from tests.acceptance.conftest import House, caller, on_network
from tests.acceptance.test_engine_dies import connected


async def command(house: House, *words: str) -> tuple[int | None, str, str]:
    """Run a command of `ivr`; give its exit code and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from ivr.cli.main import main; main()",
        *words,
        env={**os.environ, **house.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def test_a_running_engine_is_shown_with_its_call(house: House) -> None:
    async def run() -> dict[str, tuple[int | None, str, str]]:
        async with on_network(house) as trials, house.engine():
            plan = Plan("8488", caller(), talk=1.0)
            task, watch = await connected(trials, plan, house)
            words = {
                "status": ("status",),
                "json": ("status", "--output", "json"),
                "calls": ("calls", "list", "--output", "json"),
                "table": ("calls", "list"),
                "metrics": ("metrics",),
                "unknown": ("calls", "transfer", "none", "kekava-utility", "--yes"),
                "unasked": ("calls", "transfer", str(watch.linkedid), "kekava-utility"),
                "evil": ("calls", "transfer", str(watch.linkedid), "a,1)\nx", "--yes"),
            }
            answers = await asyncio.gather(*(command(house, *one) for one in words.values()))
            shown = dict(zip(words, answers, strict=True))
            await press(trials, plan, "2")
            await task
        return shown

    shown = asyncio.run(run())
    code, out, err = shown["status"]
    assert (code, err) == (0, "")
    assert "supervision: not running" in out
    assert ": leading (fence " in out
    assert "calls: 1 asking" in out
    engine: dict[str, Any] = json.loads(shown["json"][1])["engines"][0]
    assert (engine["lead"], engine["link"], engine["calls"], engine["alarms"]) == (
        "leading",
        "attached",
        {"asking": 1},
        [],
    )
    call: dict[str, Any] = json.loads(shown["calls"][1])[0]
    assert (call["state"], call["menu"], call["service"]) == ("asking", "kekava-main", "kekava")
    assert "…" in call["caller"]  # numbers are masked
    assert "kekava-main" in shown["table"][1]
    assert 'ivr_lead_state{state="leading"} 1.0' in shown["metrics"][1]
    assert 'ivr_engine_calls{state="asking"} 1.0' in shown["metrics"][1]
    assert "no supervision answers" in shown["table"][2]
    assert (shown["unknown"][0], "ivr calls list" in shown["unknown"][2]) == (1, True)
    assert (shown["unasked"][0], "say --yes" in shown["unasked"][2]) == (2, True)
    assert (shown["evil"][0], "no destination's name" in shown["evil"][2]) == (2, True)


def test_without_an_engine_each_says_what_to_do(house: House) -> None:
    async def run() -> list[tuple[int | None, str, str]]:
        return [await command(house, *words) for words in (("status",), ("calls", "list"), ("metrics",))]

    for code, out, err in asyncio.run(run()):
        assert (code, out.removeprefix("supervision: not running; start it with `ivr supervision`\n")) == (3, "")
        assert "ivr engine" in err
