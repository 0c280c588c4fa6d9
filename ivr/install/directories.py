"""Where an Asterisk keeps its things, as its asterisk.conf says. Pure, but for `read`."""

import re
from dataclasses import dataclass
from pathlib import Path

from ivr.asterisk.place import Place
from ivr.errors import PbxUnavailable

ASTERISK_CONF = "asterisk.conf"
DEFAULTS = {"astlogdir": "/var/log/asterisk", "astdatadir": "/var/lib/asterisk", "astetcdir": "/etc/asterisk"}
"""What Asterisk uses if the file names no directory. Debian's packages build in another data directory."""
DEBIAN_DATA = "/usr/share/asterisk"

_SECTION = re.compile(r"\s*\[directories\]\s*(\(!\))?")
_OTHER = re.compile(r"\s*\[")
_PAIR = re.compile(r"\s*(ast\w+dir)\s*=>?\s*([^;]*)")


@dataclass(frozen=True, slots=True)
class Directories:
    """Directories of one Asterisk as this process sees them."""

    config: Path
    log: Path
    data: Path

    @property
    def sounds(self) -> Path:
        """Where Asterisk looks for sounds: one folder for each language."""
        return self.data / "sounds"

    @property
    def journals(self) -> Path:
        """Where the files of cel_custom.conf are written."""
        return self.log / "cel-custom"


def named(text: str) -> dict[str, str]:
    """Read the `[directories]` of an asterisk.conf. A section marked `(!)` is a template, and names nothing."""
    found: dict[str, str] = {}
    inside = False
    for line in text.splitlines():
        if section := _SECTION.match(line):
            inside = section[1] is None
        elif _OTHER.match(line):
            inside = False
        elif inside and (pair := _PAIR.match(line)):
            found[pair[1]] = pair[2].strip()
    return found


def read(place: Place, config: Path) -> Directories:
    """Read where the Asterisk with the configuration folder `config` keeps its things. Raises PbxUnavailable."""
    try:
        text = (config / ASTERISK_CONF).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise PbxUnavailable(
            f"{config / ASTERISK_CONF} cannot be read ({error.strerror}); name the folder of Asterisk's configuration "
            "(--to, or IVR_PBX_CONFIG), and run this as root or as Asterisk's user"
        ) from None
    debian = {"astdatadir": DEBIAN_DATA} if (place.root / DEBIAN_DATA.lstrip("/")).is_dir() else {}
    paths = {name: place.root / where.lstrip("/") for name, where in {**DEFAULTS, **debian, **named(text)}.items()}
    return Directories(config, paths["astlogdir"], paths["astdatadir"])
