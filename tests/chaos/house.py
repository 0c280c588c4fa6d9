"""The PBX, its rules, its telephones' registrations and the record store of one fault: private, new for each.

Rule 1: Asterisk is configured by the project's own templates and settings alone; the telephones register as real ones do.
Rule 2: everything ends with this process, however it ends.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ivr.app import now
from ivr.asterisk.embedded import Pair
from ivr.asterisk.instance import Instance
from ivr.asterisk.place import Place
from ivr.cli.rules_read import rules_of
from ivr.cli.setup import pair_of
from ivr.settings import Settings, load
from tests.chaos import colleagues, town
from tests.chaos.clock import prepared
from tests.chaos.disks import release, small_disk
from tests.chaos.register import register
from tests.fakes.recordings import built

BASE = int(os.environ.get("IVR_CHAOS_PORTS", "16400"))
RTP = int(os.environ.get("IVR_CHAOS_RTP", "42000"))
CITIZENS, PHONES = f"127.0.{BASE // 100 % 250 + 1}.6", f"127.0.{BASE // 100 % 250 + 1}.7"
"""Addresses of this block of ports alone, so that two blocks can be at work at once."""
CITIZEN_PORT, PHONE_PORT, PROXY_PORT, DATABASE_PORT = BASE + 10, BASE + 11, BASE + 5, BASE + 6
COLLEAGUES = {name: BASE + 60 + place for place, name in enumerate(colleagues.NAMES)}
MEDIA_FIRST, MEDIA_CALLS = 20000, 900
PHONE_MEDIA = BASE + 90
"""Ports of speech, on addresses of their own, below those that the system gives away."""


@dataclass(frozen=True)
class House:
    """A PBX that is up. `environment` is what an engine of it needs; `store` the path or the URL of its records."""

    settings: Settings
    pair: Pair
    folder: Path
    store: Path | str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def pbx(self) -> Instance:
        """The PBX."""
        return self.pair.pbx

    @property
    def journal(self) -> Path:
        """Asterisk's journal."""
        return self.pair.journal

    def disk(self, name: str) -> Path:
        """Give the directory of the `store` or of the `journal`."""
        return self.folder / "store" if name == "store" else self.journal.parent

    async def cli(self, command: str) -> str:
        """Run a command of Asterisk's console; "" if Asterisk is not there."""
        return await asyncio.to_thread(self.pbx.cli, command) or ""

    async def channels(self) -> int:
        """Count the channels that live in Asterisk."""
        shown = await self.cli("core show channels concise")
        return sum("!" in line for line in shown.splitlines())

    async def register(self) -> None:
        """Register all telephones: the colleagues' each at a port of its own, the others where SIPp plays them."""
        server, password = (self.settings.sip_host, self.settings.sip_port), self.pair.secrets.phone
        others = tuple(name for name in town.phones() if name not in COLLEAGUES)
        await asyncio.to_thread(register, server, (PHONES, PHONE_PORT), others, password)
        for name, port in COLLEAGUES.items():
            await asyncio.to_thread(register, server, (PHONES, port), (name,), password)


def settings_of(folder: Path, rules: Path) -> dict[str, str]:
    """Give the settings of a run as text."""
    return {
        "instance": f"chaos-{BASE}",
        "rules": str(rules),
        "state": str(folder),
        "store": str(folder / "store/records.sqlite3"),
        "numbers": "plain",  # records are matched with citizens by their numbers
        "overrides": str(folder / "overrides.sqlite3"),
        "sip_port": str(BASE),
        "ami_port": str(BASE + 1),
        "network_port": str(BASE + 2),
        "network_ami_port": str(BASE + 3),
        "rtp_first": str(RTP),
        "network_rtp_first": str(RTP + 2000),
        "trunk_match": CITIZENS,
        "log_level": "info",
    }


@asynccontextmanager
async def house(
    folder: Path, mounts: Sequence[str] = (), *, clock: bool = False, store: str | None = None
) -> AsyncIterator[House]:
    """Start a new PBX with an empty journal and store; end it with the block.

    `mounts` names what lies on a small disk of its own: `store`, `journal`. With `clock` its clock can be stepped. `store` is
    the URL of a database for the records; without it they go into a file.
    """
    built()
    release(folder / "store")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "store").mkdir(parents=True)
    values = settings_of(folder, town.write(folder, now()))
    settings = load(**values)
    place = store or settings.store
    values["store"] = str(place)
    pair = await asyncio.to_thread(lambda: pair_of(settings, rules_of(settings)))
    if clock:
        steppable = _with_environment(pair.pbx.place, prepared(pair.pbx.place))
        pair = replace(pair, pbx=replace(pair.pbx, place=steppable))
    release(pair.journal.parent)
    shutil.rmtree(pair.pbx.directory, ignore_errors=True)
    environment = {f"IVR_{name.upper()}": value for name, value in values.items()}
    made = House(settings, pair, folder, place, environment)
    with ExitStack() as disks:
        for name in mounts:
            disks.enter_context(small_disk(made.disk(name)))
        await asyncio.to_thread(_start, pair)
        try:
            await made.register()
            yield made
        finally:
            await asyncio.to_thread(pair.pbx.stop)


def _start(pair: Pair) -> None:
    pair.pbx.configure()
    pair.share_sounds()
    pair.pbx.start(bound=True)


def _with_environment(place: Place, wrap: Mapping[str, str]) -> Place:
    """Let Asterisk's own program start under `env`; inside a tree that is the tree's."""
    variables = tuple(f"{name}={value}" for name, value in wrap.items())
    head, program = place.command[:-1], place.command[-1]
    return replace(place, command=(*head, "/usr/bin/env", *variables, program))
