"""Asterisk configuration rendered from the routing rules: numbers, phones, accounts. Pure: rules in, text out.

Rule 1: only names from the rules reach a dial string; they match `SAFE_NAME`, so no value can end a line or start a function.
Rule 2: a rendered file begins with HEADER and is never edited by hand.
"""

import re
from collections.abc import Iterable

from ivr.asterisk.render_fallback import fallback, sound
from ivr.errors import RulesError
from ivr.routing.numbers import normal
from ivr.routing.rules import Ruleset, Service
from ivr.vocabulary import Did, PhoneId

HEADER = "; Rendered from the routing rules, version {version}. Do not edit: change routing_rules.yaml.\n"
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")
"""What an identifier or a prompt id may look like inside a dialplan."""
SAFE_NUMBER = re.compile(r"\+?[0-9]{2,18}")
"""What a service number may look like as an extension."""

DIAL_OPTIONS = "rtT"
"""r: ringing at once, whatever the phone signals; t, T: both sides may transfer with the feature codes."""


def phones_of(rules: Ruleset) -> tuple[PhoneId, ...]:
    """Give every phone of the rules once, in alphabetical order."""
    return tuple(sorted({ring.phone for item in rules.destinations.values() for ring in item.phones}))


def dialplan(rules: Ruleset) -> dict[str, str]:
    """Render the generated dialplan files: name under `generated/` -> text. Raises RulesError on an unsafe name."""
    _refuse_unsafe(rules)
    header = HEADER.format(version=rules.version)
    return {
        "numbers.conf": header + numbers(rules),
        "phones.conf": header + phones(phones_of(rules)),
        "fallback.conf": header + fallback(rules),
    }


def numbers(rules: Ruleset) -> str:
    """Render the context of the service numbers: the only extensions that a trunk can reach."""
    lines = ["[ivr-numbers]"]
    for service in rules.services.values():
        for number in service.numbers:
            for form in _delivered(number):
                lines += _number(form, service)
    return "\n".join(lines) + "\n"


def _delivered(number: Did) -> tuple[str, ...]:
    """Give the forms in which a trunk may deliver a number: an international one with `+`, with `00`, or bare."""
    bare = normal(number)
    return (bare, f"+{bare}", f"00{bare}") if number.startswith(("+", "00")) else (bare,)


def _number(number: str, service: Service) -> Iterable[str]:
    yield f"exten => {number},1,Set(IVR_SERVICE={service.id})"
    yield f" same => n,Set(IVR_NUMBER={number})"
    yield f" same => n,Set(IVR_OPERATOR={service.operator})"
    yield f" same => n,Set(IVR_SORRY={sound(service.sorry)})"
    yield f" same => n,Set(CHANNEL(language)={service.languages[0]})"
    yield " same => n,Goto(ivr-call,start,1)"


def phones(names: Iterable[PhoneId]) -> str:
    """Render one extension per phone. `Dial` comes back only if nobody answered."""
    lines = ["[ivr-phones](+)"]
    for name in names:
        lines.append(f"exten => {name},1,Dial(PJSIP/{name},${{IVR_RING_SECONDS}},{DIAL_OPTIONS})")
        lines.append(" same => n,Goto(ivr-connect,failed,1)")
    return "\n".join(lines) + "\n"


def accounts(rules: Ruleset) -> str:
    """Render the PJSIP objects of the departments' phones."""
    blocks = [HEADER.format(version=rules.version)]
    blocks += [
        f"[{name}](phone)\nauth = {name}\naors = {name}\n[{name}](phone-auth)\nusername = {name}\n[{name}](phone-aor)\n"
        for name in phones_of(rules)
    ]
    return "\n".join(blocks)


def registrations(rules: Ruleset, server: str) -> str:
    """Render the simulated phones of the second Asterisk: each registers at the PBX (`host:port`) as a real one does."""
    blocks = [HEADER.format(version=rules.version)]
    blocks += [
        f"[{name}](phone-registration)\noutbound_auth = {name}\nclient_uri = sip:{name}@{server}\n"
        f"contact_user = {name}\n"
        f"[{name}](phone-auth)\nusername = {name}\n"
        for name in phones_of(rules)
    ]
    return "\n".join(blocks)


def _refuse_unsafe(rules: Ruleset) -> None:
    """Stop before a name that could change the meaning of a dialplan line; the schema allows none, this is the second lock."""
    names: list[str] = [*rules.services, *rules.menus, *rules.destinations, *phones_of(rules)]
    names += [menu.prompt for menu in rules.menus.values()] + [item.welcome for item in rules.services.values()]
    names += [item.sorry for item in rules.services.values()]
    bad = [name for name in names if not SAFE_NAME.fullmatch(name)]
    bad += [number for number in rules.numbers if not SAFE_NUMBER.fullmatch(number)]
    if bad:
        raise RulesError(
            f"these names cannot stand in a dialplan: {', '.join(map(repr, bad))}; "
            "use letters, digits, '-', '_', '.' and '/' (numbers: digits, with '+' first if needed)"
        )
