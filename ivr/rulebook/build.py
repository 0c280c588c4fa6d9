"""A checked `Rulebook` as the frozen values that the engine decides with."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from ivr.routing.destinations import Destination, ExitReason, External, Kind, Message, Phones, Reject, Ring, Submenu
from ivr.routing.numbers import normal
from ivr.routing.rules import Announcement, CallerRule, Limit, Menu, Retry, Ruleset, Service, Topic
from ivr.routing.targets import Announce, Onward, Repeat, Target, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.rulebook.build_hours import office_hours
from ivr.rulebook.schema import (
    AnnouncementRules,
    CallerRules,
    DestinationRules,
    ExitTarget,
    KeyTarget,
    MenuRules,
    Mistake,
    NumberRules,
    Rulebook,
    ServiceRules,
    TopicRules,
)
from ivr.vocabulary import (
    AnnouncementId,
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
    TopicId,
)

SPOKEN = "spoken"
"""The folder of prompts that are made from texts in the rules."""
SPOKEN_DIGITS = 8
CAUSES = {"rejected": 21, "busy": 17, "unallocated": 1}
"""Q.850 causes of a refusal."""


def ruleset(book: Rulebook, version: RulesVersion, years: range) -> Ruleset:
    """Return the values of a book without mistakes, with the public holidays of `years`."""
    announced = _announced(book)
    services = {ServiceId(name): _service(name, rules, announced) for name, rules in book.services.items()}
    return Ruleset(
        version=version,
        services=services,
        menus={MenuId(name): _menu(name, rules) for name, rules in book.menus.items()},
        destinations={DestinationId(name): destination(name, rules) for name, rules in book.destinations.items()},
        hours={HoursId(name): office_hours(name, rules, years) for name, rules in book.hours.items()},
        numbers={normal(number): service.id for service in services.values() for number in service.numbers},
        max_hops=book.max_hops,
        max_menus=book.max_menus,
    )


def _service(name: str, rules: ServiceRules, announced: Mapping[str, tuple[Announcement, ...]]) -> Service:
    spoken = {normal(one.number): Language(one.language) for one in rules.numbers if isinstance(one, NumberRules)}
    return Service(
        id=ServiceId(name),
        title=title(rules.title),
        numbers=tuple(Did(number_text(number)) for number in rules.numbers),
        zone=ZoneInfo(rules.zone),
        languages=tuple(map(Language, rules.languages)),
        welcome=PromptId(rules.welcome),
        menu=MenuId(rules.menu),
        operator=DestinationId(rules.operator),
        sorry=PromptId(rules.sorry),
        spoken=spoken,
        callers=tuple(map(_caller, rules.callers)),
        topics=_topics(rules.topics),
        announcements=announced.get(name, ()),
    )


def number_text(number: str | NumberRules) -> str:
    """Return a number as the rules write it."""
    return number if isinstance(number, str) else number.number


def _caller(rules: CallerRules) -> CallerRule:
    whole = frozenset(str(normal(one)) for one in rules.from_ if not one.endswith("*"))
    prefixes = tuple(str(normal(one[:-1])) for one in rules.from_ if one.endswith("*"))
    if rules.language is not None:
        return CallerRule(whole, prefixes, ToLanguage(Language(rules.language)))
    if rules.menu is not None:
        return CallerRule(whole, prefixes, ToMenu(MenuId(rules.menu)))
    return CallerRule(whole, prefixes, ToDestination(DestinationId(rules.destination or "")))


def _topics(rules: Mapping[str, TopicRules]) -> tuple[Topic, ...]:
    return tuple(Topic(code, TopicId(one.id), title(one.title), _topics(one.topics)) for code, one in rules.items())


def _announced(book: Rulebook) -> dict[str, tuple[Announcement, ...]]:
    found: dict[str, tuple[Announcement, ...]] = {}
    for name, rules in book.announcements.items():
        one = announcement(name, rules)
        for service in rules.services:
            found[service] = (*found.get(service, ()), one)
    return found


def announcement(name: str, rules: AnnouncementRules) -> Announcement:
    """Return the value of an announcement. A text is spoken by a prompt that is named after its content."""
    texts = {Language(language): text for language, text in (rules.text or {}).items()}
    digest = sha256(repr(sorted(texts.items())).encode()).hexdigest()[:SPOKEN_DIGITS]
    return Announcement(
        id=AnnouncementId(name),
        prompt=PromptId(rules.prompt or f"{SPOKEN}/{name}-{digest}"),
        since=datetime.fromisoformat(rules.from_),
        until=datetime.fromisoformat(rules.until),
        skippable=rules.skippable,
        texts=texts,
    )


def _menu(name: str, rules: MenuRules) -> Menu:
    return Menu(
        id=MenuId(name),
        prompt=PromptId(rules.prompt),
        keys={Key(key): _target(target) for key, target in rules.keys.items()},
        invalid=_retry(rules.invalid),
        no_input=_retry(rules.no_input),
        timeout=float(rules.timeout),
        limit=Limit(rules.limit.seconds, _onward(rules.limit.exit or rules.no_input.exit)),
    )


def _retry(rules: Mistake) -> Retry:
    return Retry(PromptId(rules.prompt), rules.retries, _onward(rules.exit))


def destination(name: str, rules: DestinationRules) -> Destination:
    """Return the value of a destination."""
    named = {reason: getattr(rules.exits, reason.value) for reason in ExitReason}
    return Destination(
        id=DestinationId(name),
        title=title(rules.title),
        kind=_kind(rules),
        exits={reason: _onward(target) for reason, target in named.items() if target is not None},
        hours=None if rules.hours is None else HoursId(rules.hours),
        safety=rules.safety,
        private=rules.private,
        most_calls=rules.most_calls,
        extension=rules.extension or "",
    )


def _kind(rules: DestinationRules) -> Kind:
    if rules.phones is not None:
        rings = tuple(Ring(PhoneId(phone.phone), phone.ring) for phone in rules.phones)
        return Phones(rings, together=rules.strategy == "all")
    if rules.external is not None:
        return External(Did(_dialled(rules.external.number)), rules.external.ring)
    if rules.announcement is not None:
        return Message(PromptId(rules.announcement))
    if rules.reject is not None:
        return Reject(PromptId(rules.reject.announcement), CAUSES[rules.reject.cause])
    return Submenu(MenuId(rules.menu or ""))


def _dialled(number: str) -> str:
    return number.translate(str.maketrans("", "", " -"))


def title(texts: Mapping[str, str]) -> dict[Language, str]:
    """Return a title by language."""
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
