"""What a call to a service can come to at all, whatever the hour: the parts of the rules that its proof has to watch.

Rule 1: names that do not exist lead nowhere here; that something leads to them is found by walking.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from ivr.routing.destinations import Destination, External, Message, Phones, Reject, Submenu
from ivr.routing.rules import Menu, Ruleset, Service
from ivr.routing.targets import Announce, Repeat, Target, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.vocabulary import DestinationId, HoursId, MenuId


@dataclass(frozen=True, slots=True)
class Met:
    """The menus, destinations and hours that a call can come to, each once, nearest first. All of them exist."""

    menus: tuple[MenuId, ...]
    destinations: tuple[DestinationId, ...]
    hours: tuple[HoursId, ...]


_Spot: TypeAlias = tuple[str, str]


def met(service: Service, rules: Ruleset) -> Met:
    """Return everything that some key, exit, caller's rule or override of the service can lead to."""
    found = dict.fromkeys([("menu", str(service.menu)), ("destination", str(service.operator))])
    found.update(dict.fromkeys(_spots((rule.target for rule in service.callers), service)))
    waiting = list(found)
    for spot in waiting:  # grows while it is walked
        for onward in _behind(spot, service, rules):
            if onward not in found:
                found[onward] = None
                waiting.append(onward)
    menus = tuple(MenuId(name) for kind, name in found if kind == "menu" and name in rules.menus)
    places = tuple(DestinationId(name) for kind, name in found if kind != "menu" and name in rules.destinations)
    hours = dict.fromkeys(rules.destinations[name].hours for name in places)
    return Met(menus, places, tuple(one for one in hours if one is not None and one in rules.hours))


def _behind(spot: _Spot, service: Service, rules: Ruleset) -> Iterator[_Spot]:
    kind, name = spot
    if kind == "menu":
        menu = rules.menus.get(MenuId(name))
        if menu is not None:
            yield from _spots(_ways_of(menu), service)
        return
    destination = rules.destinations.get(DestinationId(name))
    if destination is not None:
        yield from _spots(destination.exits.values(), service)
        yield from _inside(destination)
    for override in rules.overrides.get(DestinationId(name), ()):
        if override.redirect is not None:
            yield "destination", override.redirect


def _ways_of(menu: Menu) -> Iterator[Target]:
    yield from menu.keys.values()
    yield from (menu.invalid.exit, menu.no_input.exit, menu.limit.exit)


def _inside(destination: Destination) -> Iterator[_Spot]:
    match destination.kind:
        case Submenu(menu):
            yield "menu", menu
        case Phones() | External() | Message() | Reject():
            return
        case _:
            assert_never(destination.kind)


def _spots(targets: Iterable[Target], service: Service) -> Iterator[_Spot]:
    for target in targets:
        match target:
            case ToDestination(destination):
                yield "destination", destination
            case ToMenu(menu):
                yield "menu", menu
            case ToOperator():
                yield "destination", service.operator
            case Announce() | ToLanguage() | Repeat():
                pass
            case _:
                assert_never(target)
