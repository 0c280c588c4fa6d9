"""One real pair of Asterisks for all acceptance tests: the PBX and the telephone network.

Calls that need the same office clock are made at the same time: each has its own caller, so nothing mixes.
"""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from cdr.privacy.keys import KeyFiles
from cdr.privacy.sealing import token_of
from ivr.app import now, running, shifted
from ivr.asterisk.embedded import Pair
from ivr.cli.setup import pair_of, rules_of
from ivr.live.installing import Installer
from ivr.rulebook.live import LiveRules
from ivr.settings import Settings, load
from ivr.trial.plan import Outcome, Plan
from ivr.trial.run import Trials
from tests.fakes.recordings import built

RIGA = ZoneInfo("Europe/Riga")
TUESDAY_10 = datetime(2026, 11, 24, 10, 0, tzinfo=RIGA)
SUNDAY_12 = datetime(2026, 11, 22, 12, 0, tzinfo=RIGA)
NIGHT_3 = datetime(2026, 11, 25, 3, 0, tzinfo=RIGA)

PORTS_EACH, RTP_EACH = 200, 4000

_callers = itertools.count(37121000001)


def caller() -> str:
    """Give a number that no other call of this run has."""
    return str(next(_callers))


@dataclass(frozen=True)
class House:
    """A pair that is up, its settings and rules."""

    settings: Settings
    pair: Pair
    rules: LiveRules
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def engine(self, at: datetime | None = None) -> AsyncIterator[None]:
        """Run an engine in this process whose office clock starts at `at`."""
        async with running(self.settings, self.pair, self.rules, office_clock=shifted(at)):
            yield

    async def restore(self) -> None:
        """Give the PBX the rules of the house again, after a test that gave it others."""
        generated = {"pbx": self.pair.pbx.generated, "network": self.pair.network.generated}
        await Installer(self.pair).install(generated, self.rules.current.version, False)
        await asyncio.to_thread(self.pair.await_phones)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[House]:
    """Start the pair once; end it with the session. Test processes that run side by side have ports of their own."""
    folder = tmp_path_factory.mktemp("house")
    built()
    slot = int(os.environ.get("IVR_TEST_SLOT", "0")) + (
        int(worker_id.removeprefix("gw")) if worker_id != "master" else 0
    )
    values = {
        "instance": f"test{slot}",
        "state": str(folder),
        "store": str(folder / "records.sqlite3"),
        "overrides": str(folder / "overrides.sqlite3"),
        "sip_port": str(17060 + PORTS_EACH * slot),
        "ami_port": str(17038 + PORTS_EACH * slot),
        "network_port": str(17070 + PORTS_EACH * slot),
        "network_ami_port": str(17039 + PORTS_EACH * slot),
        "rtp_first": str(46000 + RTP_EACH * slot),
        "network_rtp_first": str(48000 + RTP_EACH * slot),
        "log_level": "info",
    }
    settings = load(**values)
    rules = rules_of(settings)
    pair = pair_of(settings, rules)
    pair.journal.unlink(missing_ok=True)
    environment = {f"IVR_{name.upper()}": value for name, value in values.items()}
    pair.start(bound=True)
    yield House(settings, pair, rules, folder, environment)
    pair.stop()


@pytest_asyncio.fixture
async def trials(house: House) -> AsyncIterator[Trials]:
    """Attach to the simulated network."""
    made = Trials(house.pair, now)
    await made.open()
    yield made
    await made.close()


async def calls(trials: Trials, plans: Mapping[str, Plan]) -> dict[str, Outcome]:
    """Make all calls at the same time."""
    outcomes = await asyncio.gather(*(trials.run(plan) for plan in plans.values()))
    return dict(zip(plans, outcomes, strict=True))


def at_once(house: House, at: datetime, plans: Mapping[str, Plan]) -> dict[str, Outcome]:
    """Make all calls at the same time, with an engine whose office clock starts at `at`."""

    async def made() -> dict[str, Outcome]:
        async with house.engine(at):
            trials = Trials(house.pair, now)
            await trials.open()
            outcomes = await calls(trials, plans)
            await trials.close()
        return outcomes

    return asyncio.run(made())


def as_stored(house: House, record: dict[str, Any] | None) -> dict[str, Any]:
    """Give a record folded from Asterisk's own lines as the store has it: with a token for the number."""
    assert record is not None
    keys = KeyFiles(house.settings.key_of_records).keys(make=False)
    return record | {"caller": token_of(record["caller"], keys.naming)}


def record(outcome: Outcome) -> dict[str, Any]:
    """Give the record of a call without trouble."""
    assert outcome.record is not None
    assert outcome.trouble == ""
    return dict(outcome.record)


Clock = Callable[[], datetime]
__all__ = ["UTC", "House", "at_once", "caller", "calls", "record"]
