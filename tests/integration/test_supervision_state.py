"""State joined with real files, a real store, control sockets and the hub: what it tells, and what it says when parts go."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cdr.store.store import Store
from ivr.supervision.going import going
from ivr.supervision.models import Call, NoticeKind, Stage
from ivr.supervision.now.health import NO_ENGINE, NO_LEAD, JournalHow
from ivr.supervision.now.rules_here import TAKING
from ivr.supervision.now.state import Sources, State
from tests.fakes.engine_socket import FakeEngine
from tests.fakes.plain_record import plain_record
from tests.fakes.record_rows import hold
from tests.fakes.rules_text import FULL, read_text
from tests.fakes.supervised import OPEN, call
from tests.fakes.supervised_house import House

SECOND = timedelta(seconds=1)
VERSION = str(read_text(FULL).version)


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
    assert house.state.health().zone == ""
    await house.look()
    assert house.hub.take() == ["destinations", "health"]
    assert house.state.health().ok, house.state.health().problems
    assert house.state.health().zone == "Europe/Riga"
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
    both = await asyncio.gather(house.state.overrides(), house.state.overrides())
    assert [[one.order for one in found] for found in both] == [["closed"], ["closed"]]


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
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ivr.supervision.now.state.EVERY", 0.01)
    monkeypatch.setattr("ivr.supervision.now.state.RECORDS_EVERY", 0.01)
    monkeypatch.setattr("ivr.supervision.going.AFTER_FAULT", 0.01)
    looks, told, well = 0, False, False

    def calls() -> list[Call]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise RuntimeError("a fault of somebody else")
        return []

    sources = Sources(calls, lambda: JournalHow(0.0), lambda: "up")
    state = State(house.settings, house.hub, sources, lambda: house.at, house.counters)
    house.recorder(house.at)
    with house.hub.subscribe() as changes:
        async with going(state.works()), asyncio.timeout(60):
            async for change in changes:  # each is told once, and either may come first
                told |= change.today is not None
                well = well if change.health is None else change.health.ok
                if told and well:
                    break
    await state.close()
    assert "the state failed; it begins again" in caplog.text
    assert {one.get_name() for one in asyncio.all_tasks()}.isdisjoint({"the state", "today's figures"})
