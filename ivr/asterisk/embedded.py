"""The embedded PBX and the simulated telephone network: two Asterisks built from the settings and the rules."""

import re
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ivr.asterisk import place as places
from ivr.asterisk import render, tones
from ivr.asterisk.instance import Instance
from ivr.asterisk.render_fallback import SOUNDS
from ivr.errors import PbxUnavailable, PromptError, SettingsError
from ivr.routing.rules import Ruleset
from ivr.settings import Settings

RTP_PORTS = 2000
REGISTRATION_SECONDS = 15.0  # seconds
REGISTERED = re.compile(r"\sRegistered\s")
SECRET_NAMES = ("ami", "network", "phone", "citizen", "supervisor")
VOICES = "trial"
"""The folder of prompts that the simulated citizens and phones speak."""
JOURNAL = "log/cel-custom/journal.csv"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords of one pair of Asterisks; made once and kept in files with mode 0600."""

    ami: str = field(repr=False)
    network: str = field(repr=False)
    phone: str = field(repr=False)
    citizen: str = field(repr=False)
    supervisor: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """The PBX that citizens reach, and the network with citizens and phones."""

    pbx: Instance
    network: Instance
    secrets: Secrets
    settings: Settings

    @property
    def ami_secret(self) -> str:
        """The secret of the PBX's manager."""
        return self.secrets.ami

    @property
    def sounds(self) -> Path:
        """Where the PBX looks for sounds."""
        return self.pbx.directory / "share/sounds"

    @property
    def journal(self) -> Path:
        """The CEL file of the PBX."""
        return self.settings.journal or self.pbx.directory / JOURNAL

    def start(self, *, bound: bool) -> None:
        """Configure and start both. On any failure neither is left running."""
        for instance in (self.pbx, self.network):
            instance.configure()
        self.share_sounds()
        try:
            self.pbx.start(bound=bound)
            self.network.start(bound=bound)
            self.await_phones()
        except BaseException:
            self.stop()
            raise

    def await_phones(self) -> None:
        """Wait until the simulated phones have registered. Raises PbxUnavailable."""
        wanted = self.network.generated["registrations.conf"].count("(phone-registration)")
        deadline = time.monotonic() + REGISTRATION_SECONDS
        while time.monotonic() < deadline:
            shown = self.network.cli("pjsip show registrations") or ""
            if len(REGISTERED.findall(shown)) >= wanted:
                return
            time.sleep(0.05)
        log = self.network.directory / "log/messages.log"
        raise PbxUnavailable(f"the simulated phones could not register within {REGISTRATION_SECONDS:g} s; see {log}")

    def stop(self) -> None:
        """End both."""
        self.network.stop()
        self.pbx.stop()

    def share_sounds(self) -> None:
        """Put music, tones and prompts to where Asterisk finds them: sounds/<language>/ivr/<prompt id>.wav."""
        source = self.settings.prompts
        recordings = sorted(source.glob("*/**/*.wav"))
        if not recordings:
            raise PromptError(f"there is no recording under {source}; run `ivr prompts build` first")
        for place, content in tones.sounds().items():
            target = self.pbx.directory / "share" / place
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() or target.read_bytes() != content:
                target.write_bytes(content)
        for recording in recordings:
            language, *rest = recording.relative_to(source).parts
            if rest[0] == VOICES:
                target = self.network.directory / "share/sounds" / language / Path(*rest)
            else:
                target = self.pbx.directory / "share/sounds" / language / SOUNDS.rstrip("/") / Path(*rest)
            _copy_if_newer(recording, target)


def _copy_if_newer(source: Path, target: Path) -> None:
    if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    shutil.copyfile(source, partial)
    partial.replace(target)


def pair(settings: Settings, rules: Ruleset, *, today: date) -> Pair:
    """Describe both Asterisks. Finds or makes the installation; starts nothing. Raises PbxUnavailable, SettingsError.

    The hours are rendered from the day before `today` on.
    """
    if not (settings.dialplans / "pbx").is_dir():
        raise SettingsError(
            f"{settings.dialplans.resolve()} holds no Asterisk templates; run from the project's directory or set IVR_DIALPLANS"
        )
    place = places.find(settings)
    hidden = _secrets(settings)
    pbx = _pbx(settings, place, hidden, generated(rules, today=today))
    return Pair(pbx, _network(settings, place, hidden, rules), hidden, settings)


def generated(rules: Ruleset, kept: Sequence[Ruleset] = (), *, today: date) -> dict[str, str]:
    """Render everything of the PBX that comes from the rules; `kept` are older ones that calls may still be on."""
    return {**render.dialplan(rules, kept, today=today), "pjsip_phones.conf": render.accounts(rules, kept)}


def registrations(rules: Ruleset, server: str, kept: Sequence[Ruleset] = ()) -> str:
    """Render the simulated telephones, which register at `server`."""
    return render.registrations(rules, server, kept)


def sip_server(settings: Settings) -> str:
    """Give the SIP address of the PBX as `host:port`."""
    return f"{settings.sip_host}:{settings.sip_port}"


def _pbx(settings: Settings, place: places.Place, hidden: Secrets, files: dict[str, str]) -> Instance:
    matches = [settings.network_host, *(item.strip() for item in settings.trunk_match.split(",") if item.strip())]
    values = {
        **_addresses(settings),
        "AMI_HOST": settings.ami_host,
        "AMI_PORT": str(settings.ami_port),
        "AMI_USER": settings.ami_user,
        "AMI_SECRET": hidden.ami,
        "SUPERVISOR_USER": settings.supervisor_user,
        "SUPERVISOR_SECRET": hidden.supervisor,
        "PHONE_SECRET": hidden.phone,
        "CITIZEN_SECRET": hidden.citizen,
        "TRUNK_MATCH": "\n".join(f"match = {item}" for item in matches),
        "RTP_FIRST": str(settings.rtp_first),
        "RTP_LAST": str(settings.rtp_first + RTP_PORTS - 1),
        "REPLY_SECONDS": f"{settings.reply_seconds:g}",
        "JOURNAL": Path(JOURNAL).name,
    }
    return Instance(
        place=place,
        name=f"{settings.instance}-pbx",
        ports=(("udp", settings.sip_host, settings.sip_port), ("tcp", settings.ami_host, settings.ami_port)),
        ami=(settings.ami_host, settings.ami_port),
        templates=settings.dialplans / "pbx",
        values=values,
        generated=files,
    )


def _network(settings: Settings, place: places.Place, hidden: Secrets, rules: Ruleset) -> Instance:
    values = {
        **_addresses(settings),
        "AMI_HOST": "127.0.0.1",
        "AMI_PORT": str(settings.network_ami_port),
        "AMI_USER": "network",
        "AMI_SECRET": hidden.network,
        "PHONE_SECRET": hidden.phone,
        "PHONES_HOST": settings.phones_host,
        "PHONES_PORT": str(settings.network_port),
        "RTP_FIRST": str(settings.network_rtp_first),
        "RTP_LAST": str(settings.network_rtp_first + RTP_PORTS - 1),
        "SYSTEM": "network",
    }
    return Instance(
        place=place,
        name=f"{settings.instance}-network",
        ports=(
            ("udp", settings.network_host, settings.network_port),
            ("udp", settings.phones_host, settings.network_port),
            ("tcp", "127.0.0.1", settings.network_ami_port),
        ),
        ami=("127.0.0.1", settings.network_ami_port),
        templates=settings.dialplans / "network",
        values=values,
        generated={"registrations.conf": registrations(rules, sip_server(settings))},
    )


def _addresses(settings: Settings) -> dict[str, str]:
    return {
        "SIP_HOST": settings.sip_host,
        "SIP_PORT": str(settings.sip_port),
        "TRUNK_HOST": settings.network_host,
        "TRUNK_PORT": str(settings.network_port),
    }


def _secrets(settings: Settings) -> Secrets:
    """Read the pair's secrets, making those that do not exist. Settings of the manager's secrets win."""
    folder = settings.state / "secrets" / settings.instance
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    values = {name: _secret(folder / name) for name in SECRET_NAMES}
    if settings.ami_secret is not None:
        values["ami"] = settings.ami_secret.get_secret_value()
    if settings.supervisor_secret is not None:
        values["supervisor"] = settings.supervisor_secret.get_secret_value()
    return Secrets(**values)


def _secret(path: Path) -> str:
    if path.exists():
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path} holds a secret and others may read it; run: chmod 600 {path}")
        return path.read_text(encoding="utf-8").strip()
    path.touch(mode=0o600)
    value = secrets.token_urlsafe(18)
    path.write_text(value + "\n", encoding="utf-8")
    return value
