"""One real pair of Asterisks for all acceptance tests: the PBX and the telephone network.

Calls that need the same office clock are made at the same time: each has its own caller, so nothing mixes.
"""

import asyncio
import itertools
import os
import re
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from cdr.privacy.keys import KeyFiles
from cdr.privacy.sealing import token_of
from ivr.app import now, running, shifted
from ivr.asterisk.embedded import Pair
from ivr.asterisk.instance import Instance
from ivr.cli.rules_read import rules_of
from ivr.cli.setup import pair_of
from ivr.live.installing import Installer
from ivr.rulebook.live import LiveRules
from ivr.settings import Settings, load
from ivr.trial.plan import Outcome, Plan
from ivr.trial.run import Trials
from tests.fakes.asterisk_log import AsteriskLog, settled
from tests.fakes.lateness import Lateness
from tests.fakes.manager_client import ManagerClient
from tests.fakes.patience import blocked_until
from tests.fakes.recordings import built
from tests.fakes.remembering_prover import RememberingProver

RIGA = ZoneInfo("Europe/Riga")
TUESDAY_10 = datetime(2026, 11, 24, 10, 0, tzinfo=RIGA)
SUNDAY_12 = datetime(2026, 11, 22, 12, 0, tzinfo=RIGA)
NIGHT_3 = datetime(2026, 11, 25, 3, 0, tzinfo=RIGA)

PORTS_EACH, RTP_EACH = 200, 4000
RTP_SLOTS = 5  # ranges that fit below 65536; pairs that share one find free ports in it

REPLY_SECONDS = 3.0  # that a caller waits for the engine: twice the default, for a machine that is slow
LEASE_SECONDS = 12  # of an engine that runs beside a test, in its process; engines that are killed have the default

LONGEST_FIRST = (
    *(
        "calls_by_day",
        "engine_dies",
        "fallback_calls",
        "journal_table",
        "transfer_calls",
        "supervision_waiting",
        "adoption",
    ),
    *(
        "services",
        "supervision_api",
        "commands",
        "town_pbx",
        "transfer_races",
        "bad_input",
        "monitor_terminal",
        "doctor_live",
    ),
)
"""Files that take longest, so that no process begins one when the others have ended."""

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
    loading: tuple[str, ...] = ()
    """What both have logged while they started."""

    @asynccontextmanager
    async def engine(self, at: datetime | None = None, *, lease: int = LEASE_SECONDS) -> AsyncIterator[None]:
        """Run an engine in this process whose office clock starts at `at`. The fallback then goes by the same clock."""
        shift = 0 if at is None else int((at - now()).total_seconds())
        self.pair.pbx.cli(f"dialplan set global IVR_CLOCK_SHIFT {shift}")
        try:
            settings = self.settings.model_copy(update={"lease_seconds": lease})
            async with running(settings, self.pair, self.rules, office_clock=shifted(at)):
                yield
        finally:
            self.pair.pbx.cli("dialplan set global IVR_CLOCK_SHIFT 0")

    def settled(self) -> None:
        """Wait until all that has happened up to now is in the journal, which Asterisk writes in a thread of its own."""
        settled(self.pair.pbx, self.pair.journal)

    def quiet(self) -> None:
        """End every call, wait until none is left and all are in the journal; telephones do again what they do at first.

        Nor do they know any more which calls they took.
        """
        for instance in (self.pair.pbx, self.pair.network):
            hung_up(instance)
        for instance, kept, at_first in ((self.pair.network, "PHONE_", "ok"), (self.pair.pbx, "IVR_LAST_", "none")):
            for name in re.findall(rf"^ *({kept}[^=]+)=", instance.cli("dialplan show globals") or "", re.MULTILINE):
                instance.cli(f"dialplan set global {name} {at_first}")
        self.settled()

    def plugged_in(self, phone: str) -> None:
        """Register a simulated telephone again, and wait until the PBX knows its place."""
        self.pair.network.cli(f"pjsip send register {phone}")
        place = f"{phone}@{self.settings.phones_host}"
        blocked_until(
            lambda: place in (self.pair.pbx.cli("database show registrar") or ""),
            told=lambda: f"{phone} is not registered again",
        )

    async def restore(self) -> None:
        """Give the PBX the rules of the house again, after a test that gave it others."""
        generated = {"pbx": self.pair.pbx.generated, "network": self.pair.network.generated}
        await Installer(self.pair).install(generated, self.rules.current.version, False)
        await asyncio.to_thread(self.pair.await_phones)


def idle(instance: Instance) -> bool:
    """Tell whether an Asterisk has no channel."""
    return (instance.cli("core show channels count") or "").startswith("0 active channels")


def hung_up(instance: Instance) -> None:
    """End every call of an Asterisk, and wait until none is left. A call that begins meanwhile is ended too."""

    def empty() -> bool:
        if idle(instance):
            return True
        instance.cli("channel request hangup all")
        return False

    blocked_until(empty, told=lambda: instance.cli("core show channels concise"))


_up: list[House] = []


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
        "rtp_first": str(46000 + RTP_EACH * (slot % RTP_SLOTS)),
        "network_rtp_first": str(48000 + RTP_EACH * (slot % RTP_SLOTS)),
        "log_level": "info",
        "reply_seconds": str(REPLY_SECONDS),
    }
    settings = load(**values)
    rules = rules_of(settings)
    pair = pair_of(settings, rules)
    pair.journal.unlink(missing_ok=True)
    environment = {f"IVR_{name.upper()}": value for name, value in values.items()}
    logs = [AsteriskLog(one.log) for one in (pair.pbx, pair.network)]
    pair.start(bound=True)
    loading = [line for log, one in zip(logs, (pair.pbx, pair.network), strict=True) for line in started(log, one.ami)]
    made = House(settings, pair, rules, folder, environment, tuple(loading))
    _up.append(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ivr.app.Prover", RememberingProver)
        yield made
    _up.remove(made)
    pair.stop()


def started(log: AsteriskLog, manager: tuple[str, int]) -> list[str]:
    """Give the lines of an Asterisk that has started: those up to a line of ours, as it writes them one after the other."""
    with ManagerClient(manager) as client:
        assert client.login("whoever", "starts") == "Authentication failed"
    return log.until("nonexistent user 'whoever'")


_played: list[str] = []
"""The files whose tests have used the pair of this process, in order: what failed may have met what they left."""


@pytest.fixture(scope="module", autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let no call of one file of tests reach into the next: they share a pair, in an order that nobody knows."""
    _played.append(request.path.name)
    yield
    for house in _up:
        house.quiet()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; each process sorts the same."""
    order = {f"test_{name}.py": place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell of a test that failed which files were played before it on the same pair."""
    report = yield
    if report.failed:
        report.sections.append(("played before on this pair", " ".join(_played)))
    return report


@asynccontextmanager
async def on_network(house: House) -> AsyncIterator[Trials]:
    """Attach to the simulated network during the block."""
    made = Trials(house.pair, now)
    await made.open()
    try:
        yield made
    finally:
        await made.close()


@pytest_asyncio.fixture
async def trials(house: House) -> AsyncIterator[Trials]:
    """Attach to the simulated network."""
    async with on_network(house) as made:
        yield made


async def calls(trials: Trials, plans: Mapping[str, Plan]) -> dict[str, Outcome]:
    """Make all calls at the same time."""
    outcomes = await trials.run_all(plans.values())
    return dict(zip(plans, outcomes, strict=True))


def at_once(
    house: House, at: datetime, plans: Mapping[str, Plan], lateness: Lateness | None = None
) -> dict[str, Outcome]:
    """Make all calls at the same time, with an engine whose office clock starts at `at`; measure the machine's lateness."""

    async def made() -> dict[str, Outcome]:
        async with house.engine(at), (lateness or Lateness()).measured(), on_network(house) as trials:
            return await calls(trials, plans)

    return asyncio.run(made())


def as_stored(house: House, record: dict[str, Any] | None) -> dict[str, Any]:
    """Give a record folded from Asterisk's own lines as the store has it: with a token for the number."""
    assert record is not None
    keys = KeyFiles(house.settings.key_of_records).keys(make=False)
    return record | {"caller": token_of(record["caller"], keys.naming)}


def heard_of(outcome: Outcome, prompt: str) -> float:
    """Tell how much of a prompt was heard in all; its parts are counted together, as a busy machine's line slips."""
    return sum(item.fraction for item in outcome.heard if item.name == prompt)


def heard_out(outcome: Outcome, prompt: str) -> bool:
    """Tell whether a prompt was heard to its end, whatever the line lost before."""
    parts = (item for item in outcome.heard if item.name == prompt)
    return any(item.offset * item.fraction / (item.end - item.start) + item.fraction > 0.97 for item in parts)


def record(outcome: Outcome) -> dict[str, Any]:
    """Give the record of a call without trouble."""
    assert outcome.record is not None
    assert outcome.trouble == ""
    return dict(outcome.record)
