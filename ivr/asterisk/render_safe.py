"""The second lock before a dialplan: names that could change the meaning of a line are refused. Pure.

The schema of the rules allows none of them; here nothing is taken on trust.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ivr.errors import RulesError
from ivr.routing.destinations import Destination, External, Message, Phones, Reject
from ivr.routing.rules import Menu, Ruleset, Service
from ivr.routing.targets import Announce, Target, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.routing.topics import topics_of
from ivr.vocabulary import PhoneId

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")
"""What an identifier or a prompt id may look like inside a dialplan."""
SAFE_NUMBER = re.compile(r"\+?[0-9]{2,20}")
"""What a service number may look like as an extension, or a number outside in a dial string."""
SAFE_EXTENSION = re.compile(r"[0-9]{2,6}")
"""What colleagues dial to pass a caller on."""
SAFE_DIGITS = re.compile(r"[0-9]*")
SAFE_CODE = re.compile(r"[0-9]{1,4}")
"""What an operator keys in for a topic."""
SAFE_VERSION = re.compile(r"[A-Za-z0-9]{1,12}")
SAFE_KEY = re.compile(r"[0-9*#]")
LONGEST = 60
"""Letters of a name: Asterisk keeps 79 of a context's name and cuts off the rest without a word."""
SPECIAL = frozenset("aehiosTt")
"""Extensions that Asterisk itself goes to."""


def refuse_unsafe(rules: Ruleset) -> None:
    """Raise RulesError for the first thing that cannot stand in a dialplan."""
    names = [*rules.services, *rules.menus, *rules.destinations, *rules.hours, *_phones(rules)]
    _refuse([name for name in names if len(name) > LONGEST], f"use at most {LONGEST} letters")
    _refuse([name for name in _names(rules) if not SAFE_NAME.fullmatch(name)])
    _refuse([*_wrong_numbers(rules)], "numbers are digits, with '+' first if needed")
    phones = _phones(rules)
    _refuse([name for name in phones if name in SPECIAL], "Asterisk uses it itself: give the phone a longer name")
    dialled = sorted({*phones, *rules.destinations})
    told = Counter(name.replace("-", "") for name in dialled)
    twice = [name for name in dialled if told[name.replace("-", "")] > 1]
    _refuse(twice, "Asterisk ignores '-' here, so these are one: name them otherwise")
    extensions = [item.extension for item in rules.destinations.values() if item.extension]
    _refuse([one for one in extensions if not SAFE_EXTENSION.fullmatch(one)], "an extension has 2 to 6 digits")
    _refuse([one for one, count in Counter(extensions).items() if count > 1 or one in dialled], "extensions differ")


def _refuse(bad: Sequence[str], hint: str = "use letters, digits, '-', '_', '.' and '/'") -> None:
    if bad:
        raise RulesError(f"these names cannot stand in a dialplan: {', '.join(map(repr, bad))}; {hint}")


def _phones(rules: Ruleset) -> list[PhoneId]:
    kinds = [item.kind for item in rules.destinations.values()]
    return sorted({ring.phone for kind in kinds if isinstance(kind, Phones) for ring in kind.rings})


def _names(rules: Ruleset) -> Iterator[str]:
    yield from (*rules.services, *rules.menus, *rules.destinations, *rules.hours, *_phones(rules))
    for service in rules.services.values():
        yield from _of_service(service)
    for menu in rules.menus.values():
        yield from _of_menu(menu)
    for item in rules.destinations.values():
        yield from _of_destination(item)
    for hours in rules.hours.values():
        yield hours.zone.key
        yield from (schedule.name for schedule in hours.dated)
    for order in (one for many in rules.overrides.values() for one in many):
        yield order.id
        yield order.redirect or order.id


def _of_service(service: Service) -> Iterator[str]:
    yield from (service.zone.key, service.welcome, service.sorry, service.menu, service.operator)
    yield from (*service.languages, *service.spoken.values())
    for rule in service.callers:
        yield from _of_target(rule.target)
    for one in service.announcements:
        yield from (one.id, one.prompt)
    yield from (topic.id for topic in topics_of(service))


def _of_menu(menu: Menu) -> Iterator[str]:
    yield from (menu.prompt, menu.invalid.prompt, menu.no_input.prompt)
    for target in (*menu.keys.values(), menu.invalid.exit, menu.no_input.exit, menu.limit.exit):
        yield from _of_target(target)


def _of_destination(item: Destination) -> Iterator[str]:
    if isinstance(item.kind, Message | Reject):
        yield item.kind.prompt
    for target in item.exits.values():
        yield from _of_target(target)


def _of_target(target: Target) -> Iterator[str]:
    match target:
        case ToDestination(name, say) | ToMenu(name, say):
            yield from (name, say or name)
        case ToOperator(say):
            yield say or "operator"
        case Announce(name) | ToLanguage(name):
            yield name
        case _:
            pass


def _wrong_numbers(rules: Ruleset) -> Iterator[str]:
    outside = [item.kind.number for item in rules.destinations.values() if isinstance(item.kind, External)]
    yield from (number for number in (*rules.numbers, *outside) if not SAFE_NUMBER.fullmatch(number))
    for service in rules.services.values():
        for rule in service.callers:
            yield from (one for one in (*rule.numbers, *rule.prefixes) if not SAFE_DIGITS.fullmatch(one))
        yield from (one.code for one in topics_of(service) if not SAFE_CODE.fullmatch(one.code))
    yield from (key for menu in rules.menus.values() for key in menu.keys if not SAFE_KEY.fullmatch(key))
    if not SAFE_VERSION.fullmatch(rules.version):
        yield rules.version
