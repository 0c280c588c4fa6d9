"""Our configuration as it stands beside a town's own. Pure: templates and rules in, texts out.

Rule 1: one source. These texts are made from the templates of the embedded PBX, so both behave alike.
Rule 2: no name of ours meets one of theirs: contexts begin with `ivr-`, globals with `IVR_`, files with `ivr-`.
Rule 3: theirs stays theirs: trunk, telephones, modules, transport. Ours names them and never defines them.
"""

import re
from collections.abc import Mapping

from ivr.errors import PbxUnavailable
from ivr.exposure import loopback

JOURNAL = "ivr-journal.csv"
GENERATED = "ivr/generated"
"""The folder, beside theirs, of what is rendered from the rules."""
PARTS = ("transfers.conf", "topics.conf", "listen.conf")
"""What extensions.conf includes of us."""
EDGES = {"from-trunk": "ivr-from-trunk", "from-phone": "ivr-from-phone"}
"""Contexts of the embedded PBX with names that a town may have for its own."""
NOTE = (
    "; Written by `ivr pbx install`, taken away by its option --undo. Do not edit: an edited file is not taken away.\n"
)

_SECTION = re.compile(r"^\[([^\]]+)\]", re.MULTILINE)
_OURS = re.compile(r"ivr-.*|globals")
_PLACE = re.compile(r"@[A-Z_]+@")


def own_files(templates: Mapping[str, str], values: Mapping[str, str], host: str) -> dict[str, str]:
    """Give our files by name. `templates` are those of the embedded PBX, `values` fill their places; the manager is at `host`.

    Raises PbxUnavailable if the templates are not as they are expected.
    """
    files = {
        "ivr-extensions.conf": dialplan(templates["extensions.conf"]),
        **{f"ivr-{name}": dialplan(templates[name]) for name in PARTS},
        "ivr-manager.conf": manager(templates["manager.conf"], host),
        "ivr-cel.conf": templates["cel.conf"],
        "ivr-cel_custom.conf": templates["cel_custom.conf"],
        "ivr-cli.conf": templates.get("cli.conf", "[startup_commands]\n"),
    }
    return {name: NOTE + _filled(name, text, {**values, "JOURNAL": JOURNAL}) for name, text in files.items()}


def dialplan(text: str) -> str:
    """Give the dialplan that is not generated, with names that are only ours."""
    for theirs, ours in EDGES.items():
        text = re.sub(rf"(?<=\[){theirs}(?=\])|\b{theirs}\b(?=,)", ours, text)
    for name in PARTS:
        text = text.replace(f"#include {name}", f"#include ivr-{name}")
    text = text.replace("#include generated/", f"#include {GENERATED}/")
    strange = sorted({name for name in _SECTION.findall(text) if not _OURS.fullmatch(name)})
    if strange:
        raise PbxUnavailable(
            f"extensions.conf of the templates has contexts that a town may have too: {', '.join(strange)}"
        )
    return text


def manager(text: str, host: str) -> str:
    """Give the engine's user without the section that is the manager's own; it may log in from where the manager listens."""
    start = text.find("[@AMI_USER@]")
    if start < 0:
        raise PbxUnavailable("manager.conf of the templates has no section [@AMI_USER@]; take the file of this version")
    user = text[start:]
    permit = "permit = 127.0.0.1/255.255.255.255\n"
    return user if loopback(host) else user.replace(permit, f"{permit}permit = {host}/255.255.255.255\n")


def rendered(files: Mapping[str, str], trunk: str) -> dict[str, str]:
    """Give what is rendered from the rules, for a PBX whose telephones and trunk are its own: `trunk` is its endpoint."""
    return {name: text.replace("@trunk,", f"@{trunk},") for name, text in files.items() if not name.startswith("pjsip")}


def modules_needed(text: str) -> tuple[str, ...]:
    """Name the modules that a modules.conf of ours loads, in its order."""
    return tuple(re.findall(r"^load\s*=>?\s*(\S+)", text, re.MULTILINE))


def _filled(name: str, text: str, values: Mapping[str, str]) -> str:
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    left = _PLACE.search(text)
    if left:
        raise PbxUnavailable(f"{name} of the templates asks for {left[0]}, which an installed PBX does not have")
    return text
