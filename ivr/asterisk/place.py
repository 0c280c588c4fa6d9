"""Where an embedded Asterisk lives and how its programs are called: the host's, or a Debian tree under the checkout.

Asterisk runs as the host's own program with a configuration directory of ours, or inside a tree by chroot. A `Place`
hides the difference: it gives each path as we see it and as Asterisk sees it.
"""

import fcntl
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ivr.errors import PbxUnavailable
from ivr.settings import Settings

OLDEST_ASTERISK = 20
SUITE = "forky"
"""The Debian release whose Asterisk fills the tree: Debian 12 has no package of it."""
MOST_SOCKET_PATH = 100
"""Bytes: a Unix socket's path holds 108 with its terminating NUL."""
LONGEST_BUILD = 600
"""Seconds for making the tree."""


@dataclass(frozen=True, slots=True)
class Place:
    """One Asterisk installation; `root` is what it sees as `/`, `state` where a host's Asterisk keeps its instances."""

    root: Path
    command: tuple[str, ...]
    version: str
    state: Path

    def directory(self, instance: str) -> Path:
        """Give the instance's directory as we see it."""
        if self.root == Path("/"):
            return self.state / "asterisk" / instance
        return self.root / "ivr" / instance

    def inside(self, path: Path) -> str:
        """Give a path as Asterisk sees it."""
        return "/" + str(path.relative_to(self.root))

    def run_directory(self, instance: str) -> Path:
        """Give the directory of the control socket, short enough for a socket's path."""
        wished = self.directory(instance) / "run"
        if len(self.inside(wished).encode()) + len("/asterisk.ctl") < MOST_SOCKET_PATH:
            return wished
        digest = sha256(str(wished).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"ivr-{digest}"


def find(settings: Settings) -> Place:
    """Find or make an Asterisk for the settings. Raises PbxUnavailable with what to do if there can be none."""
    if settings.asterisk in ("auto", "host"):
        program = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
        found = _version([program]) if program else None
        if program and found and int(found.split(".")[0]) >= OLDEST_ASTERISK:
            return Place(Path("/"), (program,), found, settings.state.resolve())
        if settings.asterisk == "host":
            raise PbxUnavailable(
                f"no Asterisk {OLDEST_ASTERISK} or newer on this host (found: {found or 'none'}); "
                "install one, or set IVR_ASTERISK=tree to have one made under the checkout"
            )
    return _tree(settings.tree.resolve(), settings.state.resolve())


def _tree(root: Path, state: Path) -> Place:
    if os.geteuid() != 0:
        raise PbxUnavailable(
            f"there is no Asterisk {OLDEST_ASTERISK} or newer on this host, and making one under {root} needs root; "
            "run the command as root, or install Asterisk"
        )
    command = ("chroot", str(root), "/usr/sbin/asterisk")
    with _locked(root):
        if not (root / ".complete").exists():
            _build(root)
    version = _version(command)
    if version is None:
        raise PbxUnavailable(f"the Asterisk in {root} does not run; remove that directory and try again")
    return Place(root, command, version, state)


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Let one process at a time make the tree."""
    root.parent.mkdir(parents=True, exist_ok=True)
    with (root.parent / f".{root.name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(root: Path) -> None:
    """Make a minimal Debian tree with Asterisk, about 340 MB, with mmdebstrap and the host's own package sources."""
    if shutil.which("mmdebstrap") is None:
        raise PbxUnavailable("mmdebstrap is missing, which makes the Debian tree; run: apt-get install mmdebstrap")
    if root.exists():
        shutil.rmtree(root)
    partial = root.with_name(root.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    options = ['Acquire::Check-Valid-Until "false"', 'APT::Install-Recommends "false"']
    command = ["mmdebstrap", "--variant=minbase", *(f"--aptopt={item}" for item in options)]
    command += ["--include=asterisk", SUITE, str(partial)]
    log = root.parent / "debian.log"
    with log.open("wb") as output:
        done = subprocess.run(command, stdout=output, stderr=output, timeout=LONGEST_BUILD, check=False)
    if done.returncode != 0:
        raise PbxUnavailable(f"making the Debian tree failed; the reason is at the end of {log}; then try again")
    _silence_lookups(partial)
    (partial / ".complete").touch()
    partial.rename(root)


def _silence_lookups(root: Path) -> None:
    """Answer every name locally: a DNS look-up inside the tree stalls each call for seconds."""
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost {socket.gethostname()}\n::1 localhost\n")
    (root / "etc/resolv.conf").write_text("")
    switch = root / "etc/nsswitch.conf"
    text = switch.read_text() if switch.exists() else "hosts: files\n"
    switch.write_text(re.sub(r"^hosts:.*$", "hosts: files", text, flags=re.MULTILINE))


def _version(command: Sequence[str]) -> str | None:
    """Ask a program for Asterisk's version, such as `22.10.1`; None if it is not one that runs."""
    try:
        done = subprocess.run([*command, "-V"], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return None
    found = re.search(r"Asterisk (?:certified/)?(\d+\.\d+[\w.]*)", done.stdout)
    return found.group(1) if found else None
