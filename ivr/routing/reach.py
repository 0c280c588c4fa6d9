"""What a caller of a service can meet: menus, destinations and prompts that its targets lead to. Pure."""

from collections.abc import Iterator
from typing import assert_never

from ivr.routing.destinations import External, Message, Phones, Reject, Submenu
from ivr.routing.rules import Ruleset, Service
from ivr.routing.targets import Announce, Repeat, Target, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.vocabulary import PromptId


def prompts_of(service: Service, rules: Ruleset) -> tuple[PromptId, ...]:
    """Give every prompt that a caller of the service can hear, each once, in the order in which they are met."""
    found: dict[PromptId, None] = {service.welcome: None}
    found |= dict.fromkeys(one.prompt for one in service.announcements)
    waiting: list[Target] = [ToMenu(service.menu), ToOperator(), *(rule.target for rule in service.callers)]
    met: set[Target] = set()
    while waiting:
        target = waiting.pop(0)
        if target in met:
            continue
        met.add(target)
        for item in _behind(target, service, rules):
            if isinstance(item, str):
                found[item] = None
            else:
                waiting.append(item)
    found[service.sorry] = None
    return tuple(found)


def _behind(target: Target, service: Service, rules: Ruleset) -> Iterator[PromptId | Target]:
    """Give the prompts of a target, and the targets that it leads to."""
    match target:
        case Announce(prompt=prompt):
            yield prompt
            return
        case ToLanguage() | Repeat():
            return
        case ToDestination() | ToMenu() | ToOperator():
            if target.say is not None:
                yield target.say
        case _:
            assert_never(target)
    if isinstance(target, ToMenu):
        menu = rules.menus[target.menu]
        yield menu.prompt
        for retry in (menu.invalid, menu.no_input):
            yield retry.prompt
            yield retry.exit
        yield menu.limit.exit
        yield from menu.keys.values()
        return
    destination = rules.destinations[target.destination if isinstance(target, ToDestination) else service.operator]
    match destination.kind:
        case Message(prompt) | Reject(prompt):
            yield prompt
        case Submenu(submenu):
            yield ToMenu(submenu)
        case Phones() | External():
            pass
        case _:
            assert_never(destination.kind)
    yield from destination.exits.values()
