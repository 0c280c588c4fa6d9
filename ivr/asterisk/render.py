"""Asterisk configuration rendered from the routing rules: numbers, phones, accounts, fallback. Pure: rules in, text out.

    numbers.conf           the numbers that can be dialled, and the version of the rules that new calls get
    rules-<version>.conf   everything of one version; those that calls under way still need are kept beside the newest
    phones.conf            the extensions that colleagues can pass callers on to, and the phones that get them back

Rule 1: only names from the rules reach a dial string; they match `SAFE_NAME`, so no value can end a line or start a function.
Rule 2: a rendered file begins with HEADER and is never edited by hand.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from ivr.asterisk.render_destinations import DIAL_OPTIONS, TALKED
from ivr.asterisk.render_fallback import fallback
from ivr.asterisk.render_safe import refuse_unsafe
from ivr.asterisk.render_transfers import dialled_names
from ivr.asterisk.render_words import RINGS, answered
from ivr.routing.destinations import Phones
from ivr.routing.numbers import normal
from ivr.routing.rules import Ruleset, Service
from ivr.vocabulary import Did, Language, PhoneId

HEADER = "; Rendered from the routing rules, version {version}. Do not edit: change routing_rules.yaml.\n"
SINCE = "; Days are worked out from {today} on; render again every day.\n"


def phones_of(rules: Ruleset, kept: Sequence[Ruleset] = ()) -> tuple[PhoneId, ...]:
    """Give every phone of the rules, and of the versions kept, once, in alphabetical order."""
    kinds = [item.kind for one in (rules, *kept) for item in one.destinations.values()]
    return tuple(sorted({ring.phone for kind in kinds if isinstance(kind, Phones) for ring in kind.rings}))


def rules_file(rules: Ruleset) -> str:
    """Give the name of the file that holds one version's contexts."""
    return f"rules-{rules.version}.conf"


def dialplan(rules: Ruleset, kept: Sequence[Ruleset] = (), *, today: date) -> dict[str, str]:
    """Render the generated dialplan files: name under `generated/` -> text. Raises RulesError on an unsafe name.

    `kept` are older versions that calls may still be on. `today` is the first day that matters: dates are rendered from
    the day before it to 400 days ahead.
    """
    versions = {one.version: one for one in (*kept, rules)}
    for one in versions.values():
        refuse_unsafe(one)
    header = HEADER.format(version=rules.version)
    files = {
        rules_file(one): HEADER.format(version=one.version) + SINCE.format(today=today) + fallback(one, today)
        for one in versions.values()
    }
    called = f"{header}{phones(phones_of(rules, kept))}\n{transfers(versions.values())}"
    return {"numbers.conf": header + numbers(rules), "phones.conf": called, **files}


def numbers(rules: Ruleset) -> str:
    """Render the context of the service numbers: the only extensions that a trunk can reach."""
    lines = ["[globals](+)", f"IVR_RULES_NOW = {rules.version}", "", "[ivr-numbers]"]
    for service in rules.services.values():
        for number in service.numbers:
            language = service.spoken.get(normal(number), service.languages[0])
            for form in _delivered(number):
                lines += _number(form, service, language, rules)
    return "\n".join(lines) + "\n"


def _delivered(number: Did) -> tuple[str, ...]:
    """Give the forms in which a trunk may deliver a number: an international one with `+`, with `00`, or bare."""
    bare = normal(number)
    return (bare, f"+{bare}", f"00{bare}") if number.startswith(("+", "00")) else (bare,)


def _number(number: str, service: Service, language: Language, rules: Ruleset) -> Iterable[str]:
    """Set everything in one step: a reload between two of them would mix two versions.

    However the trunk writes the number, the records get one form of it, so that each alias is counted once.
    """
    names = {
        "IVR_RULES": rules.version,
        "IVR_SERVICE": service.id,
        "IVR_NUMBER": normal(Did(number)),
        "IVR_OPERATOR": service.operator,
        "IVR_SORRY": service.sorry,
        "CHANNEL(language)": language,
    }
    yield f"exten => {number},1,MSet({','.join(f'{name}={value}' for name, value in names.items())})"
    yield " same => n,Goto(ivr-call,start,1)"


def phones(names: Iterable[PhoneId]) -> str:
    """Render one extension per phone, for callers who go back to it. `Dial` comes back only if nobody answered."""
    lines = ["[ivr-phones](+)"]
    back = answered("${IVR_FROM}", "1")  # he has a place there again, however many calls have one
    for name in names:
        lines.append(f"exten => {name},1,Set({RINGS})")
        lines.append(f" same => n,Dial(PJSIP/{name},${{IVR_RING_SECONDS}},{DIAL_OPTIONS}{back})")
        lines.append(f" same => n,{TALKED}")
        lines.append(" same => n,Goto(ivr-back,failed,1)")
    return "\n".join(lines) + "\n"


def transfers(versions: Iterable[Ruleset]) -> str:
    """Render what colleagues can dial to pass a caller on. Where it leads is for the version of the caller's rules."""
    names = {name for rules in versions for name in dialled_names(rules)}
    lines = ["[ivr-transfer](+)"]
    for name in sorted(names):
        lines.append(f"exten => {name},1,Set(IVR_TO={name})")
        lines.append(" same => n,Goto(ivr-passed,start,1)")
    return "\n".join(lines) + "\n"


def accounts(rules: Ruleset, kept: Sequence[Ruleset] = ()) -> str:
    """Render the PJSIP objects of the departments' phones."""
    blocks = [HEADER.format(version=rules.version)]
    blocks += [
        f"[{name}](phone)\nauth = {name}\naors = {name}\n[{name}](phone-auth)\nusername = {name}\n[{name}](phone-aor)\n"
        for name in phones_of(rules, kept)
    ]
    return "\n".join(blocks)


def registrations(rules: Ruleset, server: str, kept: Sequence[Ruleset] = ()) -> str:
    """Render the simulated phones of the second Asterisk: each registers at the PBX (`host:port`) as a real one does."""
    blocks = [HEADER.format(version=rules.version)]
    blocks += [
        f"[{name}](phone-registration)\noutbound_auth = {name}\nclient_uri = sip:{name}@{server}\n"
        f"contact_user = {name}\n"
        f"[{name}](phone-auth)\nusername = {name}\n"
        for name in phones_of(rules, kept)
    ]
    return "\n".join(blocks)
