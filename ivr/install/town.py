"""A PBX that a town already runs, with our files beside its own: what the engine needs of it.

It has the surface of the embedded `ivr.asterisk.instance.Instance` as far as rules are installed and checked.
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

from ivr.asterisk import embedded, tones
from ivr.asterisk import place as places
from ivr.asterisk.instance import VERSIONS
from ivr.asterisk.place import Place
from ivr.asterisk.render_fallback import SOUNDS
from ivr.errors import PromptError
from ivr.install import directories, texts, writing
from ivr.install.directories import Directories
from ivr.routing.rules import Ruleset
from ivr.secret_files import kept_secret
from ivr.settings import Settings

CONSOLE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Town:
    """An Asterisk with the configuration folder `directories.config`; `trunk` is the PJSIP endpoint of its trunk."""

    place: Place
    directories: Directories
    ami: tuple[str, int]
    trunk: str
    prompts: Path
    generated: Mapping[str, str]
    secret: str = field(repr=False)
    settings: Settings = field(repr=False)

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.directories.config)

    @property
    def pbx(self) -> "Town":
        """The Asterisk that citizens reach: this one."""
        return self

    @property
    def network(self) -> None:
        """There is no simulated network beside it."""

    @property
    def sounds(self) -> Path:
        """Where this Asterisk looks for sounds."""
        return self.directories.sounds

    @property
    def ami_secret(self) -> str:
        """The manager's secret."""
        return self.secret

    @property
    def rendered(self) -> Path:
        """The folder of the files rendered from the rules."""
        return self.directories.config / texts.GENERATED

    @property
    def log(self) -> Path:
        """Asterisk's own log, as Debian's configuration has it."""
        return self.directories.log / "messages.log"

    @property
    def journal(self) -> Path:
        """The CEL file that ivr-cel_custom.conf names."""
        return self.settings.journal or self.directories.journals / texts.JOURNAL

    def adapted(self, generated: Mapping[str, str]) -> dict[str, str]:
        """Give the generated files as this PBX takes them: its telephones and trunk are its own."""
        return texts.rendered(generated, self.trunk)

    def render(self, generated: Mapping[str, str]) -> None:
        """Write the files rendered from the rules; remove versions of the rules that are not among them.

        Raises SettingsError if one of ours was edited, or cannot be written.
        """
        files = {self.rendered / name: text.encode() for name, text in self.adapted(generated).items()}
        old: list[Path] = []
        if any(fnmatch(name, VERSIONS) for name in generated):
            old = [path for path in self.rendered.glob(VERSIONS) if path not in files]
        writing.write(self.directories.config, files, old)

    def share_sounds(self) -> None:
        """Copy the prompts to where this Asterisk finds them. Raises PromptError, SettingsError."""
        writing.write(self.directories.config, self.recordings())

    def recordings(self) -> dict[Path, bytes]:
        """Give prompts and tones by their place, sounds/<language>/ivr/<prompt id>.wav; music stays theirs.

        Raises PromptError.
        """
        made = {place: content for place, content in tones.sounds().items() if place.parts[0] == "sounds"}
        found: dict[Path, bytes] = {}
        for recording in sorted(self.prompts.glob("*/**/*.wav")):
            language, *rest = recording.relative_to(self.prompts).parts
            if rest[0] != embedded.VOICES:
                target = self.directories.sounds / language / SOUNDS.rstrip("/") / Path(*rest)
                found[target] = recording.read_bytes()
        if not found:
            raise PromptError(f"there is no recording under {self.prompts}; run `ivr prompts build` first")
        return found | {self.directories.data / place: content for place, content in made.items()}

    def own_files(self) -> dict[Path, bytes]:
        """Give our configuration that is not rendered from the rules, by its place. Raises PbxUnavailable."""
        found = self.settings
        values = {
            "AMI_USER": found.ami_user,
            "AMI_SECRET": self.secret,
            "SUPERVISOR_USER": found.supervisor_user,
            "SUPERVISOR_SECRET": supervisor_secret(found),
            "REPLY_SECONDS": f"{found.reply_seconds:g}",
            "TRUNK": self.trunk,
        }
        templates = {path.name: path.read_text(encoding="utf-8") for path in (found.dialplans / "pbx").glob("*.conf")}
        files = texts.own_files(templates, values, found.ami_host)
        return {self.directories.config / name: text.encode() for name, text in files.items()}

    def cli(self, command: str) -> str | None:
        """Run one command of Asterisk's console; None if Asterisk is not there, or does not let us."""
        conf = self.place.inside(self.directories.config / directories.ASTERISK_CONF)
        try:
            done = subprocess.run(
                [*self.place.command, "-C", conf, "-rx", command],
                capture_output=True,
                text=True,
                timeout=CONSOLE_SECONDS,
                check=False,
            )
        except (subprocess.TimeoutExpired, OSError):
            return None
        return done.stdout if done.returncode == 0 else None


def secret_path(settings: Settings) -> Path:
    """Name the file of the manager's secret, if no setting holds it."""
    return settings.state / "secrets" / settings.instance / "ami"


def supervisor_secret_path(settings: Settings) -> Path:
    """Name the file of the secret of supervision's own user, if no setting holds it."""
    return secret_path(settings).with_name("supervisor")


def supervisor_secret(settings: Settings) -> str:
    """Give the secret of supervision's own user: of the setting, else one of our own. Raises SettingsError."""
    hidden = settings.supervisor_secret
    return hidden.get_secret_value() if hidden is not None else kept_secret(supervisor_secret_path(settings))


def town(settings: Settings, rules: Ruleset | None, *, today: date) -> Town:
    """Describe the installed PBX; without rules nothing is rendered. Makes our own secret, if there is none.

    Raises PbxUnavailable, SettingsError.
    """
    place = places.find(settings)
    where = settings.pbx_config.resolve()
    hidden = settings.ami_secret
    return Town(
        place=place,
        directories=directories.read(place, where),
        ami=(settings.ami_host, settings.ami_port),
        trunk=settings.trunk,
        prompts=settings.prompts,
        generated={} if rules is None else embedded.generated(rules, today=today),
        secret=hidden.get_secret_value() if hidden is not None else kept_secret(secret_path(settings)),
        settings=settings,
    )
