"""`ivr pbx install`: our files beside those of an Asterisk that a town already runs, and away again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ivr.cli.rules_read import rules_of
from ivr.cli.start import now, settings
from ivr.errors import SettingsError
from ivr.install import lines, texts, writing
from ivr.install.lines import Line
from ivr.install.manifest import NAME, Manifest
from ivr.install.town import Town, town
from ivr.install.undo import undo as take_away
from ivr.prompts.spoken import speak_announcements
from ivr.settings import load

To = Annotated[Path | None, typer.Option("--to", help="Asterisk's configuration folder; else IVR_PBX_CONFIG.")]
MODULES = "modules.conf"


def install(
    to: To = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take away what was installed.")] = False,
) -> None:
    """Prepare an Asterisk that runs already: write our files beside its own, and show the lines to add to those.

    Nothing of its own is changed, and nothing is reloaded. `--undo` takes away exactly what was written.

    Example: ivr pbx install --to /etc/asterisk --dry-run
    """
    config = (to or load().pbx_config).resolve()
    if undo:
        _undo(config, dry_run=dry_run)
    else:
        _install(config, dry_run=dry_run)


def _install(config: Path, *, dry_run: bool) -> None:
    found = settings(pbx_config=config)
    rules = rules_of(found).current
    speak_announcements(rules, found.prompts)
    pbx = town(found, rules, today=now().date())
    theirs = theirs_of(config)
    own = pbx.own_files()
    _refuse_collisions(theirs, {path.name: content.decode() for path, content in own.items()})
    files = {**own, **rendered_files(pbx), **pbx.recordings()}
    manifest = Manifest.of(config)
    obsolete = [path for path in map(Path, manifest.files) if path.parent == config and path not in files]
    if dry_run:
        change = writing.planned(manifest, files, obsolete)
    else:
        change = writing.write(config, files, obsolete)
        _journal_folder(pbx)
    _tell(change, config, dry_run=dry_run)
    needed = texts.modules_needed((found.dialplans / "pbx" / MODULES).read_text(encoding="utf-8"))
    _show(list(lines.lines(theirs, needed, pbx.trunk)), config)


def rendered_files(pbx: Town) -> dict[Path, bytes]:
    """Give what is rendered from the rules, by its place."""
    return {pbx.rendered / name: text.encode() for name, text in pbx.adapted(pbx.generated).items()}


def theirs_of(config: Path) -> dict[str, str]:
    """Read a town's own configuration files by name; ours are not among them."""
    return {
        path.name: path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(config.glob("*.conf"))
        if not path.name.startswith("ivr-")
    }


def _refuse_collisions(theirs: dict[str, str], ours: dict[str, str]) -> None:
    both = lines.collisions(theirs, ours)
    if both:
        raise SettingsError("their dialplan has contexts of our names; rename these first:\n  " + "\n  ".join(both))


def _journal_folder(pbx: Town) -> None:
    """Make the folder of the journal: Asterisk does not."""
    writing.make_folder(pbx.directories.config, pbx.journal.parent)


def _tell(change: writing.Change, config: Path, *, dry_run: bool) -> None:
    sounds = sum(path.suffix == writing.SOUND for path in (*change.new, *change.changed))
    for word, paths in (("new", change.new), ("changed", change.changed), ("removed", change.removed)):
        for path in paths:
            if path.suffix != writing.SOUND:
                typer.echo(f"{word:8} {path}")
    typer.echo(f"{sounds} recordings, {len(change.same)} files as they were; the list is in {config / NAME}")
    if dry_run:
        typer.echo("Nothing was written: this was --dry-run.")


def _show(wanted: Sequence[Line], config: Path) -> None:
    typer.echo("\nNothing of yours was changed. To use it, add these lines yourself:")
    for line in wanted:
        state = " (is there)" if line.there else ""
        typer.echo(f"\n{config / line.file}, {line.where}{state}\n  ; {line.why}")
        for text in line.lines:
            typer.echo(f"  {text}")
    typer.echo("\nThen, without a restart and without touching a call:")
    for command in lines.RELOADS:
        typer.echo(f'  asterisk -rx "{command}"')
    typer.echo("\nand see whether all is well: IVR_PBX=installed ivr doctor")


def _undo(config: Path, *, dry_run: bool) -> None:
    done = take_away(config, dry_run=dry_run)
    typer.echo(f"{len(done.removed)} files {'would be' if dry_run else 'were'} taken away from {config} and the sounds")
    for path in done.kept:
        typer.echo(f"kept, not ours: {path}")
    if not dry_run:
        typer.echo(
            'Now: asterisk -rx "dialplan reload", "manager reload", "module reload cel", "module reload cel_custom.so"'
        )
