"""Overrides on the real PBX: they reach a caller who is already in the menu, and the fallback when no engine is there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from ivr.app import Running, now, running
from ivr.cli.rules_read import rules_of
from ivr.routing.rules import Override, OverrideKind
from ivr.rulebook.overrides import Cleared, OverrideStore, State
from ivr.settings import Settings
from ivr.trial.plan import Outcome, Plan, Press
from ivr.trial.run import Trials
from ivr.trial.watch import CallWatch
from ivr.vocabulary import DestinationId, OverrideId
from tests.acceptance.acting import press, seen
from tests.acceptance.conftest import House, caller
from tests.fakes.patience import until, until_asked

OFFICE = DestinationId("kekava-information")
"""Key 1; opened by an override here, so that the hour of the test does not matter."""


@dataclass(frozen=True)
class Ordered:
    """An engine with an overrides file of its own."""

    live: Running
    store: OverrideStore
    settings: Settings

    def add(self, kind: OverrideKind, other: str | None = None, seconds: float = 3600) -> Override:
        """Order something for the office, as `ivr override add` does."""
        at = now()
        redirect = DestinationId(other) if other else None
        name = OverrideId(uuid4().hex[:8])
        end = at + timedelta(seconds=seconds)
        return self.store.add(lambda _: Override(name, OFFICE, kind, at, end, "test", "tester", redirect))

    async def holding(self) -> list[Override]:
        """Give those that hold now, as the file has them."""
        known = await asyncio.to_thread(self.store.known)
        return [one.override for one in known if one.state(now()) is State.ACTIVE]

    async def known(self, *orders: Override) -> None:
        """Wait until the engine knows just these."""
        wanted = {one.id for one in orders}

        def in_use() -> set[OverrideId]:
            return {one.id for some in self.live.reloader.rules.overrides.values() for one in some}

        await until(lambda: in_use() == wanted, told=lambda: f"{in_use()}, not {wanted}")


@asynccontextmanager
async def ordered(house: House, folder: Path) -> AsyncIterator[Ordered]:
    settings = house.settings.model_copy(update={"overrides": folder / "overrides.sqlite3"})
    async with running(settings, house.pair, rules_of(settings)) as live:
        yield Ordered(live, OverrideStore(settings.overrides), settings)


@pytest_asyncio.fixture(autouse=True)
async def as_before(house: House) -> AsyncIterator[None]:
    """Let no order of a test hold in the next one's fallback."""
    yield
    await house.restore()


def decisions(outcome: Outcome) -> list[tuple[str, str]]:
    """Give rule and reason of each decision, from the record."""
    assert outcome.record is not None
    return [(step["rule"], step["reason"]) for step in outcome.record["destinations"]]


def rung(outcome: Outcome) -> list[str]:
    return [str(phone) for kind, phone in outcome.phones if kind == "rings"]


async def test_an_override_holds_for_a_caller_who_is_already_in_the_menu(
    house: House, trials: Trials, tmp_path: Path
) -> None:
    async with ordered(house, tmp_path) as place:
        opened = place.add(OverrideKind.OPEN)
        await place.known(opened)
        plan = Plan("8488", caller(), talk=0.5)
        watch = CallWatch(house.pair.journal, plan.caller)
        call = asyncio.ensure_future(trials.run(plan))
        await seen(watch, "STREAM_BEGIN")
        closed = place.add(OverrideKind.CLOSED)
        await place.known(opened, closed)
        await press(trials, plan, "1")
        await seen(watch, "STREAM_BEGIN", sound="ivr/kekava/closed")
        await asyncio.sleep(1.0)  # the citizen listens
        await press(trials, plan, "2")
        outcome = await call
    assert "lv/kekava/closed" in outcome.prompts()
    assert decisions(outcome)[0] == (f"overrides.{closed.id}", "closed")


async def test_a_redirect_leads_elsewhere_until_it_is_cleared(house: House, trials: Trials, tmp_path: Path) -> None:
    async with ordered(house, tmp_path) as place:
        place.add(OverrideKind.OPEN)
        led = place.add(OverrideKind.REDIRECT, "kekava-police")
        await place.known(*await place.holding())
        away = await trials.run(Plan("8488", caller(), (Press("1", 0.5),), talk=0.5))
        place.store.clear(led.id, Cleared(now(), "tester", "enough"))
        await place.known(*await place.holding())
        back = await trials.run(Plan("8488", caller(), (Press("1", 0.5),), talk=0.5))
    assert rung(away) == ["kekava-police-1"]
    assert (f"overrides.{led.id}", "override") in decisions(away)
    assert rung(back) == ["kekava-information-1"]


async def test_an_override_expires_by_itself(
    house: House,
    trials: Trials,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ahead = timedelta()
    monkeypatch.setattr("ivr.app.now", lambda: now() + ahead)
    async with ordered(house, tmp_path) as place:
        opened = place.add(OverrideKind.OPEN, seconds=4 * 3600)
        short = place.add(OverrideKind.CLOSED, seconds=3600)
        await place.known(opened, short)
        ahead = timedelta(hours=2)
        await place.known(opened)
        outcome = await trials.run(Plan("8488", caller(), (Press("1", 0.5),), talk=0.5))
    assert rung(outcome) == ["kekava-information-1"]
    told = [record.__dict__.get("action") for record in caplog.records]
    assert (told.count("override_added"), told.count("override_expired")) == (2, 1)


async def test_the_fallback_obeys_an_override_when_the_engine_is_gone(
    house: House, trials: Trials, tmp_path: Path
) -> None:
    async with ordered(house, tmp_path) as place:
        led = place.add(OverrideKind.REDIRECT, "kekava-police")
        await place.known(led)

        def rendered() -> bool:
            return led.id in (house.pair.pbx.cli("dialplan show") or "")

        await until_asked(lambda: asyncio.to_thread(rendered))
    outcome = await trials.run(Plan("8488", caller(), (Press("1", 0.5),), talk=0.5))
    assert outcome.record is not None
    assert outcome.record["led_by"] == "fallback"
    assert rung(outcome) == ["kekava-police-1"]
    assert (f"overrides.{led.id}", "override") in decisions(outcome)
