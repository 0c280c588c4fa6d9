"""The process that checks rules for the engine: what it answers, its limits, and what comes of it when it dies."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ivr.asterisk.embedded import generated
from ivr.live.prover import Prover
from ivr.live.proving import packed, unpacked
from ivr.routing.rules import Override, OverrideKind
from ivr.rulebook.live import LiveRules
from ivr.rulebook.read import years_around
from ivr.rulebook.reload import Checked, Task
from ivr.vocabulary import DestinationId, OverrideId, RulesVersion
from tests.fakes.patience import until
from tests.fakes.recordings import built

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PROMPTS = Path("recordings/prompts")
SERVER = "127.0.0.1:5060"
POLICE = "    safety: true\n    phones:\n      - {phone: kekava-police-1"


@pytest.fixture(scope="module", autouse=True)
def recordings() -> None:
    """Rules are refused if a prompt of theirs cannot be played."""
    built()


@pytest.fixture
def live(tmp_path: Path) -> LiveRules:
    """A copy of one municipality's rules, small and whole."""
    shutil.copy("routing_rules/kekava.yaml", tmp_path)
    (tmp_path / "rules.yaml").write_text("include: [kekava.yaml]\n")
    return LiveRules(tmp_path / "rules.yaml", lambda: years_around(2026))


def edit(live: LiveRules, old: str, new: str) -> None:
    town = live.path.with_name("kekava.yaml")
    text = town.read_text()
    assert old in text
    town.write_text(text.replace(old, new, 1))


def task(live: LiveRules, *, path: Path | None = None, release: frozenset[DestinationId] = frozenset()) -> Task:
    return Task(path, live.years(), live.current, live.kept, live.overrides, release, AT)


@asynccontextmanager
async def proving(**options: object) -> AsyncIterator[Prover]:
    prover = Prover(PROMPTS, SERVER, **options)  # type: ignore[arg-type]
    yield prover
    await prover.close()


async def checked(live: LiveRules, prover: Prover, *release: str) -> Checked:
    return await prover.check(task(live, path=live.path, release=frozenset(map(DestinationId, release))))


async def test_a_good_file_is_read_proved_and_rendered(live: LiveRules) -> None:
    older = live.current
    edit(live, "kekava-utility-1, ring: 20", "kekava-utility-1, ring: 25")
    async with proving() as prover:
        found = await checked(live, prover)
    assert found.problems == ()
    assert found.files == (live.path, live.path.with_name("kekava.yaml"))
    again = LiveRules(live.path, live.years).current
    assert found.rules == again
    assert again.version != older.version
    assert found.generated["pbx"] == generated(again, [older], today=date(2026, 11, 21))
    assert {name for name in found.generated["pbx"] if name.startswith("rules-")} == {
        f"rules-{again.version}.conf",
        f"rules-{older.version}.conf",
    }
    assert f"client_uri = sip:kekava-utility-1@{SERVER}" in found.generated["network"]["registrations.conf"]


async def test_overrides_are_rendered_in_every_version(live: LiveRules) -> None:
    live.exchange(replace(live.current, version=RulesVersion("younger")), AT)
    desk = DestinationId("kekava-information")
    order = Override(OverrideId("0badcafe"), desk, OverrideKind.CLOSED, AT, AT + timedelta(hours=1), "x", "y")
    live.order({desk: (order,)})
    async with proving() as prover:
        found = await prover.check(task(live))
    texts = [text for name, text in found.generated["pbx"].items() if name.startswith("rules-")]
    assert len(texts) == 2
    assert all("0badcafe" in text for text in texts)


async def test_what_is_wrong_is_answered_and_the_next_task_is_done(live: LiveRules) -> None:
    cases = [
        ("menu: kekava-main", "menu: kekava-mian", 'did you mean "kekava-main"'),
        ('keys: "1", destination: kekava-information', 'keys: "2", destination: kekava-information', "expectations"),
        (POLICE, POLICE.removeprefix("    safety: true\n"), "would lose `safety: true`; restore it, or"),
        ("welcome: kekava/welcome", "welcome: kekava/nothing", "kekava/nothing"),
    ]
    town = live.path.with_name("kekava.yaml")
    good = town.read_text()
    async with proving() as prover:
        for old, new, message in cases:
            edit(live, old, new)
            found = await checked(live, prover)
            assert message in "\n".join(map(str, found.problems))
            assert found.generated == {}
            town.write_text(good)
        edit(live, *cases[2][:2])
        assert (await checked(live, prover, "kekava-police")).problems == (), "released by name"


async def test_a_prompt_without_a_recording_is_told(live: LiveRules, tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    shutil.copytree(PROMPTS, prompts, ignore=shutil.ignore_patterns("closed.wav"))
    prover = Prover(prompts, SERVER)
    found = await checked(live, prover)
    await prover.close()
    assert any("closed.wav is not built; run `ivr prompts build`" in str(problem) for problem in found.problems)


async def test_one_process_does_all_tasks_and_is_started_again_if_it_was_killed(live: LiveRules) -> None:
    async with proving() as prover:
        first = await checked(live, prover)
        process = prover._process
        assert process is not None
        assert await checked(live, prover) == first
        assert prover._process is process
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        assert (await checked(live, prover)).problems == ()


async def test_too_little_memory_is_a_problem(live: LiveRules) -> None:
    async with proving(memory=64 << 20) as prover:
        found = await checked(live, prover)
        assert found.rules is None
        assert "memory" in str(found.problems[0])


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import time; time.sleep(60)", "took longer than 0.3 s and was ended"),
        ("raise SystemExit(1)", "ended without an answer"),
        ("import sys; sys.stdin.buffer.read(8); sys.stdout.buffer.write(b'12')", "ended without an answer"),
    ],
)
async def test_a_process_that_does_not_answer_is_a_problem(live: LiveRules, program: str, message: str) -> None:
    async with proving(command=(sys.executable, "-c", program), longest=0.3 if "60" in program else 30.0) as prover:
        found = await checked(live, prover)
        assert (found.rules, found.generated) == (None, {})
        assert message in str(found.problems[0])
        assert prover._process is None


async def test_whoever_is_cancelled_leaves_no_answer_behind(live: LiveRules) -> None:
    async with proving() as prover:
        waiting = asyncio.ensure_future(checked(live, prover))
        await until(lambda: prover._process is not None)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert prover._process is None
        assert (await checked(live, prover)).problems == ()


def test_rules_are_the_same_after_the_pipe(live: LiveRules) -> None:
    again = unpacked(packed(live.current))
    assert again == live.current
    assert again is not live.current
