"""Puts what was rendered from the rules into the running Asterisks, whole, or leaves them as they were.

Rule 1: a file is written beside its place and moved there. On any failure the old files are put back and loaded again.
Rule 2: only what changed is loaded again: the telephones of the rules seldom do. A comment is no change.
"""

import asyncio
import fcntl
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from ivr.asterisk.installation import Installation, Pbx
from ivr.asterisk.instance import VERSIONS
from ivr.errors import PbxUnavailable
from ivr.rulebook.reload import Generated
from ivr.vocabulary import RulesVersion

DIALPLAN = "dialplan reload"
TELEPHONES = "module reload res_pjsip.so"
IN_USE = re.compile(r"^\S+\s+(\S+)\s+ivr-rules\s*$", re.MULTILINE)
"""A line of `group show channels`: channel, group, category."""
REGISTRATIONS = "module reload res_pjsip_outbound_registration.so"

logger = logging.getLogger(__name__)


class Installer:
    """Installs generated files into the Asterisk that is up, and into the simulated network if there is one that runs."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def has(self, version: RulesVersion) -> bool:
        """Tell whether the PBX has these rules, perhaps with other overrides or as of another day."""
        return (self._installation.pbx.rendered / f"rules-{version}.conf").exists()

    async def install(self, generated: Generated, version: RulesVersion, unless_in_use: bool) -> None:
        """Write and load the files. Raises PbxUnavailable, PromptError; then everything is as it was.

        With `unless_in_use` nothing is done if the PBX has just this version, rendered just so.
        """
        await asyncio.to_thread(self._install, generated, version, unless_in_use)

    def _install(self, generated: Generated, version: RulesVersion, unless_in_use: bool) -> None:
        with _alone(self._installation.pbx):
            self._install_alone(generated, version, unless_in_use)

    def _install_alone(self, generated: Generated, version: RulesVersion, unless_in_use: bool) -> None:
        self._installation.share_sounds()
        name = f"rules-{version}.conf"
        rendered = self._installation.pbx.adapted(generated["pbx"])
        if unless_in_use and _read(self._installation.pbx.rendered / name) == rendered.get(name):
            return
        self._pbx(rendered, version, keep_others=unless_in_use)
        network = self._installation.network
        if network is not None and network.running() is not None:
            self._network(network, generated["network"])

    def _pbx(self, rendered: Mapping[str, str], version: RulesVersion, *, keep_others: bool) -> None:
        """Load the dialplan and the telephones. Versions that calls are still on stay, however old they are."""
        pbx = self._installation.pbx
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

    def _network(self, network: Pbx, wanted: Mapping[str, str]) -> None:
        """Let the simulated telephones register. They are a test aid: that they fail does not refuse rules."""
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
def _alone(pbx: Pbx) -> Iterator[None]:
    """Let one engine at a time change the files: two of an instance may overlap."""
    folder = os.open(pbx.rendered, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _in_use(pbx: Pbx) -> frozenset[str]:
    """Name the files of the versions that calls are on: the dialplan puts each call into a group of its version."""
    shown = pbx.cli("group show channels") or ""
    return frozenset(f"rules-{version}.conf" for version in IN_USE.findall(shown))


def _command(pbx: Pbx, command: str) -> None:
    if pbx.cli(command) is None:
        raise PbxUnavailable(f"Asterisk {pbx.name} did not carry out `{command}`; is it up (`ivr pbx status`)?")


def _see_version(pbx: Pbx, wanted: Mapping[str, str], version: RulesVersion) -> None:
    """See that new calls get the version: Asterisk says that it has reloaded even if it could not read a file.

    The first number of the rules is looked at; it has to name the version.
    """
    lines = wanted["numbers.conf"].splitlines()
    number = next((line.split("=>")[1].split(",")[0].strip() for line in lines if line.startswith("exten =>")), None)
    shown = pbx.cli(f"dialplan show {number}@ivr-numbers") or ""
    if number is not None and version not in shown:
        raise PbxUnavailable(
            f"Asterisk {pbx.name} read the new dialplan, but {number} has not come to version {version}; "
            f"the reason is at the end of {pbx.log}"
        )


def _present(instance: Pbx, wanted: Mapping[str, str]) -> dict[str, str]:
    """Read what is there of the files that will be written or removed."""
    folder = instance.rendered
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
