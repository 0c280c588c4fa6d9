"""The alarms of a running engine: steps, disk and hooks together, on a clock that the test sets."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.alarms import alarms as alarms_module
from ivr.alarms.alarm import AlarmId
from ivr.alarms.alarms import MOST_FACTS, Alarms, Pace, Places
from ivr.alarms.looking import JournalLook
from ivr.alarms.metrics import Metrics
from ivr.alarms.prompts_present import FRESH_SECONDS, PromptsPresent
from ivr.calls.events import CallEntered, CallFound, HungUp, MenuAnswered, Stage
from ivr.calls.session import CallSession
from ivr.calls.step import begin, step
from ivr.routing.destinations import ExitReason
from ivr.settings import Settings
from ivr.vocabulary import ChannelName, DestinationId, Did, Key, Language, LinkedId, PromptId, ServiceId
from tests.fakes import patience
from tests.fakes.ruleset import OPEN, small

QUICK = Pace(tick=0.002, journal=0.002, sounds=0.002)
CHANNEL = ChannelName("PJSIP/trunk-1")
NEW = CallEntered(CHANNEL, OPEN, ServiceId("town"), Did("8488"), "29123456", Language("lv"), entries=1)
RULES = small()


class Watch:
    """Alarms beside an engine that the test plays; `seconds` is the clock."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.seconds = 1000.0
        self.metrics = Metrics()
        self.journal = folder / "journal.csv"
        self.journal.write_text("begun\n")
        self.sounds = folder / "sounds"
        self.alarms = Alarms(
            Settings(**settings),  # type: ignore[arg-type]
            self.metrics,
            Places(self.journal, self.sounds),
            engine="pbx-1",
            clock=lambda: datetime.fromtimestamp(self.seconds, UTC),
            monotonic=lambda: self.seconds,
            pace=QUICK,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Watch"]:
        task = asyncio.ensure_future(self.alarms.run())
        yield self
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def call(self) -> CallSession:
        """A caller comes in and presses 2."""
        before = begin(LinkedId("1"), NEW, RULES, OPEN)
        after, actions = step(before, NEW, RULES, OPEN)
        self.alarms.stepped(before, NEW, after, actions, RULES)
        return self._taken(after, MenuAnswered(CHANNEL, OPEN, after.step, Key("2")))

    def missed(self) -> None:
        """Let a caller come in, press 2 (a safety line), and find its phone gone."""
        asked = self.call()
        failed = ExitReason.UNREACHABLE
        event = CallEntered(
            CHANNEL, OPEN, NEW.service, NEW.number, "", None, DestinationId("help"), 0, failed, entries=2
        )
        self._taken(self._taken(asked, event), HungUp(CHANNEL, OPEN, 16))

    def _taken(self, before: CallSession, event: CallEntered | MenuAnswered | HungUp) -> CallSession:
        after, actions = step(before, event, RULES, OPEN)
        self.alarms.stepped(before, event, after, actions, RULES)
        return after

    def sound(self, name: str, language: str = "lv") -> None:
        path = self.sounds / language / "ivr" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def all_sounds(self) -> None:
        for name in ("s/welcome", "s/menu", "s/failed", "s/busy"):
            self.sound(name)

    def ids(self) -> set[AlarmId]:
        return {alarm.id for alarm in self.alarms.active}


async def until(true: Callable[[], bool]) -> None:
    """Wait until it is true; the parts that are watched take their turns meanwhile."""
    await patience.until(true, look=patience.a_turn)


async def test_missed_callers_of_a_safety_line_reach_the_command_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    told = tmp_path / "told"
    text = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"
    watch = Watch(tmp_path, alarm_command=f'{sys.executable} -c "{text}" {told}')
    watch.all_sounds()
    async with watch.running():
        for _ in range(3):
            watch.missed()
        await until(lambda: watch.metrics.hook_sent["command " + Path(sys.executable).name] == 2)
        await until(lambda: any("3 callers" in one.text for one in watch.alarms.active))
    lines = [json.loads(line) for line in told.read_text().splitlines()]
    assert [(line["alarm"], line["subject"], line["change"], line["engine"]) for line in lines] == [
        ("phone_unreachable", "help-1", "raised", "pbx-1"),
        ("safety_unanswered", "help", "raised", "pbx-1"),
    ]
    assert watch.ids() == {AlarmId.PHONE_UNREACHABLE, AlarmId.SAFETY_UNANSWERED}
    assert watch.metrics.lines_tried == {("help", "unreachable"): 3}
    assert watch.metrics.alarms == {"phone_unreachable": 1, "safety_unanswered": 1}
    assert 'ivr_alarms_active{alarm="safety_unanswered"} 1.0' in watch.metrics.text()
    actions = [record.__dict__["action"] for record in caplog.records if record.name == alarms_module.__name__]
    assert actions == ["alarm_raised", "alarm_raised"]
    assert [record.levelname for record in caplog.records if "alarm_raised" in str(record.__dict__)] == [
        "WARNING",
        "ERROR",
    ]


async def test_a_journal_that_does_not_grow_and_grows_again(tmp_path: Path) -> None:
    async with Watch(tmp_path).running() as watch:
        watch.all_sounds()
        await until(lambda: watch.metrics.journal_bytes == 6)
        watch.seconds += 60
        watch.call()
        await looked(watch)
        watch.seconds += 30
        await until(lambda: watch.ids() == {AlarmId.JOURNAL_STUCK})
        watch.journal.write_text("begun\nand more\n")
        await until(lambda: not watch.ids())
        watch.journal.unlink()
        await until(lambda: watch.metrics.journal_bytes == 0)
        assert not watch.ids()


async def looked(watch: Watch) -> None:
    """Wait until the journal was looked at after now: its size is put back, and seen."""
    watch.metrics.journal_bytes = -1
    await until(lambda: watch.metrics.journal_bytes >= 0)
    watch.metrics.journal_bytes = -1
    await until(lambda: watch.metrics.journal_bytes >= 0)


async def test_a_prompt_without_a_sound_until_it_is_there(tmp_path: Path) -> None:
    async with Watch(tmp_path).running() as watch:
        watch.sound("s/welcome")
        watch.sound("s/menu", "en")
        watch.call()
        await until(lambda: [one.subject for one in watch.alarms.active] == ["lv/s/menu"])
        watch.sound("s/menu")
        watch.seconds += FRESH_SECONDS
        await until(lambda: not watch.ids())


async def test_new_rules_let_prompts_and_lines_be_looked_at_anew(tmp_path: Path) -> None:
    async with Watch(tmp_path, alarm_unreachable=1).running() as watch:
        watch.missed()
        watch.alarms.rules_refused("line 3")
        await until(lambda: len(watch.alarms.active) == 5)
        watch.alarms.rules_accepted(RULES)
        await until(lambda: watch.ids() == {AlarmId.PHONE_UNREACHABLE})
        watch.seconds += 60
        await looked(watch)
        assert watch.ids() == {AlarmId.PHONE_UNREACHABLE}


async def test_lead_link_and_records(tmp_path: Path) -> None:
    async with Watch(tmp_path).running() as watch:
        watch.alarms.link_changed(True, "attached")
        watch.alarms.lead_changed("leading", "fence 1")
        assert (watch.metrics.link_attached, watch.metrics.lead.value, watch.metrics.lease_takeovers) == (
            True,
            "leading",
            1,
        )
        watch.alarms.lease_lapsed()
        await until(lambda: watch.ids() == {AlarmId.LEASE_LOST})
        watch.alarms.lead_changed("leading", "fence 2")
        watch.alarms.link_changed(False, "reset")
        watch.alarms.records_stopped("ended with 1")
        await until(lambda: watch.ids() == {AlarmId.RECORDS_STOPPED})
        watch.alarms.records_resumed()
        watch.seconds += 61
        await until(lambda: watch.ids() == {AlarmId.LINK_LOST})
        watch.alarms.lead_changed("draining", "told to stop")
        assert watch.metrics.lead.value == "draining"


async def test_what_the_call_path_gives_is_bounded_and_never_raises(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watch = Watch(tmp_path)
    for _ in range(MOST_FACTS + 5):
        watch.alarms.records_resumed()
    assert watch.metrics.facts_dropped == 5
    session = watch.call()
    watch.alarms.stepped(session, NEW, replace(session), None, None)  # type: ignore[arg-type]
    assert "a step was not watched" in caplog.text


async def test_a_stale_event_is_not_counted_twice(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    session = watch.call()
    event = CallEntered(
        CHANNEL, OPEN, NEW.service, NEW.number, "", None, DestinationId("help"), 0, ExitReason.BUSY, entries=2
    )
    after, actions = step(session, event, RULES, OPEN)
    watch.alarms.stepped(session, event, after, actions, RULES)
    again, none = step(after, event, RULES, OPEN)
    watch.alarms.stepped(after, event, again, none, RULES)
    assert watch.metrics.lines_tried == {("help", "busy"): 1}


async def test_adopted_calls_are_counted_by_stage(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    found = CallFound(CHANNEL, OPEN, Stage.TALKING, NEW)
    before = begin(LinkedId("1"), NEW, RULES, OPEN)
    after, actions = step(before, found, RULES, OPEN)
    watch.alarms.stepped(before, found, after, actions, RULES)
    assert watch.metrics.adopted == {"talking": 1}


async def test_a_part_that_fails_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(alarms_module, "AFTER_FAULT", 0.001)
    faults = iter([RuntimeError("odd"), RuntimeError("odd")])

    def clock() -> float:
        for fault in faults:
            raise fault
        return 5.0

    watch = Watch(tmp_path)
    monkeypatch.setattr(watch.alarms, "_monotonic", clock)
    async with watch.running():
        await until(lambda: caplog.text.count("is started again") == 2)
        watch.alarms.lease_lapsed()
        await until(lambda: watch.ids() == {AlarmId.LEASE_LOST})
        await until(lambda: watch.metrics.journal_bytes == 6)


async def test_a_disk_that_does_not_answer_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.csv"
    path.write_text("12345")
    answering = asyncio.Event()
    looks = 0

    async def stuck(function: Callable[[Path], object], asked: Path) -> object:
        nonlocal looks
        looks += 1
        await answering.wait()
        return function(asked)

    monkeypatch.setattr("ivr.alarms.looking.asyncio.to_thread", stuck)
    look = JournalLook(path, seconds=0.001)
    assert [await look.position(), await look.position()] == [None, None]
    assert looks == 1
    answering.set()
    patient = JournalLook(path)
    assert await patient.position() == (path.stat().st_ino, 5)


def test_each_file_is_looked_at_once_in_ten_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    looks: list[Path] = []
    really = Path.is_file

    def counted(path: Path) -> bool:
        looks.append(path)
        return really(path)

    monkeypatch.setattr(Path, "is_file", counted)
    present = PromptsPresent(tmp_path, lambda: now)
    sound = (Language("lv"), PromptId("town/welcome"))
    assert present.missing([sound, sound]) == (sound, sound)
    (tmp_path / "lv/ivr/town").mkdir(parents=True)
    (tmp_path / "lv/ivr/town/welcome.wav").touch()
    now += 9.9
    assert present.missing([sound]) == (sound,)
    now += 0.2
    assert present.missing([sound]) == ()
    assert looks == [tmp_path / "lv/ivr/town/welcome.wav"] * 2
