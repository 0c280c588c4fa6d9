"""Where an installation has its things: the embedded PBX's, or those of a PBX that a town runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from ivr.asterisk import embedded
from ivr.asterisk import place as places
from ivr.asterisk.instance import Instance
from ivr.install.town import Town, secret_path, supervisor_secret_path
from ivr.settings import Settings


@dataclass(frozen=True, slots=True)
class Site:
    """What is looked at. `adapted` gives generated files in the form that this PBX takes; `secrets` are files with secrets."""

    cli: Callable[[str], str | None]
    rendered: Path
    sounds: Path
    journal: Path
    ami: tuple[str, int]
    secret: str = field(repr=False)
    supervisor_secret: str = field(repr=False)
    secrets: tuple[Path, ...]
    adapted: Callable[[Mapping[str, str]], Mapping[str, str]]


def embedded_site(found: Settings) -> Site:
    """Describe the embedded PBX as it is on disk. Raises PbxUnavailable, SettingsError."""
    place = places.find(found)
    ami = (found.ami_host, found.ami_port)
    pbx = Instance(place, f"{found.instance}-pbx", (), ami, found.dialplans / "pbx", {}, {})
    return Site(
        cli=pbx.cli,
        rendered=pbx.directory / "etc/generated",
        sounds=pbx.directory / "share/sounds",
        journal=found.journal or pbx.directory / embedded.JOURNAL,
        ami=ami,
        secret=_secret(found.ami_secret, secret_path(found)),
        supervisor_secret=_secret(found.supervisor_secret, supervisor_secret_path(found)),
        secrets=(*_kept(found), pbx.directory / "etc/manager.conf", pbx.directory / "etc/pjsip.conf"),
        adapted=dict,
    )


def town_site(found: Settings, pbx: Town) -> Site:
    """Describe a PBX that a town runs."""
    return Site(
        cli=pbx.cli,
        rendered=pbx.rendered,
        sounds=pbx.directories.sounds,
        journal=pbx.journal,
        ami=pbx.ami,
        secret=pbx.secret,
        supervisor_secret=_secret(found.supervisor_secret, supervisor_secret_path(found)),
        secrets=tuple(_kept(found)),
        adapted=pbx.adapted,
    )


def _kept(found: Settings) -> tuple[Path, ...]:
    return tuple(sorted(secret_path(found).parent.glob("*")))


def _secret(setting: SecretStr | None, kept: Path) -> str:
    """Give a secret of the manager; "" if there is none yet, or if it may not be read: that is a finding of its own."""
    if setting is not None:
        return setting.get_secret_value()
    try:
        return kept.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
