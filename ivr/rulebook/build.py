"""A checked `Rulebook` as the frozen values that the engine decides with."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from ivr.routing.hours import WEEKDAYS
from ivr.routing.numbers import normal
from ivr.routing.rules import (
    Announce,
    Destination,
    ExitReason,
    Menu,
    OfficeHours,
    Onward,
    Repeat,
    Retry,
    Ring,
    Ruleset,
    Service,
    Target,
    ToDestination,
    ToLanguage,
    ToMenu,
    ToOperator,
)
from ivr.rulebook.public_holidays import public_holidays
from ivr.rulebook.schema import (
    DestinationRules,
    ExitTarget,
    HoursRules,
    KeyTarget,
    MenuRules,
    Mistake,
    Rulebook,
    ServiceRules,
)
from ivr.rulebook.spans import span
from ivr.vocabulary import (
    DestinationId,
    Did,
    HoursId,
    Key,
    Language,
    MenuId,
    PhoneId,
    PromptId,
    RulesVersion,
    ServiceId,
)


def ruleset(book: Rulebook, version: RulesVersion, years: range) -> Ruleset:
    """Return the values of a book without mistakes, with the public holidays of `years`."""
    return Ruleset(
        version=version,
        services={ServiceId(name): _service(name, rules) for name, rules in book.services.items()},
        menus={MenuId(name): _menu(name, rules) for name, rules in book.menus.items()},
        destinations={DestinationId(name): _destination(name, rules) for name, rules in book.destinations.items()},
        hours={HoursId(name): _hours(name, rules, years) for name, rules in book.hours.items()},
        numbers={normal(number): ServiceId(name) for name, rules in book.services.items() for number in rules.numbers},
        max_hops=book.max_hops,
    )


def _service(name: str, rules: ServiceRules) -> Service:
    return Service(
        id=ServiceId(name),
        title=_title(rules.title),
        numbers=tuple(map(Did, rules.numbers)),
        zone=ZoneInfo(rules.zone),
        languages=tuple(map(Language, rules.languages)),
        welcome=PromptId(rules.welcome),
        menu=MenuId(rules.menu),
        operator=DestinationId(rules.operator),
        sorry=PromptId(rules.sorry),
    )


def _menu(name: str, rules: MenuRules) -> Menu:
    return Menu(
        id=MenuId(name),
        prompt=PromptId(rules.prompt),
        keys={Key(key): _target(target) for key, target in rules.keys.items()},
        invalid=_retry(rules.invalid),
        no_input=_retry(rules.no_input),
        timeout=float(rules.timeout),
    )


def _retry(rules: Mistake) -> Retry:
    return Retry(PromptId(rules.prompt), rules.retries, _onward(rules.exit))


def _destination(name: str, rules: DestinationRules) -> Destination:
    exits = {
        ExitReason.BUSY: _onward(rules.exits.busy),
        ExitReason.NO_ANSWER: _onward(rules.exits.no_answer),
        ExitReason.UNREACHABLE: _onward(rules.exits.unreachable),
    }
    if rules.exits.closed is not None:
        exits[ExitReason.CLOSED] = _onward(rules.exits.closed)
    return Destination(
        id=DestinationId(name),
        title=_title(rules.title),
        phones=tuple(Ring(PhoneId(phone.phone), phone.ring) for phone in rules.phones),
        exits=exits,
        hours=None if rules.hours is None else HoursId(rules.hours),
        safety=rules.safety,
    )


def _hours(name: str, rules: HoursRules, years: range) -> OfficeHours:
    weekly = {number: tuple(map(span, getattr(rules.weekly, day))) for number, day in enumerate(WEEKDAYS)}
    return OfficeHours(
        id=HoursId(name),
        zone=ZoneInfo(rules.zone),
        weekly={number: spans for number, spans in weekly.items() if spans},
        country=rules.holidays,
        holidays={} if rules.holidays is None else public_holidays(rules.holidays, years),
    )


def _title(texts: Mapping[str, str]) -> dict[Language, str]:
    return {Language(language): text for language, text in texts.items()}


def _target(rules: KeyTarget) -> Target:
    if rules.language is not None:
        return ToLanguage(Language(rules.language))
    return Repeat() if rules.then == "repeat" else _onward(rules)


def _onward(rules: ExitTarget | KeyTarget) -> Onward:
    say = None if rules.say is None else PromptId(rules.say)
    if rules.destination is not None:
        return ToDestination(DestinationId(rules.destination), say)
    if rules.menu is not None:
        return ToMenu(MenuId(rules.menu), say)
    if rules.announcement is not None:
        return Announce(PromptId(rules.announcement))
    return ToOperator(say)
