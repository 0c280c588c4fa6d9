"""Puts what was rendered from the rules into the running Asterisks, whole, or leaves them as they were.

Rule 1: a file is written beside its place and moved there. On any failure the old files are put back and loaded again.
Rule 2: only what changed is loaded again: the telephones of the rules seldom do. A comment is no change.
"""

import asyncio
import fcntl
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from ivr.asterisk.embedded import Pair
from ivr.asterisk.instance import VERSIONS, Instance
from ivr.errors import PbxUnavailable
from ivr.rulebook.reload import Generated
from ivr.vocabulary import RulesVersion

FOLDER = "etc/generated"
DIALPLAN = "dialplan reload"
TELEPHONES = "module reload res_pjsip.so"
IN_USE = re.compile(r"^\S+\s+(\S+)\s+ivr-rules\s*$", re.MULTILINE)
"""A line of `group show channels`: channel, group, category."""
REGISTRATIONS = "module reload res_pjsip_outbound_registration.so"

logger = logging.getLogger(__name__)


class Installer:
    """Installs generated files into the pair of Asterisks that is up; the simulated network only if it runs."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair

    def has(self, version: RulesVersion) -> bool:
        """Tell whether the PBX has these rules, perhaps with other overrides or as of another day."""
        return (self._pair.pbx.directory / FOLDER / f"rules-{version}.conf").exists()

    async def install(self, generated: Generated, version: RulesVersion, unless_in_use: bool) -> None:
        """Write and load the files. Raises PbxUnavailable, PromptError; then everything is as it was.

        With `unless_in_use` nothing is done if the PBX has just this version, rendered just so.
        """
        await asyncio.to_thread(self._install, generated, version, unless_in_use)

    def _install(self, generated: Generated, version: RulesVersion, unless_in_use: bool) -> None:
        with _alone(self._pair.pbx):
            self._install_alone(generated, version, unless_in_use)

    def _install_alone(self, generated: Generated, version: RulesVersion, unless_in_use: bool) -> None:
        self._pair.share_sounds()
        name = f"rules-{version}.conf"
        if unless_in_use and _read(self._pair.pbx.directory / FOLDER / name) == generated["pbx"].get(name):
            return
        self._pbx(generated["pbx"], version, keep_others=unless_in_use)
        if self._pair.network.running() is not None:
            self._network(generated["network"])

    def _pbx(self, rendered: Mapping[str, str], version: RulesVersion, *, keep_others: bool) -> None:
        """Load the dialplan and the telephones. Versions that calls are still on stay, however old they are."""
        pbx = self._pair.pbx
        before = _present(pbx, rendered)
        others = {name: text for name, text in before.items() if fnmatch(name, VERSIONS) and name not in rendered}
        if others and not keep_others:
            used = _in_use(pbx)
            others = {name: text for name, text in others.items() if name in used}
        wanted = {**others, **rendered}
        pbx.render(wanted)
        changed = {name for name in {*wanted, *before} if _meaning(wanted.get(name)) != _meaning(before.get(name))}
        try:
            if any(name.startswith("pjsip") for name in changed):
                _command(pbx, TELEPHONES)
            if any(not name.startswith("pjsip") for name in changed):
                _command(pbx, DIALPLAN)
                _see_version(pbx, wanted, version)
        except PbxUnavailable:
            pbx.render(before)
            for command in (TELEPHONES, DIALPLAN):
                pbx.cli(command)
            raise

    def _network(self, wanted: Mapping[str, str]) -> None:
        """Let the simulated telephones register. They are a test aid: that they fail does not refuse rules."""
        network = self._pair.network
        before = _present(network, wanted)
        if all(_meaning(before.get(name)) == _meaning(text) for name, text in wanted.items()):
            return
        network.render(wanted)
        for command in (TELEPHONES, REGISTRATIONS):
            if network.cli(command) is None:
                logger.warning(
                    "the simulated telephones were not loaded again", extra={"action": "network_not_reloaded"}
                )


@contextmanager
def _alone(pbx: Instance) -> Iterator[None]:
    """Let one engine at a time change the files: two of an instance may overlap."""
    with (pbx.directory / "install.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _in_use(pbx: Instance) -> frozenset[str]:
    """Name the files of the versions that calls are on: the dialplan puts each call into a group of its version."""
    shown = pbx.cli("group show channels") or ""
    return frozenset(f"rules-{version}.conf" for version in IN_USE.findall(shown))


def _command(pbx: Instance, command: str) -> None:
    if pbx.cli(command) is None:
        raise PbxUnavailable(f"Asterisk {pbx.name} did not carry out `{command}`; is it up (`ivr pbx status`)?")


def _see_version(pbx: Instance, wanted: Mapping[str, str], version: RulesVersion) -> None:
    """See that new calls get the version: Asterisk says that it has reloaded even if it could not read a file.

    The first number of the rules is looked at; it has to name the version.
    """
    lines = wanted["numbers.conf"].splitlines()
    number = next((line.split("=>")[1].split(",")[0].strip() for line in lines if line.startswith("exten =>")), None)
    shown = pbx.cli(f"dialplan show {number}@ivr-numbers") or ""
    if number is not None and version not in shown:
        raise PbxUnavailable(
            f"Asterisk {pbx.name} read the new dialplan, but {number} has not come to version {version}; "
            f"the reason is at the end of {pbx.directory / 'log/messages.log'}"
        )


def _present(instance: Instance, wanted: Mapping[str, str]) -> dict[str, str]:
    """Read what is there of the files that will be written or removed."""
    folder = instance.directory / FOLDER
    paths = {folder / name for name in wanted} | set(folder.glob(VERSIONS))
    found = {path.name: _read(path) for path in paths}
    return {name: text for name, text in found.items() if text is not None}


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _meaning(text: str | None) -> list[str] | None:
    """Give the lines of a configuration that mean something: its header names the version of the rules."""
    return None if text is None else [line for line in text.splitlines() if line and not line.startswith(";")]
