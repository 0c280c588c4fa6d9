"""What we wrote into a town's Asterisk: each file with its SHA-256, and the folders that were not there before.

Rule 1: what does not stand here was not written by us, and is never changed or removed.
Rule 2: the file is written whole or not at all; two processes that write take turns.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ivr.errors import SettingsError

NAME = "ivr/manifest.json"


@dataclass(slots=True)
class Manifest:
    """Files by their path with the digest of what was written, and folders that we made, outer ones first."""

    path: Path
    files: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, config: Path) -> "Manifest":
        """Read the manifest of a configuration folder; empty if nothing is installed there. Raises SettingsError."""
        path = config / NAME
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(path, dict(found["files"]), list(found["folders"]))
        except FileNotFoundError:
            return cls(path)
        except OSError as error:
            raise SettingsError(f"{path} cannot be read ({error.strerror}); run this as root") from None
        except (ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"{path} says what was installed and cannot be understood ({error}); take it from a backup"
            ) from None

    @property
    def installed(self) -> bool:
        """Tell whether anything is installed."""
        return bool(self.files)

    def edited(self) -> tuple[Path, ...]:
        """Name the files that somebody else has changed since we wrote them."""
        return tuple(
            Path(name) for name, digest in sorted(self.files.items()) if digest_of(Path(name)) not in (digest, "")
        )

    def record(self, written: Mapping[Path, str], removed: Iterable[Path] = ()) -> None:
        """Remember what was written, as path and digest, and forget what was removed. Raises SettingsError."""
        for path in removed:
            self.files.pop(str(path), None)
        self.files.update({str(path): digest for path, digest in written.items()})

    def save(self) -> None:
        """Write it. Raises SettingsError."""
        text = json.dumps({"files": dict(sorted(self.files.items())), "folders": self.folders}, indent=1) + "\n"
        partial = self.path.with_suffix(".partial")
        try:
            partial.write_text(text, encoding="utf-8")
            partial.chmod(0o640)
            partial.replace(self.path)
        except OSError as error:
            raise SettingsError(f"{self.path} cannot be written ({error.strerror}); run this as root") from None


@contextmanager
def changing(config: Path) -> Iterator[Manifest]:
    """Read the manifest, let the block change it, and save it, also if the block fails; others wait meanwhile."""
    folder = (config / NAME).parent
    with _locked(folder):
        manifest = Manifest.of(config)
        try:
            yield manifest
        finally:
            manifest.save()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def digest_of(path: Path) -> str:
    """Give the SHA-256 of a file's content; "" if there is no such file."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def digest(content: bytes) -> str:
    """Give the SHA-256 of what is to be written."""
    return sha256(content).hexdigest()
