"""The same calls led by an engine and by the fallback on one real PBX, at the same instant of the office clock."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from ivr.app import now
from ivr.asterisk.embedded import Pair
from ivr.asterisk.network import TelephoneNetwork
from ivr.asterisk.render import dialplan, rules_file
from ivr.controller import Controller
from ivr.routing.rules import Override, Ruleset
from ivr.vocabulary import DestinationId, RulesVersion
from tests.fakes.dialled import Dialled, dial_all

_callers = itertools.count(37127000001)
LEASE_SECONDS = 12  # so that a machine that stands still for a moment has no part in it
EXTRA = "rules-zz-extra.conf"
"""Our file beside the generated ones: extensions.conf includes it by its pattern."""


@dataclass(frozen=True)
class KnownRules:
    """The rules that an engine may be asked for."""

    versions: Mapping[RulesVersion, Ruleset]

    @property
    def overrides(self) -> Mapping[DestinationId, tuple[Override, ...]]:
        return {name: orders for rules in self.versions.values() for name, orders in rules.overrides.items()}

    def version(self, version: RulesVersion | None) -> Ruleset:
        return self.versions[version or RulesVersion("")]


@contextmanager
def installed(pair: Pair, rules: Ruleset, today: date, extra: str = "") -> Iterator[None]:
    """Add a version of the rules, with its numbers, to a PBX that is up."""
    files = dialplan(rules, today=today)
    numbers = files["numbers.conf"].partition("[ivr-numbers]")[2]
    folder = pair.pbx.directory / "etc/generated"
    transfers = _transfers(files["phones.conf"], pair.pbx.generated["phones.conf"])
    mine = {rules_file(rules): files[rules_file(rules)], EXTRA: f"[ivr-numbers](+){numbers}\n{transfers}\n{extra}"}
    try:
        for name, text in mine.items():
            (folder / name).write_text(text)
        pair.pbx.cli("dialplan reload")
        yield
    finally:
        for name in mine:
            (folder / name).unlink(missing_ok=True)
        pair.pbx.cli("dialplan reload")
        pair.pbx.cli("dialplan set global IVR_CLOCK_SHIFT 0")


def _transfers(ours: str, theirs: str) -> str:
    """Give what colleagues can dial by our rules and not by those of the PBX, which Asterisk would not take twice."""
    known = set(theirs.splitlines())
    blocks = re.split(r"^(?=exten => )", ours.partition("[ivr-transfer](+)\n")[2], flags=re.MULTILINE)
    return "[ivr-transfer](+)\n" + "".join(block for block in blocks if block.partition("\n")[0] not in known)


async def both(
    pair: Pair, rules: Sequence[Ruleset], at: datetime, calls: Sequence[Dialled]
) -> list[tuple[list[str], list[str]]]:
    """Make the calls with an engine, then without one; give what the journal says of each, twice."""
    shift = at - now()
    network = TelephoneNetwork(pair, now)
    await network.open()
    try:
        async with _engine(pair, rules, at):
            led = await _made(pair, network, calls)
        pair.pbx.cli(f"dialplan set global IVR_CLOCK_SHIFT {int(shift.total_seconds())}")
        fell = await _made(pair, network, calls)
    finally:
        await network.close()
    return list(zip(led, fell, strict=True))


async def _made(pair: Pair, network: TelephoneNetwork, calls: Sequence[Dialled]) -> list[list[str]]:
    first = next(_callers)
    for _ in calls:
        next(_callers)
    return await dial_all(network, pair.journal, calls, first)


@asynccontextmanager
async def _engine(pair: Pair, rules: Sequence[Ruleset], at: datetime) -> AsyncIterator[None]:
    shift = at - now()
    known = KnownRules({one.version: one for one in rules})
    settings = pair.settings.model_copy(update={"lease_seconds": LEASE_SECONDS})
    controller = Controller(settings, pair.secrets.ami, rules=known, clock=now, office_clock=lambda: now() + shift)
    task = asyncio.ensure_future(controller.run())
    try:
        await controller.ready()
        yield
    finally:
        await controller.close()
        await asyncio.gather(task, return_exceptions=True)
