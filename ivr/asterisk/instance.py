"""One running Asterisk of ours: its directory filled from templates, its process started and ended.

Rule 1: only processes that we started are ended, by process id and start time.
Rule 2: a port in use is found before Asterisk starts, and named.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from ivr.asterisk.place import Place
from ivr.children import ends_with_us
from ivr.errors import PbxUnavailable, PortTaken

START_TIME = 30.0  # seconds
STOP_TIME = 8.0  # seconds
VERSIONS = "rules-*.conf"
"""The generated files that extensions.conf includes by this pattern, one for each version of the rules."""
FOLDERS = ("etc/generated", "data", "spool", "log/cel-custom", "share/moh", "share/sounds", "calls")


@dataclass(frozen=True, slots=True)
class Instance:
    """A configured Asterisk: `name` is unique on this host, `ports` are (kind, host, port) that it will listen on.

    `children` holds the process while this object started it.
    """

    place: Place
    name: str
    ports: tuple[tuple[str, str, int], ...]
    ami: tuple[str, int]
    templates: Path
    values: Mapping[str, str]
    generated: Mapping[str, str]
    children: "list[subprocess.Popen[bytes]]" = field(default_factory=list, repr=False, compare=False)

    @property
    def directory(self) -> Path:
        """The instance's directory as we see it."""
        return self.place.directory(self.name)

    @property
    def rendered(self) -> Path:
        """The folder of the files rendered from the rules."""
        return self.directory / "etc/generated"

    @property
    def log(self) -> Path:
        """Asterisk's own log."""
        return self.directory / "log/messages.log"

    def adapted(self, generated: Mapping[str, str]) -> Mapping[str, str]:
        """Give generated files in the form that this Asterisk takes: as they are."""
        return generated

    @property
    def pid_file(self) -> Path:
        """Holds the process id and its start time."""
        return self.directory / "process"

    def configure(self) -> None:
        """Write the configuration: templates with their places filled, and the generated files beside them."""
        for name in FOLDERS:
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        self.place.run_directory(self.name).mkdir(parents=True, exist_ok=True)
        values = {
            "DIR": self.place.inside(self.directory),
            "RUN": self.place.inside(self.place.run_directory(self.name)),
            "MODULES": self._modules(),
            "SYSTEM": "pbx",
            **self.values,
        }
        for template in sorted(self.templates.glob("*.conf")):
            text = template.read_text(encoding="utf-8")
            for key, value in values.items():
                text = text.replace(f"@{key}@", value)
            _write_private(self.directory / "etc" / template.name, text)
        self.render(self.generated)
        docs = Path("/usr/share/asterisk/documentation")
        source = self.place.root / str(docs).lstrip("/")
        if source.is_dir():
            shutil.copytree(source, self.directory / "share/documentation", dirs_exist_ok=True)

    def render(self, generated: Mapping[str, str]) -> None:
        """Write the files rendered from the rules, each whole; remove versions of the rules that are not among them."""
        folder = self.directory / "etc/generated"
        for name, text in generated.items():
            partial = folder / f"{name}.partial"
            _write_private(partial, text)
            partial.replace(folder / name)
        if any(fnmatch(name, VERSIONS) for name in generated):
            for old in folder.glob(VERSIONS):
                if old.name not in generated:
                    old.unlink(missing_ok=True)

    def _modules(self) -> str:
        for pattern in ("usr/lib/*/asterisk/modules", "usr/lib/asterisk/modules", "usr/lib64/asterisk/modules"):
            for found in sorted(self.place.root.glob(pattern)):
                return self.place.inside(found)
        raise PbxUnavailable(f"no Asterisk modules under {self.place.root}usr/lib; install Asterisk again")

    def start(self, *, bound: bool) -> None:
        """Start Asterisk and wait until it has booted.

        `bound` ties its life to this process: the kernel ends it when this process ends, however that happens.
        Raises PortTaken, PbxUnavailable.
        """
        if self.running() is not None:
            raise PbxUnavailable(f"the PBX {self.name} runs already (process {self.running()}); end it: ivr pbx down")
        for kind, host, port in self.ports:
            _refuse_taken(kind, host, port)
        arguments = [*self.place.command, "-C", self.place.inside(self.directory / "etc/asterisk.conf"), "-f"]
        with (self.directory / "log/console").open("ab") as output:
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=ends_with_us(signal.SIGKILL) if bound else None,  # noqa: PLW1509 - prctl(2) is all it does
            )
        self.children.append(process)
        self.pid_file.write_text(f"{process.pid} {_started(process.pid)}\n")
        self._await_boot(process)

    def _await_boot(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_TIME
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            if self.cli("core waitfullybooted") is not None:
                return
            time.sleep(0.1)
        self.stop()
        log = self.directory / "log/messages.log"
        raise PbxUnavailable(
            f"Asterisk {self.name} did not start; the reason is at the end of {log} or of log/console beside it"
        )

    def cli(self, command: str) -> str | None:
        """Run one command of Asterisk's console; None if Asterisk is not there."""
        arguments = [*self.place.command, "-C", self.place.inside(self.directory / "etc/asterisk.conf"), "-rx", command]
        try:
            done = subprocess.run(arguments, capture_output=True, text=True, timeout=20, check=False)
        except subprocess.TimeoutExpired:
            return None
        return done.stdout if done.returncode == 0 else None

    def running(self) -> int | None:
        """Give the process id if the process that we started still lives."""
        try:
            pid, started = self.pid_file.read_text().split()
        except (OSError, ValueError):
            return None
        return int(pid) if _started(int(pid)) == started else None

    def stop(self) -> None:
        """End Asterisk, first politely."""
        pid = self.running()
        if pid is not None:
            for number in (signal.SIGTERM, signal.SIGKILL):
                os.kill(pid, number)
                if _gone(pid, STOP_TIME):
                    break
        for process in self.children:
            process.wait()
        self.children.clear()
        self.pid_file.unlink(missing_ok=True)


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read: configurations hold secrets."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)


def _refuse_taken(kind: str, host: str, port: int) -> None:
    """Raise PortTaken if another process listens there. `kind` is udp or tcp."""
    family = socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, family) as probe:
        if kind == "tcp":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"{kind} {host}:{port} cannot be used ({error.strerror}); "
                "stop the process that uses it, or choose others (IVR_SIP_PORT, IVR_AMI_PORT, ... see docs/operations.md)"
            ) from error


def _started(pid: int) -> str:
    """Give a process's start time in clock ticks after boot (proc(5), field 22); "" if it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _gone(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _started(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
