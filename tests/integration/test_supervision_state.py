"""State joined with real files, a real store, control sockets and the hub: what it tells, and what it says when parts go."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cdr.store.store import Store
from ivr.routing.rules import Override, OverrideKind
from ivr.rulebook.overrides import OverrideStore
from ivr.settings import Settings
from ivr.supervision.health import NO_ENGINE, NO_LEAD, JournalHow
from ivr.supervision.hub import Hub, Kind, Value
from ivr.supervision.metrics import Metrics
from ivr.supervision.models import Call, Health, Notice, NoticeKind, Stage
from ivr.supervision.rules_here import TAKING
from ivr.supervision.state import Sources, State
from ivr.vocabulary import DestinationId, OverrideId
from tests.fakes.engine_socket import FakeEngine
from tests.fakes.plain_record import plain_record
from tests.fakes.record_rows import hold
from tests.fakes.rules_text import FULL, read_text
from tests.fakes.supervised import OPEN, call

SECOND = timedelta(seconds=1)
VERSION = str(read_text(FULL).version)


class Told(Hub):
    """A hub that keeps what it was told."""

    def __init__(self) -> None:
        super().__init__(lambda: OPEN)
        self.told: list[tuple[str, Value]] = []

    def publish(self, kind: Kind, value: Value) -> None:
        self.told.append((kind, value))
        super().publish(kind, value)

    def take(self) -> list[str]:
        """Give the kinds that were told since the last time."""
        kinds = [kind for kind, _ in self.told]
        self.told.clear()
        return kinds

    def notices(self) -> list[tuple[NoticeKind, bool]]:
        """Give the notices since the last time, and forget the rest."""
        found = [(value.kind, value.trouble) for _, value in self.told if isinstance(value, Notice)]
        self.told.clear()
        return found


class House:
    """A state in a folder, with rules, and everything that it looks at."""

    def __init__(self, folder: Path) -> None:
        self.at = OPEN
        self.calls: list[Call] = []
        self.pbx = "up"
        self.journal = JournalHow(0.0)
        self.hub = Told()
        self.counters = Metrics()
        self.settings = Settings(
            rules=folder / "rules.yaml",
            overrides=folder / "overrides.sqlite3",
            store=str(folder / "records.sqlite3"),
            state=folder / "s",
        )
        self.write(FULL)
        self.version = ""
        sources = Sources(lambda: self.calls, lambda: self.journal, lambda: self.pbx)
        self.state = State(self.settings, self.hub, sources, lambda: self.at, self.counters)

    def write(self, text: str) -> None:
        """Put a rules file in its place, as an editor does."""
        partial = self.settings.rules.with_suffix(".new")
        partial.write_text(text, encoding="utf-8")
        partial.replace(self.settings.rules)

    def recorder(self, at: datetime) -> None:
        """Let the recorder say that all is well."""
        self.settings.recorder_status.parent.mkdir(parents=True, exist_ok=True)
        told = {"written": at.isoformat(), "troubles": [], "behind_bytes": 64}
        self.settings.recorder_status.write_text(json.dumps(told), encoding="utf-8")

    async def look(self, times: int = 1) -> None:
        """Look again and again, a second apart."""
        for _ in range(times):
            self.at += SECOND
            self.recorder(self.at)
            await self.state.look()

    def order(self, name: str, since: datetime, until: datetime) -> None:
        """Close the desk."""
        desk = DestinationId("desk")
        made = Override(OverrideId(name), desk, OverrideKind.CLOSED, since, until, "fire alarm", "anna")
        OverrideStore(self.settings.overrides).add(lambda _: made)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    async with Store(made.settings.store) as store:
        await hold(store, [])
    yield made
    await made.state.close()


@pytest.fixture
async def engine(house: House) -> AsyncIterator[FakeEngine]:
    async with FakeEngine("7-ab12", str(VERSION)).serving(house.settings.control) as made:
        yield made


async def test_all_is_told_once_and_then_only_what_changes(house: House, engine: FakeEngine) -> None:
    await house.look()
    assert house.hub.take() == ["destinations", "health"]
    assert house.state.health().ok, house.state.health().problems
    await house.look(30)
    assert house.hub.take() == []
    house.calls = [call(Stage.RINGING)]
    await house.look()
    assert house.hub.take() == ["destinations", "health"]  # of health: how many calls there are
    house.calls = [call(Stage.MENU, "")]
    await house.look()
    assert house.hub.take() == ["destinations"]
    assert engine.asked == ["status"] * 33


@pytest.mark.usefixtures("engine")
async def test_the_hour_closes_and_an_order_does(house: House) -> None:
    await house.look()
    house.order("0000abcd", house.at, house.at + 2 * SECOND)
    seen = []
    for _ in range(3):
        desk = house.state.destinations()[0]
        seen.append((desk.open, desk.override, desk.why))
        await house.look()
    hours = "office: monday is open 08:00-18:00"
    assert seen == [(True, "", hours), (False, "0000abcd", "closed by anna: fire alarm"), (True, "", hours)]
    assert [one.id for one in await house.state.overrides()] == []
    assert [(one.id, one.state) for one in await house.state.overrides(all=True)] == [("0000abcd", "expired")]
    house.at += timedelta(hours=8)
    await house.look()
    assert not house.state.destinations()[0].open


async def test_an_order_is_shown_at_once_when_it_is_asked_for(house: House) -> None:
    await house.look()
    house.order("0000abcd", house.at, house.at + timedelta(hours=1))
    assert [one.order for one in await house.state.overrides()] == ["closed"]


@pytest.mark.usefixtures("engine")
async def test_overrides_that_cannot_be_read_leave_those_known(house: House) -> None:
    house.order("0000abcd", house.at, house.at + timedelta(hours=1))
    await house.look()
    house.hub.take()
    kept = house.settings.overrides.read_bytes()
    house.settings.overrides.write_bytes(b"no database" * 100)
    await house.look()
    assert "cannot be used" in house.state.health().rules
    assert not house.state.destinations()[0].open
    assert house.hub.notices() == [(NoticeKind.RULES, True)]
    house.settings.overrides.write_bytes(kept)
    await house.look()
    assert house.hub.notices() == [(NoticeKind.RULES, False)]


async def test_a_new_file_is_read_when_it_rests_and_a_broken_one_never(house: House, engine: FakeEngine) -> None:
    await house.look()
    house.hub.take()
    house.write("services: [")
    await house.look(2)
    assert house.hub.notices() == [(NoticeKind.RULES, True)]
    rules = house.state.rules()
    assert f"{VERSION} stay in use" in rules.last
    assert len(house.state.destinations()) == 6
    house.write(FULL.replace("lv: Birojs", "lv: Kanceleja"))
    new = str(read_text(FULL.replace("lv: Birojs", "lv: Kanceleja")).version)
    await house.look(2)
    assert house.hub.notices() == [(NoticeKind.RULES, False)]
    assert house.state.destinations()[0].title == "Birojs"  # the engine has not taken it yet
    engine.status["version"] = new
    await house.look()
    assert house.state.destinations()[0].title == "Kanceleja"
    assert house.state.ruleset.version == new


async def test_a_file_that_the_engine_does_not_take_is_named(house: House, engine: FakeEngine) -> None:
    await house.look()
    house.write(FULL.replace("lv: Birojs", "lv: Kanceleja"))
    await house.look(2)
    assert house.state.health().ok
    house.at += TAKING
    await house.look()
    found = house.state.health()
    assert f"the engine uses rules {VERSION}, the file holds" in found.rules
    assert house.state.destinations()[0].title == "Birojs"
    engine.status["version"] = "elsewhere"
    await house.look()
    assert "What is shown is by the file" in house.state.health().rules
    assert house.state.destinations()[0].title == "Kanceleja"


async def test_it_begins_with_a_broken_file_and_has_the_rules_once_they_are_mended(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.write("services: [")
    await house.look()
    assert house.state.destinations() == ()
    assert "nothing is known of the rules" in house.state.health().rules
    await house.state.look_at_records()
    assert house.state.today() is None
    house.write(FULL)
    await house.look(2)
    assert len(house.state.destinations()) == 6
    await house.state.close()


async def test_an_included_file_counts(tmp_path: Path) -> None:
    house = House(tmp_path)
    part = tmp_path / "part.yaml"
    part.write_text(FULL.replace("max_hops: 4\nmax_menus: 20\n", ""), encoding="utf-8")
    house.write("include: [part.yaml]\nmax_hops: 4\n")
    await house.look()
    assert len(house.state.destinations()) == 6
    text = part.read_text(encoding="utf-8").replace("lv: Birojs", "lv: Kanceleja")
    part.write_text(text, encoding="utf-8")
    await house.look(2)
    assert house.state.destinations()[0].title == "Kanceleja"
    await house.state.close()


async def test_without_an_engine_it_says_so_and_goes_on(house: House) -> None:
    await house.look()
    assert house.state.health().problems == (NO_ENGINE,)
    assert house.hub.notices() == [(NoticeKind.ENGINES, True)]
    assert len(house.state.destinations()) == 6
    assert house.state.rules().version == VERSION
    async with FakeEngine("7-ab12", str(VERSION)).serving(house.settings.control) as engine:
        engine.status["lead"] = "standby"
        await house.look()
        assert house.state.health().problems == (NO_LEAD,)
        engine.status["lead"] = "leading"
        await house.look()
        assert house.state.health().ok
    assert house.hub.notices() == [(NoticeKind.ENGINES, True), (NoticeKind.ENGINES, False)]
    os.close(os.open(house.settings.state / "control-main-9-dead.txt", os.O_CREAT))
    await house.look()
    assert house.state.health().engines == ()


@pytest.mark.usefixtures("engine")
async def test_an_engine_that_does_not_answer_holds_nothing_up_for_longer_than_its_second(
    house: House,
) -> None:
    async with FakeEngine("8-cd34", str(VERSION)).serving(house.settings.control) as other:
        other.deaf = True
        began = asyncio.get_running_loop().time()
        await house.look()
        assert asyncio.get_running_loop().time() - began < 3
        found = house.state.health()
    assert [one.lead for one in found.engines] == ["leading", "does not answer"]
    assert found.problems == ("the engine at control-main-8-cd34 does not answer",)


@pytest.mark.usefixtures("engine")
async def test_the_pbx_goes_and_comes(house: House) -> None:
    await house.look()
    house.hub.take()
    house.pbx = "connection refused"
    await house.look(2)
    assert house.state.health().problems == ("the PBX: connection refused",)
    house.pbx = "up"
    await house.look()
    assert house.hub.notices() == [(NoticeKind.PBX, True), (NoticeKind.PBX, False)]


@pytest.mark.usefixtures("engine")
async def test_today_is_told_when_it_changes_and_kept_when_the_store_goes(house: House) -> None:
    await house.look()
    await house.state.look_at_records()
    first = house.state.today()
    assert first is not None
    assert [(one.service, one.calls) for one in first.services] == [("town", 0)]
    assert house.hub.take()[-1] == "today"
    record = plain_record(started=OPEN)
    at_the_desk = replace(record.visits[0], destination="desk")
    async with Store(house.settings.store) as store:
        await hold(store, [replace(record, service="town", visits=(at_the_desk,))])
    house.at += timedelta(minutes=2)
    await house.state.look_at_records()
    assert house.hub.take() == ["today"]
    await house.look()
    assert house.state.destinations()[0].answered_today == 1
    house.at += timedelta(minutes=2)
    await house.state.look_at_records()
    assert "today" not in house.hub.take()
    last = house.state.today()
    await house.state.close()
    moved = f"{house.settings.store}.away"
    os.rename(house.settings.store, moved)  # noqa: PTH104 - its name is a text, as it may be a server's
    await house.state.look_at_records()
    await house.look()
    found = house.state.health()
    assert found.problems[0].startswith("today's figures: ")
    assert last is not None
    assert f"shown are those of {last.at.isoformat(timespec='seconds')}" in found.problems[0]
    assert house.state.today() == last
    os.rename(moved, house.settings.store)  # noqa: PTH104
    await house.state.look_at_records()
    await house.look()
    assert house.state.health().ok


@pytest.mark.usefixtures("engine")
async def test_health_counts_who_looks_and_records_that_stop(house: House) -> None:
    await house.look()
    with house.hub.subscribe():
        await house.look()
        assert house.state.health().subscribers == 1
    house.at += timedelta(minutes=5)
    await house.state.look()
    assert "the recorder has said nothing since" in house.state.health().records
    house.journal = JournalHow(None, "the journal is away")
    await house.look()
    assert house.state.health().problems == ("journal: the journal is away",)


@pytest.mark.usefixtures("engine")
async def test_the_figures_are_joined_with_those_of_the_engines(house: House) -> None:
    await house.look()
    house.counters.acted("transfer", "done")
    text = await house.state.metrics()
    found = {
        (sample.name, sample.labels.get("engine", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["ivr_lead_state", "7-ab12"] == 1
    assert found["ivr_actions_total", ""] == 1
    assert found["ivr_records_behind_bytes", ""] == 64
    assert found["ivr_health_ok", ""] == 1


@pytest.mark.usefixtures("engine")
async def test_it_runs_until_it_is_cancelled_and_a_fault_ends_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.supervision.state.EVERY", 0.01)
    monkeypatch.setattr("ivr.supervision.state.RECORDS_EVERY", 0.01)
    monkeypatch.setattr("ivr.supervision.state.AFTER_FAULT", 0.01)
    looks, told = 0, asyncio.Event()

    def calls() -> list[Call]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise RuntimeError("a fault of somebody else")
        return []

    sources = Sources(calls, lambda: JournalHow(0.0), lambda: "up")
    state = State(house.settings, house.hub, sources, lambda: house.at, house.counters)
    house.recorder(house.at)
    task = asyncio.create_task(state.run())
    with house.hub.subscribe() as changes:
        async for change in changes:
            if change.kind == "today":
                told.set()
            if told.is_set() and isinstance(change.health, Health) and change.health.ok:
                break
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
