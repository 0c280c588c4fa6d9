"""A small ruleset for tests of the call state machine and of rendering."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from ivr.routing.destinations import Destination, ExitReason, Phones, Ring
from ivr.routing.office_hours import OfficeHours, Span
from ivr.routing.rules import Menu, Override, Retry, Ruleset, Service
from ivr.routing.targets import Announce, Onward, Repeat, Target, ToDestination, ToLanguage, ToMenu, ToOperator
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

OPEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
CLOSED = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
RIGA = ZoneInfo("Europe/Riga")
LV, EN = Language("lv"), Language("en")
MAIN_KEYS: dict[str, Target] = {
    "1": ToDestination(DestinationId("desk")),
    "2": ToDestination(DestinationId("help")),
    "0": ToOperator(),
    "5": ToMenu(MenuId("night")),
    "6": Announce(PromptId("s/bye")),
    "9": ToLanguage(EN),
    "*": Repeat(),
}


def _destination(name: str, phones: int, failed: Onward, hours: str | None = None) -> Destination:
    exits: dict[ExitReason, Onward] = dict.fromkeys(
        (ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.UNREACHABLE), failed
    )
    if hours:
        exits[ExitReason.CLOSED] = ToMenu(MenuId("night"), say=PromptId("s/sorry"))
    rings = tuple(Ring(PhoneId(f"{name}-{number}"), 10 * number) for number in range(1, phones + 1))
    return Destination(
        DestinationId(name), {LV: name}, Phones(rings), exits, HoursId(hours) if hours else None, safety=hours is None
    )


def small() -> Ruleset:
    """Make the rules: desk (1, by hours), help (2), operator (0), a night menu, two languages."""
    wrong = Retry(PromptId("s/invalid"), 1, ToOperator(say=PromptId("s/to-operator")))
    silent = Retry(PromptId("s/no-input"), 1, ToOperator())
    main = Menu(MenuId("main"), PromptId("s/menu"), {Key(k): v for k, v in MAIN_KEYS.items()}, wrong, silent)
    night_keys = {Key("2"): ToDestination(DestinationId("help")), Key("*"): Repeat()}
    night = Menu(MenuId("night"), PromptId("s/night"), night_keys, wrong, silent, timeout=3.5)
    destinations = [
        _destination("desk", 2, Announce(PromptId("s/busy")), "office"),
        _destination("help", 1, ToDestination(DestinationId("operator"), say=PromptId("s/failed"))),
        _destination("operator", 1, Announce(PromptId("s/busy"))),
    ]
    office = OfficeHours(HoursId("office"), RIGA, {day: (Span(time(8), time(17)),) for day in range(5)})
    service = Service(
        id=ServiceId("town"),
        title={LV: "Pilsēta"},
        numbers=(Did("8488"), Did("+371 6300 5522")),
        zone=RIGA,
        languages=(LV, EN),
        welcome=PromptId("s/welcome"),
        menu=main.id,
        operator=DestinationId("operator"),
        sorry=PromptId("s/sorry"),
    )
    return Ruleset(
        version=RulesVersion("test"),
        services={service.id: service},
        menus={main.id: main, night.id: night},
        destinations={item.id: item for item in destinations},
        hours={office.id: office},
        numbers={Did("8488"): service.id, Did("37163005522"): service.id},
    )


class OneRuleset:
    """Rules for an engine that never change; `overrides` may."""

    def __init__(self, rules: Ruleset) -> None:
        self.rules = rules
        self.overrides: dict[DestinationId, tuple[Override, ...]] = {}

    def version(self, version: RulesVersion | None) -> Ruleset:
        return self.rules
