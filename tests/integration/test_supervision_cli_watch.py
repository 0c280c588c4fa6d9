"""`ivr calls watch` as scripts and people run it: each line at once, over losses of supervision, until somebody ends it."""

import asyncio
import json
import os
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivr.cli import calls_watch
from ivr.cli.answers import Output
from ivr.cli.calls_told import Told
from ivr.settings import load
from ivr.supervision.models import Notice, NoticeKind, Problem, Stage
from tests.fakes.command_line import LONGEST, OPTIONS, PROGRAM, terminal
from tests.fakes.supervision_server import AT, Answers, Supervision, call, health

FIRST = call()
OTHER = call("pbx-1795311999.7", service="jelgava")


@pytest.fixture
def house(tmp_path: Path) -> Supervision:
    return Supervision(tmp_path / "supervision-main.sock", Answers(calls=[FIRST, OTHER]))


class Watch:
    """A watch whose lines are read as they come."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    def line(self) -> str:
        """Give the next line of the answer, which must come at once: the server waits with what is next."""
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], LONGEST)[0], "no line came"
        return self.process.stdout.readline().decode().rstrip("\n")

    def lines(self, count: int) -> list[str]:
        return [self.line() for _ in range(count)]

    def said(self) -> str:
        """Give the next line of what is no answer."""
        assert self.process.stderr is not None
        assert select.select([self.process.stderr], [], [], LONGEST)[0], "nothing was said"
        return self.process.stderr.readline().decode().rstrip("\n")

    def ended(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=LONGEST)
        return self.process.returncode, out.decode(), err.decode()


@contextmanager
def watching(house: Supervision, *words: str) -> Iterator[Watch]:
    environment = {name: value for name, value in os.environ.items() if name not in OPTIONS}
    process = subprocess.Popen(
        (*PROGRAM, "calls", "watch", *words),
        bufsize=0,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**environment, "IVR_STATE": str(house.path.parent)},
    )
    try:
        yield Watch(process)
    finally:
        process.kill()
        process.communicate(timeout=LONGEST)


def subscribed(house: Supervision) -> None:
    assert house.subscribed.acquire(timeout=LONGEST)


def test_each_change_is_a_line_at_once_until_ctrl_c(house: Supervision) -> None:
    house.answers.health = health(zone="Asia/Tokyo")
    with house.running(), watching(house) as watch:
        first = watch.lines(2)
        house.tell(call=FIRST.model_copy(update={"stage": Stage.TALKING, "since": AT}))
        talks = watch.line()
        house.ends(FIRST)
        over = watch.line()
        house.tell(notice=Notice(kind=NoticeKind.JOURNAL, at=AT, text="the journal is late"))
        noticed = watch.said()
        watch.process.send_signal(signal.SIGINT)
        assert watch.ended() == (0, "", "")
    assert talks.startswith(f"{AT.astimezone(ZoneInfo('Asia/Tokyo')):%H:%M:%S} ")  # the municipality's time
    assert [line.split()[1:5] for line in first] == [
        [FIRST.call, "kekava", "29…56", "ringing"],
        [OTHER.call, "jelgava", "29…56", "ringing"],
    ]
    assert talks.endswith(f"{FIRST.call}  kekava  29…56  talking  at kekava-utility (kekava-utility-1)")
    assert over.endswith(f"{FIRST.call}  kekava  29…56  over: answered at kekava-utility")
    assert noticed == "ivr: ! the journal is late"


def test_programs_get_a_json_object_a_line(house: Supervision) -> None:
    with house.running(), watching(house, "--output", "jsonl", "--service", "jelgava") as watch:
        view: dict[str, Any] = json.loads(watch.line())
        house.tell(call=FIRST)
        house.tell(call=OTHER.model_copy(update={"stage": Stage.TALKING}))
        change = json.loads(watch.line())
    assert [one["call"] for one in view["calls"]["calls"]] == [OTHER.call]
    assert (change["kind"], change["call"]["call"], change["call"]["stage"]) == ("call", OTHER.call, "talking")


@pytest.mark.parametrize("output", ["table", "jsonl"])
def test_it_ends_with_the_call_that_it_watches(house: Supervision, output: str) -> None:
    with house.running(), watching(house, "--until-ended", "1670.0", "--output", output) as watch:
        assert FIRST.call in watch.line()
        house.ends(OTHER)
        house.ends(FIRST, "abandoned_ringing")
        code, out, err = watch.ended()
    assert (code, out.count("\n"), err) == (0, 1, "")
    assert "abandoned_ringing" in out


@pytest.mark.parametrize(("status", "code"), [(401, 2), (503, 3)])
def test_a_refused_stream_has_the_exit_code_of_its_reason(house: Supervision, status: int, code: int) -> None:
    house.answers.no_stream = Problem(title="No", status=status, detail="not for you, or not now")
    with house.running(), watching(house) as watch:
        assert watch.ended() == (code, "", "ivr: not for you, or not now\n")


def test_a_call_that_is_none_is_not_waited_for(house: Supervision) -> None:
    with house.running(), watching(house, "--until-ended", "4711") as watch:
        code, out, err = watch.ended()
    assert (code, out, "ivr calls list" in err) == (1, "", True)


def test_it_says_that_supervision_is_away_and_goes_on_with_what_changed(house: Supervision) -> None:
    with watching(house) as watch:
        with house.running():
            pass
        assert watch.ended()[0] == 3  # at the start it must answer
    with ExitStack() as stack:
        with house.running():
            watch = stack.enter_context(watching(house))
            watch.lines(2)
        assert watch.said().startswith("ivr: ! ")
        house.answers.calls = [OTHER, call("pbx-3.0")]
        with house.running():
            back = watch.said()
            lines = watch.lines(2)
            watch.process.send_signal(signal.SIGINT)
            assert watch.ended()[0] == 0
    assert not back.startswith("ivr: !")
    assert lines[0].endswith(f"{FIRST.call}  kekava  29…56  over")
    assert "pbx-3.0" in lines[1]


@pytest.mark.parametrize("changes", [0, 1])
def test_it_ends_quietly_when_nobody_reads_any_more(house: Supervision, changes: int) -> None:
    with house.running(), watching(house) as watch:
        watch.line()
        assert watch.process.stdout is not None
        subscribed(house)
        watch.process.stdout.close()  # as `| head -1` does
        if changes:
            house.tell(call=FIRST.model_copy(update={"stage": Stage.TALKING}))
        assert watch.process.wait(LONGEST) == 0
        assert watch.process.stderr is not None
        assert watch.process.stderr.read() == b""


def test_head_ends_it_in_a_real_shell(house: Supervision) -> None:
    line = f"set -o pipefail; {PROGRAM[0]} -c '{PROGRAM[2]}' calls watch | head -1"
    with house.running():
        done = subprocess.run(
            ["bash", "-c", line],
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
            env={**os.environ, "IVR_STATE": str(house.path.parent)},
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("plain", ["", "1"])
def test_on_a_terminal_ctrl_c_ends_it_without_a_word(house: Supervision, plain: str) -> None:
    environment = {"IVR_STATE": str(house.path.parent), **({"NO_COLOR": plain} if plain else {})}
    with house.running(), terminal(environment, "calls", "watch") as screen:
        screen.until(OTHER.call)
        screen.types("\x03")
        assert screen.ended() == 0
    assert "Traceback" not in screen.shown
    assert "\x1b[" not in screen.shown


@pytest.mark.parametrize(("future", "said"), [("cancelled", False), ("answered wrongly", True)])
async def test_a_future_that_is_told_after_its_end_is_no_word_for_people(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, future: str, said: bool
) -> None:
    async def written(*_: object) -> None:
        loop = asyncio.get_running_loop()
        late = loop.create_future()
        late.cancel()
        loop.call_soon(late.set_result if future == "cancelled" else int, "x")
        await asyncio.sleep(0)

    monkeypatch.setattr(calls_watch, "_written", written)
    await calls_watch._watch(load(), Told(), Output.TABLE)
    assert bool(caplog.records) is said
