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
from ivr.cli.setup import pair_of, rules_of
from ivr.settings import Settings, load
from tests.chaos import town
from tests.chaos.clock import prepared
from tests.chaos.disks import release, small_disk
from tests.chaos.register import register
from tests.fakes.recordings import built

BASE = int(os.environ.get("IVR_CHAOS_PORTS", "16400"))
RTP = int(os.environ.get("IVR_CHAOS_RTP", "42000"))
CITIZENS, PHONES = "127.0.0.6", "127.0.0.7"
CITIZEN_PORT, PHONE_PORT, PROXY_PORT, ENGINE_B_PORT = BASE + 10, BASE + 11, BASE + 5, BASE + 6
MEDIA_FIRST, MEDIA_CALLS = 20000, 900
PHONE_MEDIA = BASE + 90
"""Ports of speech, on addresses of their own, below those that the system gives away."""


@dataclass(frozen=True)
class House:
    """A PBX that is up. `environment` is what an engine of it needs."""

    settings: Settings
    pair: Pair
    folder: Path
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
        return self.settings.store.parent if name == "store" else self.journal.parent

    async def cli(self, command: str) -> str:
        """Run a command of Asterisk's console; "" if Asterisk is not there."""
        return await asyncio.to_thread(self.pbx.cli, command) or ""

    async def channels(self) -> int:
        """Count the channels that live in Asterisk."""
        shown = await self.cli("core show channels concise")
        return sum("!" in line for line in shown.splitlines())

    async def register(self) -> None:
        """Register all telephones at the address where SIPp plays them."""
        server = (self.settings.sip_host, self.settings.sip_port)
        await asyncio.to_thread(register, server, (PHONES, PHONE_PORT), town.phones(), self.pair.secrets.phone)


def settings_of(folder: Path, rules: Path) -> dict[str, str]:
    """Give the settings of a run as text."""
    return {
        "instance": "chaos",
        "rules": str(rules),
        "state": str(folder),
        "store": str(folder / "store/records.sqlite3"),
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
async def house(folder: Path, mounts: Sequence[str] = (), *, clock: bool = False) -> AsyncIterator[House]:
    """Start a new PBX with an empty journal and store; end it with the block.

    `mounts` names what lies on a small disk of its own: `store`, `journal`. With `clock` its clock can be stepped.
    """
    built()
    release(folder / "store")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "store").mkdir(parents=True)
    values = settings_of(folder, town.write(folder, now()))
    settings = load(**values)
    pair = await asyncio.to_thread(lambda: pair_of(settings, rules_of(settings)))
    if clock:
        place = _with_environment(pair.pbx.place, prepared(pair.pbx.place))
        pair = replace(pair, pbx=replace(pair.pbx, place=place))
    release(pair.journal.parent)
    shutil.rmtree(pair.pbx.directory, ignore_errors=True)
    environment = {f"IVR_{name.upper()}": value for name, value in values.items()}
    made = House(settings, pair, folder, environment)
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
