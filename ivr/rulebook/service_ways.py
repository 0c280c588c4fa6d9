"""Which destinations a service can lead to. Pure."""

from collections.abc import Iterator

from ivr.routing.destinations import Destination, Submenu
from ivr.routing.rules import Menu, Ruleset, Service
from ivr.routing.targets import Target, ToDestination, ToMenu, ToOperator
from ivr.vocabulary import DestinationId, MenuId


def destinations_of(service: Service, rules: Ruleset) -> frozenset[DestinationId]:
    """Return every destination that a caller of the service can come to, by keys, exits, menus or as who they are."""
    waiting: list[Target] = [ToMenu(service.menu), ToOperator(), *(rule.target for rule in service.callers)]
    menus: set[MenuId] = set()
    found: set[DestinationId] = set()
    while waiting:
        target = waiting.pop()
        if isinstance(target, ToMenu) and target.menu not in menus:
            menus.add(target.menu)
            waiting += _from_menu(rules.menus[target.menu])
        elif isinstance(target, ToDestination | ToOperator):
            name = target.destination if isinstance(target, ToDestination) else service.operator
            if name not in found:
                found.add(name)
                waiting += _from_destination(rules.destinations[name])
    return frozenset(found)


def _from_menu(menu: Menu) -> Iterator[Target]:
    yield from menu.keys.values()
    yield from (menu.invalid.exit, menu.no_input.exit, menu.limit.exit)


def _from_destination(destination: Destination) -> Iterator[Target]:
    if isinstance(destination.kind, Submenu):
        yield ToMenu(destination.kind.menu)
    yield from destination.exits.values()
