"""Writes into a town's Asterisk: each file whole, for Asterisk's user, and into the manifest.

Rule 1: nothing that we did not write is overwritten, and nothing of ours that somebody has edited since.
Rule 2: files belong to whom the configuration folder belongs, so Asterisk can read them whoever installs.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import SettingsError
from ivr.install.manifest import NAME, Manifest, changing, digest, digest_of

CONFIGURATION_MODE, SOUND_MODE, FOLDER_MODE = 0o640, 0o644, 0o750
SOUND = ".wav"


@dataclass(frozen=True, slots=True)
class Change:
    """What an installation does, or would do: files by what happens to them."""

    new: tuple[Path, ...] = ()
    changed: tuple[Path, ...] = ()
    same: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()


def planned(manifest: Manifest, files: Mapping[Path, bytes], obsolete: Iterable[Path] = ()) -> Change:
    """Say what writing `files` and removing `obsolete` would change. Raises SettingsError if it must not be done."""
    refuse_foreign(manifest, files)
    refuse_edited(manifest)
    there = {path: digest_of(path) for path in files}
    return Change(
        new=tuple(path for path in files if not there[path]),
        changed=tuple(path for path in files if there[path] and there[path] != digest(files[path])),
        same=tuple(path for path in files if there[path] == digest(files[path])),
        removed=tuple(path for path in obsolete if str(path) in manifest.files),
    )


def refuse_foreign(manifest: Manifest, files: Mapping[Path, bytes]) -> None:
    """Raise SettingsError if a file is there that we did not write. One that says the same is ours: a cut installation."""
    unknown = {path: content for path, content in files.items() if str(path) not in manifest.files}
    foreign = [path for path, content in unknown.items() if digest_of(path) not in ("", digest(content))]
    if foreign:
        raise SettingsError(
            "these files are there and were not written by us; move them away first:\n  "
            + "\n  ".join(map(str, foreign))
        )


def refuse_edited(manifest: Manifest) -> None:
    """Raise SettingsError if one of our files was edited since."""
    edited = manifest.edited()
    if edited:
        raise SettingsError(
            "these files were edited since they were installed; nothing was changed. Keep a copy of what you need, put "
            "your changes into files of your own, remove these files and try again:\n  " + "\n  ".join(map(str, edited))
        )


def write(config: Path, files: Mapping[Path, bytes], obsolete: Iterable[Path] = ()) -> Change:
    """Write `files`, remove those of `obsolete` that are ours. Raises SettingsError; then the manifest is still right."""
    folder = (config / NAME).parent
    _refuse_missing(config)
    before = Manifest.of(config)
    change = planned(before, files, obsolete)
    owner = config.stat()
    made = _make_folder(folder, owner)
    with changing(config) as manifest:
        manifest.folders += [str(path) for path in made]
        manifest.record({path: digest(files[path]) for path in change.same})
        for path in (*change.new, *change.changed):
            manifest.folders += [str(made) for made in _make_folder(path.parent, owner)]
            _write(path, files[path], owner)
            manifest.record({path: digest(files[path])})
        for path in change.removed:
            path.unlink(missing_ok=True)
            manifest.record({}, [path])
    _own(config / NAME, owner)
    return change


def make_folder(config: Path, folder: Path) -> None:
    """Make a folder for Asterisk, if it is not there, and remember that we did. Raises SettingsError."""
    with changing(config) as manifest:
        manifest.folders += [str(path) for path in _make_folder(folder, config.stat())]
    _own(config / NAME, config.stat())


def _refuse_missing(config: Path) -> None:
    if not config.is_dir():
        raise SettingsError(f"{config} is not a folder; name the folder of Asterisk's configuration with --to")


def _make_folder(folder: Path, owner: os.stat_result) -> list[Path]:
    """Make a folder and those above it that are missing; give the ones made, outer ones first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()][::-1]
    for path in missing:
        try:
            path.mkdir(mode=FOLDER_MODE)
        except OSError as error:
            raise SettingsError(f"{path} cannot be made ({error.strerror}); run this as root") from None
        _own(path, owner)
    return missing


def _write(path: Path, content: bytes, owner: os.stat_result) -> None:
    """Write beside the place and move there: Asterisk never reads half a file."""
    partial = path.with_name(f"{path.name}.partial")
    mode = SOUND_MODE if path.suffix == SOUND else CONFIGURATION_MODE
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
        _own(partial, owner)
        partial.chmod(mode)
        partial.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}); run this as root") from None


def _own(path: Path, owner: os.stat_result) -> None:
    """Give a file to the owner of the configuration, if we may."""
    if os.geteuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid)
