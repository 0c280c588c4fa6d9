"""The control socket: what it answers, whom it lets in, and sockets that others left."""

import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ivr.errors import OperatorError, UnknownCall
from ivr.live.client import NoEngine, ask, engines
from ivr.live.control import LONGEST_LINE, MOST_CLIENTS, Control, Offer
from ivr.rulebook.live import LiveRules
from ivr.rulebook.problems import Problem
from ivr.rulebook.reload import Checked, Generated, Reloader, Task
from ivr.vocabulary import RulesVersion
from tests.fakes.rules_text import SMALL, YEARS

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WRONG = Problem("rules.yaml", 3, 1, "menus.main", "is wrong")


class Engine:
    """A reloader without a PBX; what a reload finds can be set."""

    def __init__(self, folder: Path) -> None:
        path = folder / "rules.yaml"
        path.write_text(SMALL)
        self.rules = LiveRules(path, lambda: YEARS)
        self.found = Checked(self.rules.current, (), (path,), {})
        self.tasks: list[Task] = []
        self.reloader = Reloader(self.rules, self._check, self._install, lambda: AT)
        self.path = folder / "control.sock"

    async def _check(self, task: Task) -> Checked:
        self.tasks.append(task)
        return self.found

    async def _install(self, generated: Generated, version: RulesVersion, unless_in_use: bool) -> None:
        pass

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Engine"]:
        async with Control(self.path, self.reloader, "engine-1").serving():
            yield self

    async def asked(self, request: dict[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(ask, self.path, request)

    async def raw(self, data: bytes) -> dict[str, Any]:
        """Send bytes and read the one line that comes back."""
        reader, writer = await asyncio.open_unix_connection(str(self.path))
        writer.write(data)
        line = await reader.readline()
        writer.close()
        found: dict[str, Any] = json.loads(line)
        return found


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


async def test_status_before_and_after_a_refused_reload(engine: Engine) -> None:
    version = engine.rules.current.version
    async with engine.serving():
        status = await engine.asked({"do": "status"})
        assert (status["ok"], status["version"], status["last"]) == (True, version, None)
        assert (status["engine"], status["since"]) == ("engine-1", "2026-11-21T12:00:00+00:00")
        engine.found = Checked(None, (WRONG,), (), {})
        done = await engine.asked({"do": "reload"})
        assert (done["ok"], done["changed"], done["after"]) == (True, False, version)
        assert done["problems"][0]["text"] == str(WRONG)
        assert done["problems"][0]["line"] == 3
        status = await engine.asked({"do": "status"})
        assert (status["version"], status["last"]["problems"][0]["message"]) == (version, "is wrong")


async def test_a_reload_releases_what_is_named(engine: Engine) -> None:
    async with engine.serving():
        assert (await engine.asked({"do": "reload", "release": ["police"]}))["problems"] == []
        assert engine.tasks[0].release == {"police"}
        refused = await engine.asked({"do": "reload", "release": ["polize"]})
        assert "polize: no destination of the rules in use" in refused["error"]
    assert len(engine.tasks) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"\n",
        b"status\n",
        b"[1]\n",
        b'{"do": "stop"}\n',
        b'{"do": "status", "more": 1}\n',
        b'{"do": "reload", "release": "police"}\n',
        b'{"do": "reload", "release": [1]}\n',
        b"[" * 50_000 + b"\n",
        b"\xff\xfe\n",
        b"x" * (LONGEST_LINE * 2) + b"\n",
    ],
)
async def test_what_is_no_request_is_answered_with_an_error(engine: Engine, data: bytes) -> None:
    async with engine.serving():
        answer = await engine.raw(data)
        assert answer["ok"] is False
        assert answer["error"]
        assert (await engine.asked({"do": "status"}))["ok"] is True
    assert engine.tasks == []


async def test_too_many_at_once_are_told_so(engine: Engine) -> None:
    async with engine.serving():
        silent = [await asyncio.open_unix_connection(str(engine.path)) for _ in range(MOST_CLIENTS)]
        answer = await engine.raw(b'{"do": "status"}\n')
        assert "too many" in answer["error"]
        for _, writer in silent:
            writer.close()
            await writer.wait_closed()


async def test_only_the_owner_may_connect_and_nothing_is_left(engine: Engine) -> None:
    async with engine.serving():
        assert stat.S_IMODE(engine.path.stat().st_mode) == 0o600
    assert not engine.path.exists()


async def test_sockets_of_dead_engines_are_removed(engine: Engine) -> None:
    left = engine.path.with_name("control-77-dead.sock")
    for path in (engine.path, left):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
    async with engine.serving():
        assert not left.exists()
        assert (await engine.asked({"do": "status"}))["engine"] == "engine-1"


async def test_two_engines_answer_each_and_the_leader_is_asked(engine: Engine) -> None:
    first = Control(engine.path, engine.reloader, "host-1-aa")
    second = Control(engine.path, engine.reloader, "host-2-bb")
    async with first.serving():
        async with second.serving():
            assert (await engine.asked({"do": "status"}))["engine"] == "host-2-bb"  # it began last
            first.lead()
            assert (await engine.asked({"do": "status"}))["engine"] == "host-1-aa"
            known = await asyncio.to_thread(engines, engine.path)
            assert {one["engine"] for one in known} == {"host-1-aa", "host-2-bb"}
            second.lead()
        assert (await engine.asked({"do": "status"}))["engine"] == "host-1-aa"  # the leader is gone, the other answers
    assert not list(engine.path.parent.glob("*.sock"))


async def test_what_an_engine_offers_is_carried_out_and_its_refusal_told(engine: Engine) -> None:
    async def transfer(given: Mapping[str, str]) -> Mapping[str, Any]:
        if given["call"] != "1":
            raise UnknownCall
        return {"channel": given["to"]}

    offer = Offer(lambda: {"lead": "leading"}, {"transfer": (frozenset({"call", "to"}), transfer)})
    async with Control(engine.path, engine.reloader, "host-1-aa", offer).serving():
        assert (await engine.asked({"do": "status"}))["lead"] == "leading"
        done = await engine.asked({"do": "transfer", "call": "1", "to": "21"})
        assert done == {"ok": True, "channel": "21"}
        refused = await engine.asked({"do": "transfer", "call": "2", "to": "21"})
        assert "ivr calls list" in refused["error"]
        for wrong in ({"call": "1"}, {"call": "1", "to": 21}, {"call": "1", "to": "21", "more": "1"}):
            assert "transfer needs call, to" in (await engine.asked({"do": "transfer", **wrong}))["error"]
        assert "status, reload, transfer" in (await engine.asked({"do": "stop"}))["error"]


async def test_a_path_that_is_too_long_says_so(engine: Engine) -> None:
    engine.path = engine.path.with_name("x" * 120)
    with pytest.raises(OperatorError, match="at most 107 characters"):
        async with engine.serving():
            pass


def test_without_an_engine_the_answer_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoEngine, match="start one"):
        ask(tmp_path / "none.sock", {"do": "status"})
