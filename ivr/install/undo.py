"""Takes away exactly what was installed, and nothing while something still needs it.

Asterisk refuses a whole file that includes a missing one: a town's dialplan would be gone with ours. So their lines go first.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import SettingsError
from ivr.install.manifest import NAME, Manifest
from ivr.install.writing import refuse_edited

_OURS = re.compile(
    r"""\s*(?:\#(?:try)?include\s+["<]?(?:\S*/)?(?:ivr-(?:extensions|manager|cel|cel_custom|cli)\.conf|ivr/)
    |include\s*=>?\s*ivr-(?:numbers|from-trunk)\b
    |context\s*=>?\s*ivr-from-trunk\b
    |set_var\s*=>?\s*_*TRANSFER_CONTEXT\s*=\s*ivr-transfer\b)""",
    re.VERBOSE,
)
"""A line of theirs that needs ours: it includes a file or a context, or sends calls into one."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken away, or would be, and what lies in our folders without having been written by us."""

    removed: tuple[Path, ...]
    kept: tuple[Path, ...]


def undo(config: Path, *, dry_run: bool) -> Undone:
    """Remove what the manifest lists. Raises SettingsError if a line still needs it or a file was edited."""
    manifest = Manifest.of(config)
    if not manifest.installed:
        raise SettingsError(f"nothing is installed in {config}: there is no {config / NAME}")
    lines = list(lines_of_theirs(config, manifest))
    if lines:
        raise SettingsError(
            "these lines still need our files; remove them first, then undo. Nothing was removed:\n  "
            + "\n  ".join(lines)
        )
    refuse_edited(manifest)
    ours = tuple(Path(name) for name in sorted(manifest.files))
    kept = tuple(_strangers(config, manifest))
    if not dry_run:
        for path in (*ours, config / NAME):
            path.unlink(missing_ok=True)
        for folder in sorted(manifest.folders, key=len, reverse=True):
            with suppress(OSError):  # something of theirs is in it
                Path(folder).rmdir()
    return Undone(ours, kept)


def lines_of_theirs(config: Path, manifest: Manifest) -> Iterator[str]:
    """Yield `file:line: text` for each line of their configuration that needs ours."""
    for path in sorted((*config.glob("*.conf"), *config.glob("*.d/*.conf"))):
        if str(path) in manifest.files:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if _OURS.match(line):
                yield f"{path}:{number}: {line.strip()}"


def _strangers(config: Path, manifest: Manifest) -> Iterator[Path]:
    for folder in manifest.folders:
        for path in sorted(Path(folder).glob("*")):
            if path.is_file() and str(path) not in manifest.files and path != config / NAME:
                yield path
