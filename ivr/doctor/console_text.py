"""Reads what Asterisk's console prints. Pure: texts in, facts out; a text that is not understood gives nothing found."""

import re

from ivr.doctor.facts import Cel, Manager, ManagerUser

_VERSION = re.compile(r"Asterisk (?:certified/)?(?:GIT-)?(\d+\.\d+[\d.]*)")
_MODULE = re.compile(r"^(\S+\.so)\s.*\s\d+\s+Running\s", re.MULTILINE)
_GLOBAL = re.compile(r"^\s+(\w+)=(.*)$", re.MULTILINE)
_CONTEXT = re.compile(r"Context '([^']+)' created by")
_CHANNELS = re.compile(r"^(\d+) active channels?", re.MULTILINE)


def version(text: str) -> str:
    """Read `core show version`."""
    found = _VERSION.search(text)
    return found[1] if found else ""


def modules(text: str) -> frozenset[str]:
    """Read `module show`: the modules that run."""
    return frozenset(_MODULE.findall(text))


def manager_user(text: str) -> ManagerUser | None:
    """Read `manager show user NAME`; None if there is no such user."""
    if "username:" not in text:
        return None
    read, write = (_list(_field(text, name)) for name in ("read perm", "write perm"))
    return ManagerUser(read, write, _field(text, "ACL") == "yes")


def manager(text: str) -> Manager:
    """Read `manager show settings`."""
    plain = _field(text, "TCP Bindaddress") if _field(text, "Manager (AMI)") == "Yes" else ""
    tls = _field(text, "TLS Bindaddress") if _field(text, "TLS Enable") == "Yes" else ""
    return Manager(plain, tls, _field(text, "Web Manager (AMI/HTTP)") == "Yes")


def cel(text: str) -> Cel:
    """Read `cel show status`."""
    return Cel(
        _field(text, "CEL Logging") == "Enabled",
        frozenset(re.findall(r"^CEL Tracking Event: (\S+)", text, re.MULTILINE)),
        frozenset(one.lower() for one in re.findall(r"^CEL Tracking Application: (\S+)", text, re.MULTILINE)),
        tuple(re.findall(r"^CEL Event Subscriber: (.+?)\s*$", text, re.MULTILINE)),
    )


def dialplan_globals(text: str) -> dict[str, str]:
    """Read `dialplan show globals`."""
    return {name: value.strip() for name, value in _GLOBAL.findall(text)}


def contexts(text: str) -> frozenset[str]:
    """Read `dialplan show`, whole or of one context."""
    return frozenset(_CONTEXT.findall(text))


def channels(text: str) -> int:
    """Read `core show channels count`."""
    found = _CHANNELS.search(text)
    return int(found[1]) if found else 0


def language_prefix(text: str) -> bool:
    """Read in `core show settings` whether sounds are looked for in folders of languages."""
    return _field(text, "Language prefix") != "Disabled"


def _field(text: str, name: str) -> str:
    found = re.search(rf"^\s*{re.escape(name)}:[ \t]*(.*?)\s*$", text, re.MULTILINE)
    return found[1] if found else ""


def _list(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip() not in ("", "<none>"))
