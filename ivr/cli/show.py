"""`ivr rules show`: services, keys, phones, topics, hours and public holidays as they were understood."""

from collections.abc import Iterator, Mapping
from typing import assert_never

import typer

from ivr.cli.rule_options import DEFAULT_RULES, RulesFile
from ivr.cli.start import now
from ivr.routing.days import WEEKDAYS, span_text
from ivr.routing.destinations import Destination, External, Message, Phones, Reject, Submenu
from ivr.routing.office_hours import OfficeHours, Span, SpecialDay
from ivr.routing.rules import Ruleset, Service
from ivr.routing.targets import Announce, Repeat, Target, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.routing.topics import topics_of
from ivr.rulebook.read import read
from ivr.vocabulary import Language


def show_command(rules: RulesFile = DEFAULT_RULES) -> None:
    """Show each service: its numbers, where its keys lead, who is rung, its topics, and the hours with two years of holidays.

    Example: ivr rules show
    """
    year = now().year
    found = read(rules, years=range(year, year + 2))
    for service in found.services.values():
        typer.echo("\n".join(_service(service, found)))
    for hours in found.hours.values():
        typer.echo("\n".join(_hours(hours)))


def _service(service: Service, rules: Ruleset) -> Iterator[str]:
    language = service.languages[0]
    yield f"{service.title[language]} ({service.id}): dial {', '.join(service.numbers)}"
    for key, target in rules.menus[service.menu].keys.items():
        yield f"  {key}  {_target(target, service, rules)}"
    for one in service.announcements:
        yield f"  announced from {one.since} to {one.until}: {one.id}"
    yield from (f"  topic {one.code:<4} {one.title[language]} ({one.id})" for one in topics_of(service))


def _target(target: Target, service: Service, rules: Ruleset) -> str:
    match target:
        case ToDestination(name):
            return _destination(rules.destinations[name], service.languages[0])
        case ToOperator():
            return "operator: " + _destination(rules.destinations[service.operator], service.languages[0])
        case ToMenu(menu):
            return f"menu {menu}"
        case ToLanguage(language):
            return f"language {language}"
        case Repeat():
            return "the menu again"
        case Announce(prompt):
            return f"message {prompt}"
        case _:
            assert_never(target)


def _destination(destination: Destination, language: Language) -> str:
    when = "safety line, day and night" if destination.safety else destination.hours or "day and night"
    private = ", private" if destination.private else ""
    bound = f", at most {destination.most_calls} calls" if destination.most_calls else ""
    return f"{destination.title[language]} [{when}{bound}{private}]: {_kind(destination)}"


def _kind(destination: Destination) -> str:
    match destination.kind:
        case Message(prompt):
            return f"message {prompt}"
        case Submenu(menu):
            return f"menu {menu}"
        case Reject(prompt, cause):
            return f"refused with message {prompt}, cause {cause}"
        case Phones() | External():
            return ", ".join(f"{ring.phone} {ring.seconds} s" for ring in destination.lines)
        case _:
            assert_never(destination.kind)


def _hours(hours: OfficeHours) -> Iterator[str]:
    yield f"hours {hours.id} ({hours.zone.key})"
    yield from _week(hours.weekly)
    for schedule in hours.dated:
        keeps = ", holidays kept" if schedule.keep_holidays else ""
        yield f"  from {schedule.first} to {schedule.last}: {schedule.name}{_because(schedule.reason)}{keeps}"
        yield from (f"  {line}" for line in _week(schedule.weekly))
    for day, special in sorted(hours.days.items()):
        yield f"  {day} {_special(special)}{_because(special.reason)}"
    if hours.before_holidays:
        yield f"  {hours.before_holidays} minutes shorter on the day before a public holiday"
    if hours.country is not None:
        yield f"  closed on the public holidays of {hours.country}:{'' if hours.holidays else ' none are known'}"
        yield from (f"    {day} {name}" for day, name in hours.holidays.items())


def _week(weekly: Mapping[int, tuple[Span, ...]]) -> Iterator[str]:
    for number, day in enumerate(WEEKDAYS):
        yield f"  {day:<10} {', '.join(map(span_text, weekly.get(number, ()))) or 'closed'}"


def _special(special: SpecialDay) -> str:
    if special.like is not None:
        return f"like a {WEEKDAYS[special.like]}"
    return ", ".join(map(span_text, special.spans)) or "closed"


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""
